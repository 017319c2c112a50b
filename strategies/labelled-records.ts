/**
 * Records that know each other by labels: who aims at whom stays true whatever is inserted, removed or moved.
 *
 *     [ jeq | label 4 | target 9 ] ... [ mov | label 9 | - ]        a branch and its target
 *     [ jeq | label 4 | target 9 ] ... [ a | label 9 | - ] [ b | unlabelled | - ] [ mov | unlabelled | - ]
 *                                        `---- the second one patched to three: nobody had to be told ----'
 *
 * Here the contract's rules of identity and aux become writes to the records of a patch, labels.ts keeps what became of
 * labels nobody carries any more, branch-ranges.ts when a 16-bit distance may have become too long.
 */
import { BRANCH_OFF, BRANCH_SUBPROG, branchKind, NOT_BRANCH, type OriginalSlot } from '../src/isa/insn.js';
import { DeferredMetadata } from './deferred-metadata.js';
import { Labels, unlabelled } from './labels.js';
import { INSIDE, OWN, PATCH_MAX, PLAIN, type PatchBuffer } from './patch-buffer.js';
import { LABEL, NO_TARGET, RECORD_WORDS, TARGET, W0, W1 } from './record.js';
import { RecordMemory } from './record-memory.js';
import { AUX_SEEN, AUX_ZEXT, NONE, type Pos, type StoreInput } from './store.js';

/**
 * Labels of the slots of the patch being written, the one behind it included; negative: none (yet). One for all stores, which
 * write one patch at a time.
 */
const INNER = new Int32Array(PATCH_MAX + 1);

/** Jumps are about to skip the records from `pos` to `body`, in whose name an overflow is reported. */
interface PrologueSkip {
  readonly pos: Pos;
  readonly body: Pos;
  readonly culprit: OriginalSlot;
}

export abstract class LabelledRecords extends RecordMemory {
  protected readonly labels: Labels;
  protected readonly metadata: DeferredMetadata;
  /**
   * @param capacity records to make room for; the container then fills in the input's with `load`
   * @throws RangeError when the input is inconsistent
   */
  constructor(input: StoreInput, capacity: number) {
    super(input, capacity);
    this.labels = new Labels(this.slots, this.counters);
    this.metadata = new DeferredMetadata(input, this.labels, this.counters);
  }

  abstract first(): Pos;
  abstract next(pos: Pos): Pos;
  abstract prev(pos: Pos): Pos;
  abstract locate(slot: OriginalSlot): Pos;

  /** The label that the branch whose record starts at word `at` aims at now. */
  protected targetOf(at: number): number {
    const target = this.records[at + TARGET];
    return branchKind(this.records[at]) === BRANCH_SUBPROG
      ? this.labels.resolve(target)
      : this.labels.resolveJump(target);
  }

  /** The label of a record, a new one if it had none. */
  protected labelOf(pos: Pos): number {
    const label = this.carriedLabel(pos);
    if (label >= 0) return label;
    const made = this.labels.allocate(-1 - label);
    this.setLabel(pos, made);
    return made;
  }

  /** The label of a record, negative when it has none. */
  protected carriedLabel(pos: Pos): number {
    return this.records[this.recordAt(pos) * RECORD_WORDS + LABEL];
  }

  private setLabel(pos: Pos, label: number): void {
    const at = this.writableAt(pos) * RECORD_WORDS;
    this.records[at + LABEL] = label;
  }

  protected labelBehind(pos: Pos): number {
    const behind = this.next(pos);
    return behind === NONE ? this.labels.end : this.labelOf(behind);
  }

  /** A 16-bit branch is about to go, and an overflow that it may have with it: what `branch-ranges.ts` must not miss. */
  protected beforeDropping(at: number): void {
    if (branchKind(this.records[at]) === BRANCH_OFF && this.ranges.suspicious(this.count))
      this.verifyRanges();
  }

  /**
   * Writes a patch over the records `first`.. and, for its last instruction, `last`, which still holds what is
   * replaced.
   * @param behind label of the record behind the patch, if one of its branches leads there
   * @param stamp the patch's number
   */
  protected writePatch(first: Pos, last: Pos, patch: PatchBuffer, behind: number, stamp: number): void {
    if (patch.has === 1 << PLAIN) this.writeStraight(first, last, patch, stamp);
    else this.writeBranching(first, last, patch, behind, stamp);
  }

