/**
 * What all stores share that fix branches and metadata at the end: *container x deferral* is a strategy, and this is
 * the deferral. A container keeps the order of records and nothing else.
 *
 *     RecordMemory          records and aux rows in typed arrays
 *       LabelledRecords     labels: who aims at whom, whatever moves
 *         DeferringStore    the contract, all but the order of records
 *           container       how records follow one another, how room is made directly before one, how they go
 *
 * A position is a record's index in the memory, in every container.
 *
 * Invariants
 * - The target word of a branch is a label, of any other instruction `NO_TARGET`; the distance in its words means
 *   nothing until `finish()`.
 * - The first record of a patch takes over the label of the record it replaces, the last one its aux row: both are the
 *   contract's rules, so no patch has to look at a branch, a subprogram or a line.
 * - labels.ts and branch-ranges.ts hold the rest: which label stands for which, and when a 16-bit distance may have
 *   become too long.
 *
 * Cost per patch of n instructions: O(n) besides the container's own. `finish()`: one pass over the records, one over the
 * branches, one over the metadata.
 *
 * A position is range-checked by nobody: what a method is given must be a position by the contract.
 */
import { BRANCH_OFF, branchKind, NOT_BRANCH, type OriginalSlot } from '../src/isa/insn.js';
import { BPF_JA, BPF_JMP } from '../src/isa/opcodes.js';
import { LabelledRecords } from './labelled-records.js';
import { Linearizer, type RunSink } from './linearize.js';
import type { LinearProgram } from './linear-program.js';
import { assertPatch, jumpsBehind, type PatchBuffer } from './patch-buffer.js';
import { NO_TARGET, RECORD_WORDS, TARGET, W0, W1 } from './record.js';
import { assertNotFinished, NONE, type PokeDescriptor, type Pos, type Store } from './store.js';

export abstract class DeferringStore extends LabelledRecords implements Store {
  abstract readonly name: string;
  /** Where `open` put the first of its new records. */
  protected opened: Pos = NONE;

  private removals = 0;

  // The container's part.

  /**
   * Makes room for `extra` records directly before the one at `pos`, side by side, from `opened` on, their aux rows
   * zeroed. Words, labels and aux row of the record at `pos` stay with it.
   * @returns the position of that record afterwards
   */
  protected abstract open(pos: Pos, extra: number): Pos;

  /** Takes the `removed` records from `pos` on out of the sequence and returns the position of the next one. */
  protected abstract close(pos: Pos, removed: number): Pos;

  /** Calls `out.append` for all records in order, in runs as long as they are. */
  protected abstract emit(out: RunSink): void;

  /** @throws Error naming the container's invariant that does not hold */
  protected abstract checkContainer(): void;

  /** A batching container merges here; nothing is to be done otherwise. */
  protected merge(): void {
    // Only containers that keep edits aside have something to merge.
  }

  /**
   * Writes the distances of all branches that `out` has been given.
   * @returns false when one does not fit into its 16 bit
   */
  protected resolveBranches(out: Linearizer): boolean {
    return out.resolve();
  }

  /** The aux rows in final order when the container holds them so at the end: they are handed out, not copied. */
  protected finishedRows(): Uint32Array | undefined {
    return undefined;
  }

  // The contract.

  setWords(pos: Pos, w0: number, w1: number): void {
    assertNotFinished(this.finished);
    const old = this.recordAt(pos) * RECORD_WORDS;
    const kind = branchKind(w0);
    let target = NO_TARGET;
    if (kind === NOT_BRANCH) {
      if (this.records[old + TARGET] !== NO_TARGET) this.beforeDropping(old);
    } else {
      const oldKind = branchKind(this.records[old + W0]);
      if (oldKind === NOT_BRANCH)
        throw new RangeError('an instruction that is no branch cannot become one in place');
      if (kind === BRANCH_OFF && oldKind !== BRANCH_OFF) {
        throw new RangeError('a 32-bit branch cannot become a 16-bit one');
      }
      if (kind !== BRANCH_OFF) this.beforeDropping(old);
      target = this.targetOf(old);
    }
    this.write(pos, w0, w1, target);
  }

  setNop(pos: Pos): void {
    assertNotFinished(this.finished);
    this.beforeDropping(this.recordAt(pos) * RECORD_WORDS);
    this.write(pos, BPF_JMP | BPF_JA, 0, this.labelBehind(pos));
  }

  private write(pos: Pos, w0: number, w1: number, target: number): void {
    const at = this.writableAt(pos) * RECORD_WORDS;
    const records = this.records;
    records[at + W0] = w0;
    records[at + W1] = w1;
    records[at + TARGET] = target;
  }

