import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { Link, Navigate, useParams } from 'react-router';
import { Problem, wordsOf } from '../api/client';
import { Composer } from '../chat/Composer';
import { Conversation } from '../chat/conversation';
import { Thread } from '../chat/Thread';
import { outbox } from '../outbox/outbox';
import { useStore } from '../shell/useStore';
import { Clocks } from './Clocks';
import { Examine } from './Examine';
import { Finish } from './Finish';
import { FormerSession } from './FormerSession';
import { Notes } from './Notes';
import { Orders } from './Orders';
import { Tabs, type Tab } from './Tabs';
import { tellingOf } from './tellingOf';
import type { AttemptView } from './types';
import { useAttempt, type Act } from './useAttempt';
import { useWide } from './useWide';

type Panel = 'talk' | 'examine' | 'orders' | 'notes' | 'finish';

/** An encounter with a patient, by its address. */
export function Encounter({ owner }: { owner: string }): ReactNode {
  const { id = '' } = useParams();
  return <OpenEncounter key={id} id={id} owner={owner} />;
}

function OpenEncounter({ id, owner }: { id: string; owner: string }): ReactNode {
  const conversation = useMemo(() => new Conversation(id, owner), [id, owner]);
  useEffect(() => {
    conversation.open();
    return () => conversation.close();
  }, [conversation]);
  const { attempt, error, reread, act } = useAttempt(id, conversation);
  const state = useStore(conversation);
  // A turn that has ended has moved the clock, and a server that is back knows the real one.
  useEffect(() => {
    void reread();
  }, [reread, state.live?.turn, state.link, state.session?.count]);
  const title = attempt?.case.title ?? 'Encounter';
  useEffect(() => {
    document.title = `${title} · MedSim`;
    return () => {
      document.title = 'Troupe';
    };
  }, [title]);
  if (error instanceof Problem && error.status === 404) {
    if (state.gone) return <NotThere />;
    // A session of the same agent that is no attempt, as one from a file, is a conversation.
    return state.session ? <Navigate to={`/chat/${id}`} replace /> : <p className="center" role="status">One moment …</p>;
  }

  if (attempt?.mode === 'imported') return <FormerSession id={id} />;
  if (attempt?.state === 'finished') return <Navigate to={`/medsim/attempts/${id}/debrief`} replace />;
  const away = state.link === 'away' || (error instanceof Problem && error.isAway);
  return (
    <main id="main" className="ms-encounter" tabIndex={-1}>
      <header className="ms-encounter-head">
        <div>
          <h1>{title}</h1>
          {attempt && <p>{attempt.case.patient.name}, {attempt.case.patient.age} · {attempt.mode === 'osce' ? 'OSCE' : 'Practice'}</p>}
        </div>
        {attempt && <Clocks clock={attempt.clock} isOsce={attempt.mode === 'osce'} stopped={away || attempt.state !== 'running'} onOver={() => void reread()} />}
      </header>
      {away && <p className="banner" role="status">The server is away{attempt?.mode === 'osce' ? ' and its clock stands still' : ''}. What you write is kept and goes on when it is back.</p>}
      {!!error && !away && <p className="banner problem" role="alert">{wordsOf(error)}</p>}
      {state.problem && <p className="banner problem" role="alert">{state.problem} <button type="button" className="quiet" onClick={() => conversation.dismiss()}>Dismiss</button></p>}
      {attempt?.state === 'time_up' && <p className="banner problem" role="alert">The time is over. Name the diagnosis and the plan, and finish.</p>}
      {attempt ? <Rooms attempt={attempt} act={act} conversation={conversation} owner={owner} /> : !error && <p className="center" role="status">One moment …</p>}
    </main>
  );
}

function NotThere(): ReactNode {
  return (
    <main id="main" className="center">
      <h1>This encounter is not there</h1>
      <p>It was deleted, or its address is another's.</p>
      <p><Link to="/medsim">To the cases</Link></p>
    </main>
  );
}

