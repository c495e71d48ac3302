import type { ReactNode } from 'react';
import { stamp } from './caseTime';
import { deedWords, sourceWords } from './tellingOf';
import type { Happening, ScoreItem } from './types';

/** All that happened, with what each line won in the margin. */
export function Transcript({ events, items, numbers }: { events: Happening[]; items: ScoreItem[]; numbers: ReadonlyMap<string, number> }): ReactNode {
  const byId = new Map(items.map((i) => [i.id, i]));
  const named = new Set<number>();
  return (
    <section aria-labelledby="ms-transcript">
      <h2 id="ms-transcript" tabIndex={-1}>Transcript</h2>
      <ol className="ms-transcript">
        {events.map((event, i) => {
          // A result has its order's number; the address of a line belongs to the first that has it.
          const id = named.has(event.seq) ? undefined : `line-${event.seq}`;
          named.add(event.seq);
          const ticks = (event.ticks ?? []).map((t) => byId.get(t)).filter((t) => t !== undefined);
          return (
            <li key={i} id={id} tabIndex={-1} className={`ms-line ms-${event.kind}`}>
              <span className="ms-minute number">{stamp(event.minute)}</span>
              <div><Line event={event} /></div>
              <div className="ms-margin">
                {ticks.map((t) => (
                  <a key={t.id} href={`#item-${numbers.get(t.id) ?? 0}`} data-harmful={t.kind === 'harmful' || undefined}>
                    <span aria-hidden="true">{t.kind === 'harmful' ? '✗' : '✓'} </span>{t.text}
                  </a>
                ))}
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Line({ event }: { event: Happening }): ReactNode {
  if (event.kind === 'said') return <p><span className="ms-who">You</span> {event.text}</p>;
  if (event.kind !== 'reply') return <p className="ms-deed">{deedWords(event) ?? event.text}</p>;
  const source = sourceWords(event);
  return (
    <>
      <p className="ms-answer"><span className="ms-who">Patient</span> {event.text}</p>
      {source && <p className="mark">{source}</p>}
    </>
  );
}
