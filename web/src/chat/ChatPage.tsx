import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { outbox } from '../outbox/outbox';
import { nameOf } from '../sessions/agents';
import { Confirm } from '../shell/Dialog';
import { notices } from '../shell/notices';
import { useStore } from '../shell/useStore';
import { wordsOf } from '../api/client';
import { Composer } from './Composer';
import { Conversation } from './conversation';
import { Thread } from './Thread';

/** A conversation, by its address. One that was begun here goes by a name of its own until the server has made it. */
export function ChatPage({ owner }: { owner: string }): ReactNode {
  const { id = '' } = useParams();
  return id.startsWith('new-') ? <NewConversation key={id} local={id} owner={owner} /> : <OpenConversation key={id} id={id} owner={owner} />;
}

function NewConversation({ local, owner }: { local: string; owner: string }): ReactNode {
  const go = useNavigate();
  useEffect(() => {
    const look = (): void => void outbox.nameOf(local).then((id) => id && go(`/chat/${id}`, { replace: true }));
    look();
    return outbox.subscribe(look);
  }, [local, go]);
  const items = useSyncExternalStore(outbox.subscribe, outbox.list).filter((i) => i.session === local);
  const agent = items[0]?.agent ?? null;
  return (
    <main id="main" className="chat">
      <Header title="New conversation" detail={agent ? nameOf(agent) : ''} />
      <Thread conversation={null} session={local} local={local} owner={owner} />
      <Composer draftOf={local} label="Message" onSend={async (text) => void (await outbox.put({ kind: 'message', session: local, agent, text }))} />
    </main>
  );
}

function OpenConversation({ id, owner }: { id: string; owner: string }): ReactNode {
  const conversation = useMemo(() => new Conversation(id, owner), [id, owner]);
  const queries = useQueryClient();
  const [erasing, setErasing] = useState<number | null>(null);
  useEffect(() => {
    conversation.open();
    return () => conversation.close();
  }, [conversation]);
  const state = useStore(conversation);
  useEffect(() => {
    // A turn that has begun or ended moves its session in the list and may have given it a title.
    void queries.invalidateQueries({ queryKey: ['sessions'] });
  }, [queries, state.live?.turn]);
  const running = state.live !== null;
  const title = state.session?.title ?? 'Conversation';
  useEffect(() => {
    document.title = `${title} · Troupe`;
    return () => {
      document.title = 'Troupe';
    };
  }, [title]);
  if (state.gone) {
    return (
      <main id="main" className="center">
        <h1>This conversation is not there</h1>
        <p>It was deleted, or its address is another's.</p>
        <p><Link to="/">Begin a new one</Link></p>
      </main>
    );
  }

  return (
    <main id="main" className="chat">
      <Header title={title} detail={state.session ? nameOf(state.session.agent) : ''} />
      {state.link === 'away' && (
        <p className="banner" role="status">
          The connection is lost. {state.copyOf ? `You see what was read ${new Date(state.copyOf).toLocaleString()}. ` : ''}What you write is kept and sent when it is back.
        </p>
      )}
      {state.problem && (
        <p className="banner problem" role="alert">
          {state.problem} <button type="button" className="quiet" onClick={() => conversation.dismiss()}>Dismiss</button>
        </p>
      )}
      <Thread conversation={conversation} session={id} owner={owner} onErase={setErasing} />
      <Composer
        draftOf={id}
        label={`Message to ${state.session ? nameOf(state.session.agent) : 'the agent'}`}
        running={running}
        onStop={() => void conversation.stop()}
        onSend={async (text) => void (await outbox.put({ kind: 'message', session: id, agent: null, text }))}
      />
      {erasing !== null && (
        <Confirm
          title="Delete this branch?"
          text="Everything that was said from here on in this branch is erased for good. Other branches stay."
          yes="Delete the branch"
          onClose={() => setErasing(null)}
          onYes={() => void conversation.erase(erasing).then(() => notices.tell('The branch is deleted.'), (failure: unknown) => notices.tell(wordsOf(failure), undefined, null))}
        />
      )}
    </main>
  );
}

function Header({ title, detail }: { title: string; detail: string }): ReactNode {
  return (
    <header className="chat-header">
      <h1>{title}</h1>
      <span>{detail}</span>
    </header>
  );
}
