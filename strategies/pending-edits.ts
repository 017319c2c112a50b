/**
 * Edits kept aside until the pass commits: what the readings of batching share. They differ in how they merge.
 *
 *     base:   [ 0 | 1 | 2 | 3 | 4 | 5 | ... N-1 ]           untouched until the merge, but for words written in place
 *                       |       x   x                       x: removed, skipped as one stretch
 *     runs:    owner 2: [ a b ] -> [ c ]                    new records of patches, each run in front of its owner
 *                           |
 *              owner b: [ d ]                               a record of a run can own runs, too
 *
 *     order:   0 1 a d b c 2 3 ...
 *
 * A patch puts its new records as one run directly in front of the replaced record, behind the runs already there. So the replaced
 * record, and its aux row with it, stays where it is and becomes the patch's last instruction.
 *
 * Invariants
 * - records 0..base-1 are the program as of the last merge in order, base..used-1 the runs; a position may name either.
 * - `heads`, `tails`: first and last run + 1 in front of a record; runs of one owner are linked both ways.
 * - `gone` is 0 for records that are there; a stretch of removed base records that own no runs has its length at both
 *   ends; other removed records have 1.
 * - `edited` names every base record with runs in front, and the first of every removed stretch.
 *
 * Cost: step O(1) amortised; locate O(log N); replace by n O(n); remove O(count); commit without edits nothing.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { DeferringStore } from './deferring-store.js';
import type { Linearizer } from './linearize.js';
import { AUX_RUN_LOOP, RECORD_WORDS } from './record.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import type { Tunable } from './strategy.js';

export const POOL: Tunable = {
  name: 'pool',
  default: 0.125,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning:
    'room for the new records of a pass, and by how much it grows when full, as a share of the records',
};

/** Runs, and edited records, that tables have room for at first. */
const FIRST_RUNS = 16;

function withPool(records: number, share: number): number {
  return records + 16 + Math.ceil(records * share);
}

export abstract class PendingEdits extends DeferringStore {
  /** Records of the last merge. */
  protected base: number;
  /** Records in use, runs included. */
  protected used: number;
  /** Per removed record, see the head of this file. */
  protected gone: Int32Array;
  /** Where a merge puts records together. */
  protected spareRecords: Int32Array = new Int32Array(0);
  protected spareRows: Uint32Array = new Uint32Array(0);
  private heads: Int32Array;
  private tails: Int32Array;
  /** Per record of the pool its run. */
  private runOf: Int32Array;
  /** Per run: first record, number of records, the record it stands in front of, and its neighbours + 1 there. */
  private runStarts: Int32Array = new Int32Array(FIRST_RUNS);
  private runLengths: Int32Array = new Int32Array(FIRST_RUNS);
  private runOwners: Int32Array = new Int32Array(FIRST_RUNS);
  private runNexts: Int32Array = new Int32Array(FIRST_RUNS);
  private runPrevs: Int32Array = new Int32Array(FIRST_RUNS);
  private runs = 0;
  private edited: Int32Array = new Int32Array(FIRST_RUNS);
  private edits = 0;
  /** Are the base records in `edited` in order? */
  private inOrder = true;

  /** @param share value of `POOL` */
  constructor(
    input: StoreInput,
    private readonly share: number,
  ) {
    const slots = input.insns.length / 2;
    const capacity = withPool(slots, share);
    super(input, capacity);
    this.base = slots;
    this.used = slots;
    this.heads = new Int32Array(capacity);
    this.tails = new Int32Array(capacity);
    this.gone = new Int32Array(capacity);
    this.runOf = new Int32Array(capacity);
    this.counters.allocations += 10;
    this.counters.bytesAllocated += 4 * this.heads.byteLength + 6 * this.edited.byteLength;
    this.load(input, 0, slots, 0);
  }

  /**
   * Merges what is pending into the base, whose new length it returns.
   * @param edited base records with runs in front, and firsts of removed stretches, ascending; some of them within a
   * removed stretch that another one begins
   */
  protected abstract mergeEdits(edited: Int32Array): number;

  override first(): Pos {
    return this.next(-1);
  }

  override next(pos: Pos): Pos {
    const { base, heads, gone, runOf, runStarts, runLengths } = this;
    let at = pos;
    for (;;) {
      let next = at + 1;
      if (at < base) {
        if (next === base) return NONE;
      } else {
        const run = runOf[at];
        if (next === runStarts[run] + runLengths[run]) {
          const following = this.runNexts[run];
          if (following === 0) {
            // The runs of the owner are through: now it is its own turn.
            next = this.runOwners[run];
            if (gone[next] === 0) return next;
            at = next;
            continue;
          }
          next = runStarts[following - 1];
        }
      }
      while (heads[next] !== 0) next = runStarts[heads[next] - 1];
      if (gone[next] === 0) return next;
      at = next + gone[next] - 1;
    }
  }

