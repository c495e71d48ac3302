import type { ReactNode } from 'react';

/** An attempt as files. */
export function Exports({ id }: { id: string }): ReactNode {
  const path = `/api/v1/medsim/attempts/${id}/export?format=`;
  return (
    <section aria-labelledby="ms-export" className="ms-exports">
      <h2 id="ms-export">Keep it</h2>
      <div className="row">
        <a className="button" href={`${path}json`} download>JSON</a>
        <a className="button" href={`${path}csv`} download>CSV</a>
        <a className="button" href={`${path}page`} target="_blank" rel="noopener">Page to print</a>
      </div>
    </section>
  );
}
