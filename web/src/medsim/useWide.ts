import { useSyncExternalStore } from 'react';

const query = '(min-width: 66rem)';

/** Whether the conversation and the work have room beside each other. */
export function useWide(): boolean {
  return useSyncExternalStore((changed) => {
    const media = matchMedia(query);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, () => matchMedia(query).matches);
}
