/**
 * The memory of all stores that defer branches: records and aux rows in two typed arrays, side by side.
 *
 *     records:  [ w0 | w1 | label | target ] [ ... ]      one Int32Array, 16 bytes a record
 *     rows:     [ aux record               ] [ ... ]      one Uint32Array, row i belongs to record i
 *
 * A position is an index of both, but in a container that keeps versions of records (`recordAt`). Which records are the
 * program, and in what order, is the container's business.
 */
import { BRANCH_OFF, branchKind, NOT_BRANCH, type OriginalSlot } from '../src/isa/insn.js';
import { BranchRanges } from './branch-ranges.js';
import { newCounters } from './counters.js';
import { LABEL, NO_TARGET, RECORD_WORDS, TARGET, W0, W1 } from './record.js';
import { assertNotFinished, AUX_ORIG, NONE, type Pos, type StoreInput } from './store.js';
import { assertStoreInput, branchTarget } from './store-input.js';

export class RecordMemory {
  readonly counters = newCounters();

  /** Words of all records; replaced when it grows, so nobody must keep it across `grow`. */
  protected records: Int32Array;
  /** Aux rows, in step with `records`. */
  protected rows: Uint32Array;
  protected readonly auxWords: number;
  /** Slots of the program as it was loaded. */
  protected readonly slots: number;
  /** Records of the program now. */
  protected count: number;
  protected readonly ranges: BranchRanges;
  protected finished = false;

  /**
   * @param capacity records to make room for; the container then fills in the input's with `load`
   * @throws RangeError when the input is inconsistent
   */
  constructor(input: StoreInput, capacity: number) {
    assertStoreInput(input);
    this.slots = input.insns.length / 2;
    this.count = this.slots;
    this.auxWords = input.auxWords;
    this.records = new Int32Array(capacity * RECORD_WORDS);
    this.rows = new Uint32Array(capacity * this.auxWords);
    this.ranges = new BranchRanges(this.counters);
    this.counters.allocations += 2;
    this.counters.bytesAllocated += this.records.byteLength + this.rows.byteLength;
  }

  length(): number {
    return this.count;
  }

  word0(pos: Pos): number {
    return this.records[this.recordAt(pos) * RECORD_WORDS + W0];
  }

  word1(pos: Pos): number {
    return this.records[this.recordAt(pos) * RECORD_WORDS + W1];
  }

  aux(pos: Pos, word: number): number {
    return this.rows[this.recordAt(pos) * this.auxWords + word];
  }

  setAux(pos: Pos, word: number, value: number): void {
    assertNotFinished(this.finished);
    const row = this.writableAt(pos) * this.auxWords;
    this.rows[row + word] = value;
  }

  /** Index in the memory of the record that is at `pos` now. */
  protected recordAt(pos: Pos): number {
    return pos;
  }

  /** The same for writing: the record may be another one afterwards, and the memory, too. */
  protected writableAt(pos: Pos): number {
    return pos;
  }

  /**
   * Writes the records of original slots `from`..`from + count - 1` side by side from position `at` on.
   * @throws RangeError when a branch leads outside of the program
   */
  protected load(input: StoreInput, from: OriginalSlot, count: number, at: Pos): void {
    const { records, slots, ranges } = this;
    const insns = input.insns;
    let word = at * RECORD_WORDS;
    for (let slot = from; slot < from + count; slot++, word += RECORD_WORDS) {
      const w0 = insns[2 * slot];
      const w1 = insns[2 * slot + 1];
      records[word + W0] = w0;
      records[word + W1] = w1;
      records[word + LABEL] = slot;
      const kind = branchKind(w0);
      if (kind === NOT_BRANCH) {
        records[word + TARGET] = NO_TARGET;
      } else {
        records[word + TARGET] = branchTarget(kind, slot, w0, w1, slots);
        if (kind === BRANCH_OFF) ranges.see(w0 >> 16);
      }
    }
    const auxWords = this.auxWords;
    this.rows.set(input.aux.subarray(from * auxWords, (from + count) * auxWords), at * auxWords);
    this.counters.insnBytesMoved += 8 * count;
    this.counters.auxBytesMoved += 4 * auxWords * count;
    this.counters.branchVisits += count;
  }

  /** Makes room for `capacity` records, keeping the first `used`. */
  protected grow(capacity: number, used: number): void {
    const records = new Int32Array(capacity * RECORD_WORDS);
    records.set(this.records.subarray(0, used * RECORD_WORDS));
    const rows = new Uint32Array(capacity * this.auxWords);
    rows.set(this.rows.subarray(0, used * this.auxWords));
    this.records = records;
    this.rows = rows;
    this.counters.allocations += 2;
    this.counters.bytesAllocated += records.byteLength + rows.byteLength;
    this.countMoved(used);
  }

  /** Moves `moved` records from `from` to `to`, which may overlap, aux rows and all. */
  protected move(from: Pos, to: Pos, moved: number): void {
    if (moved === 0) return;
    const { records, rows, auxWords } = this;
    records.copyWithin(to * RECORD_WORDS, from * RECORD_WORDS, (from + moved) * RECORD_WORDS);
    rows.copyWithin(to * auxWords, from * auxWords, (from + moved) * auxWords);
    this.countMoved(moved);
  }

  protected countMoved(moved: number): void {
    this.counters.insnBytesMoved += 8 * moved;
    this.counters.auxBytesMoved += 4 * this.auxWords * moved;
  }

  /** Zeroes the aux rows of `count` records. */
  protected clearRows(from: Pos, count: number): void {
    this.rows.fill(0, from * this.auxWords, (from + count) * this.auxWords);
  }

  /** Original slot plus one whose aux the record carries, 0 for inserted ones. */
  protected origin(pos: Pos): number {
    return this.rows[this.recordAt(pos) * this.auxWords + AUX_ORIG];
  }

  /**
   * The record among `from`..`to - 1`, which follow one another, that carries the aux of `slot`, or `NONE`: bisection,
   * for original slots never change their order.
   */
  protected search(slot: OriginalSlot, from: Pos, to: Pos): Pos {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      let probe = middle;
      while (probe < high && this.origin(probe) === 0) probe++;
      const found = probe === high ? slot + 2 : this.origin(probe);
      if (found === slot + 1) return probe;
      if (found > slot) high = middle;
      else low = probe + 1;
    }
    return NONE;
  }
}
