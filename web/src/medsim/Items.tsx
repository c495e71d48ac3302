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
        const won = all.filter((i) => i.done && i.kind !== 'harmful').length;
        const counted = all.filter((i) => i.kind !== 'harmful').length;
        return (
          <details key={area} className="ms-area" open={all.some((i) => !i.done && i.kind !== 'harmful') || undefined}>
            <summary><h3>{areaNames[area] ?? area}</h3> <span className="number">{won} of {counted}</span></summary>
            <ul className="ms-checks">{[...all].sort((a, b) => Number(a.done) - Number(b.done)).map((item) => <Item key={item.id} item={item} number={numbers.get(item.id) ?? 0} />)}</ul>
          </details>
        );
      })}
    </section>
  );
}

function Item({ item, number }: { item: ScoreItem; number: number }): ReactNode {
  const isHarmful = item.kind === 'harmful';
  return (
    <li id={`item-${number}`} tabIndex={-1} data-done={isHarmful ? !item.done : item.done}>
      <Mark done={isHarmful ? !item.done : item.done} /> {item.text}
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
  return item.done ? 'done' : 'missed';
}
