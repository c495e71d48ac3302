import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { send, wordsOf } from '../api/client';
import { Follower, type Link } from '../api/events';
import { Confirm } from '../shell/Dialog';
import { notices } from '../shell/notices';
import { Table } from '../shell/Table';
import { nameOf } from '../sessions/agents';
import { Keys } from './Keys';
import { Plot } from './Plot';
import { charts, shown, shownSeconds } from './series';
import type { BudgetLine, RunningTurn, Tick } from './types';

/** What the server does now, for its operator: one connection brings all of it, once a second. */
export function PerformancePage(): ReactNode {
  const [ticks, setTicks] = useState<readonly Tick[]>([]);
  const [link, setLink] = useState<Link>('connecting');
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    document.title = 'Performance · Troupe';
    const follower = new Follower(
      '/api/v1/performance/stream',
      (event) => {
        if (event.name === 'performance') setTicks((all) => [...all.slice(1 - shownSeconds), JSON.parse(event.data) as Tick]);
      },
      (state, failure) => {
        setLink(state);
        setProblem(failure && !failure.mayPass ? failure.message : null);
      },
    );
    return () => follower.stop();
  }, []);
  const now = ticks.at(-1);
  const names = now?.metrics.caches.map((c) => c.name).join('\n') ?? '';
  const plots = useMemo(() => charts(names ? names.split('\n') : []), [names]);
  return (
    <main id="main" className="performance" tabIndex={-1}>
      <header>
        <h1>Performance</h1>
        {now && <p className={`status ${now.status}`}>{now.status === 'ok' ? 'All is well' : now.status === 'warning' ? 'Somebody should look soon' : 'Somebody should look now'}</p>}
      </header>
      {problem && <p className="banner problem" role="alert">{problem}</p>}
      {link === 'away' && !problem && <p className="banner" role="status">The server is away. The plots go on when it is back.</p>}
      {!now && !problem && <p role="status">Measuring …</p>}
      {now && (
        <>
          <Checks tick={now} />
          <div className="plots">{plots.map((chart) => <Plot key={chart.title} chart={chart} ticks={ticks} />)}</div>
          <Running turns={now.running} total={now.running_total} />
          <Caches tick={now} />
          <Models tick={now} />
          <Budgets lines={now.budgets} />
        </>
      )}
      <Keys />
    </main>
  );
}

function Checks({ tick }: { tick: Tick }): ReactNode {
  return (
    <details className="section">
      <summary><h2>Checks</h2> <span>{tick.checks.filter((c) => c.status === 'ok').length} of {tick.checks.length} well</span></summary>
      <Table label="Checks" head={['Check', 'Level', 'Value']} rows={tick.checks.map((c) => [c.name, c.status, c.detail])} />
    </details>
  );
}

function Running({ turns, total }: { turns: RunningTurn[]; total: number }): ReactNode {
  const cancel = (turn: RunningTurn): void =>
    void send(`/api/v1/sessions/${turn.session_id}/turns/${turn.turn_id}/cancel`, {}).then(() => notices.tell('The turn was stopped.'), (failure: unknown) => notices.tell(wordsOf(failure)));
  return (
    <section className="section">
      <h2>Running now <span className="number">{total}</span></h2>
      {turns.length === 0
        ? <p>Nothing runs.</p>
        : (
          <Table
            label="Running turns"
            head={['Owner', 'Agent', 'State', 'For', 'Waiting behind', '']}
            rows={turns.map((t) => [t.owner, nameOf(t.agent), t.state, shown(t.milliseconds / 1000, 's'), t.waiting, <button key="stop" type="button" onClick={() => cancel(t)}>Stop</button>])}
          />
        )}
      {total > turns.length && <p>{total - turns.length} more are not shown.</p>}
    </section>
  );
}

function Caches({ tick }: { tick: Tick }): ReactNode {
  const [asking, setAsking] = useState<string | null>(null);
  const clear = (name: string): void =>
    void send('/api/v1/performance/cache/clear', { body: name === '*' ? {} : { name } }).then(
      () => notices.tell(name === '*' ? 'All caches are empty.' : `The cache '${name}' is empty.`),
      (failure: unknown) => notices.tell(wordsOf(failure)),
    );
  return (
    <section className="section">
      <h2>Caches</h2>
      <Table
        label="Caches"
        head={['Cache', 'Hits', 'Requests', 'Coalesced', 'Evicted', 'Expired', 'Entries', 'Size', '']}
        rows={tick.metrics.caches.map((c) => [
          c.name, shown(100 * c.hit_rate, '%'), shown(c.requests, ''), shown(c.coalesced, ''), shown(c.evicted, ''), shown(c.expired, ''), `${shown(c.entries, '')} of ${shown(c.max_entries, '')}`,
          `${shown(c.bytes / 1048576, 'MiB')} of ${shown(c.max_bytes / 1048576, 'MiB')}`, <button key="clear" type="button" onClick={() => setAsking(c.name)}>Clear</button>,
        ])}
      />
      <button type="button" onClick={() => setAsking('*')}>Clear all caches</button>
      {asking !== null && (
        <Confirm
          title={asking === '*' ? 'Clear all caches?' : `Clear the cache '${asking}'?`}
          text="What it holds is computed again when it is asked for: answers take longer and cost more until it is warm."
          yes="Clear"
          onClose={() => setAsking(null)}
          onYes={() => clear(asking)}
        />
      )}
    </section>
  );
}

function Models({ tick }: { tick: Tick }): ReactNode {
  return (
    <section className="section">
      <h2>Models</h2>
      <Table
        label="Models"
        head={['Model', 'Calls', 'To provider', 'Cached', 'Coalesced', 'Tokens saved', 'Failures', 'p50', 'p99', 'First token p50']}
        rows={tick.metrics.models.map((m) => [
          m.model, shown(m.calls.count, ''), shown(m.provider_calls, ''), shown(m.cached, ''), shown(m.coalesced, ''), shown(m.saved_tokens, ''), shown(m.failures, ''), shown(m.calls.p50_ms, 'ms'),
          shown(m.calls.p99_ms, 'ms'), shown(m.first_token.p50_ms, 'ms'),
        ])}
      />
    </section>
  );
}

const scopes: Record<string, string> = { turn: 'a turn', session: 'a session', owner_day: 'an owner in a day', key_day: 'a key in a day' };

function Budgets({ lines }: { lines: BudgetLine[] }): ReactNode {
  return (
    <section className="section">
      <h2>Budgets</h2>
      {lines.length === 0
        ? <p>No budget is set. See TROUPE_BUDGET_… in the guide to what is not computed twice.</p>
        : (
          <Table
            label="Budgets"
            head={['For', 'Owner', 'Agent', 'Tokens', 'Money']}
            rows={lines.map((l) => [scopes[l.scope] ?? l.scope, l.owner ?? 'everybody', l.agent ?? 'all', spent(l.tokens, l.token_limit), spent(l.money, l.money_limit)])}
          />
        )}
    </section>
  );
}

function spent(used: number | null | undefined, limit: number | null | undefined): string {
  if (limit === null || limit === undefined) return used === null || used === undefined ? '–' : shown(used, '');
  return used === null || used === undefined ? `at most ${shown(limit, '')}` : `${shown(used, '')} of ${shown(limit, '')}`;
}
