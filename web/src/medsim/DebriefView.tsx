import { useMemo, type ReactNode } from 'react';
import { areaNames } from './areas';
import { caseTime, points } from './caseTime';
import { Items } from './Items';
import { Transcript } from './Transcript';
import type { Debrief } from './types';

const credits: Record<string, string> = { full: 'Right', partial: 'Partly right', none: 'Not right' };

/** What an attempt came to, line by line: every point has its place in the transcript or its absence. */
export function DebriefView({ debrief }: { debrief: Debrief }): ReactNode {
  const { attempt } = debrief;
  const numbers = useMemo(() => new Map(debrief.items.map((item, i) => [item.id, i])), [debrief.items]);
  return (
    <>
      <p className="ms-total">
        <strong className="number">{points(debrief.total)}</strong> of 100{' '}
        <span>
          {attempt.mode === 'osce' ? 'OSCE' : 'Practice'}, {new Date(attempt.finished_at ?? attempt.started_at).toLocaleString([], { dateStyle: 'long', timeStyle: 'short' })}
          {attempt.student && `, ${attempt.student}`}
        </span>
      </p>
      <nav className="ms-jump" aria-label="Parts of the debrief">
        <a href="#ms-items">Items</a>
        <a href="#ms-transcript">Transcript</a>
        <a href="#ms-expert">What an expert would have done</a>
      </nav>
      <Areas debrief={debrief} />
      <Warnings title="Critical and left out" texts={debrief.omissions} />
      <Warnings title="Harmful" texts={debrief.harmful} />
      <DiagnosisPart debrief={debrief} />
      <Efficiency debrief={debrief} />
      <Items items={debrief.items} numbers={numbers} />
      <Transcript events={debrief.transcript} items={debrief.items} numbers={numbers} />
      <section aria-labelledby="ms-expert">
        <h2 id="ms-expert" tabIndex={-1}>What an expert would have done</h2>
        <p className="ms-prose">{debrief.expert}</p>
        <h3>To take away</h3>
        <ul className="ms-prose">{debrief.teaching.map((t) => <li key={t}>{t}</li>)}</ul>
        <h3>References</h3>
        <ul className="ms-references">{debrief.references.map((r) => <li key={r}>{r}</li>)}</ul>
      </section>
    </>
  );
}

function Areas({ debrief }: { debrief: Debrief }): ReactNode {
  return (
    <section aria-labelledby="ms-areas">
      <h2 id="ms-areas">Score by area</h2>
      <table className="ms-areas">
        <thead className="visually-hidden"><tr><th scope="col">Area</th><th scope="col">Points</th><th scope="col">Share</th></tr></thead>
        <tbody>
          {debrief.areas.map((a) => (
            <tr key={a.area}>
              <th scope="row">{areaNames[a.area] ?? a.area}</th>
              <td className="number">{points(a.points)} of {points(a.weight)}</td>
              <td>
                <div className="ms-share">
                  <span className="ms-bar"><span style={{ width: `${Math.round(100 * Math.min(1, Math.max(0, a.share)))}%` }} /></span>
                  <span className="number">{Math.round(100 * a.share)} %</span>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {debrief.efficiency.hints > 0 && <p className="hint">{debrief.efficiency.hints === 1 ? 'One hint' : `${debrief.efficiency.hints} hints`} took {points(debrief.efficiency.hint_points)} points away.</p>}
    </section>
  );
}

function Warnings({ title, texts }: { title: string; texts: string[] }): ReactNode {
  if (texts.length === 0) return null;
  return (
    <section className="ms-warnings" aria-label={title}>
      <h2>{title}</h2>
      <ul>{texts.map((t) => <li key={t}>{t}</li>)}</ul>
    </section>
  );
}

function DiagnosisPart({ debrief }: { debrief: Debrief }): ReactNode {
  const { diagnosis } = debrief;
  return (
    <section aria-labelledby="ms-diagnosis">
      <h2 id="ms-diagnosis">Diagnosis</h2>
      <dl className="ms-pairs">
        <div><dt>It was</dt><dd><strong>{diagnosis.name}</strong></dd></div>
        <div><dt>You said</dt><dd>{diagnosis.given ?? 'nothing'} ({(credits[diagnosis.credit] ?? diagnosis.credit).toLowerCase()})</dd></div>
      </dl>
      {diagnosis.differentials.length > 0 && (
        <>
          <h3>What else it could have been</h3>
          <ul className="ms-checks">
            {diagnosis.differentials.map((d) => (
              <li key={d.name} data-done={d.named}>
                <Mark done={d.named} /> <strong>{d.name}</strong> <small>{d.named ? 'named' : 'not named'}</small><p>{d.why}</p>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Efficiency({ debrief }: { debrief: Debrief }): ReactNode {
  const e = debrief.efficiency;
  return (
    <section aria-labelledby="ms-efficiency">
      <h2 id="ms-efficiency">Time and cost</h2>
      <dl className="ms-pairs">
        <div><dt>Case time</dt><dd>{caseTime(e.minutes)} of {caseTime(e.budget_minutes)}</dd></div>
        <div><dt>Cost</dt><dd>{e.cost} of {e.budget}</dd></div>
        {e.wasteful.length > 0 && <div><dt>Needless</dt><dd>{e.wasteful.join(', ')}</dd></div>}
      </dl>
    </section>
  );
}

export function Mark({ done }: { done: boolean }): ReactNode {
  return <span className="ms-mark" data-done={done} aria-hidden="true">{done ? '✓' : '–'}</span>;
}
