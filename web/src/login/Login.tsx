import { useId, useState, type ReactNode } from 'react';
import { account } from './account';

/** The form for a key, for whoever comes without a link. */
export function Login({ problem, wasIn }: { problem: string | null; wasIn: boolean }): ReactNode {
  const id = useId();
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  return (
    <main className="login">
      <h1>Troupe</h1>
      <p className="lead">Agents that lose nothing.</p>
      {wasIn && !problem && <p role="status">Your login has ended. What you typed is kept, and goes on when you are back.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setBusy(true);
          void account.logIn({ key: key.trim() }).finally(() => setBusy(false));
        }}
      >
        <label htmlFor={id}>Key</label>
        <input
          id={id}
          type="password"
          autoComplete="current-password"
          value={key}
          autoFocus
          required
          aria-describedby={problem ? `${id}-problem` : undefined}
          aria-invalid={problem ? true : undefined}
          onChange={(event) => setKey(event.target.value)}
        />
        {problem && <p className="problem" role="alert" id={`${id}-problem`}>{problem}</p>}
        <button type="submit" className="primary" disabled={busy || key.trim() === ''}>{busy ? 'Logging in …' : 'Log in'}</button>
      </form>
      <p className="hint">Operators: open the link that the server printed when it started, or run <code>troupe login</code> for another. Everybody else gets a key from an operator.</p>
    </main>
  );
}
