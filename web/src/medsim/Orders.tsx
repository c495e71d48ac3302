import { useRef, useState, type ReactNode } from 'react';
import { caseTime, stamp } from './caseTime';
import { kindName, kinds } from './kinds';
import { Outcome } from './Outcome';
import { Choices, Picker } from './Picker';
import { Refusal } from './Refusal';
import type { ActionReply, AttemptView, Order } from './types';
import type { Act } from './useAttempt';
import { useCatalogue } from './useCatalogue';
import { useDeed } from './wishes';

/** Tests to order, and what came of them. A result arrives after its turnaround in case time. */
export function Orders({ attempt, act }: { attempt: AttemptView; act: Act }): ReactNode {
  const { tests } = useCatalogue();
  const [reply, setReply] = useState<ActionReply | null>(null);
  const deed = useDeed();
  const isOver = attempt.state !== 'running';
  const done = new Set(attempt.orders.map((o) => o.name));
  const pending = attempt.orders.filter((o) => o.status === 'pending').sort((a, b) => a.ready_minute - b.ready_minute);
  const others = attempt.orders.filter((o) => o.status !== 'pending').sort((a, b) => b.ready_minute - a.ready_minute || b.seq - a.seq);
  const order = async (what: string): Promise<boolean> => {
    const answer = await deed.run(() => act('order', { what }));
    setReply(answer ?? null);
    return answer !== undefined && answer.status !== 'which';
  };
  const results = useRef<HTMLHeadingElement>(null);
  const wait = async (): Promise<void> => {
    setReply(null);
    // The button may be gone then; who pressed it goes on at what it brought.
    if (await deed.run(() => act('wait', {}))) results.current?.focus();
  };
  const groups = kinds.map((k) => ({ name: kindName(k), items: tests.filter((t) => t.kind === k).map((t) => ({ name: t.name, done: done.has(t.name) })) }));
  return (
    <>
      <h2 className="visually-hidden">Orders</h2>
      {!isOver && (
        <Picker label="Order a test" verb="Order" groups={groups} busy={deed.busy} onPick={order}>
          <Refusal problem={deed.problem} />
          <Outcome of={reply}>{reply && reply.status !== 'which' && <p>{spoken(reply)}</p>}</Outcome>
          {reply?.status === 'which' && <Choices what="test" choices={reply.choices ?? []} onPick={(what) => void order(what)} />}
        </Picker>
      )}
      {pending.length > 0 && (
        <section aria-labelledby="ms-pending">
          <h2 id="ms-pending">On their way</h2>
          <ul className="ms-pending">{pending.map((o) => <li key={o.seq}><strong>{o.name}</strong> comes at {stamp(o.ready_minute)}, in {caseTime(o.ready_minute - attempt.clock.case_minutes)} of case time. Cost {o.cost}.</li>)}</ul>
          {!isOver && <button type="button" disabled={deed.busy} onClick={() => void wait()}>Wait for the next result</button>}
        </section>
      )}
      <section aria-labelledby="ms-results">
        <h2 id="ms-results" ref={results} tabIndex={-1}>Results</h2>
        {others.length === 0 && <p className="hint">{attempt.orders.length === 0 ? 'Nothing was ordered yet.' : 'No result is here yet.'}</p>}
        <ul className="ms-results">{others.map((o) => <Result key={o.seq} order={o} />)}</ul>
      </section>
    </>
  );
}

function Result({ order }: { order: Order }): ReactNode {
  const isHere = order.status !== 'not_available';
  return (
    <li>
      <h3>{order.name} <small>{isHere ? `at ${stamp(order.ready_minute)}, cost ${order.cost}` : 'not to be had here'}</small></h3>
      {isHere && order.result && <p>{order.result}</p>}
      {order.trace && <pre tabIndex={0} aria-label={`${order.name} in words`}>{order.trace.trimEnd()}</pre>}
    </li>
  );
}

function spoken(reply: ActionReply): string {
  if (reply.status === 'not_available') return `${reply.name ?? 'That'} is not to be had here.`;
  if (reply.status === 'ordered') return `${reply.name ?? 'It'} is ordered${typeof reply.ready_minute === 'number' ? ` and comes at ${stamp(reply.ready_minute)}` : ''}${typeof reply.cost === 'number' ? `. Cost ${reply.cost}` : ''}.`;
  return reply.text ?? '';
}
