import type { Tick } from './types';

/** How many seconds are shown; older ones are forgotten. */
export const shownSeconds = 300;

export interface Line {
  label: string;
  unit: string;
  /** The value of a moment; from the one before it where it is a rate. */
  of: (tick: Tick, before: Tick | null) => number | null;
}

export interface Chart {
  title: string;
  lines: Line[];
}

const rate = (read: (t: Tick) => number) => (tick: Tick, before: Tick | null): number | null => {
  if (!before) return null;
  const seconds = (Date.parse(tick.at) - Date.parse(before.at)) / 1000;
  return seconds > 0 ? Math.max(0, read(tick) - read(before)) / seconds : null;
};
const models = (read: (m: Tick['metrics']['models'][number]) => number) => (t: Tick): number => t.metrics.models.reduce((sum, m) => sum + read(m), 0);
const mebi = 1 << 20;

/** The share of requests of the last moment that a cache answered; null when nobody asked. */
function hitsOf(tick: Tick, before: Tick | null, name: string): number | null {
  const now = tick.metrics.caches.find((c) => c.name === name);
  const then = before?.metrics.caches.find((c) => c.name === name);
  if (!now || !then) return null;
  const requests = now.requests - then.requests;
  return requests > 0 ? (100 * (now.fresh + now.stale - then.fresh - then.stale)) / requests : null;
}

/** The plots, for the caches that there are. */
export function charts(caches: string[]): Chart[] {
  return [
    {
      title: 'Turns',
      lines: [
        { label: 'completed', unit: '/s', of: rate((t) => t.metrics.turns.completed) },
        { label: 'failed', unit: '/s', of: rate((t) => t.metrics.turns.failed) },
        { label: 'running', unit: '', of: (t) => t.metrics.turns.running },
      ],
    },
    {
      title: 'Time of a turn, since the start',
      lines: [
        { label: 'p50', unit: 'ms', of: (t) => t.metrics.turns.latency.p50_ms },
        { label: 'p95', unit: 'ms', of: (t) => t.metrics.turns.latency.p95_ms },
        { label: 'p99', unit: 'ms', of: (t) => t.metrics.turns.latency.p99_ms },
      ],
    },
    { title: 'Cache hits', lines: caches.slice(0, 6).map((name) => ({ label: name, unit: '%', of: (t, b) => hitsOf(t, b, name) })) },
    {
      title: 'Calls of models',
      lines: [
        { label: 'to providers', unit: '/s', of: rate(models((m) => m.provider_calls)) },
        { label: 'saved by the cache', unit: '/s', of: rate(models((m) => m.cached)) },
        { label: 'saved by coalescing', unit: '/s', of: rate(models((m) => m.coalesced)) },
      ],
    },
    {
      title: 'Saves',
      lines: [
        { label: 'commits', unit: '/s', of: rate((t) => t.metrics.commits.commits) },
        { label: 'operations', unit: '/s', of: rate((t) => t.metrics.commits.operations) },
      ],
    },
    {
      title: 'Pool of agents',
      lines: [
        { label: 'warm', unit: '', of: (t) => t.metrics.agent_pool.warm },
        { label: 'in use', unit: '', of: (t) => t.metrics.agent_pool.in_use },
      ],
    },
    { title: 'Processor', lines: [{ label: 'CPU', unit: '%', of: (t) => t.metrics.system.cpu_percent }] },
    {
      title: 'Memory',
      lines: [
        { label: 'process', unit: 'MiB', of: (t) => t.metrics.system.working_set_bytes / mebi },
        { label: 'heap', unit: 'MiB', of: (t) => t.metrics.system.heap_bytes / mebi },
        { label: 'sessions', unit: 'MiB', of: (t) => t.metrics.sessions.bytes / mebi },
      ],
    },
  ];
}

/** The columns of a plot: the times in seconds since 1970, and a row of values for each line. */
export function columns(ticks: readonly Tick[], chart: Chart): [number[], ...(number | null)[][]] {
  return [ticks.map((t) => Date.parse(t.at) / 1000), ...chart.lines.map((line) => ticks.map((t, i) => line.of(t, ticks[i - 1] ?? null)))];
}

/** A number as people read it. */
export function shown(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })}${unit ? ` ${unit}` : ''}`;
}
