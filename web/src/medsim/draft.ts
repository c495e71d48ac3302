import { useState } from 'react';

/** A field whose letters are kept in this browser until they are the server's. */
export function useDraft(name: string, saved: string): [string, (text: string) => void, () => void] {
  const place = `troupe.draft.${name}`;
  const [text, setText] = useState<string | null>(() => localStorage.getItem(place));
  const keep = (value: string): void => {
    setText(value);
    try {
      localStorage.setItem(place, value);
    } catch {
      // A full store keeps no draft; the field does, as long as the page is open.
    }
  };
  const forget = (): void => {
    setText(null);
    localStorage.removeItem(place);
  };
  return [text ?? saved, keep, forget];
}
