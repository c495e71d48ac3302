import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { outbox, type OutboxItem } from '../outbox/outbox';
import { useStore } from '../shell/useStore';
import type { Conversation, ConversationState } from './conversation';
import type { Block } from './log';
import { LiveReply, PendingMessage, ReplyBlock, UserBlock, WaitingMessage } from './Messages';
import type { Telling } from './telling';

type Row =
  | { key: string; kind: 'older' }
  | { key: string; kind: 'lead' }
  | { key: string; kind: 'block'; block: Block; isLast: boolean }
  | { key: string; kind: 'live' }
  | { key: string; kind: 'ended' }
  | { key: string; kind: 'waiting'; message: string; turn: string }
  | { key: string; kind: 'pending'; item: OutboxItem };

const empty: ConversationState = {
  session: null, version: 0, head: 0, live: null, waiting: [], link: 'open', copyOf: null, loadingOlder: false, problem: null, ended: null, gone: false,
};
const none = { subscribe: () => () => undefined, snapshot: () => empty };
const nearPixels = 120;

/** What was said, oldest first. Only what is in sight is drawn, so that ten thousand messages scroll as ten do. */
export function Thread({ conversation, session, local, owner, telling, onErase }: {
  conversation: Conversation | null;
  session: string;
  local?: string;
  owner: string;
  telling?: Telling;
  onErase?: (seq: number) => void;
}): ReactNode {
  const state = useStore<ConversationState>(conversation ?? none);
  const items = useSyncExternalStore(outbox.subscribe, outbox.list);
  const rows = useMemo(() => rowsOf(conversation, state, items, session, local, telling), [conversation, state, items, session, local, telling]);
  const pane = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const [away, setAway] = useState(false);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => pane.current,
    estimateSize: () => 140,
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 6,
  });
  const first = rows.find((r) => r.kind === 'block')?.key;
  const anchor = useRef<{ key: string; top: number; first: string | undefined } | null>(null);
  void owner;

  // What is read above pushes down what one reads: the first row in sight stays where it was.
  const readOlder = useCallback(() => {
    const element = pane.current;
    if (!conversation || !element || state.loadingOlder || conversation.log.from <= 1) return;
    const top = virtual.getVirtualItemForOffset(element.scrollTop)?.index ?? 0;
    const index = rows.findIndex((row, i) => i >= top && row.kind === 'block');
    const item = virtual.measurementsCache[index];
    anchor.current = item ? { key: String(item.key), top: item.start - element.scrollTop, first } : null;
    void conversation.readOlder().then((read) => {
      if (!read) anchor.current = null;
    });
  }, [conversation, state.loadingOlder, virtual, rows, first]);
  useLayoutEffect(() => {
    const kept = anchor.current;
    if (!kept || !pane.current || first === kept.first) return;
    anchor.current = null;
    const start = virtual.measurementsCache[rows.findIndex((r) => r.key === kept.key)]?.start;
    if (start !== undefined) pane.current.scrollTop = start - kept.top;
  }, [first, rows, virtual]);

  const onScroll = (): void => {
    const element = pane.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    follows.current = below < nearPixels;
    setAway(!follows.current);
    if (element.scrollTop < 600) readOlder();
  };
  const size = virtual.getTotalSize();
  useLayoutEffect(() => {
    const element = pane.current;
    if (element && follows.current && anchor.current === null) element.scrollTop = element.scrollHeight;
  }, [size, rows.length]);
  // A thread that does not fill its pane cannot be scrolled to ask for more.
  useEffect(() => {
    const element = pane.current;
    if (element && rows[0]?.kind === 'older' && element.scrollHeight <= element.clientHeight) readOlder();
  }, [rows, readOlder]);

  const drawn = (row: Row): ReactNode => {
    switch (row.kind) {
      case 'older':
        return <p className="older" role="status">{state.loadingOlder ? 'Reading what was said before …' : 'There is more above.'}</p>;
      case 'lead':
        return telling?.lead;
      case 'block':
        return row.block.kind === 'user'
          ? <UserBlock block={row.block} conversation={conversation} session={session} telling={telling} onErase={onErase} />
          : <ReplyBlock block={row.block} conversation={conversation} session={session} telling={telling} isLast={row.isLast && state.live === null} onErase={onErase} />;
      case 'live':
        return state.live && <LiveReply live={state.live} speaker={telling?.speaker ?? 'Agent'} onAnswer={(call, yes) => void conversation?.answer(call, yes)} />;
      case 'ended':
        return <Ended state={state} session={session} again={!telling} />;
      case 'waiting':
        return <WaitingMessage text={row.message} />;
      case 'pending':
        return <PendingMessage item={row.item} />;
    }
  };
  return (
    <div className="thread" ref={pane} onScroll={onScroll} tabIndex={0} role="log" aria-label="Conversation" aria-live="off">
      <div className="thread-inner" style={{ height: size }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row && (
            <div key={item.key} ref={virtual.measureElement} data-index={item.index} className="thread-row" style={{ transform: `translateY(${item.start}px)` }}>
              {drawn(row)}
            </div>
          );
        })}
      </div>
      {away && (
        <button
          type="button"
          className="to-end"
          onClick={() => {
            follows.current = true;
            pane.current?.scrollTo({ top: pane.current.scrollHeight });
          }}
        >
          ↓ <span>Newest</span>
        </button>
      )}
      <Spoken state={state} speaker={telling?.speaker ?? 'The agent'} />
    </div>
  );
}

