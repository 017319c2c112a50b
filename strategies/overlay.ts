/**
 * Patches laid over a program that stays as it was loaded, copied out once at the end.
 *
 *     loaded:   0  1  2  3  4  5 ... N-1                     read where it is: aux rows are never copied in
 *     added:    N: a b 2'   N+3: 4'   N+4: c 5' ...          records of patches
 *     order:    0  1 [a  b  2'] 3 [4'] [c  5'] 6 ...         by loaded slots; what became of one is its cell
 *
 * A patched record moves to the added ones, its aux row by handle, so that nothing is ever written in the loaded rows (but by
 * `setAux`, which has all of them copied first). In five files, from the bottom up:
 *
 *     OverlayCells            which record comes behind which
 *       OverlayRecords        records and their labels: what is there
 *         OverlayCopyOut      the linear program: what it ends as
 *           OverlayRanges     distances that grow too long: what it cannot become
 *             OverlayStore    the contract: what becomes of it
 *
 * labels.ts explains labels; branch-ranges.ts when a 16-bit distance may have become too long.
 *
 * Cost: step O(1), locate O(1), replace by n O(n), remove O(count), finish O(N + added + branches). Moved: every record once, at
 * the end; the words of all when there is no room for more added ones, which makes four times as much.
 */
import { BRANCH_OFF, BRANCH_SUBPROG, branchKind, NOT_BRANCH, type OriginalSlot } from '../src/isa/insn.js';
import { BPF_JA, BPF_JMP } from '../src/isa/opcodes.js';
import { DeferredMetadata } from './deferred-metadata.js';
import type { LinearProgram } from './linear-program.js';
import { GONE } from './overlay-cells.js';
import { OverlayRanges } from './overlay-ranges.js';
import { AS_LOADED, AS_WRITTEN, ROW_SHIFT, SEEN, SPANNED, ZEXT } from './overlay-records.js';
import { assertPatch, OWN, PATCH_MAX, SUBPROG, type PatchBuffer } from './patch-buffer.js';
import {
  assertNotFinished,
  AUX_ORIG,
  AUX_SEEN,
  AUX_ZEXT,
  NONE,
  type PokeDescriptor,
  type Pos,
  type Store,
  type StoreInput,
} from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

const ADDED: Tunable = {
  name: 'added',
  default: 1,
  min: 0.001,
  max: 16,
  tight: 0.001,
  meaning:
    'room for added records at the start, as a share of an eighth of the loaded ones and three for each call; made four times as ' +
    'much when used up',
};

export const overlay: Strategy = {
  name: 'overlay',
  summary:
    'Patches laid over the program as it was loaded, which is never moved; copied out in runs at the end.',
  cost: 'O(N + M)',
  growth: 'linear',
  tunables: [ADDED],
  create: (input, options) => new OverlayStore(input, options),
};

