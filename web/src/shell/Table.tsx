import type { ReactNode } from 'react';

/** Rows under a head; one that is wider than its place scrolls by itself. The first cell of a row names it. */
export function Table({ label, head, rows }: { label: string; head: string[]; rows: ReactNode[][] }): ReactNode {
  return (
    <div className="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead><tr>{head.map((h, i) => (h ? <th key={i} scope="col">{h}</th> : <td key={i} />))}</tr></thead>
        <tbody>{rows.map((row, i) => <tr key={i}>{row.map((cell, k) => (k === 0 ? <th key={k} scope="row">{cell}</th> : <td key={k}>{cell}</td>))}</tr>)}</tbody>
      </table>
    </div>
  );
}