  jumpsToNext(pos: Pos): boolean {
    const target = this.targetOf(this.recordAt(pos) * RECORD_WORDS);
    const behind = this.next(pos);
    return target === (behind === NONE ? this.labels.end : this.carriedLabel(behind));
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    assertNotFinished(this.finished);
    const at = this.recordAt(pos) * RECORD_WORDS;
    const replacedKind = this.records[at + TARGET] === NO_TARGET ? NOT_BRANCH : branchKind(this.records[at]);
    assertPatch(patch, replacedKind, this.metadata.subprogCount);
    if (replacedKind === BRANCH_OFF && !patch.ownIsShort) this.beforeDropping(at);
    const behind = jumpsBehind(patch) ? this.labelBehind(pos) : NO_TARGET;
    if (patch.length === 1) {
      this.writePatch(pos, pos, patch, behind, 0);
      return pos;
    }
    const origin = this.origin(pos);
    const extra = patch.length - 1;
    const last = this.open(pos, extra);
    this.count += extra;
    const stamp = this.ranges.patch(origin === 0 ? 0 : origin - 1, extra, this.count);
    this.writePatch(this.opened, last, patch, behind, stamp);
    return last;
  }

  remove(pos: Pos, count: number): Pos {
    assertNotFinished(this.finished);
    if (this.ranges.suspicious(this.count)) this.verifyRanges();
    let survivor = pos;
    for (let removed = 0; removed < count; removed++) {
      if (survivor === NONE) throw new RangeError(`${count} instructions to remove, ${removed} there`);
      survivor = this.next(survivor);
    }
    this.passLabels(pos, count, survivor);
    this.removals++;
    const after = this.close(pos, count);
    this.count -= count;
    return after;
  }

  targetSlot(pos: Pos): OriginalSlot {
    const label = this.targetOf(this.recordAt(pos) * RECORD_WORDS);
    if (label === this.labels.end) return this.slots;
    // An original slot's label is carried by the first record of what it became, its aux by the last: unless
    // that was removed, it is the first record with an original slot from there on.
    if (label < this.slots && (this.removals === 0 || this.locate(label) !== NONE)) return label;
    let at = this.outwardFrom(pos, label);
    while (at !== NONE && this.origin(at) === 0) at = this.next(at);
    return at === NONE ? this.slots : this.origin(at) - 1;
  }

  subprogCount(): number {
    return this.metadata.subprogCount;
  }

  subprogId(k: number): number {
    return this.metadata.subprogId(k);
  }

  startsSubprog(pos: Pos, k: number): boolean {
    if (pos === NONE || k >= this.metadata.subprogCount)
      return pos === NONE && k === this.metadata.subprogCount;
    return this.carriedLabel(pos) === this.metadata.subprogLabel(k);
  }

  subprogStart(k: number): Pos {
    const label = this.metadata.subprogLabel(k);
    // The aux row of the slot it started with is at the end of what became of that slot, a few records further on.
    const hint = this.locate(this.metadata.subprogSlot(k));
    return this.outwardFrom(hint === NONE ? this.first() : hint, label);
  }

  skipPrologue(pos: Pos, body: Pos): void {
    assertNotFinished(this.finished);
    if (this.ranges.suspicious(this.count)) this.verifyRanges();
    let skipped = 0;
    for (let at = pos; at !== body; at = this.next(at)) {
      if (at === NONE) throw new RangeError('the body does not lie behind the prologue');
      skipped++;
    }
    if (skipped === 0) return;
    this.ranges.stretch(skipped);
    if (this.ranges.suspicious(this.count)) {
      this.verifyRanges({ pos, body, culprit: Math.max(this.origin(body) - 1, 0) });
    }
    this.splitLabel(pos, body);
  }

  addSubprog(pos: Pos): void {
    assertNotFinished(this.finished);
    this.metadata.addSubprog(this.labelOf(pos));
  }

  addPoke(pos: Pos, poke: PokeDescriptor): number {
    assertNotFinished(this.finished);
    return this.metadata.addPoke(this.labelOf(pos), poke);
  }

  commit(): void {
    assertNotFinished(this.finished);
    this.merge();
    this.metadata.compress();
  }

  finish(): LinearProgram {
    this.commit();
    const { count, labels, metadata } = this;
    const out = new Linearizer(
      this.records,
      this.rows,
      this.auxWords,
      labels,
      this.counters,
      count,
      this.finishedRows(),
    );
    this.emit(out);
    if (!this.resolveBranches(out)) this.verifyRanges();
    this.finished = true;
    const lineInfo = metadata.lineInfo(out.slots, count);
    return {
      insns: out.insns,
      aux: out.auxRows(),
      auxWords: this.auxWords,
      length: count,
      subprogs: metadata.subprogs(out.slots, lineInfo),
      lineInfo,
      insnArray: metadata.insnArray(out.slots),
      pokes: metadata.linearPokes(out.slots),
    };
  }

  check(): void {
    this.checkRecords();
    this.checkContainer();
  }
}
