/**
 * Labels: what deferred branches and metadata refer to instead of slots.
 *
 *     record:  [ w0 | w1 | label | target ]        label 0..N-1   identity of an original slot
 *                             |       |                   N       the end of the program
 *                             |       |                   N+1...  allocated: targets inside patches, poke places...
 *                             |       +-- the label a branch aims at, -1 for all other instructions
 *                             +---------- the label this record carries; negative: it carries none, see `stamp`
 *
 * Invariants
 * - A label is carried by at most one record. A label that no record carries any more is an alias: of the label of the
 *   survivor that took its place, or, once jumps were made to skip a prologue, of two: one for jumps, one for the rest.
 * - Aliases form forests with path halving; a label with parent 0 is a root.
 * - `stamp` of a carried label is the number of the patch that inserted the record which carries it, 0 for an original
 *   record; a record without a label holds its stamp itself, as `unlabelled(stamp)`.
 *
 * Every operation is O(1), resolving amortised nearly so. Tables are zeroed memory: nothing is written for labels
 * that never moved. From the first `mark` on what is overwritten is noted, so that `rollback` can put it back, and paths are
 * not halved any more: what a removal made shorter could not be taken back with it.
 */
import type { Counters } from './counters.js';
import { UndoLog, type Undoable } from './undo-log.js';

/** The tables by which the undo log knows them. */
const STAMP = 0;
const PARENT = 1;
const JUMP_PARENT = 2;
const REMOVED = 3;
/** No table: the label was split; noted value 1 when the two tables of parents parted then. */
const SPLIT = 4;

/** How labels were at a `mark`. */
export interface LabelsMark {
  readonly count: number;
  readonly logged: number;
}

export class Labels implements Undoable {
  /** The label of the end of the program. */
  readonly end: number;
  /** Labels given out so far. */
  count: number;
  /** Per label: see the head of this file. Grows, so it must be read anew after `allocate`. */
  stamps: Int32Array;
  /** Per label: parent + 1 for everything but jumps, 0 for a root. */
  private parents: Int32Array;
  /** The same for jumps; the same array until `split` makes the two differ. */
  private jumpParents: Int32Array;
  /** Per label: 1 once a record that carried it was removed. */
  private removed: Uint8Array;
  /** What was overwritten since the first mark; absent before. */
  private log: UndoLog | undefined;
  /** The labels that were split, and what everything but jumps aims at in their place. */
  private readonly splits = new Map<number, number>();

  constructor(
    slots: number,
    private readonly counters: Counters,
  ) {
    this.end = slots;
    this.count = slots + 1;
    const capacity = this.count + 16 + (slots >> 3);
    this.stamps = new Int32Array(capacity);
    this.parents = new Int32Array(capacity);
    this.jumpParents = this.parents;
    this.removed = new Uint8Array(capacity);
    this.countTables();
  }

  /** A new label, to be carried by a record with the given stamp. */
  allocate(stamp: number): number {
    const label = this.count++;
    if (label >= this.stamps.length) this.grow();
    this.stamps[label] = stamp;
    return label;
  }

  /** The record that carries `label` was inserted by another patch from now on. */
  setStamp(label: number, stamp: number): void {
    this.log?.note(STAMP, label, this.stamps[label]);
    this.stamps[label] = stamp;
  }

  /** The label that stands for `label` now, for everything but jumps. */
  resolve(label: number): number {
    return this.log === undefined ? resolved(this.parents, label) : rootOf(this.parents, label);
  }

  /** The label that stands for `label` now, for jumps. */
  resolveJump(label: number): number {
    return this.log === undefined ? resolved(this.jumpParents, label) : rootOf(this.jumpParents, label);
  }

  /** The record that carried `label` is gone; its place is now that of `heir`. */
  alias(label: number, heir: number): void {
    this.noteParents(label);
    this.parents[label] = heir + 1;
    this.jumpParents[label] = heir + 1;
  }

