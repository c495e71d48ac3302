import { ask, Problem } from './client';

export interface ServerEvent {
  name: string;
  id: string | null;
  data: string;
}

/** Cuts a stream of text into server-sent events (the WHATWG format; comments are heartbeats and pass unseen). */
export class EventParser {
  private rest = '';
  private name = '';
  private id: string | null = null;
  private data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (this.data.length > 0) events.push({ name: this.name || 'message', id: this.id, data: this.data.join('\n') });
        this.name = '';
        this.data = [];
        continue;
      }

      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') this.name = value;
      else if (field === 'id') this.id = value;
      else if (field === 'data') this.data.push(value);
    }

    return events;
  }
}

/** Reads the events of an answer until it ends or the reader returns false. */
export async function readEvents(response: Response, handle: (event: ServerEvent) => boolean | void): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        if (handle(event) === false) return;
      }
    }
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') throw failure;
    throw new Problem(0, 'away', 'The connection was lost.');
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

export type Link = 'connecting' | 'open' | 'away';

const heartbeatMilliseconds = 40_000;
const slowestRetryMilliseconds = 8_000;

/**
 * Follows a stream for as long as somebody looks: comes back after a lost connection with the id of the last event, waits a little longer each time, and
 * pauses while the tab is hidden, because a browser has few connections to a host and many tabs.
 */
export class Follower {
  private controller: AbortController | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private attempts = 0;
  private stopped = false;
  private lastId: string | null = null;

  constructor(
    private readonly path: string,
    private readonly handle: (event: ServerEvent) => void,
    private readonly linked: (link: Link, problem?: Problem) => void,
  ) {
    document.addEventListener('visibilitychange', this.look);
    window.addEventListener('online', this.wake);
    this.look();
  }

  stop(): void {
    this.stopped = true;
    document.removeEventListener('visibilitychange', this.look);
    window.removeEventListener('online', this.wake);
    this.rest();
  }

  private readonly wake = (): void => {
    this.attempts = 0;
    if (!this.controller) this.look();
  };

  private readonly look = (): void => {
    if (this.stopped) return;
    if (document.visibilityState === 'hidden') this.rest();
    else if (!this.controller) void this.run();
  };

  private rest(): void {
    clearTimeout(this.retry);
    clearTimeout(this.watch);
    const controller = this.controller;
    this.controller = null;
    controller?.abort();
  }

  private beat(controller: AbortController): void {
    clearTimeout(this.watch);
    // The server speaks every 15 seconds; a connection that is silent for longer is dead, though nobody was told.
    this.watch = setTimeout(() => controller.abort(), heartbeatMilliseconds);
  }

  private async run(): Promise<void> {
    clearTimeout(this.retry);
    const controller = new AbortController();
    this.controller = controller;
    this.linked('connecting');
    let problem: Problem | undefined;
    try {
      const response = await ask(this.path, { accept: 'text/event-stream', lastEventId: this.lastId, signal: controller.signal });
      this.attempts = 0;
      this.linked('open');
      this.beat(controller);
      const heard = new Response(response.body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, out) => {
          this.beat(controller);
          out.enqueue(chunk);
        },
      })) ?? null);
      await readEvents(heard, (event) => {
        if (event.id) this.lastId = event.id;
        this.handle(event);
      });
    } catch (failure) {
      problem = failure instanceof Problem ? failure : undefined;
    }

    clearTimeout(this.watch);
    if (this.stopped || this.controller !== controller) return;
    this.controller = null;
    this.linked('away', problem);
    if (problem && !problem.mayPass) return;
    const wait = problem?.retryAfterSeconds ? problem.retryAfterSeconds * 1000 : Math.min(slowestRetryMilliseconds, 300 * 2 ** this.attempts++);
    this.retry = setTimeout(this.look, wait);
  }
}
