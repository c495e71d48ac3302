import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, type ReactNode } from 'react';
import { Link } from 'react-router';
import { get, wordsOf } from '../api/client';
import { Table } from '../shell/Table';
import { caseTime, points } from './caseTime';
import { Head } from './Head';
import { capital } from './Library';
import { bySpecialty, formerOf, stepsOf, type Step } from './progress';
import { ScorePlot } from './ScorePlot';
import type { AttemptLine, AttemptList } from './types';

const mostPages = 20;

/** One's own attempts over time. Nobody else's stand beside them. */
export function ProgressPage(): ReactNode {
  const { data, error } = useQuery({ queryKey: ['medsim', 'attempts', 'finished'], queryFn: ({ signal }) => readAll(signal) });
  const steps = useMemo(() => stepsOf(data?.attempts ?? []), [data]);
  const former = useMemo(() => formerOf(data?.attempts ?? []), [data]);
  useEffect(() => {
    document.title = 'My progress · MedSim';
  }, []);
  return (
    <main id="main" className="ms-page" tabIndex={-1}>
      <Head title="My progress" />
      {error && <p className="banner problem" role="alert">{wordsOf(error)}</p>}
      {!data && !error && <p role="status">Reading …</p>}
      {data && steps.length === 0 && former.length === 0 && <p>No encounter is finished yet. <Link to="/medsim">Choose a case</Link></p>}
      {steps.length > 0 && <Steps steps={steps} hasMore={data?.hasMore ?? false} />}
      {former.length > 0 && <Former attempts={former} />}
      {(steps.length > 0 || former.length > 0) && (
        <div className="row">
          <a className="button" href="/api/v1/medsim/attempts/export?format=json" download>All as JSON</a>
          <a className="button" href="/api/v1/medsim/attempts/export?format=csv" download>All as CSV</a>
        </div>
      )}
    </main>
  );
}

function Steps({ steps, hasMore }: { steps: Step[]; hasMore: boolean }): ReactNode {
  const newest = useMemo(() => [...steps].reverse(), [steps]);
  return (
    <>
      <section aria-labelledby="ms-scores">
        <h2 id="ms-scores">Scores over time</h2>
        <ScorePlot steps={steps} />
        <details className="ms-table" open={steps.length < 12 || undefined}>
          <summary>All attempts as a table</summary>
          <Table
            label="Attempts"
            head={['Case', 'Finished', 'Specialty', 'Mode', 'Score', 'Since the one before', 'Case time', 'Cost']}
            rows={newest.map(({ attempt, score, change }) => [
              <Link key="case" to={`/medsim/attempts/${attempt.id}/debrief`}>{attempt.title}</Link>, new Date(attempt.finished_at!).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }),
              capital(attempt.specialty), attempt.mode === 'osce' ? 'OSCE' : 'Practice', points(score), change === null ? '–' : `${change >= 0 ? '+' : '−'}${points(Math.abs(change))}`,
              typeof attempt.case_minutes === 'number' ? caseTime(attempt.case_minutes) : '–', attempt.cost ?? '–',
            ])}
          />
        </details>
        {hasMore && <p className="hint">Older attempts are not shown. The exports have them all.</p>}
      </section>
      <section aria-labelledby="ms-specialties">
        <h2 id="ms-specialties">By specialty</h2>
        <Table label="Means by specialty" head={['Specialty', 'Attempts', 'Mean score']} rows={bySpecialty(steps).map((s) => [capital(s.specialty), s.attempts, points(s.mean)])} />
      </section>
    </>
  );
}

/** Sessions of a former MedSim: their words can be read, and there is no score to compare. */
function Former({ attempts }: { attempts: AttemptLine[] }): ReactNode {
  return (
    <section aria-labelledby="ms-former">
      <h2 id="ms-former">From a former MedSim</h2>
      <p className="hint">These were imported. Only their words were kept, so they have no score and cannot be gone on with.</p>
      <Table
        label="Imported attempts"
        head={['Case', 'When', 'Specialty']}
        rows={attempts.map((a) => [
          <Link key="case" to={`/medsim/attempts/${a.id}`}>{a.title}</Link>, new Date(a.started_at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }),
          a.specialty ? capital(a.specialty) : 'The case is not known here',
        ])}
      />
    </section>
  );
}

async function readAll(signal: AbortSignal): Promise<{ attempts: AttemptLine[]; hasMore: boolean }> {
  const attempts: AttemptLine[] = [];
  let before = '';
  for (let page = 0; page < mostPages; page++) {
    const list: AttemptList = await get<AttemptList>(`/api/v1/medsim/attempts?state=finished&limit=100${before && `&before=${encodeURIComponent(before)}`}`, signal);
    attempts.push(...list.attempts);
    if (!list.next) return { attempts, hasMore: false };
    before = list.next;
  }

  return { attempts, hasMore: true };
}
