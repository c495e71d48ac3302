import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { get, send, wordsOf } from '../api/client';
import { Confirm } from '../shell/Dialog';
import { notices } from '../shell/notices';
import { Table } from '../shell/Table';
import { caseTime, points } from './caseTime';
import { Head } from './Head';
import { Invite } from './Invite';
import { Statistics } from './Statistics';
import type { AttemptLine, ClassCreated, ClassView, Member } from './types';

/** A class: for its teacher the members, what they did, and how the items went; for a member what one did for it oneself. */
export function ClassPage(): ReactNode {
  const { id = '' } = useParams();
  const { data, error } = useQuery({ queryKey: ['medsim', 'class', id], queryFn: ({ signal }) => get<ClassView>(`/api/v1/medsim/classes/${id}`, signal) });
  const title = data?.name ?? 'Class';
  useEffect(() => {
    document.title = `${title} · MedSim`;
  }, [title]);
  return (
    <main id="main" className="ms-page" tabIndex={-1}>
      <Head title={title} />
      {error && <p className="banner problem" role="alert">{wordsOf(error)}</p>}
      {!data && !error && <p role="status">Reading …</p>}
      {data && !data.members && <p>Taught by {data.teacher}. Your teacher sees the attempts below.</p>}
      {data?.members && <Door view={data} />}
      {data?.members && <Members id={id} members={data.members} />}
      {data && <Attempts id={id} attempts={data.attempts} isTeacher={!!data.members} />}
      {data?.statistics && <Statistics all={data.statistics} />}
    </main>
  );
}

/** The key of the class, and its end. */
function Door({ view }: { view: ClassView }): ReactNode {
  const [made, setMade] = useState<ClassCreated | null>(null);
  const [asking, setAsking] = useState<'key' | 'close' | 'delete' | null>(null);
  const queries = useQueryClient();
  const go = useNavigate();
  const path = `/api/v1/medsim/classes/${view.id}`;
  const changed = (): Promise<void> => queries.invalidateQueries({ queryKey: ['medsim'] });
  const fails = (failure: unknown): unknown => notices.tell(wordsOf(failure));
  const renew = (): void => void send<ClassCreated>(`${path}/invite`, { body: {}, key: crypto.randomUUID() }).then(setMade, fails).then(changed);
  return (
    <div className="row ms-door">
      <span>{view.open ? 'Whoever has the key may join.' : 'Nobody can join now.'}</span>
      <button type="button" onClick={() => (view.open ? setAsking('key') : renew())}>Make another key</button>
      {view.open && <button type="button" onClick={() => setAsking('close')}>Close the class</button>}
      <button type="button" onClick={() => setAsking('delete')}>Delete the class</button>
      {made && <Invite made={made} onClose={() => setMade(null)} />}
      {asking === 'key' && <Confirm title="Make another key?" text="The former stops working. Members stay." yes="Make another" onClose={() => setAsking(null)} onYes={renew} />}
      {asking === 'close' && (
        <Confirm title="Close the class?" text="Nobody joins any more until another key is made. Members stay." yes="Close" onClose={() => setAsking(null)} onYes={() => void send(`${path}/invite`, { method: 'DELETE' }).then(changed, fails)} />
      )}
      {asking === 'delete' && (
        <Confirm
          title={`Delete ‘${view.name}’?`}
          text="The class and who was in it are gone for good. The attempts stay their owners'."
          yes="Delete"
          onClose={() => setAsking(null)}
          onYes={() => void send(path, { method: 'DELETE' }).then(() => {
            void go('/medsim/classes');
            return changed();
          }, fails)}
        />
      )}
    </div>
  );
}

function Members({ id, members }: { id: string; members: Member[] }): ReactNode {
  const [removing, setRemoving] = useState<Member | null>(null);
  const queries = useQueryClient();
  const remove = (member: Member): void =>
    void send(`/api/v1/medsim/classes/${id}/members/${encodeURIComponent(member.id)}`, { method: 'DELETE' }).then(
      () => queries.invalidateQueries({ queryKey: ['medsim', 'class', id] }),
      (failure: unknown) => notices.tell(wordsOf(failure)),
    );
  // By name and not by score: nobody is ranked.
  const sorted = [...members].sort((a, b) => a.name.localeCompare(b.name));
  return (
    <section aria-labelledby="ms-members">
      <h2 id="ms-members">Members <span className="number">{members.length}</span></h2>
      {members.length === 0
        ? <p>Nobody has joined yet.</p>
        : (
          <Table
            label="Who is in the class"
            head={['Name', 'Joined', 'Attempts', 'Finished', 'Best', '']}
            rows={sorted.map((m) => [
              m.name, new Date(m.joined_at).toLocaleDateString(), m.attempts, m.finished, typeof m.best === 'number' ? points(m.best) : '–',
              <button key="remove" type="button" onClick={() => setRemoving(m)}>Remove<span className="visually-hidden"> {m.name}</span></button>,
            ])}
          />
        )}
      {removing && <Confirm title={`Remove ${removing.name}?`} text="Who has the key may join again. The attempts stay their owner's." yes="Remove" onClose={() => setRemoving(null)} onYes={() => remove(removing)} />}
    </section>
  );
}

function Attempts({ id, attempts, isTeacher }: { id: string; attempts: AttemptLine[]; isTeacher: boolean }): ReactNode {
  const place = (a: AttemptLine): string => (isTeacher ? `/medsim/classes/${id}/attempts/${a.id}` : `/medsim/attempts/${a.id}${a.state === 'finished' ? '/debrief' : ''}`);
  return (
    <section aria-labelledby="ms-attempts">
      <h2 id="ms-attempts">Attempts <span className="number">{attempts.length}</span></h2>
      {attempts.length === 0
        ? <p>None yet.</p>
        : (
          <Table
            label="Attempts for the class"
            head={[...(isTeacher ? ['Who'] : []), 'Case', 'Mode', 'Begun', 'State', 'Score', 'Case time', 'Cost']}
            rows={attempts.map((a) => [
              ...(isTeacher ? [a.student ?? '–'] : []), a.state === 'finished' || !isTeacher ? <Link key="case" to={place(a)}>{a.title}</Link> : a.title, a.mode === 'osce' ? 'OSCE' : 'Practice',
              new Date(a.started_at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }), a.state === 'finished' ? 'finished' : 'running', typeof a.score === 'number' ? points(a.score) : '–',
              typeof a.case_minutes === 'number' ? caseTime(a.case_minutes) : '–', a.cost ?? '–',
            ])}
          />
        )}
    </section>
  );
}
