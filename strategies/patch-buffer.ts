/**
 * A patch under construction: up to `PATCH_MAX` instructions in typed arrays, reused from patch to patch so that a
 * pass allocates nothing per rewrite.
 *
 * A branch in a patch is one of:
 * - `INSIDE`: its distance, as written, stays within the patch or leads to the first slot behind it;
 * - `OWN`: it aims at what the replaced instruction (a branch itself) aimed at;
 * - `SUBPROG`: it calls the n-th remaining subprogram.
 *
 * For the last two the distance in the words is ignored: the store knows it.
 *
 * What a store has to know of the instructions is noted as they are appended, so that a patch that many instructions are
 * replaced by is looked at once.
 */
import { BRANCH_OFF, branchDistance, branchKind, definesSubregister, NOT_BRANCH } from '../src/isa/insn.js';

/** Most instructions a patch can have; the kernel's `INSN_BUF_SIZE` is 32. */
export const PATCH_MAX = 32;

/** Where the branch of a patch slot leads; `PLAIN` for all other instructions. */
export const PLAIN = 0;
export const INSIDE = 1;
export const OWN = 2;
export const SUBPROG = 3;

export class PatchBuffer {
  /** Words of the instructions, `2 * length` in use. */
  readonly words = new Int32Array(2 * PATCH_MAX);
  /** `PLAIN`, `INSIDE`, `OWN` or `SUBPROG` per instruction. */
  readonly kinds = new Uint8Array(PATCH_MAX);
  /** The subprogram of `SUBPROG` instructions, counted among the remaining ones. */
  readonly subprogs = new Int32Array(PATCH_MAX);
  /** The slot of the patch that `INSIDE` branches lead to, `length` for the one behind it; see `assertPatch`. */
  readonly goals = new Int32Array(PATCH_MAX);
  /** Instructions in the patch. */
  length = 0;
  /** Which of the four there are: bit `1 << kind` each. */
  has = 0;
  /** The last slot that an `INSIDE` branch leads to, -1 when there is none. */
  lastGoal = -1;
  /**
   * The slots where one instruction more or less would make the distance of an `INSIDE` branch wrong, bit `1 << slot` each: those
   * between a forward one and where it leads, and from where a backward one leads to before it.
   */
  spanned = 0;
  /** The slots whose instructions define a register of which only the low half is written, bit `1 << slot` each. */
  subregisters = 0;
  /** Is an `OWN` branch one of 16 bit? */
  ownIsShort = false;
  /** The first slot that an `INSIDE` branch leads to, or 0. */
  private firstGoal = 0;
  /** The first and the last of `subprogs`, or 0 and -1. */
  private firstSubprog = 0;
  private lastSubprog = -1;
  /** Has an instruction that is no branch a target? */
  private misplaced = false;

  /** Empties the buffer. */
  clear(): this {
    this.length = 0;
    this.has = 0;
    this.lastGoal = -1;
    this.spanned = 0;
    this.subregisters = 0;
    this.ownIsShort = false;
    this.firstGoal = 0;
    this.firstSubprog = 0;
    this.lastSubprog = -1;
    this.misplaced = false;
    return this;
  }

  /** Does `assertPatch` find nothing wrong? */
  fits(replacedKind: number, subprogs: number): boolean {
    if (this.has === 1 << PLAIN) return true;
    if (this.firstGoal < 0 || this.lastGoal > this.length || this.misplaced) return false;
    return this.leavesPatch() ? this.fitsOutside(replacedKind, subprogs) : this.length > 0;
  }

  /** Does a branch of the patch lead out of it? */
  leavesPatch(): boolean {
    return (this.has & ((1 << OWN) | (1 << SUBPROG))) !== 0;
  }

  private fitsOutside(replacedKind: number, subprogs: number): boolean {
    if (this.firstSubprog < 0 || this.lastSubprog >= subprogs) return false;
    if ((this.has & (1 << OWN)) === 0) return true;
    return this.ownIsShort ? replacedKind === BRANCH_OFF : replacedKind !== NOT_BRANCH;
  }

  /** Appends an instruction; a branch among them is `INSIDE`. */
  push(w0: number, w1: number): this {
    return this.append(w0, w1, branchKind(w0) === NOT_BRANCH ? PLAIN : INSIDE, 0);
  }

  /** Appends a branch that aims at what the replaced branch aims at. */
  pushOwnTarget(w0: number, w1: number): this {
    return this.append(w0, w1, OWN, 0);
  }

