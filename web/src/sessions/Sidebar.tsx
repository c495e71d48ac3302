import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useState, useSyncExternalStore, type ReactNode } from 'react';
import { NavLink, useNavigate } from 'react-router';
import { get, send, wordsOf } from '../api/client';
import type { Me, SessionLine, SessionList } from '../api/types';
import { refreshShown } from '../chat/conversation';
import { account } from '../login/account';
import { outbox } from '../outbox/outbox';
import { Confirm, Dialog } from '../shell/Dialog';
import { Menu } from '../shell/Menu';
import { notices } from '../shell/notices';
import { setTheme, theme, type Theme } from '../shell/theme';
import { dropCopy, readList, saveList } from '../storage/database';
import { nameOf, placeOf } from './agents';

const pageLength = 50;
const undoMilliseconds = 10_000;

/** The way around: the conversations, found by words or read down, and the other pages. */
export function Sidebar({ me, onClose }: { me: Me; onClose: () => void }): ReactNode {
  const [words, setWords] = useState('');
  const [archived, setArchived] = useState(false);
  const search = useDelayed(words.trim(), 200);
  const searchId = useId();
  const list = useSessions(me.owner, search, archived);
  const hidden = useSyncExternalStore(outbox.subscribe, outbox.list).filter((i) => i.kind === 'delete' && !i.failed).map((i) => i.session);
  const lines = list.lines.filter((l) => !hidden.includes(l.id) && (!archived || l.archived));
  return (
    <nav className="sidebar" aria-label="Conversations">
      <div className="sidebar-head">
        <NavLink to="/" className="brand" onClick={onClose}>Troupe</NavLink>
        <NavLink to="/" end className="button" onClick={onClose}>New</NavLink>
      </div>
      <label className="visually-hidden" htmlFor={searchId}>Search all conversations</label>
      <input id={searchId} type="search" placeholder="Search all conversations" value={words} maxLength={200} onChange={(event) => setWords(event.target.value)} />
      <ul className="sessions">
        {lines.map((line) => <SessionRow key={line.id} line={line} onOpen={onClose} />)}
        {lines.length === 0 && <li className="empty">{list.problem ?? (list.isReading ? 'Reading …' : search ? 'Nothing was found.' : archived ? 'Nothing is archived.' : 'Nothing was said yet.')}</li>}
        {list.hasMore && <li><button type="button" className="quiet wide" disabled={list.isReading} onClick={list.readMore}>{list.isReading ? 'Reading …' : 'Show more'}</button></li>}
      </ul>
      <div className="sidebar-foot">
        <label className="check"><input type="checkbox" checked={archived} onChange={(event) => setArchived(event.target.checked)} /> Archived</label>
        <NavLink to="/medsim" onClick={onClose}>MedSim</NavLink>
        <NavLink to="/import" onClick={onClose}>Import</NavLink>
        {me.scopes.includes('admin') && <NavLink to="/performance" onClick={onClose}>Performance</NavLink>}
        <AccountMenu me={me} />
      </div>
    </nav>
  );
}

function SessionRow({ line, onOpen }: { line: SessionLine; onOpen: () => void }): ReactNode {
  const queries = useQueryClient();
  const go = useNavigate();
  const [renaming, setRenaming] = useState(false);
  const changed = (): Promise<void> => queries.invalidateQueries({ queryKey: ['sessions'] });
  const patch = (body: object): void => void send(`/api/v1/sessions/${line.id}`, { method: 'PATCH', body }).then(() => {
    refreshShown(line.id);
    return changed();
  }, (failure: unknown) => notices.tell(wordsOf(failure)));
  const remove = async (): Promise<void> => {
    const item = await outbox.put({ kind: 'delete', session: line.id, agent: null, due: Date.now() + undoMilliseconds });
    notices.tell('The conversation is deleted in ten seconds.', { label: 'Undo', run: () => void outbox.remove(item) }, undoMilliseconds);
    void dropCopy(line.id);
    if (location.pathname === placeOf(line)) void go('/');
  };
  const title = line.title ?? 'Untitled';
  return (
    <li className="session">
      <NavLink to={placeOf(line)} onClick={onOpen}>
        <span className="session-title">{title}</span>
        {line.found?.excerpt && <span className="excerpt">{line.found.excerpt}</span>}
        <span className="session-detail">{nameOf(line.agent)} · {ago(line.updated_at)}{line.archived ? ' · archived' : ''}</span>
      </NavLink>
      <Menu
        label={`More about ${title}`}
        items={[
          { label: 'Rename', run: () => setRenaming(true) },
          { label: line.archived ? 'Take out of the archive' : 'Archive', run: () => patch({ archived: !line.archived }) },
          { label: 'Export as markdown', run: () => download(`/api/v1/sessions/${line.id}/export?format=markdown`) },
          { label: 'Export with all branches (JSON)', run: () => download(`/api/v1/sessions/${line.id}/export`) },
          { label: 'Delete', danger: true, run: () => void remove().catch((failure: unknown) => notices.tell(wordsOf(failure))) },
        ]}
      />
      {renaming && <Rename title={title} onClose={() => setRenaming(false)} onSave={(name) => patch({ title: name })} />}
    </li>
  );
}

