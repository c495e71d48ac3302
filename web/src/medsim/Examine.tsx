import { useState, type ReactNode } from 'react';
import { BodyMap } from './BodyMap';
import { stamp } from './caseTime';
import { Outcome } from './Outcome';
import { Choices, Picker } from './Picker';
import { Refusal } from './Refusal';
import { regionName, regions, type Region } from './regions';
import type { ActionReply, AttemptView } from './types';
import type { Act } from './useAttempt';
import { useCatalogue } from './useCatalogue';
import { useDeed } from './wishes';

/** The examination: a map, a list beside it, and what was found. */
export function Examine({ attempt, act }: { attempt: AttemptView; act: Act }): ReactNode {
  const { examinations } = useCatalogue();
  const [region, setRegion] = useState<Region | null>(null);
  const [reply, setReply] = useState<ActionReply | null>(null);
  const deed = useDeed();
  const found = attempt.events.filter((e) => e.kind === 'examination').reverse();
  const done = new Set(found.map((e) => e.name ?? ''));
  const examined = new Set(found.map((e) => e.region ?? ''));
  const isOver = attempt.state !== 'running';
  const examine = async (what: string): Promise<boolean> => {
    const answer = await deed.run(() => act('examine', { what }));
    setReply(answer ?? null);
    return answer !== undefined && answer.status !== 'which';
  };
  const groups = regions.filter((r) => region === null || r === region).map((r) => ({
    name: regionName(r), items: examinations.filter((e) => e.region === r).map((e) => ({ name: e.name, done: done.has(e.name) })),
  }));
  return (
    <>
      <h2 className="visually-hidden">Examination</h2>
      {!isOver && (
        <div className="ms-examine">
          <BodyMap chosen={region} examined={examined} onChoose={setRegion} />
          <div className="ms-beside">
            <Picker label={region ? `Examine: ${regionName(region)}` : 'Examine'} verb="Examine" groups={groups} busy={deed.busy} onPick={examine}>
              <Refusal problem={deed.problem} />
              <Outcome of={reply}>{reply && reply.status !== 'which' && <><strong>{reply.name}</strong><p>{reply.text}</p></>}</Outcome>
              {reply?.status === 'which' && <Choices what="examination" choices={reply.choices ?? []} onPick={(what) => void examine(what)} />}
              {region && <button type="button" className="quiet" onClick={() => setRegion(null)}>Show all regions</button>}
            </Picker>
          </div>
        </div>
      )}
      <section className="ms-found" aria-labelledby="ms-found">
        <h2 id="ms-found">Found</h2>
        {found.length === 0 && <p className="hint">Nothing was examined yet.</p>}
        <ul className="ms-results">
          {found.map((e) => (
            <li key={e.seq}>
              <h3>{e.name} <small>{e.region ? `${regionName(e.region)}, ` : ''}at {stamp(e.minute)}</small></h3>
              <p>{e.text}</p>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