  /** `writePatch` of a patch without branches, as most are: nothing in it aims, and nothing but its first record is aimed at. */
  private writeStraight(first: Pos, last: Pos, patch: PatchBuffer, stamp: number): void {
    const { words, length, subregisters } = patch;
    const end = length - 1;
    const lastRecord = this.writableAt(last);
    const { records, rows, auxWords } = this;
    const replaced = lastRecord * RECORD_WORDS;
    const lastRow = lastRecord * auxWords;
    const seen = rows[lastRow + AUX_SEEN];
    if (end > 0) {
      const identity = records[replaced + LABEL];
      const inserted = unlabelled(stamp);
      let at = first * RECORD_WORDS;
      let row = first * auxWords;
      for (let slot = 0; slot < end; slot++) {
        records[at + W0] = words[2 * slot];
        records[at + W1] = words[2 * slot + 1];
        records[at + LABEL] = inserted;
        records[at + TARGET] = NO_TARGET;
        rows[row + AUX_SEEN] = seen;
        rows[row + AUX_ZEXT] = (subregisters >>> slot) & 1;
        at += RECORD_WORDS;
        row += auxWords;
      }
      if (identity >= 0) {
        records[first * RECORD_WORDS + LABEL] = identity;
        records[replaced + LABEL] = unlabelled(this.labels.stamps[identity]);
        this.labels.setStamp(identity, stamp);
      }
    }
    records[replaced + W0] = words[2 * end];
    records[replaced + W1] = words[2 * end + 1];
    records[replaced + TARGET] = NO_TARGET;
    rows[lastRow + AUX_ZEXT] = (subregisters >>> end) & 1;
  }

  /** `writePatch` of any other. */
  private writeBranching(first: Pos, last: Pos, patch: PatchBuffer, behind: number, stamp: number): void {
    const { words, kinds, goals, length, subregisters } = patch;
    const end = length - 1;
    const lastRecord = this.writableAt(last);
    const inner = INNER;
    const { records, rows, auxWords } = this;
    const replaced = lastRecord * RECORD_WORDS;
    const identity = records[replaced + LABEL];
    const target = records[replaced + TARGET] === NO_TARGET ? NO_TARGET : this.targetOf(replaced);
    const oldStamp = identity >= 0 ? this.labels.stamps[identity] : -1 - identity;
    const seen = rows[lastRecord * auxWords + AUX_SEEN];
    const hasInside = (patch.has & (1 << INSIDE)) !== 0;
    for (let slot = 1; slot < length; slot++) inner[slot] = NO_TARGET;
    inner[0] = identity;
    inner[length] = behind;
    for (let slot = 0; slot < length && hasInside; slot++) {
      if (kinds[slot] !== INSIDE) continue;
      const leads = goals[slot];
      if (inner[leads] < 0) inner[leads] = this.labels.allocate(0);
    }
    for (let slot = 0; slot < length; slot++) {
      const record = slot === end ? lastRecord : first + slot;
      const at = record * RECORD_WORDS;
      const w0 = words[2 * slot];
      const w1 = words[2 * slot + 1];
      const made = slot === end ? oldStamp : stamp;
      const label = inner[slot];
      records[at + W0] = w0;
      records[at + W1] = w1;
      if (label >= 0) {
        this.labels.setStamp(label, made);
        records[at + LABEL] = label;
      } else {
        records[at + LABEL] = unlabelled(made);
      }
      const kind = kinds[slot];
      records[at + TARGET] =
        kind === PLAIN
          ? NO_TARGET
          : kind === INSIDE
            ? inner[goals[slot]]
            : kind === OWN
              ? target
              : this.metadata.subprogLabel(patch.subprogs[slot]);
      const row = record * auxWords;
      rows[row + AUX_SEEN] = seen;
      rows[row + AUX_ZEXT] = (subregisters >>> slot) & 1;
    }
  }

  /** The labels of the `count` records from `pos` on go to the next survivor, or to the end when that is `NONE`. */
  protected passLabels(pos: Pos, count: number, survivor: Pos): void {
    const labels = this.labels;
    let heir = survivor === NONE ? labels.end : this.carriedLabel(survivor);
    let gone = pos;
    for (let removed = 0; removed < count; removed++) {
      const label = this.carriedLabel(gone);
      if (label >= 0) {
        labels.markRemoved(label);
        if (heir >= 0) {
          labels.alias(label, heir);
        } else {
          this.setLabel(survivor, label);
          heir = label;
        }
      }
      gone = this.next(gone);
    }
  }

