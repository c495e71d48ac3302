import { useSyncExternalStore } from 'react';

/** What a store shows now, and again whenever it changes. */
export function useStore<T>(store: { subscribe: (listener: () => void) => () => void; snapshot: () => T }): T {
  return useSyncExternalStore(store.subscribe, store.snapshot);
}
