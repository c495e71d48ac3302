import { describe, expect, it } from 'vitest';
import { charts, columns, shown } from './series';
import type { Tick } from './types';

const tick = (second: number, completed: number, requests: number, fresh: number): Tick =>
  ({
    at: new Date(second * 1000).toISOString(),
    metrics: {
      turns: { completed, failed: 0, running: 2, latency: { p50_ms: 1, p95_ms: 2, p99_ms: 3 } },
      caches: [{ name: 'answers', requests, fresh, stale: 0 }],
      models: [{ provider_calls: completed, cached: 0, coalesced: 0 }, { provider_calls: 1, cached: 0, coalesced: 0 }],
    },
  }) as unknown as Tick;

const [turns, , hits, calls] = charts(['answers']);

describe('charts', () => {
  it('turns counts into rates by the time between two moments', () => {
    const data = columns([tick(10, 5, 0, 0), tick(12, 11, 0, 0)], turns!);
    expect(data).toEqual([[10, 12], [null, 3], [null, 0], [2, 2]]);
  });

  it('shows no fall below zero when a server began anew, and no rate without time', () => {
    expect(columns([tick(10, 5, 0, 0), tick(11, 0, 0, 0)], turns!)[1]).toEqual([null, 0]);
    expect(columns([tick(10, 5, 0, 0), tick(10, 9, 0, 0)], turns!)[1]).toEqual([null, null]);
  });

  it('shows what a cache answered of what it was asked since the moment before', () => {
    expect(columns([tick(1, 0, 10, 10), tick(2, 0, 14, 11), tick(3, 0, 14, 11)], hits!)[1]).toEqual([null, 25, null]);
    expect(columns([tick(1, 0, 0, 0), tick(2, 0, 1, 1)], charts(['gone'])[2]!)[1]).toEqual([null, null]);
  });

  it('adds up the models', () => {
    expect(columns([tick(1, 4, 0, 0), tick(2, 6, 0, 0)], calls!)[1]).toEqual([null, 2]);
  });
});

describe('shown', () => {
  it.each([
    [null, 'ms', '–'], [undefined, '', '–'], [0, '/s', '0 /s'], [1234.5, 'ms', '1,235 ms'], [12.34, '%', '12.3 %'], [0.1234, '', '0.123'], [7, '', '7'],
  ] as const)('writes %s %s as %s', (value, unit, text) => expect(shown(value, unit)).toBe(text));
});
