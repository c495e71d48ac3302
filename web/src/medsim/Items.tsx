import type { ReactNode } from 'react';
import { areaNames } from './areas';
import { points, stamp } from './caseTime';
import { Mark } from './DebriefView';
import type { ScoreItem } from './types';

/** The items of the score by area: what was done, with the line that shows it, and what was missed. */
export function Items({ items, numbers }: { items: ScoreItem[]; numbers: ReadonlyMap<string, number> }): ReactNode {
  const areas = [...new Set(items.map((i) => i.area))];
  return (
    <section aria-labelledby="ms-items">
      <h2 id="ms-items" tabIndex={-1}>Items</h2>
      {areas.map((area) => {
        const all = items.filter((i) => i.area === area);
        const counted = all.filter((i) => i.of > 0);
        const missed = counted.filter((i) => !i.done).length;
        return (
          <details key={area} className="ms-area" open={missed > 0 || undefined}>
            <summary><h3>{areaNames[area] ?? area}</h3> <span className="number">{counted.length - missed} of {counted.length}</span></summary>
            <ul className="ms-checks">{[...all].sort((a, b) => Number(a.done) - Number(b.done)).map((item) => <Item key={item.id} item={item} number={numbers.get(item.id) ?? 0} />)}</ul>
          </details>
        );
      })}
    </section>
  );
}

function Item({ item, number }: { item: ScoreItem; number: number }): ReactNode {
  const isWell = item.kind === 'harmful' ? !item.done : item.done;
  return (
    <li id={`item-${number}`} tabIndex={-1}>
      {item.kind !== 'neutral' && <Mark done={isWell} />}{item.text}
      {item.critical && <span className="ms-tag">critical</span>}
      {item.kind && item.kind !== 'critical' && <span className="ms-tag">{item.kind}</span>}{' '}
      <small>
        {words(item)}
        {item.of > 0 && <span className="number"> {points(item.points)} of {points(item.of)}</span>}
        {typeof item.seq === 'number' && <>{' '}<a href={`#line-${item.seq}`}>line at {stamp(item.minute ?? 0)}</a></>}
      </small>
      {item.why && <p>{item.why}</p>}
    </li>
  );
}

function words(item: ScoreItem): string {
  if (item.kind === 'harmful') return item.done ? 'done, and it does harm' : 'not done, and rightly';
  return item.done ? 'done' : item.kind === 'neutral' ? 'not done' : 'missed';
}
