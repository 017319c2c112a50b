/** The looks of the overlay (overlay.ts) at all 16-bit branches that the bound in branch-ranges.ts asks for. */
import { BRANCH_OFF, branchKind, type OriginalSlot } from '../src/isa/insn.js';
import { LONGEST, magnitudeOf } from './branch-ranges.js';
import { OverlayCopyOut } from './overlay-copy-out.js';
import { NONE, PatchRangeError, type Pos } from './store.js';

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
    for (let pos = this.head; pos !== NONE; pos = this.next(pos), slot++) {
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
    const sources = new Int32Array(branches.length / 2);
    const targets = new Int32Array(branches.length / 2);
    let longest = 0;
    for (let at = 0; at < sources.length; at++) {
      sources[at] = branches[2 * at];
      const noted = branches[2 * at + 1];
      const target = noted < 0 ? -1 - noted : slots[noted];
      const within = sources[at] >= skipFrom && sources[at] < skipTo;
      targets[at] = skip !== undefined && target === skipFrom && !within ? skipTo : target;
      longest = Math.max(longest, magnitudeOf(targets[at] - sources[at] - 1));
    }
    if (longest > LONGEST)
      throw new PatchRangeError(skip?.culprit ?? this.ranges.firstFailure(stamps, sources, targets));
    this.ranges.restart(longest);
  }
}
