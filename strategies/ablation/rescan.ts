/**
 * The kernel's scans of all branches (`bpf_adj_branches()`, kernel/bpf/core.c, and `adjust_jmp_off()`, kernel/bpf/verifier.c,
 * Linux 6.12) over any container: it hands over its records in order, in runs of neighbours, and what a scan costs besides
 * looking at every instruction is what the container takes to go through them.
 *
 * array-branches.ts has the same scans over instructions side by side. Slots here are those of the moment: the n-th
 * record handed over is slot n.
 */
import {
  BRANCH_KINDS,
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  NOT_BRANCH,
  withOff,
} from '../../src/isa/insn.js';
import { fitsShort } from '../array-branches.js';
import type { RunSink } from '../linearize.js';
import { RECORD_WORDS, W0, W1 } from '../record.js';
import type { Pos } from '../store.js';

/** What a scan is for. */
const FIND = 0;
const PROBE = 1;
const ADJUST = 2;
const PROBE_SKIP = 3;
const SKIP = 4;

/** Hands over all records in order; see `DeferringStore.emit`. */
type Emit = (out: RunSink) => void;

/** One object for all scans: the containers' loops meet this class and the linearizer's, no third. */
export class Rescan implements RunSink {
  private mode = FIND;
  private records: Int32Array = new Int32Array(0);
  /** Slots handed over so far. */
  private slot = 0;
  private pos = 0;
  private endOld = 0;
  private endNew = 0;
  private found = 0;
  private fits = true;

  /** @param emit of the container */
  constructor(private readonly emit: Emit) {}

  /** The slot of the record at `pos`, which must be there. */
  slotOf(records: Int32Array, pos: Pos): number {
    this.pos = pos;
    this.scan(records, FIND);
    return this.found;
  }

  /** Would all 16-bit distances fit after the record at slot `pos` was replaced by `delta + 1`? */
  probe(records: Int32Array, pos: number, delta: number): boolean {
    this.pos = pos;
    this.endNew = pos + 1 + delta;
    this.endOld = pos + 1;
    this.scan(records, PROBE);
    return this.fits;
  }

  /** Adjusts all branches after a change at slot `pos` moved what stood at `endOld` to `endNew`. */
  adjust(records: Int32Array, pos: number, endOld: number, endNew: number): void {
    this.pos = pos;
    this.endOld = endOld;
    this.endNew = endNew;
    this.scan(records, ADJUST);
  }

  /**
   * Makes the jumps to slot `front` lead to slot `body`, but for those between the two; with `probe` nothing is changed.
   * @returns false when a distance does not fit
   */
  skip(records: Int32Array, front: number, body: number, probe: boolean): boolean {
    this.endOld = front;
    this.endNew = body;
    this.scan(records, probe ? PROBE_SKIP : SKIP);
    return this.fits;
  }

  private scan(records: Int32Array, mode: number): void {
    this.records = records;
    this.mode = mode;
    this.slot = 0;
    this.fits = true;
    this.emit(this);
  }

  append(from: number, count: number): void {
    const at = this.slot;
    this.slot = at + count;
    switch (this.mode) {
      case FIND:
        if (this.pos >= from && this.pos < from + count) this.found = at + this.pos - from;
        break;
      case PROBE: {
        const before = within(this.pos - at, count);
        const behind = within(this.pos + 1 - at, count);
        if (this.fits) this.fits = this.probeBefore(from, from + before, at - from);
        if (this.fits) this.fits = this.probeBehind(from + behind, from + count, at - from);
        break;
      }
      case ADJUST: {
        const before = within(this.pos - at, count);
        const behind = within(this.endNew - at, count);
        if (before > 0) this.adjustBefore(from, from + before, at - from);
        if (behind < count) this.adjustBehind(from + behind, from + count, at - from);
        break;
      }
      default:
        this.retarget(from, from + count, at - from);
    }
  }

