import { memo, useState, type ReactNode } from 'react';
import { get, wordsOf } from '../api/client';
import type { Approval, Entry, TurnTool, TurnView } from '../api/types';
import { outbox, type OutboxItem } from '../outbox/outbox';
import { Menu, type MenuItem } from '../shell/Menu';
import { notices } from '../shell/notices';
import { Copy } from './Code';
import type { Conversation, Live } from './conversation';
import type { Block } from './log';
import { Markdown } from './Markdown';
import type { Telling } from './telling';

interface Placed {
  block: Block;
  conversation: Conversation | null;
  session: string;
  telling?: Telling | undefined;
  onErase?: ((seq: number) => void) | undefined;
}

/** What a person said. Editing it begins another branch; what was there stays. */
export const UserBlock = memo(function UserBlock({ block, conversation, session, telling, onErase }: Placed): ReactNode {
  const entry = block.entries[0]!;
  const [editing, setEditing] = useState<string | null>(null);
  if (editing !== null) {
    return (
      <form
        className="message user editing"
        onSubmit={(event) => {
          event.preventDefault();
          const text = editing.trim();
          if (text === '') return;
          outbox.put({ kind: 'message', session, agent: null, text, parent: entry.parent }).then(() => setEditing(null), (failure: unknown) => notices.tell(wordsOf(failure)));
        }}
      >
        <textarea
          aria-label="Edit your message"
          value={editing}
          autoFocus
          rows={Math.min(12, editing.split('\n').length + 1)}
          onChange={(event) => setEditing(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setEditing(null);
          }}
        />
        <div className="row end">
          <button type="button" onClick={() => setEditing(null)}>Cancel</button>
          <button type="submit" className="primary" disabled={editing.trim() === ''}>Send as a new branch</button>
        </div>
      </form>
    );
  }

  return (
    <article className="message user" aria-label="You">
      <div className="bubble"><Markdown text={entry.text} /></div>
      {!telling && (
        <div className="tools">
          <Branches block={block} conversation={conversation} />
          <Copy text={entry.text} what="message" />
          <button type="button" className="quiet" onClick={() => setEditing(entry.text)}>Edit</button>
          {onErase && block.branches > 1 && <button type="button" className="quiet" onClick={() => onErase(block.seq)}>Delete branch</button>}
        </div>
      )}
    </article>
  );
});

/** What an agent said and did in a turn. */
export const ReplyBlock = memo(function ReplyBlock({ block, conversation, session, telling, isLast, onErase }: Placed & { isLast: boolean }): ReactNode {
  const [details, setDetails] = useState<TurnView | 'asking' | null>(null);
  const words = block.entries.filter((e) => e.role === 'assistant').map((e) => e.text).join('\n\n');
  const asked = conversation?.log.get(block.entries[0]!.parent);
  const turn = block.entries[0]!.turn_id;
  if (block.kind === 'note') return telling?.note ? telling.note(block.entries[0]!) : <p className="note">{block.entries[0]!.text}</p>;
  const items: MenuItem[] = [];
  if (turn && details === null) {
    items.push({
      label: 'Details',
      run: () => {
        setDetails('asking');
        get<TurnView>(`/api/v1/sessions/${session}/turns/${turn}`).then(setDetails, (failure: unknown) => {
          setDetails(null);
          notices.tell(wordsOf(failure));
        });
      },
    });
  }

  if (onErase && block.branches > 1) items.push({ label: 'Delete branch', danger: true, run: () => onErase(block.seq) });
  return (
    <article className="message reply" aria-label={telling?.speaker ?? 'Agent'} data-last={isLast || undefined}>
      {parts(block.entries)}
      {telling?.under?.(block)}
      {!telling && (
        <div className="tools">
          <Branches block={block} conversation={conversation} />
          <Copy text={words} what="reply" />
          {asked?.role === 'user' && (
            <button type="button" className="quiet" onClick={() => void outbox.put({ kind: 'regenerate', session, agent: null, regenerate: asked.seq })}>Regenerate</button>
          )}
          {items.length > 0 && <Menu label="More about this reply" items={items} />}
        </div>
      )}
      {details === 'asking' && <p className="details" role="status">Looking it up …</p>}
      {details !== null && details !== 'asking' && <Details turn={details} />}
    </article>
  );
});

/** A reply while it comes. */
export function LiveReply({ live, speaker, onAnswer }: { live: Live; speaker: string; onAnswer: (call: string, yes: boolean) => void }): ReactNode {
  return (
    <article className="message reply live" aria-label={speaker} aria-busy="true">
      {live.tools.map((tool) => <ToolCall key={tool.call_id} tool={tool} />)}
      {live.text ? <Markdown text={live.text} /> : live.approvals.length === 0 && <p className="thinking">{live.tools.some((t) => !t.status) ? 'Working …' : 'Thinking …'}</p>}
      {live.approvals.map((approval) => <Approve key={approval.call_id} approval={approval} onAnswer={onAnswer} />)}
    </article>
  );
}

/** What waits in the server, said from somewhere else. */
export function WaitingMessage({ text }: { text: string }): ReactNode {
  return (
    <article className="message user pending" aria-label="You, waiting">
      <div className="bubble"><Markdown text={text} /></div>
      <p className="mark">Waits for the answer before it.</p>
    </article>
  );
}