  override prev(pos: Pos): Pos {
    const { tails, gone } = this;
    let at = pos;
    for (;;) {
      const before = tails[at] === 0 ? this.beforeRuns(at) : this.lastOfRun(tails[at] - 1);
      if (before === NONE || gone[before] === 0) return before;
      at = before - gone[before] + 1;
    }
  }

  override locate(slot: OriginalSlot): Pos {
    const pos = this.search(slot, 0, this.base);
    return pos === NONE || this.gone[pos] !== 0 ? NONE : pos;
  }

  protected override open(pos: Pos, extra: number): Pos {
    const first = this.used;
    if (first + extra > this.heads.length) this.growPool(first + extra);
    const run = this.newRun();
    this.runStarts[run] = first;
    this.runLengths[run] = extra;
    this.runOwners[run] = pos;
    const tail = this.tails[pos];
    this.runPrevs[run] = tail;
    this.runNexts[run] = 0;
    if (tail === 0) {
      this.heads[pos] = run + 1;
      if (pos < this.base) this.edit(pos);
    } else {
      this.runNexts[tail - 1] = run + 1;
    }
    this.tails[pos] = run + 1;
    this.runOf.fill(run, first, first + extra);
    this.clearRows(first, extra);
    this.used = first + extra;
    this.opened = first;
    this.counters.nodeVisits++;
    return pos;
  }

  protected override close(pos: Pos, removed: number): Pos {
    let at = pos;
    for (let left = removed; left > 0; left--) {
      const next = this.next(at);
      this.drop(at);
      at = next;
    }
    this.counters.nodeVisits += removed;
    return at;
  }

  protected override merge(): void {
    if (this.edits === 0) return;
    const edited = this.edited.subarray(0, this.edits);
    if (!this.inOrder) edited.sort();
    const merged = this.mergeEdits(edited);
    this.counters.nodeVisits += this.edits + this.runs;
    this.forgetEdits(edited);
    this.base = merged;
    this.used = merged;
  }

  protected override finishedRows(): Uint32Array {
    return this.rows.subarray(0, this.base * this.auxWords);
  }

  protected override emit(out: Linearizer): void {
    out.append(0, this.base);
  }

  protected override checkContainer(): void {
    const edited = new Set(this.edited.subarray(0, this.edits));
    for (let at = 0; at < this.used; at++) {
      if (at < this.base && this.heads[at] !== 0 && !edited.has(at))
        throw new Error(`edited record ${at} is not noted`);
      let before = 0;
      for (let run = this.heads[at]; run !== 0; run = this.runNexts[run - 1]) {
        if (this.runOwners[run - 1] !== at)
          throw new Error(`run ${run - 1} stands in front of another than ${at}`);
        if (this.runPrevs[run - 1] !== before)
          throw new Error(`runs in front of ${at} are not linked both ways`);
        before = run;
      }
      if (this.tails[at] !== before) throw new Error(`the last run in front of ${at} is not ${before - 1}`);
    }
    for (let at = 0; at < this.base; at++) {
      if (this.gone[at] === 0 || this.heads[at] !== 0) continue;
      const last = at + this.gone[at] - 1;
      if (last >= this.base || this.gone[last] !== this.gone[at])
        throw new Error(`removed stretch at ${at} has no end`);
      if (!edited.has(at)) throw new Error(`removed stretch at ${at} is not noted`);
      at = last;
    }
  }

  private lastOfRun(run: number): Pos {
    return this.runStarts[run] + this.runLengths[run] - 1;
  }

  /** What stands in front of the runs of the record at `pos`, there or gone, or `NONE`. */
  private beforeRuns(pos: Pos): Pos {
    let at = pos;
    for (;;) {
      if (at < this.base) return at - 1;
      const run = this.runOf[at];
      if (at > this.runStarts[run]) return at - 1;
      if (this.runPrevs[run] !== 0) return this.lastOfRun(this.runPrevs[run] - 1);
      at = this.runOwners[run];
    }
  }

  private drop(pos: Pos): void {
    const { base, heads, gone } = this;
    if (pos >= base || heads[pos] !== 0) {
      gone[pos] = 1;
      return;
    }
    let first = pos;
    let last = pos;
    // A neighbour that is there is a stretch of none.
    if (pos > 0 && heads[pos - 1] === 0) first = pos - gone[pos - 1];
    if (pos + 1 < base && heads[pos + 1] === 0) last = pos + gone[pos + 1];
    const length = last - first + 1;
    gone[pos] = 1;
    gone[first] = length;
    gone[last] = length;
    if (first === pos) this.edit(pos);
  }

