import { useEffect, useRef, useState, type ReactNode } from 'react';
import { caseTime, clockTime } from './caseTime';
import type { Clock } from './types';

const warnings = [300, 60];

/** Case time and money; in an OSCE the real time that is left. It stands still while the server does. */
export function Clocks({ clock, isOsce, stopped, onOver }: { clock: Clock; isOsce: boolean; stopped: boolean; onOver: () => void }): ReactNode {
  return (
    <dl className="ms-clocks">
      <div data-over={clock.case_minutes > clock.budget_minutes || undefined}>
        <dt>Case time</dt>
        <dd><strong>{caseTime(clock.case_minutes)}</strong> of {caseTime(clock.budget_minutes)}</dd>
      </div>
      <div data-over={clock.cost > clock.budget || undefined}>
        <dt>Cost</dt>
        <dd><strong>{clock.cost}</strong> of {clock.budget}</dd>
      </div>
      {isOsce && <RealTime clock={clock} stopped={stopped} onOver={onOver} />}
    </dl>
  );
}

function RealTime({ clock, stopped, onOver }: { clock: Clock; stopped: boolean; onOver: () => void }): ReactNode {
  const left = useSecondsLeft(clock, stopped);
  const [spoken, setSpoken] = useState('');
  const before = useRef(left);
  useEffect(() => {
    const passed = warnings.find((w) => before.current > w && left <= w && left > 0);
    if (passed) setSpoken(passed === 60 ? 'One minute is left.' : `${passed / 60} minutes are left.`);
    if (before.current > 0 && left <= 0) onOver();
    before.current = left;
  }, [left, onOver]);
  return (
    <div data-over={left <= 60 || undefined}>
      <dt>Time left</dt>
      <dd role="timer" aria-live="off"><strong className="number">{clockTime(left)}</strong>{stopped && left > 0 && <span> stopped</span>}</dd>
      <dd className="visually-hidden" aria-live="polite">{spoken}</dd>
    </div>
  );
}

function useSecondsLeft(clock: Clock, stopped: boolean): number {
  const told = (clock.real_limit_seconds ?? 0) - (clock.real_seconds ?? 0);
  const [since, setSince] = useState({ told, at: performance.now() });
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    setSince({ told, at: performance.now() });
    setNow(performance.now());
  }, [clock, told, stopped]);
  useEffect(() => {
    if (stopped) return undefined;
    const ticking = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(ticking);
  }, [stopped]);
  return Math.max(0, since.told - (stopped ? 0 : Math.max(0, now - since.at) / 1000));
}
