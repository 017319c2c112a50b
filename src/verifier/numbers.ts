/**
 * What a release knows of numbers: how it keeps, combines and narrows their ranges. The ranges decide which way jumps go, and
 * so which instructions are dead; releases are told apart by `KernelProfile.check.numbers`.
 */
import type { KernelProfile } from '../kernel/profile.js';
import { arcNumbers } from './arc-numbers.js';
import { earlyNumbers } from './early-numbers.js';
import { rangeNumbers } from './range-numbers.js';
import type { Reg } from './register.js';

/** Operations on the ranges and known bits of registers. None changes any register but those it names first. */
export interface NumberRules {
  /** Ranges follow the arcs of a register. */
  readonly usesArcs: boolean;
  /** Brings ranges and known bits in step. */
  readonly sync: (reg: Reg) => void;
  /** Gives up ranges that contradict each other. */
  readonly dropContradictions: (reg: Reg) => void;
  /** A 32-bit result: the high half is 0. */
  readonly zeroExtend: (reg: Reg) => void;
  /** The low 1, 2 or 4 bytes, the others 0. */
  readonly coerceToSize: (reg: Reg, size: number) => void;
  /** The low 1, 2 or 4 bytes, sign extended to 64 bits. */
  readonly coerceToSizeSigned: (reg: Reg, size: number) => void;
  /** The low 1 or 2 bytes, sign extended to 32 bits. */
  readonly coerceSubregToSizeSigned: (reg: Reg, size: number) => void;
  /** `dst = dst op src`; `signed` for the signed forms of division and remainder. */
  readonly applyOp: (op: number, is32: boolean, signed: boolean, dst: Reg, src: Reg) => void;
  /** `dst = -dst`; absent when nothing is known of the result. */
  readonly negate?: (dst: Reg, is32: boolean) => void;
  /** The low `bits`, in reverse byte order if `swaps`; absent when nothing is known of the result. */
  readonly swapBytes?: (dst: Reg, bits: number, swaps: boolean) => void;
  /** Adds a number to the ranges and bits of one it is linked with. */
  readonly addDifference: (dst: Reg, difference: Reg) => void;
  /** The variable part of a moved pointer: `dst = ptr ± off`. */
  readonly movePointer: (dst: Reg, ptr: Reg, off: Reg, subtract: boolean) => void;
  /** A result between two signed numbers, whether read as 64 bits or as 32. */
  readonly setSigned: (reg: Reg, minH: number, minL: number, maxH: number, maxL: number) => void;
  /** A result from 0 to `max`. */
  readonly setSmall: (reg: Reg, max: number) => void;
  /** Does `if a op b` jump: `NOT_TAKEN`, `TAKEN` or `UNDECIDED`? Both are numbers, perhaps the same register. */
  readonly taken: (a: Reg, b: Reg, op: number, low: boolean) => number;
  /** See `refineBranch()`. */
  readonly refine: (taken1: Reg, taken2: Reg, not1: Reg, not2: Reg, op: number, low: boolean) => void;
  /** Are all numbers of `cur`'s ranges in `old`'s? */
  readonly isWithin: (old: Reg, cur: Reg) => boolean;
  /** Are ranges and known bits equal? */
  readonly isSame: (x: Reg, y: Reg) => boolean;
}

/** The numbers of the profile's release. */
export function numberRules(profile: KernelProfile): NumberRules {
  switch (profile.check.numbers) {
    case 'early':
      return earlyNumbers;
    case 'arcs':
      return arcNumbers;
    default:
      return rangeNumbers;
  }
}
