import { useRef, useState } from 'react';
import { Problem, send, wordsOf } from '../api/client';

/**
 * Asks the server for changes so that each is made once: one whose answer was lost goes again under its own key, however often the button is pressed, until
 * the server has said yes or no.
 */
export class Wishes {
  private readonly keys = new Map<string, string>();

  async send<T>(path: string, body: unknown): Promise<T> {
    const wish = `${path} ${JSON.stringify(body)}`;
    const key = this.keys.get(wish) ?? crypto.randomUUID();
    this.keys.set(wish, key);
    try {
      const answer = await send<T>(path, { body, key });
      this.keys.delete(wish);
      return answer;
    } catch (failure) {
      if (!(failure instanceof Problem && failure.mayPass)) this.keys.delete(wish);
      throw failure;
    }
  }
}

export interface Deed {
  busy: boolean;
  problem: Problem | null;
  /** Does something; gives undefined when it was refused, and keeps why. */
  run: <T>(work: () => Promise<T>) => Promise<T | undefined>;
  clear: () => void;
}

/** Something that a form does: under way, refused with words that stand beside it, or done. */
export function useDeed(): Deed {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const running = useRef(0);
  return {
    busy,
    problem,
    clear: () => setProblem(null),
    run: async (work) => {
      running.current++;
      setBusy(true);
      setProblem(null);
      try {
        return await work();
      } catch (failure) {
        setProblem(failure instanceof Problem ? failure : new Problem(0, 'unknown', wordsOf(failure)));
        return undefined;
      } finally {
        if (--running.current === 0) setBusy(false);
      }
    },
  };
}
