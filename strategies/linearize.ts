/**
 * The end of deferral: records in their final order become the linear program.
 *
 *     1. each run of records is appended: words copied, the slot of each label noted, branches listed
 *     2. each listed branch gets its distance, from the slots of its own record and of its label
 *
 * Both are O(records); nothing else of a deferred program has to be visited.
 */
import { BRANCH_OFF, BRANCH_SUBPROG, branchKind } from '../src/isa/insn.js';
import { copyWords } from './copy-words.js';
import type { Counters } from './counters.js';
import type { Labels } from './labels.js';
import { LABEL, RECORD_WORDS, TARGET, W0, W1 } from './record.js';

/** Takes the records of a program in order, in runs of neighbours. */
export interface RunSink {
  /** The next `count` records: those from `from` on. */
  append(from: number, count: number): void;
}

export class Linearizer implements RunSink {
  readonly insns: Int32Array;
  /** Final slot of each label that a record carries; the end's too. */
  readonly slots: Int32Array;
  private readonly aux: Uint32Array;
  /** Slot and target label of each branch appended so far. */
  private readonly branches: Int32Array;
  private branchCount = 0;
  private length = 0;

  /**
   * @param count records that will be appended
   * @param ownAux the finished aux rows, when the container has them in their final order already
   */
  constructor(
    private readonly records: Int32Array,
    private readonly rows: Uint32Array,
    private readonly auxWords: number,
    private readonly labels: Labels,
    private readonly counters: Counters,
    count: number,
    private readonly ownAux?: Uint32Array,
  ) {
    this.insns = new Int32Array(2 * count);
    this.aux = ownAux ?? new Uint32Array(count * auxWords);
    this.slots = new Int32Array(labels.count);
    this.slots[labels.end] = count;
    this.branches = new Int32Array(2 * count);
    const auxBytes = ownAux === undefined ? this.aux.byteLength : 0;
    counters.allocations += ownAux === undefined ? 4 : 3;
    counters.bytesAllocated +=
      this.insns.byteLength + this.slots.byteLength + this.branches.byteLength + auxBytes;
    counters.insnBytesMoved += this.insns.byteLength;
    counters.auxBytesMoved += auxBytes;
  }

  /** Appends the `count` records from `from` on. */
  append(from: number, count: number): void {
    const records = this.records;
    const insns = this.insns;
    const slots = this.slots;
    const branches = this.branches;
    let listed = this.branchCount;
    let slot = this.length;
    if (this.ownAux === undefined) this.appendAux(from, count, slot);
    const end = (from + count) * RECORD_WORDS;
    for (let at = from * RECORD_WORDS; at < end; at += RECORD_WORDS, slot++) {
      insns[2 * slot] = records[at + W0];
      insns[2 * slot + 1] = records[at + W1];
      const label = records[at + LABEL];
      if (label >= 0) slots[label] = slot;
      const target = records[at + TARGET];
      if (target >= 0) {
        branches[2 * listed] = slot;
        branches[2 * listed + 1] = target;
        listed++;
      }
    }
    this.branchCount = listed;
    this.length = slot;
    this.counters.branchVisits += count;
  }

  /** Appends the `count` records from `from` on, of which only the last one can be a branch; their aux rows are copied. */
  appendBlock(from: number, count: number): void {
    const { records, insns, slots } = this;
    let slot = this.length;
    this.appendAux(from, count, slot);
    const end = (from + count) * RECORD_WORDS;
    for (let at = from * RECORD_WORDS; at < end; at += RECORD_WORDS, slot++) {
      insns[2 * slot] = records[at + W0];
      insns[2 * slot + 1] = records[at + W1];
      const label = records[at + LABEL];
      if (label >= 0) slots[label] = slot;
    }
    const target = records[end - RECORD_WORDS + TARGET];
    if (target >= 0) {
      this.branches[2 * this.branchCount] = slot - 1;
      this.branches[2 * this.branchCount + 1] = target;
      this.branchCount++;
    }
    this.length = slot;
    this.counters.branchVisits++;
  }

  private appendAux(from: number, count: number, slot: number): void {
    const { aux, auxWords, rows } = this;
    copyWords(rows, from * auxWords, aux, slot * auxWords, count * auxWords);
  }

  /**
   * Writes the distance of every branch.
   * @returns false when one does not fit into its 16 bit
   */
  resolve(): boolean {
    const { insns, slots, branches, labels } = this;
    let fits = true;
    for (let listed = 0; listed < this.branchCount; listed++) {
      const slot = branches[2 * listed];
      const w0 = insns[2 * slot];
      const kind = branchKind(w0);
      const target = branches[2 * listed + 1];
      const label = kind === BRANCH_SUBPROG ? labels.resolve(target) : labels.resolveJump(target);
      const distance = slots[label] - slot - 1;
      if (kind === BRANCH_OFF) {
        if ((distance << 16) >> 16 !== distance) fits = false;
        insns[2 * slot] = (w0 & 0xffff) | (distance << 16);
      } else {
        insns[2 * slot + 1] = distance;
      }
    }
    return fits;
  }

  /** The aux records in final order. */
  auxRows(): Uint32Array {
    return this.aux;
  }
}
