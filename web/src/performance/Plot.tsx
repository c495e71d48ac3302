import { useEffect, useRef, type ReactNode } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { columns, shown, type Chart } from './series';
import type { Tick } from './types';

const height = 150;
const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3], [1, 4], [12, 6]];

/** A plot of the last minutes, and behind it the same as a table. Lines differ by their dashes too, for who does not see colours. */
export function Plot({ chart, ticks }: { chart: Chart; ticks: readonly Tick[] }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      const style = getComputedStyle(document.documentElement);
      const ink = style.getPropertyValue('--soft').trim();
      const grid = style.getPropertyValue('--line').trim();
      const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '11px system-ui' };
      plot.current = new uPlot({
        width: Math.max(200, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true }, y: { range: (_u, _least, most) => [0, Math.max(1, (most ?? 0) * 1.15)] } },
        axes: [{ ...axis, values: (_u, values) => values.map((v) => new Date(v * 1000).toLocaleTimeString([], { minute: '2-digit', second: '2-digit' })) }, { ...axis, size: 46 }],
        series: [{}, ...chart.lines.map((line, i) => ({ label: line.label, stroke: style.getPropertyValue(`--plot-${i % 6}`).trim(), width: 1.6, dash: dashes[i % 6]!, spanGaps: true, points: { show: false } }))],
      }, columns(ticks, chart) as uPlot.AlignedData, element);
    };
    draw();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(200, element.clientWidth), height }));
    observer.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = null;
    };
    // The data comes below; a plot is made anew only for other lines.
  }, [chart.title, chart.lines.map((l) => l.label).join()]);
  useEffect(() => {
    plot.current?.setData(columns(ticks, chart) as uPlot.AlignedData);
  }, [ticks, chart]);
  const last = ticks.length - 1;
  return (
    <section className="plot" aria-label={chart.title}>
      <h2>{chart.title}</h2>
      <ul className="legend">
        {chart.lines.map((line, i) => (
          <li key={line.label}>
            <svg viewBox="0 0 24 4" aria-hidden="true"><line x1="0" x2="24" y1="2" y2="2" stroke={`var(--plot-${i % 6})`} strokeWidth="2.4" strokeDasharray={dashes[i % 6]!.join(' ')} /></svg>
            {line.label} <strong className="number">{last < 0 ? '–' : shown(line.of(ticks[last]!, ticks[last - 1] ?? null), line.unit)}</strong>
          </li>
        ))}
      </ul>
      <div ref={place} aria-hidden="true" />
      <details>
        <summary>As a table</summary>
        <PlotTable chart={chart} ticks={ticks} />
      </details>
    </section>
  );
}

const tableEverySeconds = 10;

function PlotTable({ chart, ticks }: { chart: Chart; ticks: readonly Tick[] }): ReactNode {
  const rows = ticks.map((tick, i) => ({ tick, before: ticks[i - 1] ?? null })).filter((_, i) => (ticks.length - 1 - i) % tableEverySeconds === 0).reverse();
  return (
    <div className="table" role="region" aria-label={`${chart.title} as a table`} tabIndex={0}>
      <table>
        <thead>
          <tr><th scope="col">Time</th>{chart.lines.map((l) => <th key={l.label} scope="col">{l.label}{l.unit && ` (${l.unit})`}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map(({ tick, before }) => (
            <tr key={tick.at}><th scope="row">{new Date(tick.at).toLocaleTimeString()}</th>{chart.lines.map((l) => <td key={l.label}>{shown(l.of(tick, before), '')}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
