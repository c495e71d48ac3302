import { useEffect, useRef, type ReactNode } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { scoreColumns, spanOf, type Step } from './progress';

const height = 220;
const modes = [{ label: 'Practice', colour: '--plot-0', dash: [] }, { label: 'OSCE', colour: '--plot-1', dash: [6, 4] }];

/** Scores over time. The table beneath says the same in words. */
export function ScorePlot({ steps }: { steps: readonly Step[] }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let plot: uPlot | null = null;
    const draw = (): void => {
      plot?.destroy();
      const style = getComputedStyle(document.documentElement);
      const grid = style.getPropertyValue('--line').trim();
      const axis = { stroke: style.getPropertyValue('--soft').trim(), grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '12px system-ui' };
      plot = new uPlot({
        width: Math.max(200, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true, range: () => spanOf(steps) }, y: { range: [0, 100] } },
        axes: [{ ...axis, space: 90 }, { ...axis, size: 42 }],
        series: [{}, ...modes.map(({ label, colour, dash }) => {
          const stroke = style.getPropertyValue(colour).trim();
          return { label, stroke, width: 1.6, dash, spanGaps: true, points: { show: true, size: 8, fill: stroke } };
        })],
      }, scoreColumns(steps) as uPlot.AlignedData, element);
    };
    draw();
    const observer = new ResizeObserver(() => plot?.setSize({ width: Math.max(200, element.clientWidth), height }));
    observer.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [steps]);
  return (
    <div className="plot">
      <ul className="legend" aria-hidden="true">
        {modes.map(({ label, colour, dash }) => (
          <li key={label}><svg viewBox="0 0 24 4"><line x1="0" x2="24" y1="2" y2="2" stroke={`var(${colour})`} strokeWidth="2.4" strokeDasharray={dash.join(' ')} /></svg> {label}</li>
        ))}
      </ul>
      <div ref={place} aria-hidden="true" />
    </div>
  );
}
