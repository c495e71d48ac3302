import { get, Problem, send, wordsOf } from '../api/client';
import { Follower, type Link, type ServerEvent } from '../api/events';
import type { Approval, SessionView, TurnDelta, TurnReply, TurnSnapshot, TurnStarted, TurnTool, WaitingInput } from '../api/types';
import { readCopy, saveCopy } from '../storage/database';
import { outbox } from '../outbox/outbox';
import { Log } from './log';

/** A turn that is being told. */
export interface Live {
  turn: string;
  userSeq: number;
  text: string;
  tools: TurnTool[];
  approvals: Approval[];
  startedAt: number;
}

export interface ConversationState {
  session: SessionView | null;
  /** Grows with every change of the log. */
  version: number;
  head: number;
  live: Live | null;
  waiting: WaitingInput[];
  link: Link;
  /** When what is shown was read, where it is a copy and not the server's word. */
  copyOf: number | null;
  loadingOlder: boolean;
  problem: string | null;
  /** Why the newest turn ended as it did, where it did not end well. */
  ended: { turn: string; status: string; message: string } | null;
  gone: boolean;
}

const firstPage = 200;
const olderPage = 500;
const copiedEntries = 500;
const shown = new Set<Conversation>();

/** Reads on where a session is shown that was changed elsewhere in the page, as by another name. */
export function refreshShown(id: string): void {
  for (const conversation of shown) if (conversation.id === id) void conversation.refresh();
}

/**
 * One session as this page sees it: the log as far as it was read, the turn that is being told, and the link to the server. The log is the truth and the
 * events say when to read on, so a lost event is a late one and nothing is shown twice.
 */
export class Conversation {
  readonly log = new Log();
  private state: ConversationState = {
    session: null, version: 0, head: 0, live: null, waiting: [], link: 'connecting', copyOf: null, loadingOlder: false, problem: null, ended: null, gone: false,
  };

  private readonly listeners = new Set<() => void>();
  private follower: Follower | null = null;
  private reading: Promise<void> | null = null;
  private readAgain = false;
  private frame = 0;
  private closed = false;

  constructor(
    readonly id: string,
    private readonly owner: string,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): ConversationState => this.state;

  open(): void {
    this.closed = false;
    shown.add(this);
    void this.showCopy();
    void this.refresh();
    // Listening begins before the log is read, and each new connection reads on: what happens in between is in one of both.
    this.follower = new Follower(`/api/v1/sessions/${this.id}/events`, (event) => this.hear(event), (link, problem) => this.linked(link, problem));
  }

  close(): void {
    this.closed = true;
    shown.delete(this);
    this.follower?.stop();
    cancelAnimationFrame(this.frame);
  }

  /** Reads what is new; calls under way are one. */
  refresh(): Promise<void> {
    if (this.reading) {
      this.readAgain = true;
      return this.reading;
    }

    this.reading = this.read().finally(() => {
      this.reading = null;
      if (this.readAgain && !this.closed) {
        this.readAgain = false;
        void this.refresh();
      }
    });
    return this.reading;
  }

  /** Reads a page of what was said before; gives whether it did. */
  async readOlder(): Promise<boolean> {
    if (this.state.loadingOlder || this.log.from <= 1) return false;
    this.set({ loadingOlder: true });
    try {
      const after = Math.max(0, this.log.from - 1 - olderPage);
      const page = await get<SessionView>(`/api/v1/sessions/${this.id}?after=${after}&limit=${this.log.from - 1 - after}`);
      this.log.add(page.entries);
      this.set({ loadingOlder: false, version: this.state.version + 1 });
      return true;
    } catch (failure) {
      this.set({ loadingOlder: false, problem: wordsOf(failure) });
      return false;
    }
  }

  /** Goes on in another branch. */
  async choose(seq: number): Promise<void> {
    const head = this.log.leafOf(seq);
    const before = this.state.head;
    this.set({ head });
    try {
      await send(`/api/v1/sessions/${this.id}`, { method: 'PATCH', body: { head } });
    } catch (failure) {
      this.set({ head: before, problem: wordsOf(failure) });
    }
  }

  async erase(seq: number): Promise<void> {
    await send(`/api/v1/sessions/${this.id}/entries/${seq}`, { method: 'DELETE' });
    // What is erased changes entries that were read before: the log is read anew.
    await this.readFrom(Math.max(0, this.log.from - 1));
  }

  async stop(): Promise<void> {
    const turn = this.state.live?.turn;
    if (!turn) return;
    try {
      await send(`/api/v1/sessions/${this.id}/turns/${turn}/cancel`, {});
    } catch (failure) {
      this.set({ problem: wordsOf(failure) });
    }
  }

  async answer(call: string, approve: boolean): Promise<void> {
    const live = this.state.live;
    if (!live) return;
    this.set({ live: { ...live, approvals: live.approvals.filter((a) => a.call_id !== call) } });
    try {
      // The answer would wait for the turn's end; the events tell it.
      const abort = new AbortController();
      const answered = send(`/api/v1/sessions/${this.id}/turns/${live.turn}/approvals`, { body: { call_id: call, approve }, signal: abort.signal });
      await Promise.race([answered, new Promise((done) => setTimeout(done, 3000))]);
      abort.abort();
      answered.catch(() => undefined);
    } catch (failure) {
      this.set({ problem: wordsOf(failure), live: { ...live } });
    }
  }

  dismiss(): void {
    this.set({ problem: null, ended: null });
  }

  private async showCopy(): Promise<void> {
    const copy = await readCopy(this.id, this.owner).catch(() => null);
    if (!copy || this.state.session || this.closed) return;
    this.log.add(copy.entries);
    this.set({ session: copy.view, head: copy.view.head, copyOf: copy.savedAt, version: this.state.version + 1 });
  }

