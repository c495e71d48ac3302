import { useQueryClient } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { Confirm } from '../shell/Dialog';
import { useDraft } from './draft';
import { Refusal } from './Refusal';
import type { AttemptView } from './types';
import type { Act } from './useAttempt';
import { useDeed } from './wishes';

/** The diagnosis, what else it could be, the plan, and the end. The last one kept counts. */
export function Finish({ attempt, act }: { attempt: AttemptView; act: Act }): ReactNode {
  const id = useId();
  const saved = { diagnosis: attempt.diagnosis?.diagnosis ?? '', differentials: (attempt.diagnosis?.differentials ?? []).join('\n'), plan: attempt.plan ?? '' };
  const [diagnosis, setDiagnosis, forgetDiagnosis] = useDraft(`diagnosis.${attempt.id}`, saved.diagnosis);
  const [differentials, setDifferentials, forgetDifferentials] = useDraft(`differentials.${attempt.id}`, saved.differentials);
  const [plan, setPlan, forgetPlan] = useDraft(`plan.${attempt.id}`, saved.plan);
  const [asking, setAsking] = useState(false);
  const [kept, setKept] = useState(false);
  const deed = useDeed();
  const queries = useQueryClient();
  const go = useNavigate();
  const newDiagnosis = diagnosis.trim() !== saved.diagnosis || lines(differentials).join('\n') !== saved.differentials;
  const newPlan = plan.trim() !== saved.plan;
  const keep = async (): Promise<void> => {
    if (newDiagnosis && diagnosis.trim()) await act('diagnose', { diagnosis: diagnosis.trim(), differentials: lines(differentials) });
    if (newPlan && plan.trim()) await act('plan', { text: plan.trim() });
  };
  const forget = (): void => {
    forgetDiagnosis();
    forgetDifferentials();
    forgetPlan();
  };
  const keepOnly = async (): Promise<void> => {
    const done = await deed.run(async () => {
      await keep();
      return true;
    });
    if (!done) return;
    setKept(true);
    forget();
  };
  const finish = async (): Promise<void> => {
    const done = await deed.run(async () => {
      await keep();
      return act('finish', {});
    });
    if (!done) return;
    forget();
    void queries.invalidateQueries({ queryKey: ['medsim', 'attempts'] });
    void queries.invalidateQueries({ queryKey: ['medsim', 'cases'] });
    void go(`/medsim/attempts/${attempt.id}/debrief`, { replace: true });
  };
  const touch = (set: (text: string) => void) => (text: string) => {
    setKept(false);
    set(text);
  };
  return (
    <form
      className="ms-finish"
      onSubmit={(event) => {
        event.preventDefault();
        setAsking(true);
      }}
    >
      <h2 className="visually-hidden">Diagnosis and plan</h2>
      <label htmlFor={`${id}-d`}>Diagnosis</label>
      <input id={`${id}-d`} value={diagnosis} maxLength={300} required aria-invalid={deed.problem?.member === 'diagnosis' || undefined} onChange={(e) => touch(setDiagnosis)(e.target.value)} />
      <label htmlFor={`${id}-o`}>What else it could be, one a line</label>
      <textarea id={`${id}-o`} rows={4} value={differentials} maxLength={3000} onChange={(e) => touch(setDifferentials)(e.target.value)} />
      <label htmlFor={`${id}-p`}>Plan, one item a line</label>
      <textarea id={`${id}-p`} rows={6} value={plan} maxLength={10_000} onChange={(e) => touch(setPlan)(e.target.value)} />
      <p className="hint">What you type stays in this browser; ‘Keep’ puts it into the attempt. It can be changed until you finish.</p>
      <Refusal problem={deed.problem} />
      <div className="row">
        <button type="button" disabled={deed.busy || !(newDiagnosis && diagnosis.trim()) && !(newPlan && plan.trim())} onClick={() => void keepOnly()}>Keep</button>
        <button type="submit" className="primary" disabled={deed.busy || diagnosis.trim() === ''}>Finish …</button>
        <span role="status">{deed.busy ? 'One moment …' : kept ? 'Kept.' : ''}</span>
      </div>
      {asking && (
        <Confirm
          title="Finish the encounter?"
          text={`Your diagnosis is ‘${diagnosis.trim()}’${plan.trim() ? '' : ', and there is no plan'}. After this nothing can be asked, ordered or changed, and the debrief is shown.`}
          yes="Finish"
          onClose={() => setAsking(false)}
          onYes={() => void finish()}
        />
      )}
    </form>
  );
}

function lines(text: string): string[] {
  return text.split('\n').map((l) => l.trim()).filter(Boolean);
}
