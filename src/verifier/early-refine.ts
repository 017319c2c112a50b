/**
 * What a conditional jump tells about numbers, and which way it goes, as Linux 6.1 has it: one operand must be known
 * (`is_branch_taken()`, `reg_set_min_max()`, `reg_combine_min_max()`, kernel/bpf/verifier.c, Linux 6.1).
 */
import {
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
} from '../isa/opcodes.js';
import { clearBits, setBit } from './bit-tests.js';
import { lowerSmax, lowerUmax, raiseSmin, raiseUmin } from './bounds.js';
import { flipped, isKnownScalar, scalarTaken, UNDECIDED } from './branch-taken.js';
import { combine32Into64, combine64Into32, syncEarly } from './early-bounds.js';
import { add, r, sub } from './int64.js';
import { refineEqual64, reversed } from './refine.js';
import { SCALAR_VALUE } from './reg-types.js';
import { mark32Known, setConstBounds } from './register.js';
import type { Reg } from './register.js';

/** Does `if a op b` jump? Only a known `b` tells. */
export function takenEarly(a: Reg, b: Reg, op: number, low: boolean): number {
  if (!isKnownScalar(b, low)) return UNDECIDED;
  if ((op === BPF_JEQ || op === BPF_JNE) && !isKnownScalar(a, low)) return UNDECIDED;
  return scalarTaken(a, b, op, low);
}

/** As `refineBranch` of refine.ts. */
export function refineEarly(taken1: Reg, taken2: Reg, not1: Reg, not2: Reg, op: number, low: boolean): void {
  if (not1.type !== SCALAR_VALUE || not2.type !== SCALAR_VALUE) return;
  if (isKnownScalar(not2, low) || not2.isConst()) {
    refineByKnown(taken1, not1, not2.vh, not2.vl, op, low);
  } else if (isKnownScalar(not1, low) || not1.isConst()) {
    refineByKnown(taken2, not2, not1.vh, not1.vl, flipped(op), low);
  } else if (!low && op === BPF_JEQ) {
    combine(taken2, taken1);
  } else if (!low && op === BPF_JNE) {
    combine(not2, not1);
  }
}

function combine(a: Reg, b: Reg): void {
  refineEqual64(a, b);
  syncEarly(a);
  syncEarly(b);
}

function refineByKnown(taken: Reg, not: Reg, h: number, l: number, op: number, low: boolean): void {
  if (low) {
    narrow32(not, l, reversed(op));
    narrow32(taken, l, op);
    combine32Into64(not);
    combine32Into64(taken);
  } else {
    narrow64(not, h, l, reversed(op));
    narrow64(taken, h, l, op);
    combine64Into32(not);
    combine64Into32(taken);
  }
}

/** By the fact that `reg op value` holds. */
function narrow32(reg: Reg, value: number, op: number): void {
  switch (op) {
    case BPF_JEQ:
      mark32Known(reg, value);
      break;
    case BPF_JNE:
      break;
    case BPF_JSET:
      setBit(reg, 0, value, true);
      break;
    case BPF_JGE:
    case BPF_JGT: {
      const min = op === BPF_JGT ? (value + 1) | 0 : value;
      if (min >>> 0 > reg.u32min >>> 0) reg.u32min = min;
      break;
    }
    case BPF_JSGE:
    case BPF_JSGT: {
      const min = op === BPF_JSGT ? (value + 1) | 0 : value;
      if (min > reg.s32min) reg.s32min = min;
      break;
    }
    case BPF_JLE:
    case BPF_JLT: {
      const max = op === BPF_JLT ? (value - 1) | 0 : value;
      if (max >>> 0 < reg.u32max >>> 0) reg.u32max = max;
      break;
    }
    case BPF_JSLE:
    case BPF_JSLT: {
      const max = op === BPF_JSLT ? (value - 1) | 0 : value;
      if (max < reg.s32max) reg.s32max = max;
      break;
    }
    default:
      clearBits(reg, 0, value, true);
  }
}

function narrow64(reg: Reg, h: number, l: number, op: number): void {
  switch (op) {
    case BPF_JEQ:
      setConstBounds(reg, h, l);
      break;
    case BPF_JNE:
      break;
    case BPF_JSET:
      setBit(reg, h, l, false);
      break;
    case BPF_JGE:
    case BPF_JSGE:
    case BPF_JGT:
    case BPF_JSGT:
      add(h, l, 0, op === BPF_JGT || op === BPF_JSGT ? 1 : 0);
      if (op === BPF_JGE || op === BPF_JGT) raiseUmin(reg, r.h, r.l);
      else raiseSmin(reg, r.h, r.l);
      break;
    case BPF_JLE:
    case BPF_JSLE:
    case BPF_JLT:
    case BPF_JSLT:
      sub(h, l, 0, op === BPF_JLT || op === BPF_JSLT ? 1 : 0);
      if (op === BPF_JLE || op === BPF_JLT) lowerUmax(reg, r.h, r.l);
      else lowerSmax(reg, r.h, r.l);
      break;
    default:
      clearBits(reg, h, l, false);
  }
}
