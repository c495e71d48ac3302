import { ask, onLoggedOut, onStale, Problem, send, setAntiforgery } from '../api/client';
import type { Me } from '../api/types';
import { outbox } from '../outbox/outbox';
import { forgetEverything } from '../storage/database';

export type AccountState =
  | { state: 'asking' }
  | { state: 'out'; problem: string | null; wasIn: boolean }
  | { state: 'in'; me: Me; away: boolean };

const kept = 'troupe.me';
const codePattern = /^#login=([\w-]{16,128})$/;

/** Who is logged in. The cookie is the browser's; the page knows only the name that belongs to it. */
class Account {
  private current: AccountState = { state: 'asking' };
  private readonly listeners = new Set<() => void>();
  private readonly tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('troupe-account') : null;

  constructor() {
    onStale(async () => {
      const { current } = this;
      if (current.state !== 'in') return false;
      const me = (await (await ask('/api/v1/me', { quiet: true })).json()) as Me;
      if (me.owner !== current.me.owner) {
        // Somebody else is logged in in this browser now: nothing of the one before may go on under this name.
        location.reload();
        return false;
      }

      setAntiforgery(me.antiforgery);
      return true;
    });
    this.tabs?.addEventListener('message', () => location.reload());
    onLoggedOut(() => this.set({ state: 'out', problem: null, wasIn: true }));
    globalThis.addEventListener?.('online', () => {
      if (this.current.state === 'in' && this.current.away) void this.begin();
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): AccountState => this.current;

  /** Finds out who is logged in; a login link in the address is used first and leaves no trace there. */
  async begin(): Promise<void> {
    const code = codePattern.exec(location.hash)?.[1];
    if (code) {
      history.replaceState(null, '', location.pathname);
      await this.logIn({ code });
      return;
    }

    try {
      const response = await ask('/api/v1/me', { quiet: true });
      await this.enter((await response.json()) as Me);
    } catch (failure) {
      const problem = failure instanceof Problem ? failure : new Problem(0, 'away', 'The server cannot be reached.');
      const last = localStorage.getItem(kept);
      if (problem.mayPass && last) {
        // Offline: who was here last reads what this browser keeps.
        this.set({ state: 'in', me: JSON.parse(last) as Me, away: true });
        await outbox.open((JSON.parse(last) as Me).owner);
        setTimeout(() => void this.begin(), 5000);
      } else {
        this.set({ state: 'out', problem: problem.isLogin ? null : problem.message, wasIn: problem.isLogin && last !== null });
      }
    }
  }

  async logIn(how: { key: string } | { code: string }): Promise<void> {
    try {
      await this.enter(await send<Me>('/api/v1/login', { body: how, quiet: true }));
    } catch (failure) {
      const problem = failure instanceof Error ? failure.message : 'The login failed.';
      try {
        // A link that was used up is no harm to whom it has logged in before.
        if ('code' in how) {
          await this.enter((await (await ask('/api/v1/me', { quiet: true })).json()) as Me);
          return;
        }
      } catch {
        // Nobody is.
      }

      this.set({ state: 'out', problem, wasIn: false });
    }
  }

  /** Ends the login and forgets everything that this browser keeps. */
  async logOut(): Promise<void> {
    try {
      await send('/api/v1/logout', { quiet: true });
    } catch (failure) {
      if (!(failure instanceof Problem && failure.isLogin)) throw failure;
    }

    setAntiforgery(null);
    await outbox.open(null);
    await forgetEverything();
    this.tabs?.postMessage('out');
    this.set({ state: 'out', problem: null, wasIn: false });
  }

  private async enter(me: Me): Promise<void> {
    const before = localStorage.getItem(kept);
    setAntiforgery(me.antiforgery);
    // The token is worth nothing without the cookie, but is not kept either.
    localStorage.setItem(kept, JSON.stringify({ ...me, antiforgery: null }));
    const another = before !== null && (JSON.parse(before) as Me).owner !== me.owner;
    if (another) this.tabs?.postMessage('another');
    this.set({ state: 'in', me, away: false });
    if (another) for (const name of Object.keys(localStorage)) if (name.startsWith('troupe.draft.')) localStorage.removeItem(name);
    await outbox.open(me.owner);
  }

  private set(state: AccountState): void {
    this.current = state;
    this.listeners.forEach((l) => l());
  }
}

export const account = new Account();
