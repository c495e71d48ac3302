import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { wordsOf } from '../api/client';

/** Where one writes. Every letter is kept, so that nothing that was typed is lost with the tab. */
export function Composer({ draftOf, label, running, onSend, onStop }: {
  draftOf: string;
  label: string;
  running?: boolean;
  onSend: (text: string) => Promise<void>;
  onStop?: () => void;
}): ReactNode {
  const place = `troupe.draft.${draftOf}`;
  const [text, setText] = useState(() => localStorage.getItem(place) ?? '');
  const [problem, setProblem] = useState<string | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setText(localStorage.getItem(place) ?? ''), [place]);
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) area.current?.focus();
  }, [place]);
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, innerHeight * 0.4)}px`;
  }, [text]);
  const write = (value: string): void => {
    setText(value);
    try {
      if (value) localStorage.setItem(place, value);
      else localStorage.removeItem(place);
    } catch {
      setProblem('This browser has no room to keep a draft. It is sent as usual.');
    }
  };
  const say = (): void => {
    const said = text.trim();
    if (said === '') return;
    // The words leave the field only when they are safe in the outbox.
    onSend(said).then(() => {
      setProblem(null);
      write('');
    }, (failure: unknown) => setProblem(wordsOf(failure)));
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      {problem && <p className="problem" role="alert">{problem}</p>}
      <div className="composer-row">
        <textarea
          ref={area}
          rows={1}
          value={text}
          maxLength={262_144}
          aria-label={label}
          placeholder={label}
          onChange={(event) => write(event.target.value)}
          onKeyDown={(event) => {
            // While a word is being composed, Enter chooses it.
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            say();
          }}
        />
        {running && onStop && <button type="button" className="stop" onClick={onStop}>Stop</button>}
        <button type="submit" className="primary" disabled={text.trim() === ''}>{running ? 'Queue' : 'Send'}</button>
      </div>
    </form>
  );
}
