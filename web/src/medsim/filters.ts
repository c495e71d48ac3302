import { fold } from './search';
import type { CaseLine } from './types';

export interface Filters {
  words: string;
  specialty: string;
  difficulty: string;
  done: string;
}

export const difficulties: Record<number, string> = { 1: 'Easy', 2: 'Middling', 3: 'Hard' };

/** What an address asks for; what it does not say filters nothing. */
export function readFilters(asked: URLSearchParams): Filters {
  return { words: asked.get('q') ?? '', specialty: asked.get('specialty') ?? '', difficulty: asked.get('difficulty') ?? '', done: asked.get('done') ?? '' };
}

export function writeFilters(filters: Filters): URLSearchParams {
  const asked = new URLSearchParams();
  if (filters.words) asked.set('q', filters.words);
  if (filters.specialty) asked.set('specialty', filters.specialty);
  if (filters.difficulty) asked.set('difficulty', filters.difficulty);
  if (filters.done) asked.set('done', filters.done);
  return asked;
}

/** The cases that all filters let pass, in their order. A case is done when an attempt at it has a score. */
export function filtered(cases: readonly CaseLine[], filters: Filters): CaseLine[] {
  const words = fold(filters.words).split(' ').filter(Boolean);
  return cases.filter((c) => {
    if (filters.specialty && c.specialty !== filters.specialty) return false;
    if (filters.difficulty && String(c.difficulty) !== filters.difficulty) return false;
    if (filters.done && (filters.done === 'yes') !== isDone(c)) return false;
    const text = fold(`${c.title} ${c.specialty} ${c.setting} ${c.patient.name} ${c.patient.occupation ?? ''}`);
    return words.every((w) => text.includes(w));
  });
}

export function isDone(line: CaseLine): boolean {
  return line.best !== undefined && line.best !== null;
}
