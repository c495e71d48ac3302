import type { AttemptLine } from './types';

export interface Step {
  attempt: AttemptLine;
  at: number;
  score: number;
  /** How much better than the attempt at the same case before it; null for the first. */
  change: number | null;
}

/** The finished attempts in the order of their ends, each beside the one at the same case before it. */
export function stepsOf(attempts: readonly AttemptLine[]): Step[] {
  const before = new Map<string, number>();
  return attempts
    .filter((a) => a.finished_at && typeof a.score === 'number')
    .map((a) => ({ attempt: a, at: Date.parse(a.finished_at!), score: a.score! }))
    .sort((a, b) => a.at - b.at)
    .map((step) => {
      const last = before.get(step.attempt.case);
      before.set(step.attempt.case, step.score);
      return { ...step, change: last === undefined ? null : step.score - last };
    });
}

/** The sessions of a former MedSim, which have no score: the newest first. */
export function formerOf(attempts: readonly AttemptLine[]): AttemptLine[] {
  return attempts.filter((a) => a.mode === 'imported').sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
}

/** The columns of the plot: the ends in seconds since 1970, the scores in practice, and those in an OSCE. */
export function scoreColumns(steps: readonly Step[]): [number[], (number | null)[], (number | null)[]] {
  const of = (mode: string): (number | null)[] => steps.map((s) => (s.attempt.mode === mode ? s.score : null));
  return [steps.map((s) => s.at / 1000), of('practice'), of('osce')];
}

/** From when to when the plot goes, in seconds since 1970: a little wider than the steps, and an hour about a single one. */
export function spanOf(steps: readonly Step[]): [number, number] {
  const first = (steps[0]?.at ?? 0) / 1000;
  const last = (steps.at(-1)?.at ?? 0) / 1000;
  const margin = Math.max(1800, (last - first) * 0.03);
  return [first - margin, last + margin];
}

/** How each specialty went: how many attempts, and their mean. */
export function bySpecialty(steps: readonly Step[]): { specialty: string; attempts: number; mean: number }[] {
  const sums = new Map<string, { attempts: number; sum: number }>();
  for (const { attempt, score } of steps) {
    const sum = sums.get(attempt.specialty) ?? { attempts: 0, sum: 0 };
    sums.set(attempt.specialty, { attempts: sum.attempts + 1, sum: sum.sum + score });
  }

  return [...sums].map(([specialty, { attempts, sum }]) => ({ specialty, attempts, mean: sum / attempts })).sort((a, b) => a.specialty.localeCompare(b.specialty));
}
