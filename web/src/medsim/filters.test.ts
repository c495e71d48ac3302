import { describe, expect, it } from 'vitest';
import { filtered, readFilters, writeFilters } from './filters';
import { isMeant } from './search';
import type { CaseLine } from './types';

const none = { words: '', specialty: '', difficulty: '', done: '' };
const line = (id: string, more: Partial<CaseLine>): CaseLine => ({
  id, title: id, specialty: 'cardiology', difficulty: 1, setting: 'Ward', minutes: 20, budget: 100, patient: { name: 'Nobody', age: '40 years', sex: 'male' }, source: 'own', attempts: 0, ...more,
});
const cases = [
  line('heart', { title: 'A bus driver with chest pain', difficulty: 2, attempts: 2, best: 0 }),
  line('child', { title: 'A crying baby', specialty: 'paediatrics', patient: { name: 'Zoë Arden', age: '8 months', sex: 'female' }, attempts: 1 }),
  line('back', { title: 'A stiff back', difficulty: 3, setting: 'Surgery' }),
];
const found = (filters: object): string[] => filtered(cases, { ...none, ...filters }).map((c) => c.id);

describe('The filters of the library', () => {
  it('let all pass when nothing is asked', () => expect(found({})).toEqual(['heart', 'child', 'back']));
  it('keep to a specialty and to a difficulty', () => {
    expect(found({ specialty: 'paediatrics' })).toEqual(['child']);
    expect(found({ difficulty: '3' })).toEqual(['back']);
  });
  it('find every word anywhere, whatever its case and accents', () => expect(found({ words: 'ZOE baby' })).toEqual(['child']));
  it('count as done what has a score, even of nothing, and not what was only begun', () => {
    expect(found({ done: 'yes' })).toEqual(['heart']);
    expect(found({ done: 'no' })).toEqual(['child', 'back']);
  });
  it('stand in the address and are read from it again', () => {
    const filters = { words: 'chest pain', specialty: 'cardiology', difficulty: '2', done: 'no' };
    expect(readFilters(writeFilters(filters))).toEqual(filters);
    expect(writeFilters(none).toString()).toBe('');
  });
});

describe('A name on a list', () => {
  it('is meant by the beginnings of its words in any order', () => expect(isMeant('Jugular venous pressure', 'pres jug')).toBe(true));
  it('is meant by its initials', () => expect(isMeant('Jugular venous pressure', 'JVP')).toBe(true));
  it('is not meant by letters from the middle', () => expect(isMeant('Jugular venous pressure', 'gular')).toBe(false));
  it('is meant by nothing typed', () => expect(isMeant('Pulse', '  ')).toBe(true));
});
