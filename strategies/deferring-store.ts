/**
 * What all stores share that fix branches and metadata at the end: *container x deferral* is a strategy, and this is
 * the deferral. A container keeps the order of records and nothing else.
 *
 *     records:  [ w0 | w1 | label | target ] [ ... ]      one Int32Array, 16 bytes a record
 *     rows:     [ aux record               ] [ ... ]      one Uint32Array, row i belongs to record i
 *
 * A position is a record's index in both, in every container. What a container brings is how records follow one
 * another, how room is made directly before a record, and how records go.
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
import {
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchKind,
  definesSubregister,
  NOT_BRANCH,
  type OriginalSlot,
} from '../src/isa/insn.js';
import { BPF_JA, BPF_JMP } from '../src/isa/opcodes.js';
import { BranchRanges, LONGEST, magnitudeOf } from './branch-ranges.js';
import { newCounters } from './counters.js';
import { DeferredMetadata } from './deferred-metadata.js';
import { Labels, unlabelled } from './labels.js';
import { Linearizer } from './linearize.js';
import type { LinearProgram } from './linear-program.js';
import {
  assertPatch,
  INSIDE,
  insideTarget,
  OWN,
  PATCH_MAX,
  PLAIN,
  type PatchBuffer,
} from './patch-buffer.js';
import { LABEL, NO_TARGET, RECORD_WORDS, TARGET, W0, W1 } from './record.js';
import {
  AUX_ORIG,
  AUX_SEEN,
  AUX_ZEXT,
  NONE,
  PatchRangeError,
  type PokeDescriptor,
  type Pos,
  type Store,
  type StoreInput,
} from './store.js';
import { assertStoreInput, branchTarget } from './store-input.js';

export abstract class DeferringStore implements Store {
  abstract readonly name: string;
  readonly counters = newCounters();

  /** Words of all records; replaced when it grows, so containers must not keep it across `open`. */
  protected records: Int32Array;
  /** Aux rows, in step with `records`. */
  protected rows: Uint32Array;
  protected readonly auxWords: number;
  /** Slots of the program as it was loaded. */
  protected readonly slots: number;
  /** Records now. */
  protected count: number;
  /** Where `open` put the first of its new records. */
  protected opened: Pos = NONE;

  private readonly labels: Labels;
  private readonly ranges: BranchRanges;
  private readonly metadata: DeferredMetadata;
  /** Labels of the slots of the patch being written, the one behind it included; negative: none (yet). */
  private readonly inner = new Int32Array(PATCH_MAX + 1);
  private removals = 0;

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
    this.labels = new Labels(this.slots);
    this.ranges = new BranchRanges(this.counters);
    this.metadata = new DeferredMetadata(input, this.labels, this.counters);
    this.counters.allocations += 3;
    this.counters.bytesAllocated += this.records.byteLength + this.rows.byteLength + this.labels.bytes;
  }

  // The container's part.

  abstract first(): Pos;
  abstract next(pos: Pos): Pos;
  abstract prev(pos: Pos): Pos;
  abstract locate(slot: OriginalSlot): Pos;

  /**
   * Makes room for `extra` records directly before the one at `pos`, side by side, from `opened` on, their aux rows
   * zeroed. Words, labels and aux row of the record at `pos` stay with it.
   * @returns the position of that record afterwards
   */
  protected abstract open(pos: Pos, extra: number): Pos;

  /** Takes the `removed` records from `pos` on out of the sequence and returns the position of the next one. */
  protected abstract close(pos: Pos, removed: number): Pos;

  /** Calls `out.append` for all records in order, in runs as long as they are. */
  protected abstract emit(out: Linearizer): void;

  /** @throws Error naming the container's invariant that does not hold */
  protected abstract checkContainer(): void;

  /** A batching container merges here; nothing is to be done otherwise. */
  protected merge(): void {
    // Only containers that keep edits aside have something to merge.
  }

  /** The aux rows in final order when the container holds them so at the end: they are handed out, not copied. */
  protected finishedRows(): Uint32Array | undefined {
    return undefined;
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
    const aux = input.aux;
    const whole = from === 0 && count === slots;
    this.rows.set(whole ? aux : aux.subarray(from * auxWords, (from + count) * auxWords), at * auxWords);
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
    return this.rows[pos * this.auxWords + AUX_ORIG];
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

  // The contract.

  length(): number {
    return this.count;
  }

  word0(pos: Pos): number {
    return this.records[pos * RECORD_WORDS + W0];
  }

  word1(pos: Pos): number {
    return this.records[pos * RECORD_WORDS + W1];
  }

  aux(pos: Pos, word: number): number {
    return this.rows[pos * this.auxWords + word];
  }

  setAux(pos: Pos, word: number, value: number): void {
    this.rows[pos * this.auxWords + word] = value;
  }

  setWords(pos: Pos, w0: number, w1: number): void {
    const records = this.records;
    const at = pos * RECORD_WORDS;
    const kind = branchKind(w0);
    if (kind === NOT_BRANCH) {
      if (records[at + TARGET] !== NO_TARGET) {
        this.beforeDropping(at);
        records[at + TARGET] = NO_TARGET;
      }
    } else {
      const old = branchKind(records[at + W0]);
      if (old === NOT_BRANCH)
        throw new RangeError('an instruction that is no branch cannot become one in place');
      if (kind === BRANCH_OFF && old !== BRANCH_OFF) {
        throw new RangeError('a 32-bit branch cannot become a 16-bit one');
      }
      if (kind !== BRANCH_OFF) this.beforeDropping(at);
      records[at + TARGET] = this.targetOf(at);
    }
    records[at + W0] = w0;
    records[at + W1] = w1;
  }

  setNop(pos: Pos): void {
    const at = pos * RECORD_WORDS;
    this.beforeDropping(at);
    const target = this.labelBehind(pos);
    this.records[at + W0] = BPF_JMP | BPF_JA;
    this.records[at + W1] = 0;
    this.records[at + TARGET] = target;
  }

  jumpsToNext(pos: Pos): boolean {
    const target = this.targetOf(pos * RECORD_WORDS);
    const behind = this.next(pos);
    return target === (behind === NONE ? this.labels.end : this.records[behind * RECORD_WORDS + LABEL]);
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    const at = pos * RECORD_WORDS;
    const replacedKind = this.records[at + TARGET] === NO_TARGET ? NOT_BRANCH : branchKind(this.records[at]);
    assertPatch(patch, replacedKind, this.metadata.subprogCount);
    if (replacedKind === BRANCH_OFF && !keepsShortBranch(patch)) this.beforeDropping(at);
    const behind = jumpsBehind(patch) ? this.labelBehind(pos) : NO_TARGET;
    if (patch.length === 1) {
      this.writePatch(pos, pos, patch, behind, 0);
      return pos;
    }
    const origin = this.origin(pos);
    const extra = patch.length - 1;
    const last = this.open(pos, extra);
    this.count += extra;
    const stamp = this.ranges.patch(origin === 0 ? 0 : origin - 1, extra);
    this.writePatch(this.opened, last, patch, behind, stamp);
    return last;
  }

  remove(pos: Pos, count: number): Pos {
    if (this.ranges.suspicious(this.count)) this.verifyRanges();
    const { records, labels } = this;
    let survivor = pos;
    for (let removed = 0; removed < count; removed++) {
      if (survivor === NONE) throw new RangeError(`${count} instructions to remove, ${removed} there`);
      survivor = this.next(survivor);
    }
    let heir = survivor === NONE ? labels.end : records[survivor * RECORD_WORDS + LABEL];
    let gone = pos;
    for (let removed = 0; removed < count; removed++) {
      const label = records[gone * RECORD_WORDS + LABEL];
      if (label >= 0) {
        labels.markRemoved(label);
        if (heir >= 0) {
          labels.alias(label, heir);
        } else {
          labels.stamps[label] = -1 - heir;
          records[survivor * RECORD_WORDS + LABEL] = label;
          heir = label;
        }
      }
      gone = this.next(gone);
    }
    this.removals++;
    const after = this.close(pos, count);
    this.count -= count;
    return after;
  }

  targetSlot(pos: Pos): OriginalSlot {
    const label = this.targetOf(pos * RECORD_WORDS);
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
    return this.records[pos * RECORD_WORDS + LABEL] === this.metadata.subprogLabel(k);
  }

  subprogStart(k: number): Pos {
    const label = this.metadata.subprogLabel(k);
    // The aux row of the slot it started with is at the end of what became of that slot, a few records further on.
    const hint = this.locate(this.metadata.subprogSlot(k));
    return this.outwardFrom(hint === NONE ? this.first() : hint, label);
  }

  skipPrologue(pos: Pos, body: Pos): void {
    if (this.ranges.suspicious(this.count)) this.verifyRanges();
    const { records, labels } = this;
    const front = this.labelOf(pos);
    const behind = this.labelOf(body);
    const rest = labels.allocate(labels.stamps[front]);
    let skipped = 0;
    for (let at = pos; at !== body; at = this.next(at)) {
      if (at === NONE) throw new RangeError('the body does not lie behind the prologue');
      const word = at * RECORD_WORDS;
      const isJump = records[word + TARGET] !== NO_TARGET && branchKind(records[word]) !== BRANCH_SUBPROG;
      if (isJump && labels.resolveJump(records[word + TARGET]) === front) records[word + TARGET] = rest;
      skipped++;
    }
    labels.split(front, rest, behind);
    records[pos * RECORD_WORDS + LABEL] = rest;
    this.ranges.stretch(skipped);
    if (this.ranges.suspicious(this.count)) this.verifyRanges(Math.max(this.origin(body) - 1, 0));
  }

  addPoke(pos: Pos, poke: PokeDescriptor): number {
    return this.metadata.addPoke(this.labelOf(pos), poke);
  }

  commit(): void {
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
    if (!out.resolve()) this.verifyRanges();
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
    const { records, labels } = this;
    const carried = new Set<number>([labels.end]);
    let previous = NONE;
    let origin = 0;
    let met = 0;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) {
      if (this.prev(pos) !== previous)
        throw new Error(`the record before record ${met} is not the one met before`);
      const label = records[pos * RECORD_WORDS + LABEL];
      if (label >= 0) {
        if (carried.has(label)) throw new Error(`label ${label} is carried twice`);
        if (!labels.isRoot(label)) throw new Error(`label ${label} is carried, but an alias`);
        carried.add(label);
      }
      if (this.origin(pos) !== 0) {
        if (this.origin(pos) <= origin) throw new Error(`original slots out of order at record ${met}`);
        origin = this.origin(pos);
        if (this.locate(origin - 1) !== pos) throw new Error(`original slot ${origin - 1} is not located`);
      }
      previous = pos;
      if (++met > this.count) throw new Error('the sequence does not end');
    }
    if (met !== this.count) throw new Error(`${met} records, ${this.count} counted`);
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) {
      const at = pos * RECORD_WORDS;
      const isBranch = branchKind(records[at]) !== NOT_BRANCH;
      if (isBranch !== (records[at + TARGET] !== NO_TARGET))
        throw new Error('a target without branch, or without');
      if (isBranch && !carried.has(this.targetOf(at))) throw new Error('a branch aims at no record');
    }
    this.checkContainer();
  }

  // Deferral proper.

  /** The label that the branch whose record starts at word `at` aims at now. */
  private targetOf(at: number): number {
    const target = this.records[at + TARGET];
    return branchKind(this.records[at]) === BRANCH_SUBPROG
      ? this.labels.resolve(target)
      : this.labels.resolveJump(target);
  }

  /** The label of a record, a new one if it had none. */
  private labelOf(pos: Pos): number {
    const at = pos * RECORD_WORDS + LABEL;
    const label = this.records[at];
    return label >= 0 ? label : (this.records[at] = this.labels.allocate(-1 - label));
  }

  private labelBehind(pos: Pos): number {
    const behind = this.next(pos);
    return behind === NONE ? this.labels.end : this.labelOf(behind);
  }

  /** A 16-bit branch is about to go, and an overflow that it may have with it: what `branch-ranges.ts` must not miss. */
  private beforeDropping(at: number): void {
    if (branchKind(this.records[at]) === BRANCH_OFF && this.ranges.suspicious(this.count))
      this.verifyRanges();
  }

  /**
   * Writes a patch over the records `first`.. and, for its last instruction, `last`, which still holds what is
   * replaced.
   * @param behind label of the record behind the patch, if one of its branches leads there
   * @param stamp the patch's number
   */
  private writePatch(first: Pos, last: Pos, patch: PatchBuffer, behind: number, stamp: number): void {
    const { records, rows, auxWords, inner } = this;
    const { words, kinds, length } = patch;
    const end = length - 1;
    const replaced = last * RECORD_WORDS;
    const identity = records[replaced + LABEL];
    const target = records[replaced + TARGET] === NO_TARGET ? NO_TARGET : this.targetOf(replaced);
    const oldStamp = identity >= 0 ? this.labels.stamps[identity] : -1 - identity;
    const seen = rows[last * auxWords + AUX_SEEN];
    inner.fill(NO_TARGET, 0, length);
    inner[0] = identity;
    inner[length] = behind;
    for (let slot = 0; slot < length; slot++) {
      if (kinds[slot] !== INSIDE) continue;
      const leads = insideTarget(patch, slot);
      if (inner[leads] < 0) inner[leads] = this.labels.allocate(0);
    }
    const stamps = this.labels.stamps;
    for (let slot = 0; slot < length; slot++) {
      const pos = slot === end ? last : first + slot;
      const at = pos * RECORD_WORDS;
      const w0 = words[2 * slot];
      const w1 = words[2 * slot + 1];
      const made = slot === end ? oldStamp : stamp;
      const label = inner[slot];
      records[at + W0] = w0;
      records[at + W1] = w1;
      if (label >= 0) {
        stamps[label] = made;
        records[at + LABEL] = label;
      } else {
        records[at + LABEL] = unlabelled(made);
      }
      const kind = kinds[slot];
      records[at + TARGET] =
        kind === PLAIN
          ? NO_TARGET
          : kind === INSIDE
            ? inner[insideTarget(patch, slot)]
            : kind === OWN
              ? target
              : this.metadata.subprogLabel(patch.subprogs[slot]);
      const row = pos * auxWords;
      rows[row + AUX_SEEN] = seen;
      rows[row + AUX_ZEXT] = definesSubregister(w0, w1) ? 1 : 0;
    }
  }

  /** The record that carries `label`, looked for from `pos` on in both directions; it must be there. */
  private outwardFrom(pos: Pos, label: number): Pos {
    const records = this.records;
    let forward = pos;
    let back = pos;
    let visits = 0;
    while (forward !== NONE || back !== NONE) {
      visits++;
      if (forward !== NONE) {
        if (records[forward * RECORD_WORDS + LABEL] === label) break;
        forward = this.next(forward);
      }
      if (back !== NONE) {
        if (records[back * RECORD_WORDS + LABEL] === label) {
          forward = back;
          break;
        }
        back = this.prev(back);
      }
    }
    this.counters.nodeVisits += visits;
    return forward;
  }

  /**
   * Looks at every 16-bit branch; see branch-ranges.ts.
   * @param culprit original slot to name if there is one too long, instead of the patch that made it so
   * @throws PatchRangeError
   */
  private verifyRanges(culprit?: OriginalSlot): void {
    const { records, labels, count } = this;
    const slots = new Int32Array(labels.count);
    const stamps = new Int32Array(count);
    const branches: number[] = [];
    slots[labels.end] = count;
    let slot = 0;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos), slot++) {
      const at = pos * RECORD_WORDS;
      const label = records[at + LABEL];
      if (label >= 0) slots[label] = slot;
      stamps[slot] = label >= 0 ? labels.stamps[label] : -1 - label;
      if (branchKind(records[at]) === BRANCH_OFF)
        branches.push(slot, labels.resolveJump(records[at + TARGET]));
    }
    this.counters.probeVisits += count;
    const sources = new Int32Array(branches.length / 2);
    const targets = new Int32Array(branches.length / 2);
    let longest = 0;
    for (let at = 0; at < sources.length; at++) {
      sources[at] = branches[2 * at];
      targets[at] = slots[branches[2 * at + 1]];
      longest = Math.max(longest, magnitudeOf(targets[at] - sources[at] - 1));
    }
    if (longest > LONGEST)
      throw new PatchRangeError(culprit ?? this.ranges.firstFailure(stamps, sources, targets));
    this.ranges.restart(longest);
  }
}

/** Does the patch still hold the replaced 16-bit branch as one? */
function keepsShortBranch(patch: PatchBuffer): boolean {
  for (let slot = 0; slot < patch.length; slot++) {
    if (patch.kinds[slot] === OWN && branchKind(patch.words[2 * slot]) === BRANCH_OFF) return true;
  }
  return false;
}

/** Does a branch of the patch lead to the slot behind it? */
function jumpsBehind(patch: PatchBuffer): boolean {
  for (let slot = 0; slot < patch.length; slot++) {
    if (patch.kinds[slot] === INSIDE && insideTarget(patch, slot) === patch.length) return true;
  }
  return false;
}
