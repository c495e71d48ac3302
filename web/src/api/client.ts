/** An answer that says why not, in the server's words; or no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly member: string | null = null,
    readonly retryAfterSeconds: number | null = null,
    /** What else the answer said. */
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'Problem';
  }

  /** Whether the server was not reached: the same may go well later. */
  get isAway(): boolean {
    return this.status === 0;
  }

  /** Whether trying again later may help, without a change. */
  get mayPass(): boolean {
    return this.isAway || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }

  get isLogin(): boolean {
    return this.status === 401;
  }
}

let antiforgery: string | null = null;
const leaving = new Set<() => void>();

/** What a browser sends along with everything that changes something. */
export function setAntiforgery(token: string | null | undefined): void {
  antiforgery = token ?? null;
}

let renew: () => Promise<boolean> = () => Promise.resolve(false);

/** Sets how a new token is got when the one that was sent is not good any more: true when there is one, for the same person. */
export function onStale(callback: () => Promise<boolean>): void {
  renew = callback;
}

/** Calls back when the server says that nobody is logged in any more. */
export function onLoggedOut(callback: () => void): () => void {
  leaving.add(callback);
  return () => leaving.delete(callback);
}

export interface Ask {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  raw?: Blob;
  key?: string;
  accept?: string;
  lastEventId?: string | null;
  signal?: AbortSignal;
  keepalive?: boolean;
  quiet?: boolean;
}

/** Asks the server; what is no success throws a Problem. */
export async function ask(path: string, options: Ask = {}): Promise<Response> {
  try {
    return await askOnce(path, options);
  } catch (failure) {
    // Another tab may have logged in anew. What was refused for its token has had no effect.
    if (!(failure instanceof Problem && failure.code === 'antiforgery_missing') || options.quiet || !(await renew())) throw failure;
    return askOnce(path, options);
  }
}

async function askOnce(path: string, { method = 'GET', body, raw, key, accept, lastEventId, signal, keepalive, quiet }: Ask): Promise<Response> {
  const headers: Record<string, string> = { accept: accept ?? 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (raw !== undefined) headers['content-type'] = raw.type || 'application/octet-stream';
  if (key) headers['idempotency-key'] = key;
  if (lastEventId) headers['last-event-id'] = lastEventId;
  if (method !== 'GET' && antiforgery) headers['x-troupe-antiforgery'] = antiforgery;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body: raw ?? (body === undefined ? null : JSON.stringify(body)),
      signal: signal ?? null,
      keepalive: keepalive ?? false,
    });
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') throw failure;
    throw new Problem(0, 'away', 'The server cannot be reached.');
  }

  if (response.ok) return response;
  const problem = await explain(response);
  if (problem.isLogin && !quiet) leaving.forEach((callback) => callback());
  throw problem;
}

/** Asks the server for JSON. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** Does something and gives the answer's JSON, or undefined when there is none. */
export async function send<T>(path: string, options: Ask): Promise<T> {
  const response = await ask(path, { method: 'POST', ...options });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function explain(response: Response): Promise<Problem> {
  const after = Number(response.headers.get('retry-after'));
  const retryAfter = Number.isFinite(after) && after > 0 ? after : null;
  try {
    const body = (await response.json()) as { code?: string; detail?: string; member?: string | null };
    return new Problem(response.status, body.code ?? 'unknown', body.detail ?? `The server answered ${response.status}.`, body.member ?? null, retryAfter, body);
  } catch {
    return new Problem(response.status, 'unknown', `The server answered ${response.status}.`, null, retryAfter);
  }
}

/** What to tell a person of any failure. */
export function wordsOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'Something failed.';
}
