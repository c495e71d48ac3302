import { describe, expect, it } from 'vitest';
import { bySpecialty, formerOf, scoreColumns, spanOf, stepsOf } from './progress';
import type { AttemptLine } from './types';

const attempt = (id: string, over: Partial<AttemptLine>): AttemptLine => ({
  id, case: 'a', title: 'A', specialty: 'cardiology', difficulty: 1, mode: 'practice', state: 'finished', started_at: '2026-01-01T08:00:00Z', finished_at: `2026-01-0${id}T09:00:00Z`, score: 50, ...over,
});
const attempts = [attempt('3', { score: 70 }), attempt('1', {}), attempt('2', { case: 'b', specialty: 'surgery', mode: 'osce', score: 80 }), attempt('4', { finished_at: null, score: null })];

describe('Progress', () => {
  const steps = stepsOf(attempts);
  it('stands in the order of the ends and leaves out what has none', () => expect(steps.map((s) => s.attempt.id)).toEqual(['1', '2', '3']));
  it('compares with the attempt at the same case before', () => expect(steps.map((s) => s.change)).toEqual([null, null, 20]));
  it('keeps what was imported apart, the newest first', () => {
    const former = [attempt('5', { mode: 'imported', score: null, started_at: '2024-01-01T08:00:00Z' }), attempt('6', { mode: 'imported', score: null, started_at: '2025-01-01T08:00:00Z' })];
    expect(formerOf([...attempts, ...former]).map((a) => a.id)).toEqual(['6', '5']);
    expect(stepsOf([...attempts, ...former]).map((s) => s.attempt.id)).toEqual(['1', '2', '3']);
  });
  it('gives each mode a line of its own', () => expect(scoreColumns(steps).slice(1)).toEqual([[50, null, 70], [null, 80, null]]));
  it('has room about a single step', () => {
    const [from, to] = spanOf(steps.slice(0, 1));
    expect([to - from, (from + to) / 2]).toEqual([3600, steps[0]!.at / 1000]);
  });
  it('has a mean for each specialty', () => expect(bySpecialty(steps)).toEqual([{ specialty: 'cardiology', attempts: 2, mean: 60 }, { specialty: 'surgery', attempts: 1, mean: 80 }]));
});