  private async read(): Promise<void> {
    try {
      if (this.log.isEmpty || this.state.copyOf !== null) {
        const outline = await get<SessionView>(`/api/v1/sessions/${this.id}?limit=1`);
        await this.readFrom(Math.max(0, Math.min(this.log.isEmpty ? Infinity : this.log.from - 1, outline.count - firstPage)));
        return;
      }

      await this.readFrom(this.log.to);
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 404) this.set({ gone: true });
      else if (!(failure instanceof Problem && (failure.mayPass || failure.isLogin))) this.set({ problem: wordsOf(failure) });
    }
  }

  private async readFrom(after: number): Promise<void> {
    let next: number | null = after;
    let view: SessionView | null = null;
    while (next !== null) {
      view = await get<SessionView>(`/api/v1/sessions/${this.id}?after=${next}&limit=1000`);
      this.log.add(view.entries);
      next = view.next ?? null;
    }

    if (this.closed || !view) return;
    const live = this.state.live && !this.endedTurns.has(this.state.live.turn) ? this.state.live : null;
    const head = live && this.log.get(live.userSeq) ? live.userSeq : this.log.tailOf(view.head);
    this.set({ session: view, copyOf: null, head, waiting: view.waiting ?? [], version: this.state.version + 1, live, gone: false });
    void saveCopy({ id: this.id, owner: this.owner, view: { ...view, entries: [] }, entries: this.log.entries.slice(-copiedEntries), savedAt: Date.now() }).catch(() => undefined);
  }

  private readonly endedTurns = new Set<string>();

  private linked(link: Link, problem?: Problem): void {
    if (problem?.status === 404) this.set({ link, gone: true });
    else this.set({ link });
    if (link !== 'open') return;
    // The server is there: what waits here need not wait for its next try.
    outbox.poke();
    void this.refresh();
  }

  private hear(event: ServerEvent): void {
    switch (event.name) {
      case 'turn.started': {
        const started = JSON.parse(event.data) as TurnStarted;
        const again = this.state.live?.turn === started.turn_id;
        this.endedTurns.delete(started.turn_id);
        this.set({
          live: again && this.state.live ? this.state.live : { turn: started.turn_id, userSeq: started.user_seq, text: '', tools: [], approvals: [], startedAt: Date.now() },
          ended: null,
        });
        if (!again) this.pending = [];
        void this.refresh();
        break;
      }

      case 'turn.delta': {
        const delta = JSON.parse(event.data) as TurnDelta;
        this.grow(event, (text) => text.slice(0, delta.offset) + delta.text);
        break;
      }

      case 'turn.snapshot': {
        const whole = JSON.parse(event.data) as TurnSnapshot;
        this.grow(event, () => whole.text);
        break;
      }

      case 'turn.tool': {
        const tool = JSON.parse(event.data) as TurnTool;
        const live = this.liveOf(event);
        const known = live.tools.findIndex((t) => t.call_id === tool.call_id);
        const tools = known < 0 ? [...live.tools, tool] : live.tools.map((t, i) => (i === known ? { ...t, ...withoutNulls(tool) } : t));
        this.set({ live: { ...live, tools, approvals: tool.status ? live.approvals.filter((a) => a.call_id !== tool.call_id) : live.approvals } });
        break;
      }

      case 'turn.waiting': {
        const reply = JSON.parse(event.data) as TurnReply;
        this.set({ live: { ...this.liveOf(event), approvals: reply.approvals ?? [] } });
        break;
      }

      default:
        if (event.name.startsWith('turn.')) this.end(JSON.parse(event.data) as TurnReply);
    }
  }

  private end(reply: TurnReply): void {
    this.endedTurns.add(reply.turn_id);
    const failed = reply.error && reply.status !== 'completed' ? { turn: reply.turn_id, status: reply.status, message: reply.error.message } : null;
    const cut = reply.finish === 'length' ? { turn: reply.turn_id, status: 'length', message: 'The model stopped at its limit of tokens.' } : null;
    const live = this.state.live;
    // The whole reply is here now; it stays until the log has it, so that nothing jumps.
    this.set({ ended: failed ?? cut, live: live && live.turn === reply.turn_id && reply.reply ? { ...live, text: reply.reply, approvals: [] } : live });
    this.pending = [];
    outbox.settle(reply.turn_id, reply.status);
    void this.refresh();
  }

  private pending: ((text: string) => string)[] = [];

  /** Words come faster than a screen shows them: those of one frame are one change. */
  private grow(event: ServerEvent, change: (text: string) => string): void {
    this.liveOf(event);
    this.pending.push(change);
    if (this.frame !== 0) return;
    const show = (): void => {
      this.frame = 0;
      const changes = this.pending;
      this.pending = [];
      const { live } = this.state;
      if (live) this.set({ live: { ...live, text: changes.reduce((text, c) => c(text), live.text) } });
    };
    this.frame = document.visibilityState === 'hidden' ? (setTimeout(show, 50) as unknown as number) : requestAnimationFrame(show);
  }

  /** The turn that an event belongs to; one whose beginning was not heard is begun here. */
  private liveOf(event: ServerEvent): Live {
    const turn = event.id?.split('.')[0] ?? '';
    if (this.state.live && (turn === '' || this.state.live.turn === turn)) return this.state.live;
    const live: Live = { turn, userSeq: this.state.head, text: '', tools: [], approvals: [], startedAt: Date.now() };
    this.set({ live });
    return live;
  }

  private set(change: Partial<ConversationState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((l) => l());
  }
}

function withoutNulls(tool: TurnTool): TurnTool {
  return Object.fromEntries(Object.entries(tool).filter(([, v]) => v !== null && v !== undefined)) as unknown as TurnTool;
}