function Rename({ title, onClose, onSave }: { title: string; onClose: () => void; onSave: (title: string) => void }): ReactNode {
  const [name, setName] = useState(title);
  const id = useId();
  return (
    <Dialog title="Rename the conversation" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          onSave(name.trim());
        }}
      >
        <label htmlFor={id}>Name</label>
        <input id={id} value={name} maxLength={200} autoFocus onChange={(event) => setName(event.target.value)} />
        <div className="row end">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" className="primary" disabled={name.trim() === ''}>Rename</button>
        </div>
      </form>
    </Dialog>
  );
}

function AccountMenu({ me }: { me: Me }): ReactNode {
  const [asking, setAsking] = useState(false);
  const [shown, setShown] = useState<Theme>(theme());
  const waiting = useSyncExternalStore(outbox.subscribe, outbox.list).filter((i) => i.turn === null).length;
  const leave = (): void => void account.logOut().catch((failure: unknown) => notices.tell(`You are still logged in: ${wordsOf(failure)}`));
  const use = (next: Theme) => () => {
    setTheme(next);
    setShown(next);
  };
  const themes: { name: Theme; label: string }[] = [{ name: 'system', label: 'Look as the system does' }, { name: 'light', label: 'Light' }, { name: 'dark', label: 'Dark' }];
  return (
    <>
      <Menu
        label={`Account of ${me.owner}`}
        items={[
          ...themes.filter((t) => t.name !== shown).map((t) => ({ label: t.label, run: use(t.name) })),
          { label: 'Log out', run: () => (waiting > 0 ? setAsking(true) : leave()) },
        ]}
      >
        <span className="owner">{me.owner}</span>
      </Menu>
      {asking && (
        <Confirm
          title="Log out and lose what was not sent?"
          text={`${waiting === 1 ? 'One message waits' : `${waiting} messages wait`} in this browser to be sent. Logging out discards ${waiting === 1 ? 'it' : 'them'}.`}
          yes="Log out and discard"
          onClose={() => setAsking(false)}
          onYes={leave}
        />
      )}
    </>
  );
}

interface Sessions {
  lines: SessionLine[];
  hasMore: boolean;
  isReading: boolean;
  problem: string | null;
  readMore: () => void;
}

/** The list from the server; where that is away, the one that this browser kept. */
function useSessions(owner: string, search: string, archived: boolean): Sessions {
  const [kept, setKept] = useState<SessionLine[] | null>(null);
  const query = useInfiniteQuery({
    queryKey: ['sessions', search, archived],
    queryFn: async ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ limit: String(pageLength) });
      if (search) asked.set('q', search);
      if (archived) asked.set('archived', 'true');
      if (pageParam) asked.set('before', pageParam);
      return get<SessionList>(`/api/v1/sessions?${asked}`, signal);
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (before) => before,
  });
  const lines = query.data?.pages.flatMap((p) => p.sessions);
  useEffect(() => {
    if (lines && !search && !archived && !query.isPlaceholderData) void saveList('sessions', owner, lines.slice(0, pageLength)).catch(() => undefined);
    if (query.isError) void readList('sessions', owner).then(setKept, () => undefined);
  }, [query.data, query.isError]);
  return {
    lines: lines ?? kept ?? [],
    hasMore: query.hasNextPage,
    isReading: query.isFetching,
    problem: query.isError && !kept ? wordsOf(query.error) : null,
    readMore: () => void query.fetchNextPage(),
  };
}

function useDelayed(value: string, milliseconds: number): string {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const late = setTimeout(() => setDelayed(value), milliseconds);
    return () => clearTimeout(late);
  }, [value, milliseconds]);
  return delayed;
}

function download(path: string): void {
  const link = document.createElement('a');
  link.href = path;
  link.download = '';
  link.click();
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

function ago(at: string): string {
  const since = Date.parse(at) - Date.now();
  for (const [unit, length] of units) {
    if (-since >= length) return -since > 30 * 86_400_000 ? new Date(at).toLocaleDateString() : relative.format(Math.round(since / length), unit);
  }

  return 'just now';
}
