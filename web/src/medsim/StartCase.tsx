import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { get, wordsOf } from '../api/client';
import { Dialog } from '../shell/Dialog';
import { WeightList } from './Brief';
import { caseTime } from './caseTime';
import { Refusal } from './Refusal';
import type { AttemptView, CaseLine, CaseView, ClassList, Mode } from './types';
import { useDeed, Wishes } from './wishes';

/** What is known of a case before the first question, and the two ways to take it. */
export function StartCase({ line, onClose }: { line: CaseLine; onClose: () => void }): ReactNode {
  const { data, error } = useQuery({ queryKey: ['medsim', 'case', line.id], queryFn: ({ signal }) => get<CaseView>(`/api/v1/medsim/cases/${encodeURIComponent(line.id)}?mode=practice`, signal) });
  const classes = useQuery({ queryKey: ['medsim', 'classes'], queryFn: ({ signal }) => get<ClassList>('/api/v1/medsim/classes', signal) }).data?.joined ?? [];
  const [mode, setMode] = useState<Mode>('practice');
  const [forClass, setForClass] = useState('');
  const wishes = useMemo(() => new Wishes(), []);
  const deed = useDeed();
  const queries = useQueryClient();
  const go = useNavigate();
  const begin = async (): Promise<void> => {
    const made = await deed.run(() => wishes.send<AttemptView>('/api/v1/medsim/attempts', { case: line.id, mode, ...(forClass ? { class_id: forClass } : {}) }));
    if (!made) return;
    queries.setQueryData(['medsim', 'attempt', made.id], made);
    void queries.invalidateQueries({ queryKey: ['medsim', 'attempts'] });
    void queries.invalidateQueries({ queryKey: ['medsim', 'cases'] });
    void queries.invalidateQueries({ queryKey: ['sessions'] });
    void go(`/medsim/attempts/${made.id}`);
  };
  return (
    <Dialog title={line.title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <p className="ms-setting">{line.setting}. {line.patient.name}, {line.patient.age}, {line.patient.sex}.</p>
        {error ? <p className="problem" role="alert">{wordsOf(error)}</p> : <p>{data?.task ?? ' '}</p>}
        <p className="hint">The case's own budget: {caseTime(line.minutes)} and {line.budget} units of money.</p>
        <fieldset className="agents">
          <legend>Take it as</legend>
          <label className="agent">
            <input type="radio" name="mode" value="practice" checked={mode === 'practice'} onChange={() => setMode('practice')} />
            <span><strong>Practice</strong> <small>No hurry. What counts is shown beforehand, and hints can be had at a price.</small></span>
          </label>
          <label className="agent">
            <input type="radio" name="mode" value="osce" checked={mode === 'osce'} onChange={() => setMode('osce')} />
            <span><strong>OSCE</strong> <small>A real clock runs. No hints, and what counts is shown afterwards.</small></span>
          </label>
        </fieldset>
        <div className="ms-counts">
          {mode === 'practice' && data?.rubric && (
            <>
              <p>What counts, of 100 points:</p>
              <WeightList rubric={data.rubric} />
            </>
          )}
          {mode === 'osce' && <p className="hint">What counts is shown when it is over.</p>}
        </div>
        {classes.length > 0 && (
          <p>
            <label htmlFor="ms-class">For</label>{' '}
            <select id="ms-class" value={forClass} onChange={(event) => setForClass(event.target.value)}>
              <option value="">myself</option>
              {classes.map((c) => <option key={c.id} value={c.id}>{c.name}, which {c.teacher} sees</option>)}
            </select>
          </p>
        )}
        <Refusal problem={deed.problem} />
        <div className="row end">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="primary" disabled={deed.busy}>{deed.busy ? 'Beginning …' : 'Begin'}</button>
        </div>
      </form>
    </Dialog>
  );
}