/** What is still here: kept in this browser until the server holds it. */
export function PendingMessage({ item }: { item: OutboxItem }): ReactNode {
  return (
    <article className="message user pending" aria-label={item.failed ? 'You, not sent' : 'You, on the way'}>
      <div className="bubble"><Markdown text={item.kind === 'regenerate' ? 'Another answer, please.' : item.text} /></div>
      {item.failed
        ? (
          <div className="problem" role="alert">
            <p>Not sent: {item.failed}</p>
            <button type="button" onClick={() => void outbox.sendAgain(item)}>Send again</button>
            <button type="button" onClick={() => void outbox.remove(item)}>Take it away</button>
          </div>
        )
        : (
          <p className="mark">
            {item.turn ? 'Sent.' : navigator.onLine ? 'On its way, or waiting its turn.' : 'Kept here. It is sent when you are back online.'}
            {!item.turn && <button type="button" className="quiet" onClick={() => void outbox.withdraw(item).catch((failure: unknown) => notices.tell(wordsOf(failure)))}>Take it back</button>}
          </p>
        )}
    </article>
  );
}

function Branches({ block, conversation }: { block: Block; conversation: Conversation | null }): ReactNode {
  if (block.branches < 2 || !conversation) return null;
  const go = (step: number): void => {
    const siblings = conversation.log.siblings(block.entries[0]!);
    const seq = siblings[block.branch + step];
    if (seq !== undefined) void conversation.choose(seq);
  };
  return (
    <span className="branches" role="group" aria-label={`Branch ${block.branch + 1} of ${block.branches}`}>
      <button type="button" className="quiet" aria-label="Branch before" disabled={block.branch === 0} onClick={() => go(-1)}>‹</button>
      <span aria-hidden="true">{block.branch + 1} / {block.branches}</span>
      <button type="button" className="quiet" aria-label="Branch after" disabled={block.branch === block.branches - 1} onClick={() => go(1)}>›</button>
    </span>
  );
}

function parts(entries: Entry[]): ReactNode {
  return entries.map((entry) => {
    if (entry.role === 'assistant') return <Markdown key={entry.seq} text={entry.text} />;
    if (entry.role !== 'tool_call') return null;
    const result = entries.find((e) => e.role === 'tool_result' && e.tool?.call_id === entry.tool?.call_id);
    return (
      <ToolCall
        key={entry.seq}
        tool={{
          call_id: entry.tool?.call_id ?? '', name: entry.tool?.name ?? 'tool', arguments: entry.text, status: result?.tool?.status ?? null, result: result?.text ?? null,
          milliseconds: result?.tool?.milliseconds ?? null, source: result?.tool?.source ?? null,
        }}
      />
    );
  });
}

function ToolCall({ tool }: { tool: TurnTool }): ReactNode {
  const state = !tool.status ? 'runs …' : tool.status === 'done' || tool.status === 'ok' || tool.status === 'completed' ? 'done' : tool.status;
  return (
    <details className="tool">
      <summary>
        <span className="tool-name">{tool.name}</span> <span>{state}</span>
        {typeof tool.milliseconds === 'number' && <span className="number"> {tool.milliseconds < 1 ? '< 1' : Math.round(tool.milliseconds)} ms</span>}
        {tool.source && <span> {tool.source}</span>}
      </summary>
      <h2>Arguments</h2>
      <pre tabIndex={0}>{pretty(tool.arguments ?? '')}</pre>
      {tool.result !== null && tool.result !== undefined && (
        <>
          <h2>Result</h2>
          <pre tabIndex={0}>{pretty(tool.result)}</pre>
        </>
      )}
    </details>
  );
}

function Approve({ approval, onAnswer }: { approval: Approval; onAnswer: (call: string, yes: boolean) => void }): ReactNode {
  return (
    <section className="approval" aria-label={`May ${approval.name} run?`}>
      <h2>{approval.reason === 'outcome_unknown' ? `${approval.name} may have run already` : `May ${approval.name} run?`}</h2>
      <p>
        {approval.reason === 'outcome_unknown'
          ? 'The server stopped while it ran, so nobody knows whether it was done. Look before you say that it shall run again.'
          : 'It changes something outside this conversation.'}
      </p>
      <pre tabIndex={0}>{pretty(approval.arguments)}</pre>
      <div className="row">
        <button type="button" className="primary" onClick={() => onAnswer(approval.call_id, true)}>{approval.reason === 'outcome_unknown' ? 'Run it again' : 'Yes, run it'}</button>
        <button type="button" onClick={() => onAnswer(approval.call_id, false)}>No</button>
      </div>
    </section>
  );
}

function Details({ turn }: { turn: TurnView }): ReactNode {
  const rows: [string, string][] = [
    ['Read by the model', `${turn.usage.input_tokens.toLocaleString()} tokens`],
    ['Written by the model', `${turn.usage.output_tokens.toLocaleString()} tokens`],
    ['From the cache', turn.cached ? 'yes, nothing was computed again' : 'no'],
    ['Kept', turn.durability === 'durable' ? 'on disk before you saw it (durable)' : 'in batches (batched)'],
    ['Ended', turn.status + (turn.error ? `: ${turn.error}` : '')],
    ['Begun', new Date(turn.at).toLocaleString()],
  ];
  if (turn.cost > 0) rows.push(['Cost', String(turn.cost)]);
  if (turn.model) rows.push(['Model', turn.model]);
  return (
    <dl className="details">
      {rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
