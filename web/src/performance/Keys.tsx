import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { get, Problem, send, wordsOf } from '../api/client';
import type { Key, KeyCreated } from '../api/types';
import { Copy } from '../chat/Code';
import { Confirm, Dialog } from '../shell/Dialog';
import { notices } from '../shell/notices';
import { Table } from '../shell/Table';

const scopes = ['chat', 'teach', 'admin'];

/** The keys of all owners: made here and shown once, limited, and revoked for good. */
export function Keys(): ReactNode {
  const queries = useQueryClient();
  const { data, error } = useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => get<{ keys: Key[] }>('/api/v1/keys', signal) });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<KeyCreated | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const changed = (): Promise<void> => queries.invalidateQueries({ queryKey: ['keys'] });
  const revoke = (key: Key): void => void send(`/api/v1/keys/${key.id}`, { method: 'DELETE' }).then(changed, (failure: unknown) => notices.tell(wordsOf(failure)));
  return (
    <section className="section">
      <h2>Keys</h2>
      {error && <p className="problem">{wordsOf(error)}</p>}
      <button type="button" onClick={() => setMaking(true)}>Make a key</button>
      {!!data?.keys.length && (
        <Table
          label="Keys"
          head={['Name', 'Owner', 'Scopes', 'Limits', 'Made', 'State', '']}
          rows={data.keys.map((key) => [
            key.login ? 'browser' : key.name, key.owner, key.scopes.join(', '), limitsOf(key), new Date(key.created_at).toLocaleDateString(),
            key.revoked_at ? 'revoked' : key.expires_at ? `until ${new Date(key.expires_at).toLocaleDateString()}` : 'good',
            key.revoked_at ? null : <button key="revoke" type="button" onClick={() => setRevoking(key)}>{key.login ? 'Log out' : 'Revoke'}</button>,
          ])}
        />
      )}
      {making && (
        <MakeKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
            void changed();
          }}
        />
      )}
      {made && (
        <Dialog title="The new key" onClose={() => setMade(null)}>
          <p>It is shown this once. Whoever has it acts as <strong>{made.owner}</strong>.</p>
          <p className="secret"><code>{made.token}</code></p>
          <div className="row end">
            <Copy text={made.token} what="key" />
            <button type="button" className="primary" onClick={() => setMade(null)}>I have kept it</button>
          </div>
        </Dialog>
      )}
      {revoking && (
        <Confirm
          title={revoking.login ? 'Log this browser out?' : `Revoke the key '${revoking.name}'?`}
          text={revoking.login ? 'It has to log in again.' : 'It stops working at once and for good, with the browsers that were logged in by it. What belongs to its owner stays.'}
          yes={revoking.login ? 'Log out' : 'Revoke'}
          onClose={() => setRevoking(null)}
          onYes={() => revoke(revoking)}
        />
      )}
    </section>
  );
}

function MakeKey({ onClose, onMade }: { onClose: () => void; onMade: (key: KeyCreated) => void }): ReactNode {
  const id = useId();
  const [form, setForm] = useState({ owner: '', name: '', minute: '', day: '', scopes: ['chat'] });
  const [problem, setProblem] = useState<Problem | null>(null);
  const whole = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send<KeyCreated>('/api/v1/keys', {
            body: { owner: form.owner.trim(), name: form.name.trim() || form.owner.trim(), scopes: form.scopes, requests_per_minute: whole(form.minute), tokens_per_day: whole(form.day) },
          }).then(onMade, (failure: unknown) => setProblem(failure instanceof Problem ? failure : new Problem(0, 'unknown', wordsOf(failure))));
        }}
      >
        <label htmlFor={`${id}-owner`}>Owner</label>
        <input id={`${id}-owner`} required maxLength={100} autoFocus value={form.owner} aria-invalid={problem?.member === 'owner' || undefined} onChange={(e) => setForm({ ...form, owner: e.target.value })} />
        <label htmlFor={`${id}-name`}>Name, for people</label>
        <input id={`${id}-name`} maxLength={100} value={form.name} onChange={(e) => setForm({ ...form, name: e.target.value })} />
        <fieldset className="row">
          <legend>May</legend>
          {scopes.map((scope) => (
            <label key={scope} className="check">
              <input
                type="checkbox"
                checked={form.scopes.includes(scope)}
                onChange={(e) => setForm({ ...form, scopes: e.target.checked ? [...form.scopes, scope] : form.scopes.filter((s) => s !== scope) })}
              />{' '}
              {scope}
            </label>
          ))}
        </fieldset>
        <label htmlFor={`${id}-minute`}>Requests a minute, empty for no limit</label>
        <input id={`${id}-minute`} inputMode="numeric" pattern="[0-9]*" value={form.minute} onChange={(e) => setForm({ ...form, minute: e.target.value })} />
        <label htmlFor={`${id}-day`}>Tokens a day, empty for no limit</label>
        <input id={`${id}-day`} inputMode="numeric" pattern="[0-9]*" value={form.day} onChange={(e) => setForm({ ...form, day: e.target.value })} />
        {problem && <p className="problem" role="alert">{problem.message}</p>}
        <div className="row end">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="primary">Make the key</button>
        </div>
      </form>
    </Dialog>
  );
}

function limitsOf(key: Key): string {
  const limits = [key.requests_per_minute && `${key.requests_per_minute} a minute`, key.concurrency && `${key.concurrency} at once`, key.tokens_per_day && `${key.tokens_per_day} tokens a day`].filter(Boolean);
  return limits.length > 0 ? limits.join(', ') : 'none';
}