  /** Appends the replaced instruction itself, which keeps its target if it is a branch. */
  pushReplaced(w0: number, w1: number): this {
    return this.append(w0, w1, branchKind(w0) === NOT_BRANCH ? PLAIN : OWN, 0);
  }

  /** Appends a call (or address) of the `k`-th remaining subprogram. */
  pushSubprog(w0: number, w1: number, k: number): this {
    return this.append(w0, w1, SUBPROG, k);
  }

  private append(w0: number, w1: number, kind: number, subprog: number): this {
    const at = this.length;
    if (at === PATCH_MAX) throw new RangeError(`a patch has at most ${PATCH_MAX} instructions`);
    this.words[2 * at] = w0;
    this.words[2 * at + 1] = w1;
    this.kinds[at] = kind;
    this.subprogs[at] = subprog;
    this.length = at + 1;
    this.has |= 1 << kind;
    if (definesSubregister(w0, w1)) this.subregisters |= 1 << at;
    if (kind !== PLAIN) this.noteBranch(at, branchKind(w0), kind, subprog);
    return this;
  }

  private noteBranch(at: number, branch: number, kind: number, subprog: number): void {
    if (branch === NOT_BRANCH) {
      this.misplaced = true;
    } else if (kind === INSIDE) {
      const goal = at + 1 + branchDistance(branch, this.words[2 * at], this.words[2 * at + 1]);
      this.goals[at] = goal;
      this.firstGoal = Math.min(this.firstGoal, goal);
      this.lastGoal = Math.max(this.lastGoal, goal);
      this.spanned |= goal > at ? slotsBetween(at + 1, goal) : slotsBetween(goal, at);
    } else if (kind === OWN) {
      if (branch === BRANCH_OFF) this.ownIsShort = true;
    } else {
      this.firstSubprog = Math.min(this.firstSubprog, subprog);
      this.lastSubprog = Math.max(this.lastSubprog, subprog);
    }
  }
}

/** Bits of the slots from `from` to before `to`, which are fewer than 32. */
function slotsBetween(from: number, to: number): number {
  return ((1 << (to - from)) - 1) << from;
}

/**
 * Where the `INSIDE` branch at patch slot `at` leads: a slot of the patch, or `patch.length` for the one behind it.
 * @throws RangeError when it leads elsewhere
 */
export function insideTarget(patch: PatchBuffer, at: number): number {
  const w0 = patch.words[2 * at];
  const target = at + 1 + branchDistance(branchKind(w0), w0, patch.words[2 * at + 1]);
  if (target < 0 || target > patch.length) {
    throw new RangeError(`branch ${at} of a patch leads to ${target}, outside of 0..${patch.length}`);
  }
  return target;
}

/**
 * Checks a patch against the instruction it is to replace.
 * @param replacedKind branch kind of that instruction
 * @param subprogs number of remaining subprograms
 * @throws RangeError when the patch is empty, a branch in it leads nowhere, `OWN` is used where nothing was aimed at,
 * or it would squeeze a 32-bit distance into 16 bit
 */
export function assertPatch(patch: PatchBuffer, replacedKind: number, subprogs: number): void {
  if (!patch.fits(replacedKind, subprogs)) refuse(patch, replacedKind, subprogs);
}

/** Says what is wrong: apart from the check, which is small enough by itself to become part of every `replace`. */
function refuse(patch: PatchBuffer, replacedKind: number, subprogs: number): void {
  if (patch.length === 0) throw new RangeError('a patch has at least one instruction');
  for (let at = 0; at < patch.length; at++) {
    const kind = patch.kinds[at];
    if (kind === PLAIN) continue;
    const branch = branchKind(patch.words[2 * at]);
    if (branch === NOT_BRANCH)
      throw new RangeError(`instruction ${at} of a patch has a target but is no branch`);
    if (kind === INSIDE) {
      insideTarget(patch, at);
    } else if (kind === OWN) {
      if (replacedKind === NOT_BRANCH) {
        throw new RangeError(`branch ${at} of a patch wants the target of an instruction that has none`);
      }
      if (branch === BRANCH_OFF && replacedKind !== BRANCH_OFF) {
        throw new RangeError(`branch ${at} of a patch has 16 bit for a 32-bit distance`);
      }
    } else if (patch.subprogs[at] < 0 || patch.subprogs[at] >= subprogs) {
      throw new RangeError(
        `branch ${at} of a patch leads to subprogram ${patch.subprogs[at]} of ${subprogs}`,
      );
    }
  }
}

/** Does a branch of the patch lead to the slot behind it? */
export function jumpsBehind(patch: PatchBuffer): boolean {
  return patch.lastGoal === patch.length;
}
