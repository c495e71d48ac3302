import { ask, get, Problem, send } from '../api/client';
import { readEvents } from '../api/events';
import type { SessionView, TurnStarted, TurnView } from '../api/types';
import { database, type OutboxItem } from '../storage/database';

export type { OutboxItem } from '../storage/database';

type Draft = Pick<OutboxItem, 'session' | 'agent' | 'kind'> & Partial<Pick<OutboxItem, 'text' | 'parent' | 'regenerate' | 'due'>>;

const slowestRetryMilliseconds = 15_000;
// The server remembers a key for at least a day.
const keptMilliseconds = 20 * 3_600_000;
const channelName = 'troupe-outbox';

/**
 * What was said and is not the server's yet. It is in the browser's database before anything is sent, each with a key of its own, so that it is done once
 * whatever happens: the tab closed, the answer lost, two tabs at once. A session's wishes go in order; one that the server refuses steps aside.
 */
export class Outbox {
  private owner: string | null = null;
  private items: readonly OutboxItem[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(channelName) : null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private attempts = 0;
  private readonly lanes = new Set<string>();
  private readonly sending = new Map<string, AbortController>();
  private readonly withdrawn = new Set<string>();
  /** Told when a session that was begun here has its name. */
  onNamed: (local: string, id: string) => void = () => undefined;
  /** Told when the server holds a wish, before it leaves the outbox. */
  onSent: (item: OutboxItem, session: string, started: TurnStarted | null) => void = () => undefined;

  constructor() {
    this.channel?.addEventListener('message', () => void this.load());
    globalThis.addEventListener?.('online', () => {
      this.attempts = 0;
      this.poke();
    });
    globalThis.addEventListener?.('pagehide', () => this.deleteNow());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly list = (): readonly OutboxItem[] => this.items;

  async open(owner: string | null): Promise<void> {
    this.owner = owner;
    await this.load();
    this.poke();
    for (const item of this.items) {
      if (item.turn !== null) void this.ask(item, item.turn);
    }
  }

  /** A turn has ended: its wish is done, or, where the server died on the way, sent again with its key, which runs it anew under the same words. */
  settle(turn: string, status: string): void {
    const item = this.items.find((i) => i.turn === turn);
    if (!item) return;
    if (status !== 'abandoned') {
      void this.remove(item);
      return;
    }

    void (async () => {
      await (await database()).put('outbox', { ...item, turn: null });
      await this.changed();
      this.poke();
    })();
  }

  /** Keeps a wish; when this is done it cannot be lost. */
  async put(draft: Draft): Promise<OutboxItem> {
    if (!this.owner) throw new Problem(401, 'key_missing', 'Log in first.');
    const item: OutboxItem = {
      key: crypto.randomUUID(), owner: this.owner, text: '', parent: null, regenerate: null, at: Date.now(), due: 0, failed: null, turn: null, ...draft,
    };
    item.no = await (await database()).add('outbox', item);
    await this.changed();
    this.poke();
    return item;
  }

  async remove(item: OutboxItem): Promise<void> {
    if (item.no !== undefined) await (await database()).delete('outbox', item.no);
    await this.changed();
  }

  /** Sends one again that the server had refused, behind what waits now. */
  async sendAgain(item: OutboxItem): Promise<void> {
    await this.remove(item);
    const { no: _, ...rest } = item;
    const db = await database();
    // What was refused had no effect, but the key may remember it: this is a new wish.
    await db.add('outbox', { ...rest, key: crypto.randomUUID(), failed: null, turn: null });
    await this.changed();
    this.poke();
  }

  /** The server's name of a session that was begun here; null while it has none. */
  async nameOf(local: string): Promise<string | null> {
    return (await (await database()).get('aliases', local))?.id ?? null;
  }

  /** Takes a wish back that has not begun. Where the server holds it by now, it is taken from there first: what is gone here is gone there. */
  async withdraw(item: OutboxItem): Promise<void> {
    this.withdrawn.add(item.key);
    try {
      if (item.kind === 'message') await this.recall(item);
      this.sending.get(item.key)?.abort();
      await this.remove(item);
    } finally {
      this.withdrawn.delete(item.key);
      this.poke();
    }
  }

  /** Begins to send what is due, in one lane for each session. */
  poke(): void {
    clearTimeout(this.retry);
    if (!this.owner) return;
    const now = Date.now();
    for (const item of this.items) {
      if (item.failed === null && item.turn === null && item.due <= now && !this.lanes.has(item.session) && !this.withdrawn.has(item.key)) {
        this.lanes.add(item.session);
        void this.run(item.session);
      }
    }

    const next = Math.min(...this.items.filter((i) => i.failed === null && i.due > now).map((i) => i.due));
    if (Number.isFinite(next)) this.retryIn(next - now + 50);
  }

  /** How a turn went whose end this page has not seen. */
  private async ask(item: OutboxItem, turn: string): Promise<void> {
    if (Date.now() - item.at > keptMilliseconds) {
      await this.remove(item);
      return;
    }

    try {
      const session = item.agent === null ? item.session : ((await this.nameOf(item.session)) ?? item.session);
      const { status } = await get<TurnView>(`/api/v1/sessions/${session}/turns/${turn}`);
      if (status !== 'running' && status !== 'queued' && status !== 'waiting') this.settle(turn, status);
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 404) await this.remove(item);
    }
  }

  private async recall(item: OutboxItem): Promise<void> {
    const session = item.agent === null ? item.session : await this.nameOf(item.session);
    if (!session) return;
    try {
      const view = await get<SessionView>(`/api/v1/sessions/${session}?limit=1`);
      const waiting = view.waiting?.findLast((w) => w.message === item.text);
      if (waiting) await send(`/api/v1/sessions/${session}/turns/${waiting.turn_id}/cancel`, {});
    } catch (failure) {
      // A server that is away holds nothing that was not sent.
      if (!(failure instanceof Problem && failure.mayPass) || this.sending.has(item.key)) throw failure;
    }
  }

  private async load(): Promise<void> {
    const all = await (await database()).getAll('outbox');
    this.items = all.filter((i) => i.owner === this.owner);
    this.listeners.forEach((l) => l());
  }

  private async changed(): Promise<void> {
    await this.load();
    this.channel?.postMessage('changed');
  }

  private retryIn(milliseconds: number): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.poke(), milliseconds);
  }

  /** Sends what one session waits with, in order; one tab at a time. Where a browser has no locks, the keys still keep it to once. */
  private async run(session: string): Promise<void> {
    let wait: number | null = null;
    try {
      const work = async (): Promise<void> => {
        wait = await this.sendAll(session);
      };
      await (navigator.locks ? navigator.locks.request(`${channelName}-${session}`, work) : work());
    } finally {
      this.lanes.delete(session);
    }

    if (wait !== null) this.retryIn(wait);
    else this.poke();
  }

  /** Gives how long to wait before trying again; null when nothing is left to send. */
  private async sendAll(session: string): Promise<number | null> {
    for (;;) {
      await this.load();
      const item = this.items.find((i) => i.session === session && i.failed === null && i.turn === null && i.due <= Date.now() && !this.withdrawn.has(i.key));
      if (!item || !this.owner) return null;
      try {
        await this.deliver(item);
        this.attempts = 0;
      } catch (failure) {
        if (!this.items.some((i) => i.no === item.no)) continue;
        const problem = failure instanceof Problem ? failure : new Problem(0, 'away', 'The server cannot be reached.');
        if (problem.isLogin) {
          // Nobody is logged in: what is kept is sent when its owner is back.
          this.owner = null;
          return null;
        }

        if (problem.mayPass || problem.code === 'antiforgery_missing') {
          return problem.retryAfterSeconds ? problem.retryAfterSeconds * 1000 : Math.min(slowestRetryMilliseconds, 500 * 2 ** this.attempts++);
        }

        await (await database()).put('outbox', { ...item, failed: problem.message });
        await this.changed();
      }
    }
  }

  private async deliver(item: OutboxItem): Promise<void> {
    if (item.kind === 'delete') {
      await ask(`/api/v1/sessions/${item.session}`, { method: 'DELETE' }).catch((failure: unknown) => {
        // What is gone is what was wished.
        if (!(failure instanceof Problem && failure.status === 404)) throw failure;
      });
      this.onSent(item, item.session, null);
      await this.remove(item);
      return;
    }

    const session = await this.sessionOf(item);
    const abort = new AbortController();
    this.sending.set(item.key, abort);
    try {
      await this.say(item, session, abort.signal);
    } finally {
      this.sending.delete(item.key);
    }
  }

  private async say(item: OutboxItem, session: string, signal: AbortSignal): Promise<void> {
    const response = await ask(`/api/v1/sessions/${session}/turns`, {
      method: 'POST',
      signal,
      key: item.key,
      accept: 'text/event-stream',
      body: item.kind === 'regenerate' ? { regenerate: item.regenerate } : item.parent === null ? { message: item.text } : { message: item.text, parent: item.parent },
    });
    let started: TurnStarted | null = null;
    let failed: Problem | null = null;
    let ended = false;
    // The first event says that the message is as safe as its session promises. The rest is read where the conversation is shown.
    await readEvents(response, (event) => {
      if (event.name === 'turn.started') started = JSON.parse(event.data) as TurnStarted;
      else if (event.name === 'turn.failed') {
        const reply = JSON.parse(event.data) as { turn_id: string; error?: { code: string; message: string } };
        if (reply.turn_id === '') failed = new Problem(503, reply.error?.code ?? 'unknown', reply.error?.message ?? 'The turn was not taken.');
      }

      ended ||= event.name !== 'turn.started' && event.name.startsWith('turn.') && !event.name.endsWith('abandoned');
      return false;
    });
    if (failed) throw failed;
    this.onSent(item, session, started);
    const turn = (started as TurnStarted | null)?.turn_id;
    if (turn === undefined || ended) {
      await this.remove(item);
    } else {
      await (await database()).put('outbox', { ...item, turn });
      await this.changed();
    }
  }

  private async sessionOf(item: OutboxItem): Promise<string> {
    if (item.agent === null) return item.session;
    const known = await this.nameOf(item.session);
    if (known) return known;
    const made = await send<{ id: string }>('/api/v1/sessions', { body: { agent: item.agent }, key: `${item.session}` });
    await (await database()).put('aliases', { local: item.session, id: made.id });
    this.onNamed(item.session, made.id);
    return made.id;
  }

  /** When the page goes, nobody can undo a deletion any more: it is done now, as far as the browser lets it. */
  private deleteNow(): void {
    for (const item of this.items) {
      if (item.kind === 'delete' && item.failed === null) {
        void ask(`/api/v1/sessions/${item.session}`, { method: 'DELETE', keepalive: true }).catch(() => undefined);
      }
    }
  }
}

export const outbox = new Outbox();
