/**
 * The end of the overlay (overlay.ts): all records copied to where they end, in runs of neighbours, and every branch given
 * its distance. Loaded branches were listed when the store was made, added ones are met in passing: nothing is looked for.
 */
import { BRANCH_OFF, BRANCH_SUBPROG, branchKind, NOT_BRANCH } from '../src/isa/insn.js';
import { copyWords } from './copy-words.js';
import { AS_WRITTEN, OverlayRecords, ROW_SHIFT, SEEN, ZEXT } from './overlay-records.js';
import { AUX_SEEN, AUX_ZEXT } from './store.js';

/** A program in final slots, its metadata aside. */
export interface CopiedOut {
  readonly insns: Int32Array;
  readonly aux: Uint32Array;
  /** Final slot of each label that a record carries, and of the end's. */
  readonly slots: Int32Array;
  /** Do all distances fit? */
  readonly fits: boolean;
}

export abstract class OverlayCopyOut extends OverlayRecords {
  /** The program as it is now; nothing of the store changes. */
  protected copiedOut(): CopiedOut {
    const { count, auxWords, labels } = this;
    const insns = new Int32Array(2 * count);
    const aux = new Uint32Array(count * auxWords);
    const slots = new Int32Array(labels.count);
    slots[labels.end] = count;
    this.counters.allocations += 4;
    this.counters.bytesAllocated +=
      insns.byteLength + aux.byteLength + slots.byteLength + 8 * this.addedTargets;
    this.counters.insnBytesMoved += insns.byteLength;
    const branches = new Int32Array(2 * this.addedTargets);
    const met = this.copyRecords(insns, aux, slots, branches);
    const loadedFit = this.resolveLoaded(insns, slots);
    const addedFit = this.resolveAdded(insns, slots, branches.subarray(0, met));
    return { insns, aux, slots, fits: loadedFit && addedFit };
  }

  /**
   * @param slots filled in: final slot of each label, and of each loaded record by its number
   * @param branches filled in: of each added branch its slot and its target's label
   * @returns words of `branches` in use
   */
  private copyRecords(insns: Int32Array, aux: Uint32Array, slots: Int32Array, branches: Int32Array): number {
    const { auxWords, handles, heads, loaded, nexts, tags, targets, words } = this;
    let met = 0;
    let slot = 0;
    let cell = 0;
    /** Handle of the last record while its aux row is not copied yet: the loaded one before those that come next; else 0. */
    let waiting = 0;
    for (;;) {
      const head = heads[cell];
      if (head === 0) {
        const before = waiting === 0 ? 0 : 1;
        const from = cell - before;
        const start = slot - before;
        do {
          insns[2 * slot] = words[2 * cell];
          insns[2 * slot + 1] = words[2 * cell + 1];
          slots[cell] = slot++;
          cell++;
        } while (heads[cell] === 0);
        const rows = cell - from;
        copyWords(this.rows, from * auxWords, aux, start * auxWords, rows * auxWords);
        this.counters.auxBytesMoved += 4 * auxWords * rows;
        if (waiting !== 0) writeBits(aux, start * auxWords, waiting);
        waiting = 0;
      } else if (head > 0) {
        cell++;
        let link = head;
        do {
          const pos = link - 1;
          const added = pos - loaded;
          insns[2 * slot] = words[2 * pos];
          insns[2 * slot + 1] = words[2 * pos + 1];
          const tag = tags[added];
          if (tag > 0) slots[tag - 1] = slot;
          if (targets[pos] !== AS_WRITTEN) {
            branches[met++] = slot;
            branches[met++] = targets[pos] - 1;
          }
          const handle = handles[added];
          link = nexts[added];
          if (link === 0) link = pos + 2;
          const row = handle >> ROW_SHIFT;
          // What is patched is mostly followed by the instruction that was loaded behind it: then their rows are, too.
          if (row === 0) writeBits(aux, slot * auxWords, handle);
          else if (row === cell && heads[cell] === 0) waiting = handle;
          else this.copyAddedRow(handle, aux, slot * auxWords);
          slot++;
        } while (link > 0);
      } else if (cell < loaded) {
        cell -= head;
      } else {
        break;
      }
    }
    this.retagged?.forEach((label, other) => (slots[label] = slots[other]));
    return met;
  }

  /** Copies the row of an added record that has one. */
  private copyAddedRow(handle: number, aux: Uint32Array, target: number): void {
    const { auxWords } = this;
    const row = handle >> ROW_SHIFT;
    const source = (row > 0 ? row - 1 : -1 - row) * auxWords;
    copyWords(row > 0 ? this.rows : this.ownRows, source, aux, target, auxWords);
    this.counters.auxBytesMoved += 4 * auxWords;
    if (row > 0) writeBits(aux, target, handle);
  }

  /** Writes the distances of loaded branches; false when one does not fit into its 16 bit. */
  private resolveLoaded(insns: Int32Array, slots: Int32Array): boolean {
    const { words, listed, listedCount } = this;
    let fits = true;
    for (let at = 0; at < listedCount; at++) {
      const pos = listed[at];
      const kind = branchKind(words[2 * pos]);
      if (kind === NOT_BRANCH) continue;
      if (!writeDistance(insns, slots[pos], kind, slots[this.targetOf(pos)])) fits = false;
    }
    this.counters.branchVisits += listedCount;
    return fits;
  }

  /** The same of added ones. */
  private resolveAdded(insns: Int32Array, slots: Int32Array, branches: Int32Array): boolean {
    const { labels } = this;
    let fits = true;
    for (let at = 0; at < branches.length; at += 2) {
      const slot = branches[at];
      const kind = branchKind(insns[2 * slot]);
      const label = branches[at + 1];
      const target = kind === BRANCH_SUBPROG ? labels.resolve(label) : labels.resolveJump(label);
      if (!writeDistance(insns, slot, kind, slots[target])) fits = false;
    }
    this.counters.branchVisits += branches.length / 2;
    return fits;
  }
}

/** Writes the two words that are bits of a handle. */
function writeBits(aux: Uint32Array, target: number, handle: number): void {
  aux[target + AUX_SEEN] = (handle & SEEN) >> 1;
  aux[target + AUX_ZEXT] = handle & ZEXT;
}

/** Makes the branch at `slot` lead to `target`; false when that does not fit into its 16 bit. */
function writeDistance(insns: Int32Array, slot: number, kind: number, target: number): boolean {
  const distance = target - slot - 1;
  if (kind !== BRANCH_OFF) {
    insns[2 * slot + 1] = distance;
    return true;
  }
  insns[2 * slot] = (insns[2 * slot] & 0xffff) | (distance << 16);
  return (distance << 16) >> 16 === distance;
}
