import { useEffect, useState, type ReactNode } from 'react';

/** A block of code with its language and a button that copies it. */
export function Code({ text, language }: { text: string; language: string }): ReactNode {
  return (
    <figure className="code">
      <figcaption>
        <span>{language || 'text'}</span>
        <Copy text={text} what="code" />
      </figcaption>
      <pre tabIndex={0}><code>{text}</code></pre>
    </figure>
  );
}

/** A button that copies, and says that it did. */
export function Copy({ text, what }: { text: string; what: string }): ReactNode {
  const [state, setState] = useState<'ready' | 'done' | 'failed'>('ready');
  useEffect(() => {
    if (state === 'ready') return undefined;
    const back = setTimeout(() => setState('ready'), 2000);
    return () => clearTimeout(back);
  }, [state]);
  return (
    <button
      type="button"
      className="quiet"
      aria-label={`Copy ${what}`}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setState('done'), () => setState('failed'))}
    >
      <span aria-live="polite">{state === 'ready' ? 'Copy' : state === 'done' ? 'Copied' : 'Not allowed'}</span>
    </button>
  );
}
