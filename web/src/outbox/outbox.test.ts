import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { database } from '../storage/database';
import { Outbox } from './outbox';

interface Asked {
  method: string;
  path: string;
  key: string | null;
  body: Record<string, unknown> | null;
}

/** A server of which each test says how it answers. */
let answer: (asked: Asked) => Response | Promise<Response>;
const asked: Asked[] = [];
let outbox: Outbox;

const events = (...lines: [string, object][]): Response => new Response(lines.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join(''), { headers: { 'content-type': 'text/event-stream' } });
const json = (body: object, status = 200): Response => new Response(JSON.stringify(body), { status });
let turns = 0;
const started = (): Response => events(['turn.started', { session_id: 's', turn_id: String(++turns), user_seq: 1 }]);
const said = (): unknown[] => asked.filter((a) => a.path.endsWith('/turns')).map((a) => a.body?.message);

beforeEach(async () => {
  asked.length = 0;
  answer = started;
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    const request = { method: init.method ?? 'GET', path, key: headers['idempotency-key'] ?? null, body: typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : null };
    asked.push(request);
    init.signal?.throwIfAborted();
    return answer(request);
  });
  const db = await database();
  await Promise.all([db.clear('outbox'), db.clear('aliases')]);
  outbox = new Outbox();
  await outbox.open('ada');
});

afterEach(async () => {
  await outbox.open(null);
  vi.unstubAllGlobals();
});

const message = (text: string, session = 's', agent: string | null = null) => outbox.put({ kind: 'message', session, agent, text });
const settled = (count: number): Promise<void> => vi.waitFor(() => expect(outbox.list().filter((i) => i.turn === null && i.failed === null)).toHaveLength(count));

describe('Outbox', () => {
  it('sends what a session is told in order, each with a key of its own', async () => {
    await Promise.all([message('one'), message('two'), message('three')]);
    await settled(0);
    expect(said()).toEqual(['one', 'two', 'three']);
    expect(new Set(asked.map((a) => a.key)).size).toBe(3);
  });

  it('sends the same key again until the server has answered', async () => {
    let away = 2;
    answer = () => {
      if (away-- > 0) throw new TypeError('no network');
      return started();
    };
    await message('again');
    await vi.waitFor(() => expect(asked).toHaveLength(3), { timeout: 5000 });
    await settled(0);
    expect(new Set(asked.map((a) => a.key)).size).toBe(1);
  });

  it('keeps what was said over the life of the page', async () => {
    answer = () => {
      throw new TypeError('no network');
    };
    await message('kept');
    await outbox.open(null);
    answer = started;
    const next = new Outbox();
    await next.open('ada');
    await vi.waitFor(() => expect(next.list().every((i) => i.turn !== null)).toBe(true));
    expect(said().at(-1)).toBe('kept');
    await next.open(null);
  });

  it('shows nobody what another said', async () => {
    answer = () => new Promise(() => undefined);
    await message('private');
    await outbox.open('grace');
    expect(outbox.list()).toEqual([]);
  });

  it('lets what is refused step aside, and sends it again when asked', async () => {
    answer = ({ body }) => (body?.message === 'bad' ? json({ code: 'message_too_long', detail: 'It is too long.' }, 400) : started());
    await message('bad');
    await message('good');
    await settled(0);
    expect(said()).toEqual(['bad', 'good']);
    const refused = outbox.list().find((i) => i.failed !== null)!;
    expect(refused.failed).toBe('It is too long.');

    answer = started;
    await outbox.sendAgain(refused);
    await settled(0);
    expect(said()).toEqual(['bad', 'good', 'bad']);
    expect(asked.at(-1)!.key).not.toBe(refused.key);
  });

  it('sends a turn again with its key that the server dropped when it died', async () => {
    const item = await message('cut off');
    await settled(0);
    outbox.settle(String(turns), 'abandoned');
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked.map((a) => a.key)).toEqual([item.key, item.key]);
    await settled(0);
    outbox.settle(String(turns), 'completed');
    await vi.waitFor(() => expect(outbox.list()).toEqual([]));
  });

  it('makes a new session once, whatever is said to it', async () => {
    answer = ({ path }) => (path === '/api/v1/sessions' ? json({ id: 'made' }, 201) : started());
    await message('one', 'new-1', 'assistant');
    await message('two', 'new-1', 'assistant');
    await settled(0);
    expect(asked.map((a) => a.path)).toEqual(['/api/v1/sessions', '/api/v1/sessions/made/turns', '/api/v1/sessions/made/turns']);
    expect(asked[0]!.key).toBe('new-1');
    expect(await outbox.nameOf('new-1')).toBe('made');
  });

  it('takes back what waits in the server from there first', async () => {
    answer = ({ path, method }) => {
      if (method === 'GET') return json({ waiting: [{ turn_id: '9', message: 'never mind' }] });
      return path.endsWith('/cancel') ? json({}) : new Promise(() => undefined);
    };
    const item = await message('never mind');
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await outbox.withdraw(item);
    expect(asked.slice(1).map((a) => a.path)).toEqual(['/api/v1/sessions/s?limit=1', '/api/v1/sessions/s/turns/9/cancel']);
    expect(outbox.list()).toEqual([]);
  });

  it('does not send what waits for its time, as a deletion does', async () => {
    answer = () => new Response(null, { status: 204 });
    const item = await outbox.put({ kind: 'delete', session: 's', agent: null, due: Date.now() + 60_000 });
    expect(asked).toEqual([]);
    await outbox.remove(item);
    await outbox.put({ kind: 'delete', session: 's', agent: null, due: 0 });
    await vi.waitFor(() => expect(asked.map((a) => `${a.method} ${a.path}`)).toEqual(['DELETE /api/v1/sessions/s']));
    await settled(0);
  });

  it('keeps everything when the login has ended', async () => {
    answer = () => json({ code: 'login_ended', detail: 'This login has ended.' }, 401);
    await message('kept');
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    answer = started;
    await outbox.open('ada');
    await settled(0);
    expect(said()).toEqual(['kept', 'kept']);
    expect(asked[0]!.key).toBe(asked[1]!.key);
  });
});