/** The conversation and the work beside it; on a narrow screen one at a time. */
function Rooms({ attempt, act, conversation, owner }: { attempt: AttemptView; act: Act; conversation: Conversation; owner: string }): ReactNode {
  const wide = useWide();
  const isOver = attempt.state !== 'running';
  const [panel, setPanel] = useState<Panel>(isOver ? 'finish' : 'talk');
  const chosen: Panel = wide && panel === 'talk' ? 'examine' : panel;
  const news = useNews(attempt, chosen, wide);
  useEffect(() => {
    if (isOver) setPanel('finish');
  }, [isOver]);
  const tabs: Tab<Panel>[] = [
    ...(wide ? [] : [{ name: 'talk', label: 'Talk', news: news.replies } as const]),
    { name: 'examine', label: 'Examine' },
    { name: 'orders', label: 'Orders', news: news.results },
    { name: 'notes', label: 'Notes' },
    { name: 'finish', label: 'Finish' },
  ];
  const talk = <Talk attempt={attempt} conversation={conversation} owner={owner} />;
  const list = <Tabs label="What to do" tabs={tabs} chosen={chosen} panel="ms-panel" onChoose={setPanel} />;
  const work = (
    <div id="ms-panel" className="ms-panel" role="tabpanel" aria-labelledby={`tab-${chosen}`} key={chosen}>
      {chosen === 'talk' && talk}
      {chosen === 'examine' && <Examine attempt={attempt} act={act} />}
      {chosen === 'orders' && <Orders attempt={attempt} act={act} />}
      {chosen === 'notes' && <Notes attempt={attempt} act={act} />}
      {chosen === 'finish' && <Finish attempt={attempt} act={act} />}
    </div>
  );
  const arrived = <p className="visually-hidden" role="status">{news.arrived}</p>;
  return wide
    ? (
      <div className="ms-rooms">
        <section className="ms-talk" aria-label="Conversation with the patient">{talk}</section>
        <section className="ms-work" aria-label="Work">{list}{work}{arrived}</section>
      </div>
    )
    : <div className="ms-one">{work}{list}{arrived}</div>;
}

function Talk({ attempt, conversation, owner }: { attempt: AttemptView; conversation: Conversation; owner: string }): ReactNode {
  const state = useStore(conversation);
  const telling = useMemo(() => tellingOf(attempt), [attempt]);
  const { patient } = attempt.case;
  return (
    <>
      <Thread conversation={conversation} session={attempt.id} owner={owner} telling={telling} />
      {attempt.state === 'running' && (
        <Composer
          draftOf={attempt.id}
          label={patient.speaker ? `Speak with ${patient.speaker.split(',')[0]!.trim()} and ${patient.name}` : `Speak with ${patient.name}`}
          running={state.live !== null}
          onStop={() => void conversation.stop()}
          onSend={async (text) => void (await outbox.put({ kind: 'message', session: attempt.id, agent: null, text }))}
        />
      )}
    </>
  );
}

/** What came while one looked elsewhere, and the words for a result that has just arrived. */
function useNews(attempt: AttemptView, chosen: Panel, wide: boolean): { replies: number; results: number; arrived: string } {
  const replies = attempt.events.filter((e) => e.kind === 'reply').length;
  const here = attempt.orders.filter((o) => o.status === 'ready' || o.status === 'normal');
  const results = here.length;
  const [seen, setSeen] = useState({ replies, results });
  const [told, setTold] = useState({ results, arrived: '' });
  useEffect(() => {
    setSeen((s) => ({ replies: chosen === 'talk' || wide ? replies : s.replies, results: chosen === 'orders' ? results : s.results }));
  }, [chosen, wide, replies, results]);
  if (results !== told.results) {
    const last = [...here].sort((a, b) => b.ready_minute - a.ready_minute)[0];
    setTold({ results, arrived: results > told.results && last ? `The result of ${last.name} is here.` : '' });
  }

  return { replies: Math.max(0, replies - seen.replies), results: Math.max(0, results - seen.results), arrived: told.arrived };
}
