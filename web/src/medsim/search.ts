/** Words without case, accents and marks. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, ' ').trim();
}

/** Whether a name is meant by what was typed: every word begins one of the name's, or the letters are its initials. */
export function isMeant(name: string, typed: string): boolean {
  const wanted = fold(typed);
  if (wanted === '') return true;
  const words = fold(name).split(' ');
  if (wanted.split(' ').every((w) => words.some((word) => word.startsWith(w)))) return true;
  return wanted.length > 1 && words.map((w) => w.charAt(0)).join('').startsWith(wanted.replaceAll(' ', ''));
}
