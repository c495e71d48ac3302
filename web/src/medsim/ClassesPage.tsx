import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { get, send, wordsOf } from '../api/client';
import { Confirm } from '../shell/Dialog';
import { notices } from '../shell/notices';
import { Head } from './Head';
import { ImportCases } from './ImportCases';
import { Invite } from './Invite';
import { Refusal } from './Refusal';
import type { ClassCreated, ClassLine, ClassList } from './types';
import { useDeed, Wishes } from './wishes';

/** The classes that one has joined; for a teacher also those that one teaches, and the cases that one brings. */
export function ClassesPage({ teaches }: { teaches: boolean }): ReactNode {
  const { data, error } = useQuery({ queryKey: ['medsim', 'classes'], queryFn: ({ signal }) => get<ClassList>('/api/v1/medsim/classes', signal) });
  useEffect(() => {
    document.title = 'Classes · MedSim';
  }, []);
  return (
    <main id="main" className="ms-page" tabIndex={-1}>
      <Head title="Classes" />
      {error && <p className="banner problem" role="alert">{wordsOf(error)}</p>}
      {!data && !error && <p role="status">Reading …</p>}
      {data && <Joined lines={data.joined} />}
      {teaches && data && <Teaching lines={data.teaching} />}
      {teaches && <ImportCases />}
    </main>
  );
}

function Joined({ lines }: { lines: ClassLine[] }): ReactNode {
  const [leaving, setLeaving] = useState<ClassLine | null>(null);
  const queries = useQueryClient();
  const changed = (): Promise<void> => queries.invalidateQueries({ queryKey: ['medsim', 'classes'] });
  const leave = (line: ClassLine): void => void send(`/api/v1/medsim/classes/${line.id}/members/me`, { method: 'DELETE' }).then(changed, (failure: unknown) => notices.tell(wordsOf(failure)));
  return (
    <section aria-labelledby="ms-joined">
      <h2 id="ms-joined">Joined</h2>
      {lines.length === 0 && <p>You are in no class. A teacher's key brings you into one; the teacher then sees the attempts that you make for it, and no others.</p>}
      <ul className="ms-rows">
        {lines.map((line) => (
          <li key={line.id}>
            <span><Link to={`/medsim/classes/${line.id}`}>{line.name}</Link> <small>taught by {line.teacher}</small></span>
            <button type="button" onClick={() => setLeaving(line)}>Leave<span className="visually-hidden"> {line.name}</span></button>
          </li>
        ))}
      </ul>
      <Join onJoined={() => void changed()} />
      {leaving && <Confirm title={`Leave ‘${leaving.name}’?`} text="You come back with the teacher's key only. Your attempts stay yours." yes="Leave" onClose={() => setLeaving(null)} onYes={() => leave(leaving)} />}
    </section>
  );
}

function Join({ onJoined }: { onJoined: () => void }): ReactNode {
  const id = useId();
  const [invite, setInvite] = useState('');
  const [name, setName] = useState('');
  const deed = useDeed();
  const wishes = useMemo(() => new Wishes(), []);
  const join = async (): Promise<void> => {
    const joined = await deed.run(() => wishes.send<ClassLine>('/api/v1/medsim/classes/join', { invite: invite.trim(), ...(name.trim() ? { name: name.trim() } : {}) }));
    if (!joined) return;
    notices.tell(`You are in ‘${joined.name}’ now.`);
    setInvite('');
    onJoined();
  };
  return (
    <form
      className="ms-form"
      onSubmit={(event) => {
        event.preventDefault();
        void join();
      }}
    >
      <h3>Join a class</h3>
      <label htmlFor={`${id}-k`}>Key of the class</label>
      <input id={`${id}-k`} required maxLength={200} autoComplete="off" value={invite} aria-invalid={deed.problem ? true : undefined} aria-describedby={`${id}-p`} onChange={(e) => setInvite(e.target.value)} />
      <label htmlFor={`${id}-n`}>Your name, as the teacher sees it</label>
      <input id={`${id}-n`} maxLength={100} value={name} placeholder="The name of your key" onChange={(e) => setName(e.target.value)} />
      <Refusal problem={deed.problem} id={`${id}-p`} />
      <button type="submit" disabled={deed.busy || invite.trim() === ''}>Join</button>
    </form>
  );
}

function Teaching({ lines }: { lines: ClassLine[] }): ReactNode {
  const id = useId();
  const [name, setName] = useState('');
  const [made, setMade] = useState<ClassCreated | null>(null);
  const deed = useDeed();
  const wishes = useMemo(() => new Wishes(), []);
  const queries = useQueryClient();
  const make = async (): Promise<void> => {
    const created = await deed.run(() => wishes.send<ClassCreated>('/api/v1/medsim/classes', { name: name.trim() }));
    if (!created) return;
    setMade(created);
    setName('');
    void queries.invalidateQueries({ queryKey: ['medsim', 'classes'] });
  };
  return (
    <section aria-labelledby="ms-teaching">
      <h2 id="ms-teaching">Taught by me</h2>
      {lines.length === 0 && <p>No class yet.</p>}
      <ul className="ms-rows">
        {lines.map((line) => (
          <li key={line.id}>
            <span>
              <Link to={`/medsim/classes/${line.id}`}>{line.name}</Link>{' '}
              <small>{typeof line.members === 'number' && `${line.members} ${line.members === 1 ? 'member' : 'members'}, `}{line.open ? 'open' : 'closed'}</small>
            </span>
          </li>
        ))}
      </ul>
      <form
        className="ms-form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <h3>Make a class</h3>
        <label htmlFor={id}>Name</label>
        <input id={id} required maxLength={100} value={name} aria-invalid={deed.problem ? true : undefined} aria-describedby={`${id}-p`} onChange={(e) => setName(e.target.value)} />
        <Refusal problem={deed.problem} id={`${id}-p`} />
        <button type="submit" disabled={deed.busy || name.trim() === ''}>Make the class</button>
      </form>
      {made && <Invite made={made} onClose={() => setMade(null)} />}
    </section>
  );
}
