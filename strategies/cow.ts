/**
 * Copy on write: an immutable base, and deltas behind it that are merged at the end.
 *
 *     memory:  [ 0 | 1 | 2 | 3 | ... N-1 ][ a b 2' ][ 1' ][ x y z b' ]
 *                       base                delta 1    2      delta 3
 *
 *     delta 1: 2 patched to a, b, 2'           its last instruction is a new version of 2
 *     delta 2: 1 written in place              a new version
 *     delta 3: b patched, though of a delta    a delta over a delta: b' is a new version of b
 *
 *     order:   0 -> 1 -> a -> x -> y -> z -> b -> 2 -> 3 ...       places; each shows its latest version
 *
 * A *place* is what a position names: the index of the first record that was there. What stands in the memory before the
 * latest mark, the base at the least, is never written again: whatever changes such a record appends a version of it, and
 * whatever a patch inserts is appended, too. Only the index says what shows where: three tables that tell how far
 * the next place, the one before and the latest version are from where they are in the base. So a new store's index is
 * zeroed memory.
 *
 * Taking deltas off the end gives back an earlier version. From the first `mark` on, what is overwritten in the index, and in
 * the tables of labels, is noted (undo-log.ts).
 *
 * Invariants
 * - records 0..frozen - 1 are never written; a place shows a record below `used`, no two the same.
 * - `ahead[p]` is next(p) - p - 1, `GONE` for a removed place; `back[p]` is prev(p) - p + 1; `moved[p]` is the distance to its
 *   version.
 * - places of original slots are these slots, so that none has to be looked for.
 *
 * Cost: step O(1); locate O(1); replace by n O(n), one record copied if what is replaced is frozen; a write in place the same;
 * remove O(count); mark O(subprograms); rollback O(what was done since). Moved: a record a patch, and everything when the memory is
 * full, which grows by a share of itself. finish: places are walked once; runs of neighbours in the memory are copied in bulk.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import type { RangesMark } from './branch-ranges.js';
import { DeferringStore } from './deferring-store.js';
import type { MetadataMark } from './deferred-metadata.js';
import type { LabelsMark } from './labels.js';
import type { RunSink } from './linearize.js';
import { LABEL, RECORD_WORDS } from './record.js';
import { assertNotFinished, NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';
import { UndoLog, type Undoable } from './undo-log.js';

/** In `ahead`: the place was removed. */
const GONE = -0x80000000;

/** The tables by which the undo log knows them. */
const AHEAD = 0;
const BACK = 1;
const MOVED = 2;

const SPARE: Tunable = {
  name: 'spare',
  default: 0.25,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'room for deltas at the start, as a share of the instructions',
};
const GROWTH: Tunable = {
  name: 'growth',
  default: 1,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'by how much the memory grows when full, as a share of its records',
};

export const cow: Strategy = {
  name: 'cow',
  summary:
    'Immutable base and a chain of deltas that can be taken back; merged, branches and metadata resolved by labels at the end.',
  cost: 'O(N + M)',
  growth: 'linear',
  tunables: [SPARE, GROWTH],
  create: (input, options) => new CowStore(input, options),
};

/** A version of a store that `rollback` gives back. */
export interface CowMark {
  /** How many marks are older. */
  readonly depth: number;
  readonly used: number;
  readonly frozen: number;
  readonly count: number;
  readonly head: Pos;
  readonly logged: number;
  readonly labels: LabelsMark;
  readonly metadata: MetadataMark;
  readonly ranges: RangesMark;
}

/** Records for `used` ones and what comes. */
function withDeltas(used: number, share: number): number {
  return used + Math.ceil(used * share) + 16;
}