  /** Jumps that aim at `pos` aim at `body` from now on, but for those between the two. */
  protected splitLabel(pos: Pos, body: Pos): void {
    const labels = this.labels;
    const front = this.labelOf(pos);
    const behind = this.labelOf(body);
    const rest = labels.allocate(labels.stamps[front]);
    for (let at = pos; at !== body; at = this.next(at)) {
      const word = this.recordAt(at) * RECORD_WORDS;
      const target = this.records[word + TARGET];
      const isJump = target !== NO_TARGET && branchKind(this.records[word]) !== BRANCH_SUBPROG;
      if (isJump && labels.resolveJump(target) === front) this.setTarget(at, rest);
    }
    labels.split(front, rest, behind);
    this.setLabel(pos, rest);
  }

  private setTarget(pos: Pos, label: number): void {
    const at = this.writableAt(pos) * RECORD_WORDS;
    this.records[at + TARGET] = label;
  }

  /** The record that carries `label`, looked for from `pos` on in both directions; it must be there. */
  protected outwardFrom(pos: Pos, label: number): Pos {
    let forward = pos;
    let back = pos;
    let visits = 0;
    while (forward !== NONE || back !== NONE) {
      visits++;
      if (forward !== NONE) {
        if (this.carriedLabel(forward) === label) break;
        forward = this.next(forward);
      }
      if (back !== NONE) {
        if (this.carriedLabel(back) === label) {
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
   * @param skip look as if jumps skipped this prologue already, and name its culprit instead of a patch
   * @throws PatchRangeError
   */
  protected verifyRanges(skip?: PrologueSkip): void {
    const { records, labels, count } = this;
    const slots = new Int32Array(labels.count);
    const stamps = new Int32Array(count);
    const branches: number[] = [];
    slots[labels.end] = count;
    let slot = 0;
    let skipFrom = NONE;
    let skipTo = NONE;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos), slot++) {
      const at = this.recordAt(pos) * RECORD_WORDS;
      if (pos === skip?.pos) skipFrom = slot;
      if (pos === skip?.body) skipTo = slot;
      const label = records[at + LABEL];
      if (label >= 0) slots[label] = slot;
      stamps[slot] = label >= 0 ? labels.stamps[label] : -1 - label;
      if (branchKind(records[at]) === BRANCH_OFF)
        branches.push(slot, labels.resolveJump(records[at + TARGET]));
    }
    this.counters.probeVisits += count;
    for (let at = 1; at < branches.length; at += 2) branches[at] = slots[branches[at]];
    this.ranges.verify(stamps, branches, skip && { from: skipFrom, to: skipTo, culprit: skip.culprit });
  }

  /**
   * Walks both ways and recounts; labels, targets and `locate` must fit the records met.
   * @throws Error naming what does not hold
   */
  protected checkRecords(): void {
    const { records, labels } = this;
    const carried = new Uint8Array(labels.count);
    carried[labels.end] = 1;
    const order: Pos[] = [];
    let previous = NONE;
    let origin = 0;
    let met = 0;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) {
      if (this.prev(pos) !== previous)
        throw new Error(`the record before record ${met} is not the one met before`);
      const label = this.carriedLabel(pos);
      if (label >= 0) {
        if (carried[label] !== 0) throw new Error(`label ${label} is carried twice`);
        if (!labels.isRoot(label)) throw new Error(`label ${label} is carried, but an alias`);
        carried[label] = 1;
      }
      if (this.origin(pos) !== 0) {
        if (this.origin(pos) <= origin) throw new Error(`original slots out of order at record ${met}`);
        origin = this.origin(pos);
        if (this.locate(origin - 1) !== pos) throw new Error(`original slot ${origin - 1} is not located`);
      }
      previous = pos;
      order.push(pos);
      if (++met > this.count) throw new Error('the sequence does not end');
    }
    if (met !== this.count) throw new Error(`${met} records, ${this.count} counted`);
    for (const pos of order) {
      const at = this.recordAt(pos) * RECORD_WORDS;
      const isBranch = branchKind(records[at]) !== NOT_BRANCH;
      if (isBranch !== (records[at + TARGET] !== NO_TARGET))
        throw new Error('a target without branch, or without');
      if (isBranch && carried[this.targetOf(at)] === 0) throw new Error('a branch aims at no record');
    }
  }
}