/** Tells a screen reader that an answer has begun and, once, what it was: not every word as it comes. */
function Spoken({ state, speaker }: { state: ConversationState; speaker: string }): ReactNode {
  const [words, setWords] = useState('');
  const last = useRef<string | null>(null);
  const { live } = state;
  const text = useRef('');
  if (live) text.current = live.text;
  useEffect(() => {
    if (live && last.current !== live.turn) {
      last.current = live.turn;
      setWords(`${speaker} is answering.`);
    } else if (!live && last.current !== null) {
      last.current = null;
      setWords(text.current.slice(0, 2000));
    }
  }, [live, speaker]);
  return <p className="visually-hidden" aria-live="polite">{words}</p>;
}

function Ended({ state, session, again }: { state: ConversationState; session: string; again: boolean }): ReactNode {
  const head = state.head;
  return (
    <div className="ended" role="alert">
      <p>{state.ended?.message}</p>
      {again && state.ended?.status !== 'length' && (
        <button type="button" onClick={() => void outbox.put({ kind: 'regenerate', session, agent: null, regenerate: head })}>Try again</button>
      )}
    </div>
  );
}

function rowsOf(conversation: Conversation | null, state: ConversationState, items: readonly OutboxItem[], session: string, local: string | undefined, telling: Telling | undefined): Row[] {
  const rows: Row[] = [];
  const said = items.filter((i) => (i.session === session || i.session === local) && i.kind !== 'delete');
  const hasMore = conversation !== null && (telling ? conversation.log.from > 1 : conversation.log.path(state.head).missing > 0);
  if (hasMore) rows.push({ key: 'older', kind: 'older' });
  else if (telling?.lead) rows.push({ key: 'lead', kind: 'lead' });
  if (conversation && !conversation.log.isEmpty) {
    const all = conversation.log.blocks(telling ? null : state.head, state.live?.turn ?? null);
    const blocks = telling?.note ? all.filter((b) => b.kind !== 'note' || telling.note?.(b.entries[0]!) !== null) : all;
    blocks.forEach((block, i) => rows.push({ key: block.key, kind: 'block', block, isLast: i === blocks.length - 1 }));
  }

  if (state.live) rows.push({ key: `live-${state.live.turn}`, kind: 'live' });
  if (state.ended && !state.live) rows.push({ key: 'ended', kind: 'ended' });
  const kept = said.filter((i) => i.kind === 'message').map((i) => i.text);
  for (const waiting of state.waiting) {
    const twin = kept.indexOf(waiting.message);
    if (twin >= 0) kept.splice(twin, 1);
    else rows.push({ key: `waiting-${waiting.turn_id}`, kind: 'waiting', message: waiting.message, turn: waiting.turn_id });
  }

  for (const item of said) {
    // What the log has is not shown a second time.
    const isThere = item.turn !== null && (item.kind === 'regenerate' || conversation?.log.hasTurn(item.turn) === true);
    if (!isThere && (item.kind === 'message' || item.failed !== null)) rows.push({ key: `pending-${item.key}`, kind: 'pending', item });
  }

  return rows;
}
