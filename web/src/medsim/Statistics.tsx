import type { ReactNode } from 'react';
import { Table } from '../shell/Table';
import { areaNames } from './areas';
import { points } from './caseTime';
import type { CaseStatistics } from './types';

/** How the items of each case went in the class, with the number of attempts that each figure rests on. */
export function Statistics({ all }: { all: CaseStatistics[] }): ReactNode {
  return (
    <section aria-labelledby="ms-statistics">
      <h2 id="ms-statistics">Items</h2>
      <p className="hint">Difficulty is the share of finished attempts that got the item. Discrimination says how well the item tells good attempts from poor ones, from −1 to 1; it needs ten attempts.</p>
      {all.length === 0 && <p>No attempt is finished yet.</p>}
      {all.map((c) => (
        <details key={c.case} className="ms-area">
          <summary><h3>{c.title}</h3> <span className="number">{c.attempts} {c.attempts === 1 ? 'attempt' : 'attempts'}, mean {points(c.mean)}</span></summary>
          <Table
            label={`Items of ${c.title}`}
            head={['Item', 'Area', 'n', 'Difficulty', 'Discrimination']}
            rows={c.items.map((i) => [i.text, areaNames[i.area] ?? i.area, i.n, `${Math.round(100 * i.difficulty)} %`, typeof i.discrimination === 'number' ? i.discrimination.toFixed(2).replace('-', '−') : '–'])}
          />
        </details>
      ))}
    </section>
  );
}
