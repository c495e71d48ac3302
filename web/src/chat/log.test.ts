import { describe, expect, it } from 'vitest';
import type { Entry } from '../api/types';
import { Log } from './log';

const entry = (seq: number, parent: number, role: string, turn = String(seq)): Entry => ({ seq, parent, role, text: `${role} ${seq}`, turn_id: turn, at: '2026-01-01T00:00:00Z' }) as Entry;

/** Two branches from the second message on: 1 ▸ 2 ▸ (3 ▸ 4 | 5 ▸ 6). */
function branched(): Log {
  const log = new Log();
  log.add([entry(1, 0, 'user', 'a'), entry(2, 1, 'assistant', 'a'), entry(3, 2, 'user', 'b'), entry(4, 3, 'assistant', 'b'), entry(5, 2, 'user', 'c'), entry(6, 5, 'assistant', 'c')]);
  return log;
}

describe('Log', () => {
  it('takes entries in any order and twice, and none that leave a gap', () => {
    const log = new Log();
    expect(log.add([entry(12, 11, 'assistant'), entry(11, 10, 'user')])).toBe(true);
    expect(log.add([entry(14, 13, 'user')])).toBe(false);
    expect(log.add([entry(9, 8, 'user')])).toBe(false);
    expect(log.add([entry(10, 9, 'assistant'), entry(11, 10, 'user')])).toBe(true);
    expect(log.add([entry(13, 12, 'user')])).toBe(true);
    expect([log.from, log.to]).toEqual([10, 13]);
    expect(log.entries.map((e) => e.seq)).toEqual([10, 11, 12, 13]);
    expect(log.siblings(log.get(11)!)).toEqual([11]);
  });

  it('follows a branch from its leaf to the root, or to where reading began', () => {
    const log = branched();
    expect(log.path(4)).toEqual({ entries: [1, 2, 3, 4].map((s) => log.get(s)), missing: 0 });
    const part = new Log();
    part.add([entry(11, 10, 'user'), entry(12, 11, 'assistant')]);
    expect(part.path(12).missing).toBe(10);
  });

  it('knows the branches, and where each goes on', () => {
    const log = branched();
    expect(log.siblings(log.get(3)!)).toEqual([3, 5]);
    expect(log.siblings(log.get(1)!)).toEqual([1]);
    expect(log.leafOf(3)).toBe(4);
    expect(log.leafOf(1)).toBe(6);
  });

  it('shows what was said after the head and not answered', () => {
    const log = branched();
    expect(log.tailOf(6)).toBe(6);
    log.add([entry(7, 6, 'user', 'd')]);
    expect(log.tailOf(6)).toBe(7);
  });

  it('shows a turn as one block, with its tools, and without what is being told', () => {
    const log = new Log();
    log.add([
      entry(1, 0, 'user', 'a'), entry(2, 1, 'assistant', 'a'), entry(3, 2, 'tool_call', 'a'), entry(4, 3, 'tool_result', 'a'), entry(5, 4, 'assistant', 'a'), entry(6, 5, 'summary', 'a'), entry(7, 6, 'user', 'b'),
      entry(8, 7, 'assistant', 'b'),
    ]);
    expect(log.blocks(8, null).map((b) => [b.kind, b.entries.map((e) => e.seq)])).toEqual([['user', [1]], ['reply', [2, 3, 4, 5]], ['user', [7]], ['reply', [8]]]);
    expect(log.blocks(8, 'b').map((b) => b.seq)).toEqual([1, 2, 7]);
    expect(log.hasTurn('b')).toBe(true);
    expect(log.hasTurn('c')).toBe(false);
  });

  it('numbers the branches of a block', () => {
    const blocks = branched().blocks(6, null);
    expect(blocks.map((b) => [b.seq, b.branch, b.branches])).toEqual([[1, 0, 1], [2, 0, 1], [5, 1, 2], [6, 0, 1]]);
  });

  it('counts no branch that was erased', () => {
    const log = branched();
    log.add([{ ...log.get(5)!, role: 'erased', text: '' }, { ...log.get(6)!, role: 'erased', text: '' }]);
    expect(log.siblings(log.get(3)!)).toEqual([3]);
    expect(log.leafOf(1)).toBe(4);
    expect(log.blocks(4, null).map((b) => b.branches)).toEqual([1, 1, 1, 1]);
  });
});
