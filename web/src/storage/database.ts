import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Entry, SessionLine, SessionView } from '../api/types';

/** A wish that has not reached the server yet: kept until the server has said that it holds it. */
export interface OutboxItem {
  /** Orders what is sent; the browser counts. */
  no?: number;
  /** The idempotency key: the server does it once, however often it is sent. */
  key: string;
  owner: string;
  /** The session, or the name that a new one has until the server has made it. */
  session: string;
  /** The agent of a session that is still to be made. */
  agent: string | null;
  kind: 'message' | 'regenerate' | 'delete';
  text: string;
  parent: number | null;
  regenerate: number | null;
  at: number;
  /** Not before this time: a deletion can be undone until then. */
  due: number;
  failed: string | null;
  /** The turn that it became; it stays here until that has ended, because a server that dies on the way must be asked again with the same key. */
  turn: string | null;
}

/** What a session looked like when it was last read, for when the server is away. */
export interface Copy {
  id: string;
  owner: string;
  view: SessionView;
  entries: Entry[];
  savedAt: number;
}

interface Stored extends DBSchema {
  outbox: { key: number; value: OutboxItem };
  copies: { key: string; value: Copy; indexes: { savedAt: number } };
  lists: { key: string; value: { name: string; owner: string; lines: SessionLine[]; savedAt: number } };
  aliases: { key: string; value: { local: string; id: string } };
}

const maxCopies = 40;
let opened: Promise<IDBPDatabase<Stored>> | null = null;

export function database(): Promise<IDBPDatabase<Stored>> {
  opened ??= openDB<Stored>('troupe', 1, {
    upgrade(db) {
      db.createObjectStore('outbox', { keyPath: 'no', autoIncrement: true });
      db.createObjectStore('copies', { keyPath: 'id' }).createIndex('savedAt', 'savedAt');
      db.createObjectStore('lists', { keyPath: 'name' });
      db.createObjectStore('aliases', { keyPath: 'local' });
    },
    terminated() {
      opened = null;
    },
  });
  opened.catch(() => {
    opened = null;
  });
  return opened;
}

export async function saveCopy(copy: Copy): Promise<void> {
  const db = await database();
  await db.put('copies', copy);
  const extra = (await db.count('copies')) - maxCopies;
  if (extra <= 0) return;
  let cursor = await db.transaction('copies', 'readwrite').store.index('savedAt').openCursor();
  for (let i = 0; cursor && i < extra; i++) {
    await cursor.delete();
    cursor = await cursor.continue();
  }
}

export async function readCopy(id: string, owner: string): Promise<Copy | null> {
  const copy = await (await database()).get('copies', id);
  return copy && copy.owner === owner ? copy : null;
}

export async function dropCopy(id: string): Promise<void> {
  await (await database()).delete('copies', id);
}

export async function saveList(name: string, owner: string, lines: SessionLine[]): Promise<void> {
  await (await database()).put('lists', { name, owner, lines, savedAt: Date.now() });
}

export async function readList(name: string, owner: string): Promise<SessionLine[] | null> {
  const list = await (await database()).get('lists', name);
  return list && list.owner === owner ? list.lines : null;
}

/** Forgets everything that this browser keeps of anybody: at logout. */
export async function forgetEverything(): Promise<void> {
  const db = await database();
  await Promise.all([db.clear('outbox'), db.clear('copies'), db.clear('lists'), db.clear('aliases')]);
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith('troupe.draft.') || name === 'troupe.me') localStorage.removeItem(name);
  }

  if ('caches' in globalThis) {
    for (const name of await caches.keys()) {
      // The shell belongs to nobody and opens the login; what was read for somebody goes.
      if (!name.includes('precache')) await caches.delete(name);
    }
  }
}
