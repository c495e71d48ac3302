import type { ReactNode } from 'react';
import { areaNames } from './areas';
import type { AttemptView, Rubric } from './types';

/** What one knows when the door opens; in practice also what will count. */
export function Brief({ attempt }: { attempt: AttemptView }): ReactNode {
  const { patient, setting, task } = attempt.case;
  const isOffline = attempt.events.some((e) => e.kind === 'reply' && e.source === 'facts' && e.reason === 'offline');
  return (
    <div className="ms-brief">
      <p className="ms-setting">{setting}. {patient.name}, {patient.age}, {patient.sex}{patient.occupation ? `, ${patient.occupation}` : ''}.{patient.speaker ? ` ${patient.speaker}, speaks.` : ''}</p>
      <p>{task}</p>
      {attempt.rubric && <Weights rubric={attempt.rubric} />}
      {isOffline && <p className="mark">No model is set up on this server: the patient answers from the facts of the case.</p>}
    </div>
  );
}

function Weights({ rubric }: { rubric: Rubric }): ReactNode {
  return (
    <details>
      <summary>What counts, of 100 points</summary>
      <WeightList rubric={rubric} />
    </details>
  );
}

/** What each area of the score weighs. */
export function WeightList({ rubric }: { rubric: Rubric }): ReactNode {
  return (
    <dl className="ms-weights">
      {Object.entries(rubric).map(([area, weight]) => <div key={area}><dt>{areaNames[area] ?? area}</dt><dd className="number">{weight}</dd></div>)}
    </dl>
  );
}
