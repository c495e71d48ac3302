import { useId, useState, type ReactNode } from 'react';
import { Confirm } from '../shell/Dialog';
import { points, stamp } from './caseTime';
import { useDraft } from './draft';
import { Refusal } from './Refusal';
import type { AttemptView } from './types';
import type { Act } from './useAttempt';
import { useDeed } from './wishes';

/** The student's own notes, kept with the attempt; in practice also the hints. */
export function Notes({ attempt, act }: { attempt: AttemptView; act: Act }): ReactNode {
  const id = useId();
  const [text, setText, forget] = useDraft(`note.${attempt.id}`, '');
  const deed = useDeed();
  const notes = attempt.events.filter((e) => e.kind === 'note').reverse();
  const keep = async (): Promise<void> => {
    const said = text.trim();
    if (said && (await deed.run(() => act('note', { text: said })))) forget();
  };
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void keep();
        }}
      >
        <h2 className="ms-first"><label htmlFor={id}>Notes</label></h2>
        <textarea id={id} rows={4} maxLength={10_000} value={text} aria-describedby={`${id}-hint`} onChange={(event) => setText(event.target.value)} />
        <p className="hint" id={`${id}-hint`}>For yourself: notes take no time and are not scored.</p>
        <Refusal problem={deed.problem} />
        <div className="row"><button type="submit" disabled={deed.busy || text.trim() === ''}>Keep the note</button></div>
      </form>
      <ul className="ms-results" aria-label="Notes kept">
        {notes.map((n) => <li key={n.seq}><p className="ms-kept">{n.text}</p><small>at {stamp(n.minute)}</small></li>)}
      </ul>
      {attempt.mode === 'practice' && <Hints attempt={attempt} act={act} />}
    </>
  );
}

function Hints({ attempt, act }: { attempt: AttemptView; act: Act }): ReactNode {
  const [asking, setAsking] = useState(false);
  const deed = useDeed();
  const taken = attempt.events.filter((e) => e.kind === 'hint');
  const price = `${points(attempt.hint_price)} ${attempt.hint_price === 1 ? 'point' : 'points'}`;
  return (
    <section aria-labelledby="ms-hints">
      <h2 id="ms-hints">Hints</h2>
      <ol className="ms-hints" aria-live="polite">{taken.map((h) => <li key={h.seq}>{h.text}</li>)}</ol>
      <Refusal problem={deed.problem} />
      {attempt.hints_left > 0
        ? <button type="button" disabled={deed.busy} onClick={() => setAsking(true)}>Take a hint for {price} <small>({attempt.hints_left} left)</small></button>
        : <p className="hint">No hint is left.</p>}
      {asking && (
        <Confirm
          title="Take a hint?"
          text={`It costs ${price} of 100, whatever else comes of it.`}
          yes={`Take it for ${price}`}
          onClose={() => setAsking(false)}
          onYes={() => void deed.run(() => act('hint', {}))}
        />
      )}
    </section>
  );
}