  private edit(pos: Pos): void {
    if (this.edits === this.edited.length) this.edited = this.doubled(this.edited);
    if (this.edits > 0 && this.edited[this.edits - 1] > pos) this.inOrder = false;
    this.edited[this.edits++] = pos;
  }

  private newRun(): number {
    if (this.runs === this.runStarts.length) {
      this.runStarts = this.doubled(this.runStarts);
      this.runLengths = this.doubled(this.runLengths);
      this.runOwners = this.doubled(this.runOwners);
      this.runNexts = this.doubled(this.runNexts);
      this.runPrevs = this.doubled(this.runPrevs);
    }
    return this.runs++;
  }

  private doubled(table: Int32Array): Int32Array {
    return this.widened(table, 2 * table.length);
  }

  protected widened(table: Int32Array, length: number): Int32Array {
    const wider = new Int32Array(length);
    wider.set(table);
    this.counters.allocations++;
    this.counters.bytesAllocated += wider.byteLength;
    return wider;
  }

  private growPool(needed: number): void {
    const capacity = withPool(needed, this.share);
    this.widenTables(capacity);
    this.grow(capacity, this.used);
  }

  private widenTables(capacity: number): void {
    this.heads = this.widened(this.heads, capacity);
    this.tails = this.widened(this.tails, capacity);
    this.gone = this.widened(this.gone, capacity);
    this.runOf = this.widened(this.runOf, capacity);
  }

  /** Makes the spare memory, which will take turns with the other, take a program of `records` and a pool behind it. */
  protected spareProgram(records: number): void {
    // A pool of half its size would soon have to grow, which copies everything.
    if (withPool(records, this.share / 2) > this.heads.length)
      this.widenTables(withPool(records, this.share));
    this.spareRoom(this.heads.length);
  }

  /** Makes the spare memory take `records`. */
  protected spareRoom(records: number): void {
    if (this.spareRecords.length >= records * RECORD_WORDS) return;
    this.spareRecords = new Int32Array(records * RECORD_WORDS);
    this.spareRows = new Uint32Array(records * this.auxWords);
    this.counters.allocations += 2;
    this.counters.bytesAllocated += this.spareRecords.byteLength + this.spareRows.byteLength;
  }

  /** Copies `count` records from `from` on to the spare memory at `to` and returns where they end there. */
  protected copy(from: Pos, count: number, to: number): number {
    if (count === 0) return to;
    const { records, rows, auxWords, spareRecords, spareRows } = this;
    const words = count * RECORD_WORDS;
    const rowWords = count * auxWords;
    const source = from * RECORD_WORDS;
    const rowSource = from * auxWords;
    const target = to * RECORD_WORDS;
    const rowTarget = to * auxWords;
    if (count > AUX_RUN_LOOP) {
      spareRecords.set(records.subarray(source, source + words), target);
      spareRows.set(rows.subarray(rowSource, rowSource + rowWords), rowTarget);
    } else {
      for (let word = 0; word < words; word++) spareRecords[target + word] = records[source + word];
      for (let word = 0; word < rowWords; word++) spareRows[rowTarget + word] = rows[rowSource + word];
    }
    this.countMoved(count);
    return to + count;
  }

  /** Copies all new records in front of the base record at `pos` to the spare memory, and returns where they end there. */
  protected copyRuns(pos: Pos, start: number): number {
    let to = start;
    // The walk ends at the record itself, so for its duration that has to be there.
    const gone = this.gone[pos];
    this.gone[pos] = 0;
    let at = this.next(pos - 1);
    while (at >= this.base) {
      const from = at;
      let last = at;
      at = this.next(last);
      while (at === last + 1) {
        last = at;
        at = this.next(last);
      }
      to = this.copy(from, last + 1 - from, to);
    }
    this.gone[pos] = gone;
    return to;
  }

  private forgetEdits(edited: Int32Array): void {
    const { heads, tails, gone } = this;
    for (const at of edited) {
      heads[at] = 0;
      tails[at] = 0;
      gone.fill(0, at, at + gone[at]);
    }
    heads.fill(0, this.base, this.used);
    tails.fill(0, this.base, this.used);
    gone.fill(0, this.base, this.used);
    this.runs = 0;
    this.edits = 0;
    this.inOrder = true;
  }
}
