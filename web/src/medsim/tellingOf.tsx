import type { Telling } from '../chat/telling';
import { Brief } from './Brief';
import { stamp } from './caseTime';
import { regionName } from './regions';
import type { AttemptView, Happening } from './types';

/** How the encounter is told: the brief above, what was done between what was said, and under a reply where it comes from when no model gave it. */
export function tellingOf(attempt: AttemptView): Telling {
  const bySeq = new Map(attempt.events.filter((e) => e.kind !== 'result').map((e) => [e.seq, e]));
  const replies = new Map(attempt.events.filter((e) => e.kind === 'reply' && e.turn_id).map((e) => [e.turn_id, e]));
  const { patient } = attempt.case;
  return {
    speaker: patient.speaker ?? patient.name,
    lead: <Brief attempt={attempt} />,
    under: (block) => {
      const reply = replies.get(block.entries[0]?.turn_id ?? '');
      const words = reply ? sourceWords(reply) : null;
      return words && <p className="mark">{words}</p>;
    },
    note: (entry) => {
      const event = bySeq.get(entry.seq);
      const words = event && deedWords(event);
      return words ? <p className="note ms-deed"><span className="number">{stamp(event.minute)}</span> {words}</p> : null;
    },
  };
}

/** Why a reply came from the case's facts and not from a model; null where there is nothing to tell. */
export function sourceWords(reply: Happening): string | null {
  if (reply.source !== 'facts') return null;
  if (reply.reason === 'provider_failed') return 'The model is down: the patient answered from the facts of the case.';
  if (reply.reason === 'check_failed') return 'The model strayed from the case: the patient answered from its facts.';
  return null;
}

/** An action in a line; null for what is no action. */
export function deedWords(event: Happening): string | null {
  switch (event.kind) {
    case 'examination':
      return `Examined${event.region ? ` (${regionName(event.region).toLowerCase()})` : ''}: ${event.name ?? ''}. ${event.text}`;
    case 'order':
      return event.status === 'not_available' ? `Ordered ${event.name ?? event.text}: not to be had here.` : `Ordered: ${event.name ?? event.text}.`;
    case 'result':
      return `Result of ${event.name ?? 'an order'}: ${event.text}`;
    case 'note':
      return `Note: ${event.text}`;
    case 'hint':
      return `Hint: ${event.text}`;
    case 'wait':
      return event.text || 'Waited.';
    case 'diagnosis':
      return `Diagnosis: ${event.text}${event.differentials?.length ? `; could also be ${event.differentials.join(', ')}` : ''}`;
    case 'plan':
      return `Plan: ${event.text}`;
    case 'finish':
      return 'Finished.';
    default:
      return null;
  }
}
