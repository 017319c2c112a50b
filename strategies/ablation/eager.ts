/**
 * A deferring store made eager: besides all it does, it keeps the distances of all branches right after every edit, by the
 * kernel's scans (rescan.ts), probes for overflows before a patch, and resolves nothing at the end. So what the two
 * differ in is the scans and nothing else: the container is the same, records and labels are, and the difference of
 * their times is what deferring saves. Metadata stays with the labels in both.
 *
 * What the scans need beside the branches is the slot of what is edited. An array knows it, a list has to count: that is
 * part of what they cost there.
 *
 * Invariant: the distance in the words of every branch is that to the record which carries its target label.
 */
import { BRANCH_OFF, branchDistance, branchKind, NOT_BRANCH } from '../../src/isa/insn.js';
import { fitsShort } from '../array-branches.js';
import { LONGEST } from '../branch-ranges.js';
import type { DeferringStore } from '../deferring-store.js';
import { assertPatch, OWN, type PatchBuffer, SUBPROG } from '../patch-buffer.js';
import { LABEL, RECORD_WORDS, W0, W1 } from '../record.js';
import { NONE, PatchRangeError, type Pos, type Store, type StoreInput } from '../store.js';
import type { StoreOptions } from '../strategy.js';
import { Rescan, writeDistance } from './rescan.js';

/** A container's class, as a base: what is abstract in `DeferringStore` it has. */
export type Container = abstract new (input: StoreInput, options?: StoreOptions) => DeferringStore;

/** A class of stores. */
export type StoreClass = new (input: StoreInput, options?: StoreOptions) => Store;

/** The class of the container under another name. */
export function renamed(name: string, Base: Container): StoreClass {
  abstract class Renamed extends Base {
    override readonly name = name;
  }
  return Renamed as unknown as StoreClass;
}

/** The class of the container that is eager, under a name of its own. */
export function eagerly(name: string, Base: Container): StoreClass {
  abstract class Eager extends Base {
    override readonly name = name;
    private readonly rescan = new Rescan((out) => this.emit(out));

    override setWords(pos: Pos, w0: number, w1: number): void {
      const distance = this.distanceAt(pos);
      super.setWords(pos, w0, w1);
      const kind = branchKind(w0);
      if (kind !== NOT_BRANCH) writeDistance(this.records, pos, kind, distance);
    }

    override replace(pos: Pos, patch: PatchBuffer): Pos {
      const replacedKind = branchKind(this.word0(pos));
      assertPatch(patch, replacedKind, this.subprogCount());
      const delta = patch.length - 1;
      const leads = (patch.has & ((1 << OWN) | (1 << SUBPROG))) !== 0;
      if (delta === 0 && !leads) return super.replace(pos, patch);
      const slot = this.slotOf(pos);
      const target = replacedKind === NOT_BRANCH ? 0 : slot + 1 + this.distanceAt(pos);
      const targetAfter = target > slot ? target + delta : target;
      if (delta > 0 && this.count + delta > LONGEST) this.probe(pos, slot, patch, targetAfter);
      const last = super.replace(pos, patch);
      if (delta > 0) {
        this.rescan.adjust(this.records, slot, slot + 1, slot + patch.length);
        this.counters.branchVisits += this.count;
      }
      if (leads) this.aimOutwards(last, slot, patch, targetAfter);
      return last;
    }

    override remove(pos: Pos, count: number): Pos {
      const slot = this.slotOf(pos);
      const after = super.remove(pos, count);
      this.rescan.adjust(this.records, slot, slot + count, slot);
      this.counters.branchVisits += this.count;
      return after;
    }

    override skipPrologue(pos: Pos, body: Pos): void {
      const front = this.slotOf(pos);
      const behind = this.slotOf(body);
      if (behind >= front && this.count > LONGEST) {
        this.counters.probeVisits += this.count;
        if (!this.rescan.skip(this.records, front, behind, true)) this.rangeError(body);
      }
      super.skipPrologue(pos, body);
      this.rescan.skip(this.records, front, behind, false);
      this.counters.branchVisits += this.count;
    }

    protected override resolveBranches(): boolean {
      return true;
    }

    override check(): void {
      super.check();
      const { records, labels } = this;
      const slots = new Map<number, number>([[labels.end, this.count]]);
      let slot = 0;
      for (let pos = this.first(); pos !== NONE; pos = this.next(pos))
        slots.set(records[pos * RECORD_WORDS + LABEL], slot++);
      slot = 0;
      for (let pos = this.first(); pos !== NONE; pos = this.next(pos), slot++) {
        if (branchKind(records[pos * RECORD_WORDS + W0]) === NOT_BRANCH) continue;
        if (slots.get(this.targetOf(pos * RECORD_WORDS)) !== slot + 1 + this.distanceAt(pos))
          throw new Error(`the distance of the branch at ${slot} is not that to its target`);
      }
    }

    private slotOf(pos: Pos): number {
      return this.rescan.slotOf(this.records, pos);
    }

    /** The distance in the words at `pos`; 0 for what is no branch. */
    private distanceAt(pos: Pos): number {
      const w0 = this.word0(pos);
      return branchDistance(branchKind(w0), w0, this.records[pos * RECORD_WORDS + W1]);
    }

    /** @throws PatchRangeError when a distance would overflow */
    private probe(pos: Pos, slot: number, patch: PatchBuffer, targetAfter: number): void {
      this.counters.probeVisits += this.count - 1;
      if (!this.rescan.probe(this.records, slot, patch.length - 1)) this.rangeError(pos);
      for (let at = 0; at < patch.length; at++) {
        if (patch.kinds[at] !== OWN || branchKind(patch.words[2 * at]) !== BRANCH_OFF) continue;
        if (!fitsShort(targetAfter - (slot + at) - 1)) this.rangeError(pos);
      }
    }

    private rangeError(pos: Pos): never {
      throw new PatchRangeError(Math.max(this.origin(pos) - 1, 0));
    }

    /** Writes the distances of the branches that leave the patch which ends at `last` and begins at slot `slot`. */
    private aimOutwards(last: Pos, slot: number, patch: PatchBuffer, targetAfter: number): void {
      const end = patch.length - 1;
      for (let at = 0; at <= end; at++) {
        const kind = patch.kinds[at];
        if (kind !== OWN && kind !== SUBPROG) continue;
        const target = kind === OWN ? targetAfter : this.slotOf(this.subprogStart(patch.subprogs[at]));
        const pos = at === end ? last : this.opened + at;
        writeDistance(this.records, pos, branchKind(patch.words[2 * at]), target - (slot + at) - 1);
      }
    }
  }
  return Eager as unknown as StoreClass;
}