export class CowStore extends DeferringStore implements Undoable {
  override readonly name = cow.name;
  private readonly growth: number;
  private ahead: Int32Array;
  private back: Int32Array;
  private moved: Int32Array;
  private head: Pos = 0;
  /** Records in the memory. */
  private used: number;
  /** Records that are never written again. */
  private frozen: number;
  /** Marks that can be rolled back to, the latest last. */
  private readonly marks: CowMark[] = [];
  /** What was overwritten in the index since the first mark; absent before. */
  private log: UndoLog | undefined;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(cow.name, cow.tunables, options);
    const capacity = withDeltas(input.insns.length / 2, tuned(options, SPARE));
    super(input, capacity);
    this.growth = tuned(options, GROWTH);
    this.used = this.slots;
    this.frozen = this.slots;
    this.ahead = new Int32Array(capacity);
    this.back = new Int32Array(capacity);
    this.moved = new Int32Array(capacity);
    this.countIndex();
    this.ahead[this.slots - 1] = NONE - this.slots;
    this.load(input, 0, this.slots, 0);
  }

  /**
   * The store as it is now, for `rollback`. Positions that are valid now are so after it, too.
   * @throws Error when the store is finished
   */
  mark(): CowMark {
    assertNotFinished(this.finished);
    this.log ??= new UndoLog(this, this.counters);
    const mark = {
      depth: this.marks.length,
      used: this.used,
      frozen: this.frozen,
      count: this.count,
      head: this.head,
      logged: this.log.length,
      labels: this.labels.mark(),
      metadata: this.metadata.mark(),
      ranges: this.ranges.mark(),
    };
    this.frozen = this.used;
    this.marks.push(mark);
    return mark;
  }

  /**
   * Makes the store what it was at `mark`, labels, aux records, metadata and counts included; only the counters of what it
   * did go on. The mark can be rolled back to again, those made after it cannot.
   * @throws Error when the store is finished
   * @throws RangeError when the mark is not one of this store, or was made after one that was rolled back to
   */
  rollback(mark: CowMark): void {
    assertNotFinished(this.finished);
    if (this.marks[mark.depth] !== mark) throw new RangeError('no such mark to roll back to');
    this.marks.length = mark.depth + 1;
    this.log!.undoTo(mark.logged);
    this.labels.rollback(mark.labels);
    this.metadata.rollback(mark.metadata);
    this.ranges.rollback(mark.ranges);
    this.used = mark.used;
    this.frozen = mark.used;
    this.count = mark.count;
    this.head = mark.head;
  }

  restore(table: number, place: Pos, old: number): void {
    if (table === AHEAD) this.ahead[place] = old;
    else if (table === BACK) this.back[place] = old;
    else this.moved[place] = old;
  }

  override first(): Pos {
    return this.head;
  }

  override next(pos: Pos): Pos {
    return pos + 1 + this.ahead[pos];
  }

  override prev(pos: Pos): Pos {
    return pos - 1 + this.back[pos];
  }

  override locate(slot: OriginalSlot): Pos {
    return this.ahead[slot] === GONE ? NONE : slot;
  }

  protected override recordAt(pos: Pos): number {
    return pos + this.moved[pos];
  }

  protected override writableAt(pos: Pos): number {
    const record = pos + this.moved[pos];
    if (record >= this.frozen) return record;
    this.reserve(1);
    return this.newVersion(pos, record);
  }

  protected override open(pos: Pos, extra: number): Pos {
    // One more for a version of what is replaced, which becomes the patch's last and is written then.
    this.reserve(extra + 1);
    const first = this.used;
    this.used = first + extra;
    this.clearRows(first, extra);
    this.link(this.prev(pos), first);
    this.link(first + extra - 1, pos);
    this.opened = first;
    this.counters.nodeVisits += extra + 2;
    return pos;
  }

  protected override close(pos: Pos, removed: number): Pos {
    const before = this.prev(pos);
    let place = pos;
    for (let left = removed; left > 0; left--) {
      const next = this.next(place);
      this.log?.note(AHEAD, place, this.ahead[place]);
      this.ahead[place] = GONE;
      place = next;
    }
    this.link(before, place);
    this.counters.nodeVisits += removed + 2;
    return place;
  }

  protected override emit(out: RunSink): void {
    let place = this.head;
    while (place !== NONE) {
      const from = this.recordAt(place);
      let end = from + 1;
      place = this.next(place);
      while (place !== NONE && this.recordAt(place) === end) {
        place = this.next(place);
        end++;
      }
      out.append(from, end - from);
    }
    this.counters.nodeVisits += this.count;
  }

  protected override checkContainer(): void {
    for (let slot = 0; slot < this.slots; slot++) {
      if (this.records[slot * RECORD_WORDS + LABEL] !== slot)
        throw new Error(`base record ${slot} was written`);
    }
    const shown = new Set<number>();
    for (let place = this.head; place !== NONE; place = this.next(place)) {
      const record = this.recordAt(place);
      if (record < 0 || record >= this.used) throw new Error(`place ${place} shows record ${record}`);
      if (shown.has(record)) throw new Error(`record ${record} shows twice`);
      shown.add(record);
    }
  }

  /** Makes two places neighbours; `NONE` is either end. */
  private link(place: Pos, next: Pos): void {
    if (place === NONE) {
      this.head = next;
    } else {
      this.log?.note(AHEAD, place, this.ahead[place]);
      this.ahead[place] = next - place - 1;
    }
    if (next !== NONE) {
      this.log?.note(BACK, next, this.back[next]);
      this.back[next] = place - next + 1;
    }
  }

  /** Appends a copy of a frozen record, for which there is room: what the place at `pos` shows from now on. */
  private newVersion(pos: Pos, record: number): number {
    const version = this.used++;
    this.move(record, version, 1);
    this.log?.note(MOVED, pos, this.moved[pos]);
    this.moved[pos] = version - pos;
    return version;
  }

  /** Makes sure that `more` records can be appended. */
  private reserve(more: number): void {
    const needed = this.used + more;
    if (needed <= this.ahead.length) return;
    const { ahead, back, moved } = this;
    const capacity = withDeltas(needed, this.growth);
    this.grow(capacity, this.used);
    this.ahead = new Int32Array(capacity);
    this.back = new Int32Array(capacity);
    this.moved = new Int32Array(capacity);
    this.ahead.set(ahead);
    this.back.set(back);
    this.moved.set(moved);
    this.countIndex();
  }

  private countIndex(): void {
    this.counters.allocations += 3;
    this.counters.bytesAllocated += 3 * this.ahead.byteLength;
  }
}
