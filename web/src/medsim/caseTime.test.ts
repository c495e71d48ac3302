import { describe, expect, it } from 'vitest';
import { caseTime, clockTime, points, stamp } from './caseTime';

describe('Case time', () => {
  it('keeps half minutes below an hour', () => {
    expect([0, 0.5, 1, 12.5, 59.5].map(caseTime)).toEqual(['0 min', '½ min', '1 min', '12½ min', '59½ min']);
  });
  it('is told in hours and days when it is long', () => {
    expect([60, 75, 120, 1440, 2880, 1500].map(caseTime)).toEqual(['1 h', '1 h 15 min', '2 h', '1 day', '2 days', '1 day 1 h']);
  });
  it('never runs below nothing', () => {
    expect(caseTime(-3)).toBe('0 min');
    expect(clockTime(-3)).toBe('0:00');
  });
  it('shows what is left of a clock to the second, and no zero before its end', () => {
    expect([0.2, 59.4, 60, 900].map(clockTime)).toEqual(['0:01', '1:00', '1:00', '15:00']);
  });
  it('stamps a line with hours and minutes since the beginning', () => {
    expect([0.5, 9, 75.5].map(stamp)).toEqual(['0:00', '0:09', '1:15']);
  });
  it('shows points with one digit at most', () => {
    expect([12, 12.25, 100].map(points)).toEqual(['12', '12.3', '100']);
  });
});
