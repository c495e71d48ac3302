import { useQuery } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { get, wordsOf } from '../api/client';
import { Exports } from './Exports';
import { Head } from './Head';
import { Transcript } from './Transcript';
import type { AttemptView } from './types';

const none: ReadonlyMap<string, number> = new Map();

/** A session of a former MedSim: what was said, and why there is no score. */
export function FormerSession({ id }: { id: string }): ReactNode {
  const { data, error } = useQuery({ queryKey: ['medsim', 'attempt', id], queryFn: ({ signal }) => get<AttemptView>(`/api/v1/medsim/attempts/${id}`, signal) });
  const title = data?.case.title ?? 'Imported';
  useEffect(() => {
    document.title = `${title} · Imported · MedSim`;
  }, [title]);
  return (
    <main id="main" className="ms-page ms-debrief" tabIndex={-1}>
      <Head title={title} />
      {error && <p className="banner problem" role="alert">{wordsOf(error)}</p>}
      {!data && !error && <p role="status">One moment …</p>}
      {data && (
        <>
          <p className="hint">
            Imported from a former MedSim, {new Date(data.started_at).toLocaleString([], { dateStyle: 'long', timeStyle: 'short' })}. Only the words were kept, so there is no score and no debrief.
            {data.case.source === 'unknown' && ' The case is not known here.'}
          </p>
          <Transcript events={data.events} items={[]} numbers={none} />
          <Exports id={id} />
        </>
      )}
    </main>
  );
}
