/**
 * Which patch made a 16-bit branch too long, for stores that fix branches at the end.
 *
 * The array finds out at the patch itself: with every patch it scans all branches. A deferring store only adds up an
 * upper bound: no 16-bit distance exceeds the longest one when the *epoch* began plus the instructions inserted since;
 * and in a program of at most 32,767 instructions none can be too long. While the bound holds nothing is to be looked
 * at. When it does not, one exact look at all branches is due at the end, and before anything that would hide an
 * overflow again (a removal, a branch dropped or redirected); if that look finds all in range, a new epoch begins.
 *
 * When the look finds a branch too long, the patch to name is the *first* after which one was. While the bound did not
 * hold, records were only inserted, and each carries the number of its patch (its stamp). So the program after patch k is
 * the program now without the records whose stamp exceeds k: the position of any record x at that time is the
 * number of records before x with a stamp of at most k, also for a branch that a later patch moved from its last
 * instruction forward (`OWN`): what stood in its place was the next older record. Distances only grew, so the first k
 * is found by bisection, a pass over the program each. (Records removed while the bound held are missing from the programs
 * before, where nothing was too long anyway; that a label passed on by a removal keeps its stamp does no harm either.)
 *
 * A patch after which the program still has at most 32,767 instructions is never the one to name, nor is any before it: it has
 * no number of its own, and the records that it inserts count as having been there always.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import type { Counters } from './counters.js';
import { PatchRangeError } from './store.js';

/** Longest 16-bit distance; also the length up to which a program cannot overflow. */
export const LONGEST = 0x7fff;

/** Patches there is room for at first: what V8 keeps in its own heap, for most programs have few. */
const FIRST_PATCHES = 16;

/** How the bound was at a `mark`. */
export interface RangesMark {
  readonly longest: number;
  readonly grown: number;
  readonly patches: number;
  readonly verified: number;
}

/** A prologue that jumps are to skip, by the slots where it and its body begin. */
export interface SkippedSlots {
  readonly from: number;
  readonly to: number;
  readonly culprit: OriginalSlot;
}

export class BranchRanges {
  /** Magnitude of the longest 16-bit distance when the epoch began. */
  private longest = 0;
  /** Instructions inserted since. */
  private grown = 0;
  /** Per numbered patch, from 1: original slot of the instruction it replaced, as an error would name it. */
  private log = new Int32Array(FIRST_PATCHES);
  private patches = 0;
  /** Patches of which none made a branch too long: those before the epoch, and before the program was last short. */
  private verified = 0;

  constructor(private readonly counters: Counters) {
    counters.allocations++;
    counters.bytesAllocated += this.log.byteLength;
  }

  /** A 16-bit branch of this distance exists. */
  see(distance: number): void {
    const magnitude = magnitudeOf(distance);
    if (magnitude > this.longest) this.longest = magnitude;
  }

  /**
   * Notes an expanding patch.
   * @param length instructions of the program with it
   * @returns its number; 0 when no error can ever name it
   */
  patch(originalSlot: OriginalSlot, inserted: number, length: number): number {
    this.grown += inserted;
    if (length <= LONGEST) {
      this.verified = this.patches;
      return 0;
    }
    return this.logged(originalSlot);
  }

  private logged(originalSlot: OriginalSlot): number {
    if (++this.patches === this.log.length) {
      const log = new Int32Array(this.log.length * 2);
      log.set(this.log);
      this.log = log;
      this.counters.allocations++;
      this.counters.bytesAllocated += log.byteLength;
    }
    this.log[this.patches] = originalSlot;
    return this.patches;
  }

  /** Some branches may have become longer by so much otherwise. */
  stretch(by: number): void {
    this.grown += by;
  }

  /** Can a branch be too long now, in a program of this length? */
  suspicious(length: number): boolean {
    return this.longest + this.grown > LONGEST && length > LONGEST;
  }

  /** All branches were found in range, the longest of this magnitude: a new epoch. */
  restart(longest: number): void {
    this.longest = longest;
    this.grown = 0;
    this.verified = this.patches;
  }

  /**
   * Looks at every 16-bit branch: a new epoch, unless one is too long.
   * @param stamps per record in order its stamp
   * @param branches slot of each and the slot it aims at, by turns
   * @param skip look as if jumps skipped this prologue already, and name its culprit instead of a patch
   * @throws PatchRangeError
   */
  verify(stamps: Int32Array, branches: readonly number[], skip?: SkippedSlots): void {
    const sources = new Int32Array(branches.length / 2);
    const targets = new Int32Array(branches.length / 2);
    let longest = 0;
    for (let at = 0; at < sources.length; at++) {
      const source = branches[2 * at];
      const target = branches[2 * at + 1];
      const skips = skip !== undefined && target === skip.from && !(source >= skip.from && source < skip.to);
      sources[at] = source;
      targets[at] = skips ? skip.to : target;
      longest = Math.max(longest, magnitudeOf(targets[at] - source - 1));
    }
    if (longest > LONGEST)
      throw new PatchRangeError(skip?.culprit ?? this.firstFailure(stamps, sources, targets));
    this.restart(longest);
  }

  /** What `rollback` needs to bring the bound back to what it is now. */
  mark(): RangesMark {
    const { longest, grown, patches, verified } = this;
    return { longest, grown, patches, verified };
  }

  /** Brings the bound back to what it was at `mark`: patches since then were never made. */
  rollback(mark: RangesMark): void {
    this.longest = mark.longest;
    this.grown = mark.grown;
    this.patches = mark.patches;
    this.verified = mark.verified;
  }

  /**
   * Original slot of the patch that made the first branch too long.
   * @param stamps per record in order its stamp
   * @param branches slots of the 16-bit branches now
   * @param targets slots they aim at now; at least one distance is too long
   */
  firstFailure(stamps: Int32Array, branches: Int32Array, targets: Int32Array): number {
    const before = new Int32Array(stamps.length + 1);
    let low = this.verified + 1;
    let high = this.patches;
    while (low < high) {
      const middle = (low + high) >> 1;
      for (let slot = 0; slot < stamps.length; slot++) {
        before[slot + 1] = before[slot] + (stamps[slot] <= middle ? 1 : 0);
      }
      let fits = true;
      for (let at = 0; fits && at < branches.length; at++) {
        fits = magnitudeOf(before[targets[at]] - before[branches[at]] - 1) <= LONGEST;
      }
      if (fits) low = middle + 1;
      else high = middle;
    }
    return this.log[low];
  }
}

/** How far a distance is on its side of the 16-bit range, which reaches one further backward than forward. */
export function magnitudeOf(distance: number): number {
  return distance ^ (distance >> 31);
}