export class OverlayStore extends OverlayRanges implements Store {
  readonly name = overlay.name;
  private readonly metadata: DeferredMetadata;
  private removals = 0;
  private finished = false;
  /** The subprogram that was asked for last, `NONE` when that is not known any more, and its first record. */
  private askedSubprog = NONE;
  private askedStart: Pos = NONE;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(overlay.name, overlay.tunables, options);
    super(input, tuned(options, ADDED));
    this.metadata = new DeferredMetadata(input, this.labels, this.counters);
  }

  setWords(pos: Pos, w0: number, w1: number): void {
    assertNotFinished(this.finished);
    const { words, targets } = this;
    const kind = branchKind(w0);
    const old = branchKind(words[2 * pos]);
    if (kind === NOT_BRANCH) {
      if (old !== NOT_BRANCH) {
        this.beforeDropping(old);
        targets[pos] = AS_LOADED;
      }
    } else {
      if (old === NOT_BRANCH)
        throw new RangeError('an instruction that is no branch cannot become one in place');
      if (kind === BRANCH_OFF && old !== BRANCH_OFF) {
        throw new RangeError('a 32-bit branch cannot become a 16-bit one');
      }
      if (kind !== BRANCH_OFF) this.beforeDropping(old);
      this.aim(pos, this.targetOf(pos));
    }
    words[2 * pos] = w0;
    words[2 * pos + 1] = w1;
  }

  setNop(pos: Pos): void {
    assertNotFinished(this.finished);
    const { words } = this;
    const old = branchKind(words[2 * pos]);
    this.beforeDropping(old);
    this.aim(pos, this.labelWhere(this.next(pos)));
    words[2 * pos] = BPF_JMP | BPF_JA;
    words[2 * pos + 1] = 0;
    if (old === NOT_BRANCH && pos < this.loaded) this.list(pos);
  }

  jumpsToNext(pos: Pos): boolean {
    const behind = this.next(pos);
    return this.targetOf(pos) === (behind === NONE ? this.labels.end : this.labelAt(behind));
  }

  setAux(pos: Pos, word: number, value: number): void {
    assertNotFinished(this.finished);
    this.writeAux(pos, word, value);
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    assertNotFinished(this.finished);
    const replaced = branchKind(this.words[2 * pos]);
    assertPatch(patch, replaced, this.metadata.subprogCount);
    if (replaced === BRANCH_OFF && !patch.ownIsShort) this.beforeDropping(replaced);
    this.askedSubprog = NONE;
    return patch.leavesPatch() ? this.replaceLeaving(pos, patch) : this.replaceBy(pos, patch);
  }

  private replaceBy(pos: Pos, patch: PatchBuffer): Pos {
    return pos < this.loaded ? this.replaceLoaded(pos, patch) : this.replaceAdded(pos, patch);
  }

  /** Replaces by a patch with branches that leave it, and notes where these lead. */
  private replaceLeaving(pos: Pos, patch: PatchBuffer): Pos {
    const { has, kinds, length, subprogs } = patch;
    // Before anything is there that its distance does not count, and before its label is asked for: it may lead to itself.
    const own = (has & (1 << OWN)) === 0 ? NONE : this.targetOf(pos);
    const last = this.replaceBy(pos, patch);
    for (let slot = length - 1, at = last; slot >= 0; slot--, at = this.prev(at)) {
      const kind = kinds[slot];
      if (kind !== OWN && kind !== SUBPROG) continue;
      this.aim(at, kind === OWN ? own : this.metadata.subprogLabel(subprogs[slot]));
    }
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
    for (let gone = pos; gone !== survivor; gone = this.next(gone))
      if (this.isSpanned(gone)) this.settle(gone);
    this.askedSubprog = NONE;
    const heir = survivor === NONE ? this.labels.end : this.heirOf(pos, survivor);
    for (let gone = pos; gone !== survivor;) {
      const behind = this.next(gone);
      const label = this.labelAt(gone);
      if (label >= 0) {
        this.labels.markRemoved(label);
        if (label !== heir) this.labels.alias(label, heir);
      }
      const origin = this.aux(gone, AUX_ORIG);
      if (origin !== 0) this.homes[origin - 1] = GONE;
      this.words[2 * gone] = 0;
      this.retagged?.delete(gone);
      this.unlink(gone);
      gone = behind;
    }
    this.removals++;
    this.count -= count;
    return survivor;
  }

  targetSlot(pos: Pos): OriginalSlot {
    const label = this.targetOf(pos);
    if (label === this.labels.end) return this.loaded;
    // Its label stays with the first record of what a loaded instruction became, its aux row with the last one.
    if (label < this.loaded && (this.removals === 0 || this.homes[label] >= 0)) return label;
    let at = this.carrierOf(label);
    while (at !== NONE && this.aux(at, AUX_ORIG) === 0) at = this.next(at);
    return at === NONE ? this.loaded : this.aux(at, AUX_ORIG) - 1;
  }

  subprogCount(): number {
    return this.metadata.subprogCount;
  }

  subprogId(k: number): number {
    return this.metadata.subprogId(k);
  }

  startsSubprog(pos: Pos, k: number): boolean {
    if (k !== this.askedSubprog) this.askSubprog(k);
    return pos === this.askedStart;
  }

  subprogStart(k: number): Pos {
    return this.carrierOf(this.metadata.subprogLabel(k));
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
      this.verifyRanges({ pos, body, culprit: Math.max(this.aux(body, AUX_ORIG) - 1, 0) });
    }
    this.splitLabel(pos, body);
  }

  addSubprog(pos: Pos): void {
    assertNotFinished(this.finished);
    this.metadata.addSubprog(this.labelOf(pos));
    this.askedSubprog = NONE;
  }

  addPoke(pos: Pos, poke: PokeDescriptor): number {
    assertNotFinished(this.finished);
    return this.metadata.addPoke(this.labelOf(pos), poke);
  }

  commit(): void {
    assertNotFinished(this.finished);
    this.metadata.compress();
    this.askedSubprog = NONE;
  }

  finish(): LinearProgram {
    this.commit();
    const { count, metadata } = this;
    const { insns, aux, slots, fits } = this.copiedOut();
    if (!fits) this.verifyRanges();
    this.finished = true;
    const lineInfo = metadata.lineInfo(slots, count);
    return {
      insns,
      aux,
      auxWords: this.auxWords,
      length: count,
      subprogs: metadata.subprogs(slots, lineInfo),
      lineInfo,
      insnArray: metadata.insnArray(slots),
      pokes: metadata.linearPokes(slots),
    };
  }

  check(): void {
    const { labels } = this;
    const carried = new Map<number, Pos>();
    let previous: Pos = NONE;
    let origin = 0;
    let met = 0;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) {
      if (++met > this.count) throw new Error('the sequence does not end');
      if (this.prev(pos) !== previous)
        throw new Error(`record ${pos} does not know record ${previous} before it`);
      previous = pos;
      const label = this.labelAt(pos);
      if (label >= 0) {
        if (carried.has(label)) throw new Error(`label ${label} is carried twice`);
        if (!labels.isRoot(label)) throw new Error(`label ${label} is carried, but an alias`);
        if (this.carrierOf(label) !== pos)
          throw new Error(`label ${label} is not known to be at record ${pos}`);
        carried.set(label, pos);
      }
      const orig = this.aux(pos, AUX_ORIG);
      if (orig === 0) continue;
      if (orig <= origin) throw new Error(`original slots out of order at record ${pos}`);
      if (this.locate(orig - 1) !== pos) throw new Error(`original slot ${orig - 1} is not located`);
      origin = orig;
    }
    if (met !== this.count) throw new Error(`${met} records, ${this.count} counted`);
    const listed = new Set(this.listed.subarray(0, this.listedCount));
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) {
      const isBranch = branchKind(this.words[2 * pos]) !== NOT_BRANCH;
      if (isBranch && pos < this.loaded && !listed.has(pos)) throw new Error(`branch ${pos} is not listed`);
      if (!isBranch && this.targets[pos] !== AS_LOADED)
        throw new Error(`record ${pos} has a target, but is no branch`);
      if (pos >= this.loaded && this.isAsWritten(pos)) {
        this.checkAsWritten(pos);
        continue;
      }
      const target = isBranch ? this.targetOf(pos) : labels.end;
      if (target !== labels.end && !carried.has(target)) throw new Error(`branch ${pos} aims at no record`);
    }
  }

  /** @throws Error when something could happen between a jump and where it leads without its being noticed */
  private checkAsWritten(pos: Pos): void {
    const steps = this.distanceAt(pos) + 1;
    if (Math.abs(steps) > PATCH_MAX)
      throw new Error(`branch ${pos} leads out of its patch as it was written`);
    for (let step = Math.min(steps, 1); step < Math.max(steps, 0); step++) {
      const at = this.stepped(pos, step);
      if (!this.isSpanned(at)) throw new Error(`record ${at} is not known to be spanned by branch ${pos}`);
    }
  }

  private askSubprog(k: number): void {
    const count = this.metadata.subprogCount;
    this.askedSubprog = k;
    this.askedStart = k < count ? this.subprogStart(k) : k === count ? NONE : NONE - 1;
  }

  /**
   * The label for a survivor, to which all before it from `pos` on are removed: its own or, when it has none, the nearest of
   * theirs, for that is the one of its cell. Negative when none of them has one.
   */
  private heirOf(pos: Pos, survivor: Pos): number {
    let heir = this.labelAt(survivor);
    if (heir >= 0) return heir;
    for (let gone = pos; gone !== survivor; gone = this.next(gone)) {
      const label = this.labelAt(gone);
      if (label >= 0) heir = label;
    }
    if (heir >= 0) this.carry(survivor, heir);
    return heir;
  }

  /** Replaces a loaded record: it moves to the added ones, as the patch's last, which is returned. */
  private replaceLoaded(pos: Pos, patch: PatchBuffer): Pos {
    const { length } = patch;
    const seen = this.rows[pos * this.auxWords + AUX_SEEN];
    const label = this.labelAt(pos);
    const first = this.add(length);
    const last = first + length - 1;
    this.fillCell(pos, first, last);
    this.writeRecords(first, length, patch, seen === 1 ? SEEN : 0);
    this.handles[last - this.loaded] |= (pos + 1) << ROW_SHIFT;
    if (length > 1) this.noteInserted(pos, first, length - 1, label);
    this.carry(first, label);
    // Only what looks like a branch is looked at in the end.
    this.words[2 * pos] = 0;
    this.retagged?.delete(pos);
    if (seen > 1) this.writeSeen(first, last, seen);
    return last;
  }

  /** Replaces an added record, which becomes the patch's last where it is. */
  private replaceAdded(pos: Pos, patch: PatchBuffer): Pos {
    const { auxWords, loaded } = this;
    const extra = patch.length - 1;
    const seen = this.aux(pos, AUX_SEEN);
    if (extra > 0) {
      if (this.isSpanned(pos)) this.settle(pos);
      const label = this.labelAt(pos);
      const first = this.add(extra);
      this.linkBeforeAdded(pos, first, first + extra - 1);
      this.writeRecords(first, extra, patch, seen === 1 ? SEEN : 0);
      if (seen > 1) this.writeSeen(first, first + extra - 1, seen);
      if (label >= 0) this.tags[pos - loaded] = -this.labels.stamps[label];
      this.noteInserted(Math.max(this.aux(pos, AUX_ORIG) - 1, 0), first, extra, label);
      if (label >= 0) this.carry(first, label);
    }
    this.words[2 * pos] = patch.words[2 * extra];
    this.words[2 * pos + 1] = patch.words[2 * extra + 1];
    this.targets[pos] = AS_WRITTEN;
    const zext = ((patch.subregisters >>> extra) & 1) * ZEXT;
    const over = ((patch.spanned >>> extra) & 1) * SPANNED;
    const handle = this.handles[pos - loaded];
    const row = handle >> ROW_SHIFT;
    // A row of its own says itself what is there.
    if (row < 0) this.ownRows[(-1 - row) * auxWords + AUX_ZEXT] = zext;
    this.handles[pos - loaded] = (handle & ~ZEXT) | over | zext;
    return pos;
  }

  /** Writes the first `count` instructions of a patch to added records from `first` on, with no label and no row yet. */
  private writeRecords(first: Pos, count: number, patch: PatchBuffer, seenBit: number): void {
    const { handles, loaded, words } = this;
    const { spanned, subregisters, words: given } = patch;
    for (let slot = 0, pos = first; slot < count; slot++, pos++) {
      words[2 * pos] = given[2 * slot];
      words[2 * pos + 1] = given[2 * slot + 1];
      handles[pos - loaded] =
        (((spanned >>> slot) & 1) * SPANNED) | (((subregisters >>> slot) & 1) * ZEXT) | seenBit;
    }
  }

  /**
   * Counts the records that a patch inserts, and notes its number in their stamps.
   * @param label of the first of them, negative when it has none
   */
  private noteInserted(culprit: OriginalSlot, first: Pos, extra: number, label: number): void {
    this.count += extra;
    const stamp = this.ranges.patch(culprit, extra, this.count);
    if (stamp !== 0) this.stamp(stamp, first, extra, label);
  }

  private stamp(stamp: number, first: Pos, extra: number, label: number): void {
    this.tags.fill(-stamp, first - this.loaded, first - this.loaded + extra);
    if (label >= 0) this.labels.stamps[label] = stamp;
  }

  /** The same `seen`, too large for a bit, in the records from `first` to `last`. */
  private writeSeen(first: Pos, last: Pos, seen: number): void {
    for (let pos = first; pos <= last; pos++) this.writeAux(pos, AUX_SEEN, seen);
  }

  /** Jumps that aim at `pos` aim at `body` from now on, but for those between the two. */
  private splitLabel(pos: Pos, body: Pos): void {
    const { labels, words } = this;
    this.settle(pos);
    const front = this.labelOf(pos);
    const behind = this.labelOf(body);
    const rest = labels.allocate(labels.stamps[front]);
    for (let at = pos; at !== body; at = this.next(at)) {
      const kind = branchKind(words[2 * at]);
      if (kind === NOT_BRANCH || kind === BRANCH_SUBPROG) continue;
      if (this.targetOf(at) === front) this.aim(at, rest);
    }
    labels.split(front, rest, behind);
    this.carry(pos, rest);
    this.askedSubprog = NONE;
  }
}
