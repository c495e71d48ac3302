import { useId, useState, type ReactNode } from 'react';
import { isMeant } from './search';

export interface PickGroup {
  name: string;
  items: { name: string; done: boolean }[];
}

/** A list to pick from, which narrows while one types; what is typed can also be sent as it is. */
export function Picker({ label, verb, groups, busy, onPick, children }: {
  label: string;
  verb: string;
  groups: PickGroup[];
  busy: boolean;
  onPick: (what: string) => Promise<boolean>;
  children?: ReactNode;
}): ReactNode {
  const id = useId();
  const [words, setWords] = useState('');
  const typed = words.trim();
  const found = groups.map((g) => ({ ...g, items: g.items.filter((i) => isMeant(i.name, typed)) })).filter((g) => g.items.length > 0);
  const count = found.reduce((sum, g) => sum + g.items.length, 0);
  const pick = (what: string): void => void onPick(what).then((went) => went && setWords(''));
  return (
    <>
      <form
        className="ms-pick"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed) pick(typed);
        }}
      >
        <label htmlFor={id}>{label}</label>
        <div className="row ms-pick-row">
          <input id={id} type="search" autoComplete="off" maxLength={200} value={words} aria-describedby={`${id}-count`} onChange={(event) => setWords(event.target.value)} />
          <button type="submit" className="primary" disabled={busy || typed === ''}>{verb}</button>
        </div>
        <p className="hint" id={`${id}-count`} role="status">{typed === '' ? 'Type in your own words, or pick from the list.' : count === 0 ? `Not on the list. ‘${verb}’ asks for it in your words.` : `${count} on the list`}</p>
      </form>
      {children}
      <div className="ms-list" role="group" aria-label={`${verb} from the list`}>
        {found.map((group) => (
          <section key={group.name}>
            <h3>{group.name}</h3>
            <ul>
              {group.items.map((item) => (
                <li key={item.name}>
                  <button type="button" className="ms-item" disabled={busy} onClick={() => pick(item.name)}>
                    {item.name}{item.done && <span className="ms-done"> ✓<span className="visually-hidden"> done</span></span>}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  );
}

/** Which of several was meant: nothing was done yet. */
export function Choices({ what, choices, onPick }: { what: string; choices: string[]; onPick: (what: string) => void }): ReactNode {
  return (
    <div className="ms-choices" role="group" aria-label={`Which ${what} do you mean?`}>
      <p role="status">Which one do you mean? Nothing was done yet.</p>
      <div className="row">{choices.map((c, i) => <button key={c} type="button" autoFocus={i === 0} onClick={() => onPick(c)}>{c}</button>)}</div>
    </div>
  );
}