  /** @param shift from positions to slots */
  private probeBefore(from: number, to: number, shift: number): boolean {
    const { records, pos } = this;
    const kinds = BRANCH_KINDS;
    const delta = this.endNew - this.endOld;
    for (let at = from; at < to; at++) {
      const w0 = records[at * RECORD_WORDS + W0];
      if (kinds[w0 & 0xff] !== BRANCH_OFF) continue;
      const distance = w0 >> 16;
      if (at + shift + 1 + distance > pos && !fitsShort(distance + delta)) return false;
    }
    return true;
  }

  private probeBehind(from: number, to: number, shift: number): boolean {
    const { records, pos } = this;
    const kinds = BRANCH_KINDS;
    const delta = this.endNew - this.endOld;
    for (let at = from; at < to; at++) {
      const w0 = records[at * RECORD_WORDS + W0];
      if (kinds[w0 & 0xff] !== BRANCH_OFF) continue;
      const distance = w0 >> 16;
      if (at + shift + 1 + distance <= pos && !fitsShort(distance - delta)) return false;
    }
    return true;
  }

  private adjustBefore(from: number, to: number, shift: number): void {
    const { records, endOld } = this;
    const kinds = BRANCH_KINDS;
    const delta = this.endNew - endOld;
    const end = to * RECORD_WORDS;
    let slot = from + shift;
    for (let word = from * RECORD_WORDS; word < end; word += RECORD_WORDS, slot++) {
      const w0 = records[word + W0];
      const kind = kinds[w0 & 0xff];
      if (kind === NOT_BRANCH) continue;
      if (kind === BRANCH_OFF) {
        if (slot + 1 + (w0 >> 16) >= endOld) records[word + W0] = w0 + (delta << 16);
      } else if (isLong(kind, w0) && slot + 1 + records[word + W1] >= endOld) {
        records[word + W1] += delta;
      }
    }
  }

  private adjustBehind(from: number, to: number, shift: number): void {
    const { records, endNew } = this;
    const kinds = BRANCH_KINDS;
    const delta = endNew - this.endOld;
    const end = to * RECORD_WORDS;
    let slot = from + shift;
    for (let word = from * RECORD_WORDS; word < end; word += RECORD_WORDS, slot++) {
      const w0 = records[word + W0];
      const kind = kinds[w0 & 0xff];
      if (kind === NOT_BRANCH) continue;
      if (kind === BRANCH_OFF) {
        if (slot + 1 + (w0 >> 16) < endNew) records[word + W0] = w0 - (delta << 16);
      } else if (isLong(kind, w0) && slot + 1 + records[word + W1] < endNew) {
        records[word + W1] -= delta;
      }
    }
  }

  private retarget(from: number, to: number, shift: number): void {
    const { records, endOld: front, endNew: body } = this;
    for (let at = from; at < to; at++) {
      const slot = at + shift;
      if (slot >= front && slot < body) continue;
      const w0 = records[at * RECORD_WORDS + W0];
      const kind = branchKind(w0);
      if (kind === NOT_BRANCH || kind === BRANCH_SUBPROG) continue;
      const distance = branchDistance(kind, w0, records[at * RECORD_WORDS + W1]);
      if (slot + 1 + distance !== front) continue;
      if (kind === BRANCH_OFF && !fitsShort(distance + body - front)) this.fits = false;
      if (this.mode === SKIP) writeDistance(records, at, kind, distance + body - front);
    }
  }
}

/** `value`, but not outside of 0..count. */
function within(value: number, count: number): number {
  return value < 0 ? 0 : value > count ? count : value;
}

/** Is an instruction that is no 16-bit branch one of 32 bits? */
function isLong(kind: number, w0: number): boolean {
  return kind !== BRANCH_SUBPROG || branchKind(w0) !== NOT_BRANCH;
}

/** Writes the distance of the branch of kind `kind` at `pos`. */
export function writeDistance(records: Int32Array, pos: Pos, kind: number, distance: number): void {
  const at = pos * RECORD_WORDS;
  if (kind === BRANCH_OFF) records[at + W0] = withOff(records[at + W0], distance);
  else records[at + W1] = distance;
}
