/** The looks of the overlay (overlay.ts) at all 16-bit branches that the bound in branch-ranges.ts asks for. */
import { BRANCH_OFF, branchKind, type OriginalSlot } from '../src/isa/insn.js';
import { OverlayCopyOut } from './overlay-copy-out.js';
import { NONE, type Pos } from './store.js';

/** The jumps to a prologue that skip it, while they are looked at only. */
interface PrologueSkip {
  readonly pos: Pos;
  readonly body: Pos;
  readonly culprit: OriginalSlot;
}

export abstract class OverlayRanges extends OverlayCopyOut {
  /** A 16-bit branch is about to go, and an overflow that it may have with it: what `branch-ranges.ts` must not miss. */
  protected beforeDropping(kind: number): void {
    if (kind === BRANCH_OFF && this.ranges.suspicious(this.count)) this.verifyRanges();
  }

  /**
   * Looks at every 16-bit branch; see branch-ranges.ts.
   * @param skip look as if jumps skipped this prologue already, and name its culprit instead of a patch
   * @throws PatchRangeError
   */
  protected verifyRanges(skip?: PrologueSkip): void {
    const { labels, count, words } = this;
    const slots = new Int32Array(labels.count);
    const stamps = new Int32Array(count);
    /** Slot of each, and its target's label or -1 - the target's slot. */
    const branches: number[] = [];
    slots[labels.end] = count;
    let slot = 0;
    let skipFrom = NONE;
    let skipTo = NONE;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos), slot++) {
      if (pos === skip?.pos) skipFrom = slot;
      if (pos === skip?.body) skipTo = slot;
      const label = this.labelAt(pos);
      if (label >= 0) slots[label] = slot;
      stamps[slot] = label >= 0 ? labels.stamps[label] : -1 - label;
      if (branchKind(words[2 * pos]) !== BRANCH_OFF) continue;
      const asWritten = pos >= this.loaded && this.isAsWritten(pos);
      branches.push(slot, asWritten ? -2 - slot - this.distanceAt(pos) : this.targetOf(pos));
    }
    this.counters.probeVisits += count;
    for (let at = 1; at < branches.length; at += 2)
      branches[at] = branches[at] < 0 ? -1 - branches[at] : slots[branches[at]];
    this.ranges.verify(stamps, branches, skip && { from: skipFrom, to: skipTo, culprit: skip.culprit });
  }
}