  /** Jumps that aim at `label` aim at `body` from now on, everything else at `rest`. */
  split(label: number, rest: number, body: number): void {
    const part = this.jumpParents === this.parents;
    if (part) {
      this.jumpParents = this.parents.slice();
      this.counters.allocations++;
      this.counters.bytesAllocated += this.jumpParents.byteLength;
    }
    this.noteParents(label);
    this.log?.note(SPLIT, label, part ? 1 : 0);
    this.parents[label] = rest + 1;
    this.jumpParents[label] = body + 1;
    this.splits.set(label, rest);
  }

  /** Notes that the very instruction `label` named was removed, whoever inherits the label. */
  markRemoved(label: number): void {
    this.log?.note(REMOVED, label, this.removed[label]);
    this.removed[label] = 1;
  }

  /** Was the very instruction that `label` named removed? */
  isRemoved(label: number): boolean {
    let at: number | undefined = label;
    while (at !== undefined) {
      if (this.removed[at] !== 0) return true;
      at = this.splits.get(at);
    }
    return false;
  }

  /** Is `label` carried by a record, or the end? */
  isRoot(label: number): boolean {
    return this.parents[label] === 0;
  }

  /** What `rollback` needs to bring labels back to how they are now. */
  mark(): LabelsMark {
    this.log ??= new UndoLog(this, this.counters);
    return { count: this.count, logged: this.log.length };
  }

  /** Brings all labels back to how they were at `mark`, the latest one or one before. */
  rollback(mark: LabelsMark): void {
    this.log!.undoTo(mark.logged);
    this.count = mark.count;
  }

  restore(table: number, label: number, old: number): void {
    if (table === STAMP) this.stamps[label] = old;
    else if (table === PARENT) this.parents[label] = old;
    else if (table === JUMP_PARENT) this.jumpParents[label] = old;
    else if (table === REMOVED) this.removed[label] = old;
    else {
      this.splits.delete(label);
      // All that was written to either since then is taken back: they are equal again.
      if (old === 1) this.jumpParents = this.parents;
    }
  }

  private noteParents(label: number): void {
    this.log?.note(PARENT, label, this.parents[label]);
    this.log?.note(JUMP_PARENT, label, this.jumpParents[label]);
  }

  private grow(): void {
    const capacity = this.stamps.length * 2;
    const shared = this.jumpParents === this.parents;
    const stamps = new Int32Array(capacity);
    stamps.set(this.stamps);
    this.stamps = stamps;
    const parents = new Int32Array(capacity);
    parents.set(this.parents);
    if (shared) {
      this.jumpParents = parents;
    } else {
      const jumpParents = new Int32Array(capacity);
      jumpParents.set(this.jumpParents);
      this.jumpParents = jumpParents;
    }
    this.parents = parents;
    const removed = new Uint8Array(capacity);
    removed.set(this.removed);
    this.removed = removed;
    this.countTables();
  }

  private countTables(): void {
    const jumps = this.jumpParents === this.parents ? 0 : this.jumpParents.byteLength;
    this.counters.allocations += jumps === 0 ? 3 : 4;
    this.counters.bytesAllocated +=
      this.stamps.byteLength + this.parents.byteLength + this.removed.byteLength + jumps;
  }
}

/** What a record without a label holds in its place: the patch that inserted it, 0 for none. */
export function unlabelled(stamp: number): number {
  return -1 - stamp;
}

/** Where the path from `label` ends. */
function rootOf(parents: Int32Array, label: number): number {
  let at = label;
  while (parents[at] !== 0) at = parents[at] - 1;
  return at;
}

/** The same, halving the path. */
function resolved(parents: Int32Array, label: number): number {
  let at = label;
  for (;;) {
    const parent = parents[at];
    if (parent === 0) return at;
    const grandparent = parents[parent - 1];
    if (grandparent === 0) return parent - 1;
    parents[at] = grandparent;
    at = grandparent - 1;
  }
}
