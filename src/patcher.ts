/**
 * The patcher: `bpf_patch_insn_data()` and `verifier_remove_insns()` (kernel/bpf/verifier.c, Linux 6.12) over any store. What
 * the kernel does to instructions, aux records, branches and metadata is the store's contract; what is left here is
 * what holds for all of them: counting what the kernel counts as patches.
 */
import type { PatchBuffer } from '../strategies/patch-buffer.js';
import type { Pos, Store } from '../strategies/store.js';

/** How much was rewritten, the same for every strategy. */
export interface PatchCounts {
  /** Calls of `replace`, one-for-one rewrites among them. */
  patches: number;
  /** Calls of `replace` with more than one instruction. */
  expandingPatches: number;
  /** Instructions that patches added. */
  insnsAdded: number;
  /** Calls of `remove`. */
  removals: number;
  /** Instructions removed. */
  insnsRemoved: number;
}

export class Patcher {
  readonly counts: PatchCounts = {
    patches: 0,
    expandingPatches: 0,
    insnsAdded: 0,
    removals: 0,
    insnsRemoved: 0,
  };

  constructor(private readonly store: Store) {}

  /**
   * Replaces the instruction at `pos` by the patch and returns the position of its last instruction.
   * @throws PatchRangeError from eager stores
   */
  replace(pos: Pos, patch: PatchBuffer): Pos {
    const counts = this.counts;
    counts.patches++;
    if (patch.length > 1) {
      counts.expandingPatches++;
      counts.insnsAdded += patch.length - 1;
    }
    return this.store.replace(pos, patch);
  }

  /** Removes `count` instructions from `pos` on and returns the next survivor, or `NONE`. */
  remove(pos: Pos, count: number): Pos {
    this.counts.removals++;
    this.counts.insnsRemoved += count;
    return this.store.remove(pos, count);
  }
}
