import { useQuery } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { get, Problem, wordsOf } from '../api/client';
import { DebriefView } from './DebriefView';
import { Exports } from './Exports';
import { FormerSession } from './FormerSession';
import { Head } from './Head';
import type { Debrief } from './types';

/** What came of one's own attempt. */
export function DebriefPage(): ReactNode {
  const { id = '' } = useParams();
  return <Reading path={`/api/v1/medsim/attempts/${id}/debrief`} attempt={id} exports />;
}

/** What came of a member's attempt, for the teacher of the class. */
export function ClassDebrief(): ReactNode {
  const { id = '', attempt = '' } = useParams();
  return <Reading path={`/api/v1/medsim/classes/${id}/attempts/${attempt}`} attempt={attempt} back={`/medsim/classes/${id}`} />;
}

function Reading({ path, attempt, exports = false, back }: { path: string; attempt: string; exports?: boolean; back?: string }): ReactNode {
  const { data, error } = useQuery({ queryKey: ['medsim', 'debrief', path], queryFn: ({ signal }) => get<Debrief>(path, signal) });
  const title = data?.attempt.title ?? 'Debrief';
  useEffect(() => {
    document.title = `${title} · Debrief · MedSim`;
  }, [title]);
  if (error instanceof Problem && error.code === 'attempt_imported') return <FormerSession id={attempt} />;
  const runs = error instanceof Problem && error.code === 'attempt_running';
  return (
    <main id="main" className="ms-page ms-debrief" tabIndex={-1}>
      <Head title={title} />
      {back && <p><Link to={back}>Back to the class</Link></p>}
      {runs && <p>This encounter is not finished. <Link to={`/medsim/attempts/${attempt}`}>Go on with it</Link></p>}
      {!!error && !runs && <p className="banner problem" role="alert">{wordsOf(error)}</p>}
      {!data && !error && <p role="status">One moment …</p>}
      {data && <DebriefView debrief={data} />}
      {data && exports && <Exports id={attempt} />}
    </main>
  );
}
