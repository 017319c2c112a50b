/**
 * What a conditional jump between numbers that are arcs tells about both, and which way it goes where one way would leave no
 * number (`regs_refine_cond_op()`, `simulate_both_branches_taken()`, kernel/bpf/verifier.c, Linux 7.2).
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
import {
  derive32,
  derive64,
  intersect32,
  intersect64,
  newArcs,
  put32,
  put64,
  signed32,
  signed64,
  unsigned32,
  unsigned64,
} from './arc.js';
import { dropContradictoryArcs, isContradictory, syncArcs } from './arc-bounds.js';
import { JSET_NOT_TAKEN, refineBits } from './bit-tests.js';
import { flipped, isKnownScalar, NOT_TAKEN, scalarTaken, TAKEN, UNDECIDED } from './branch-taken.js';
import { add, r, sub } from './int64.js';
import { reversed } from './refine.js';
import { SCALAR_VALUE } from './reg-types.js';
import { copyReg, Reg, S32_MAX, S32_MIN } from './register.js';
import { tnumMeet, tnumMeetSubregs } from './tnum.js';

const limit = newArcs();
const taken1 = new Reg();
const taken2 = new Reg();
const not1 = new Reg();
const not2 = new Reg();

/** As `refineBranch` of refine.ts. */
export function refineArcs(
  isTaken1: Reg,
  isTaken2: Reg,
  isNot1: Reg,
  isNot2: Reg,
  op: number,
  isLow: boolean,
): void {
  if (isNot1.type !== SCALAR_VALUE || isNot2.type !== SCALAR_VALUE) return;
  if (tellsNothing(isNot1, isNot2, op, isLow)) return;
  refine(isNot1, isNot2, reversed(op), isLow);
  refine(isTaken1, isTaken2, op, isLow);
  dropContradictoryArcs(isTaken1);
  dropContradictoryArcs(isTaken2);
  dropContradictoryArcs(isNot1);
  dropContradictoryArcs(isNot2);
}

/** Does `if a op b` jump? Both are numbers; they may be one register. */
export function arcsTaken(a: Reg, b: Reg, op: number, isLow: boolean): number {
  if (a === b) return selfTaken(a, op, isLow);
  const taken = scalarTaken(a, b, op, isLow);
  if (taken !== UNDECIDED || tellsNothing(a, b, op, isLow)) return taken;
  copyReg(not1, a);
  copyReg(not2, b);
  refine(not1, not2, reversed(op), isLow);
  if (isContradictory(not1) || isContradictory(not2)) return TAKEN;
  copyReg(taken1, a);
  copyReg(taken2, b);
  refine(taken1, taken2, op, isLow);
  return isContradictory(taken1) || isContradictory(taken2) ? NOT_TAKEN : UNDECIDED;
}

/** A test of bits, none of which is known to be the one that is tested. */
function tellsNothing(a: Reg, b: Reg, op: number, isLow: boolean): boolean {
  return op === BPF_JSET && !isKnownScalar(a, isLow) && !isKnownScalar(b, isLow);
}

/** A register compared with itself. */
function selfTaken(reg: Reg, op: number, isLow: boolean): number {
  switch (op) {
    case BPF_JEQ:
    case BPF_JGE:
    case BPF_JLE:
    case BPF_JSGE:
    case BPF_JSLE:
      return TAKEN;
    case BPF_JSET: {
      if (isLow ? reg.ml === 0 : reg.isConst()) {
        return reg.vl !== 0 || (!isLow && reg.vh !== 0) ? TAKEN : NOT_TAKEN;
      }
      const mayBeZero = isLow
        ? reg.s32min <= 0 && reg.s32max >= 0
        : (reg.sminH < 0 || (reg.sminH | reg.sminL) === 0) && reg.smaxH >= 0;
      return mayBeZero ? UNDECIDED : TAKEN;
    }
    default:
      return NOT_TAKEN;
  }
}

/** Narrows both by the fact that `a op b` holds. */
function refine(a: Reg, b: Reg, op: number, isLow: boolean): void {
  switch (op) {
    case BPF_JGE:
    case BPF_JGT:
    case BPF_JSGE:
    case BPF_JSGT:
      refineOrdered(b, a, flipped(op), isLow);
      break;
    case BPF_JEQ:
      refineEqual(a, b, isLow);
      break;
    case BPF_JNE:
      if (isKnownScalar(b, isLow)) exclude(a, b.vh, b.vl, isLow);
      else if (isKnownScalar(a, isLow)) exclude(b, a.vh, a.vl, isLow);
      break;
    case BPF_JSET:
    case JSET_NOT_TAKEN:
      refineBits(a, b, op, isLow);
      break;
    default:
      refineOrdered(a, b, op, isLow);
  }
  derive32(a);
  derive64(a);
  derive32(b);
  derive64(b);
  syncArcs(a);
  syncArcs(b);
}

function refineEqual(a: Reg, b: Reg, isLow: boolean): void {
  if (isLow) {
    intersect32(a, a, b);
    put32(b, a.base32, a.span32);
    tnumMeetSubregs(a, b);
  } else {
    intersect64(a, a, b);
    put64(b, a.baseH, a.baseL, a.spanH, a.spanL);
    tnumMeet(a, b);
  }
}

/** The number is not the value: all others are an arc from the one above it to the one below. */
function exclude(reg: Reg, h: number, l: number, isLow: boolean): void {
  if (isLow) {
    put32(limit, l + 1, -2);
    intersect32(reg, reg, limit);
    return;
  }
  add(h, l, 0, 1);
  put64(limit, r.h, r.l, -1, -2);
  intersect64(reg, reg, limit);
}

/** `a < b` or `a <= b`, signed or unsigned. */
function refineOrdered(a: Reg, b: Reg, op: number, isLow: boolean): void {
  const strict = op === BPF_JLT || op === BPF_JSLT ? 1 : 0;
  const isUnsigned = op === BPF_JLT || op === BPF_JLE;
  if (!isUnsigned && op !== BPF_JSLT && op !== BPF_JSLE) return;
  if (isLow) {
    if (isUnsigned) {
      unsigned32(limit, 0, b.u32max - strict);
      intersect32(a, a, limit);
      derive32(a);
      unsigned32(limit, a.u32min + strict, -1);
    } else {
      signed32(limit, S32_MIN, (b.s32max - strict) | 0);
      intersect32(a, a, limit);
      derive32(a);
      signed32(limit, (a.s32min + strict) | 0, S32_MAX);
    }
    intersect32(b, b, limit);
  } else {
    if (isUnsigned) {
      sub(b.umaxH, b.umaxL, 0, strict);
      unsigned64(limit, 0, 0, r.h, r.l);
      intersect64(a, a, limit);
      derive64(a);
      add(a.uminH, a.uminL, 0, strict);
      unsigned64(limit, r.h, r.l, -1, -1);
    } else {
      sub(b.smaxH, b.smaxL, 0, strict);
      signed64(limit, S32_MIN, 0, r.h, r.l);
      intersect64(a, a, limit);
      derive64(a);
      add(a.sminH, a.sminL, 0, strict);
      signed64(limit, r.h, r.l, S32_MAX, -1);
    }
    intersect64(b, b, limit);
  }
}
