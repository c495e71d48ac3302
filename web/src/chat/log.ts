import type { Entry } from '../api/types';

/** What one sees as one thing in a conversation: what a person said, or all that an agent said and did in a turn. */
export interface Block {
  /** Stable while the conversation grows. */
  key: string;
  kind: 'user' | 'reply' | 'note';
  entries: Entry[];
  /** The entry that its branches part at. */
  seq: number;
  /** Where among its siblings it stands, from 0, and how many there are. */
  branch: number;
  branches: number;
}

/**
 * A session's log as far as it was read: always the newest entries without a gap, so that whoever has a parent has all its children too. A branch is a path
 * from a leaf to the root.
 */
export class Log {
  private readonly bySeq = new Map<number, Entry>();
  private readonly turns = new Set<string>();
  private readonly children = new Map<number, number[]>();
  /** The seq of the oldest entry that was read; 0 before any was. */
  from = 0;
  /** The seq of the newest entry that was read. */
  to = 0;

  get isEmpty(): boolean {
    return this.to === 0;
  }

  get entries(): Entry[] {
    return [...this.bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Whether a turn's message is among what was read. */
  hasTurn(turn: string): boolean {
    return this.turns.has(turn);
  }

  get(seq: number): Entry | undefined {
    return this.bySeq.get(seq);
  }

  /** Takes entries that join what is there; those that would leave a gap are refused. */
  add(entries: readonly Entry[]): boolean {
    const sorted = [...entries].sort((a, b) => a.seq - b.seq);
    const first = sorted[0];
    const last = sorted.at(-1);
    if (!first || !last) return true;
    if (this.to > 0 && (first.seq > this.to + 1 || last.seq < this.from - 1)) return false;
    for (const entry of sorted) {
      const known = this.bySeq.get(entry.seq);
      this.bySeq.set(entry.seq, entry);
      if (entry.role === 'user' && entry.turn_id) this.turns.add(entry.turn_id);
      if (known) continue;
      const siblings = this.children.get(entry.parent);
      if (siblings) siblings.push(entry.seq);
      else this.children.set(entry.parent, [entry.seq]);
    }

    this.from = this.from === 0 ? first.seq : Math.min(this.from, first.seq);
    this.to = Math.max(this.to, last.seq);
    return true;
  }

  /** The entries from the root, or from where the log was read, to a leaf; and the seq of what is missing above, 0 for nothing. */
  path(head: number): { entries: Entry[]; missing: number } {
    const entries: Entry[] = [];
    let seq = head;
    while (seq > 0) {
      const entry = this.bySeq.get(seq);
      if (!entry) break;
      entries.push(entry);
      seq = entry.parent;
    }

    return { entries: entries.reverse(), missing: seq };
  }

  /** The branches that part where an entry stands, oldest first: what was said instead of it. */
  siblings(entry: Entry): number[] {
    const all = (this.children.get(entry.parent) ?? []).filter((seq) => {
      const other = this.bySeq.get(seq);
      return other !== undefined && other.role !== 'erased' && (other.role === 'user') === (entry.role === 'user');
    });
    return all.sort((a, b) => a - b);
  }

  /** The newest leaf below an entry: where its branch goes on. */
  leafOf(seq: number): number {
    let leaf = seq;
    for (;;) {
      const next = (this.children.get(leaf) ?? []).filter((s) => this.bySeq.get(s)?.role !== 'erased');
      if (next.length === 0) return leaf;
      leaf = Math.max(...next);
    }
  }

  /** A leaf, or what was said after it and not answered well: nothing typed is out of sight because a turn failed. */
  tailOf(head: number): number {
    const unanswered = (this.children.get(head) ?? []).filter((s) => this.bySeq.get(s)?.role === 'user');
    return unanswered.length === 0 ? head : this.leafOf(Math.max(...unanswered));
  }

  /** A branch as one sees it, without the entries of a turn that is still being told; without a head all that was read, in its order. */
  blocks(head: number | null, liveTurn: string | null): Block[] {
    const blocks: Block[] = [];
    for (const entry of head === null ? this.entries : this.path(head).entries) {
      if (entry.role === 'erased' || (liveTurn !== null && entry.turn_id === liveTurn && entry.role !== 'user')) continue;
      if (entry.role === 'summary') continue;
      const kind = entry.role === 'user' ? 'user' : entry.role === 'note' ? 'note' : 'reply';
      const last = blocks.at(-1);
      if (kind === 'reply' && last?.kind === 'reply' && last.entries[0]?.turn_id === entry.turn_id) {
        last.entries.push(entry);
        continue;
      }

      const siblings = kind === 'note' ? [entry.seq] : this.siblings(entry);
      blocks.push({
        key: `${kind}-${entry.seq}`, kind, entries: [entry], seq: entry.seq, branch: Math.max(0, siblings.indexOf(entry.seq)), branches: Math.max(1, siblings.length),
      });
    }

    return blocks;
  }
}
