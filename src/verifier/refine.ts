/**
 * What a conditional jump between numbers tells about both, on the side taken and on the other
 * (`regs_refine_cond_op()`, `reg_set_min_max()`, kernel/bpf/verifier.c, Linux 6.12).
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
import { JSET_NOT_TAKEN, refineBits } from './bit-tests.js';
import { dropContradictions, lowerSmax, lowerUmax, raiseSmin, raiseUmin, syncBounds } from './bounds.js';
import { flipped, isKnownScalar } from './branch-taken.js';
import { add, r, sub } from './int64.js';
import { SCALAR_VALUE } from './reg-types.js';
import type { Reg } from './register.js';
import { tnumMeet, tnumMeetSubregs } from './tnum.js';

/** The comparison that holds when `op` does not. */
export function reversed(op: number): number {
  switch (op) {
    case BPF_JEQ:
      return BPF_JNE;
    case BPF_JNE:
      return BPF_JEQ;
    case BPF_JSET:
      return JSET_NOT_TAKEN;
    case BPF_JGE:
      return BPF_JLT;
    case BPF_JGT:
      return BPF_JLE;
    case BPF_JLE:
      return BPF_JGT;
    case BPF_JLT:
      return BPF_JGE;
    case BPF_JSGE:
      return BPF_JSLT;
    case BPF_JSGT:
      return BPF_JSLE;
    case BPF_JSLE:
      return BPF_JSGT;
    default:
      return BPF_JSGE;
  }
}

/**
 * Narrows the operands of `if a op b`, given apart for the side where the jump is taken and the one where it is not.
 * Nothing happens when one is no number. A register may be given as both operands.
 */
export function refineBranch(taken1: Reg, taken2: Reg, not1: Reg, not2: Reg, op: number, low: boolean): void {
  if (not1.type !== SCALAR_VALUE || not2.type !== SCALAR_VALUE) return;
  refine(not1, not2, reversed(op), low);
  syncBounds(not1);
  syncBounds(not2);
  refine(taken1, taken2, op, low);
  syncBounds(taken1);
  syncBounds(taken2);
  dropContradictions(taken1);
  dropContradictions(taken2);
  dropContradictions(not1);
  dropContradictions(not2);
}

/** Narrows both by the fact that `a op b` holds. */
function refine(a: Reg, b: Reg, op: number, low: boolean): void {
  switch (op) {
    case BPF_JGE:
    case BPF_JGT:
    case BPF_JSGE:
    case BPF_JSGT:
      refineOrdered(b, a, flipped(op), low);
      break;
    case BPF_JEQ:
      if (low) refineEqual32(a, b);
      else refineEqual64(a, b);
      break;
    case BPF_JNE:
      if (isKnownScalar(b, low)) exclude(a, b.vh, b.vl, low);
      else if (isKnownScalar(a, low)) exclude(b, a.vh, a.vl, low);
      break;
    case BPF_JSET:
    case JSET_NOT_TAKEN:
      refineBits(a, b, op, low);
      break;
    default:
      refineOrdered(a, b, op, low);
  }
}

function refineEqual32(a: Reg, b: Reg): void {
  if (b.u32min >>> 0 > a.u32min >>> 0) a.u32min = b.u32min;
  if (b.u32max >>> 0 < a.u32max >>> 0) a.u32max = b.u32max;
  a.s32min = Math.max(a.s32min, b.s32min);
  a.s32max = Math.min(a.s32max, b.s32max);
  b.u32min = a.u32min;
  b.u32max = a.u32max;
  b.s32min = a.s32min;
  b.s32max = a.s32max;
  tnumMeetSubregs(a, b);
}

/** Narrows both to what they have in common. */
export function refineEqual64(a: Reg, b: Reg): void {
  raiseUmin(a, b.uminH, b.uminL);
  lowerUmax(a, b.umaxH, b.umaxL);
  raiseSmin(a, b.sminH, b.sminL);
  lowerSmax(a, b.smaxH, b.smaxL);
  b.uminH = a.uminH;
  b.uminL = a.uminL;
  b.umaxH = a.umaxH;
  b.umaxL = a.umaxL;
  b.sminH = a.sminH;
  b.sminL = a.sminL;
  b.smaxH = a.smaxH;
  b.smaxL = a.smaxL;
  tnumMeet(a, b);
}

/** The number is not the value: that ends ranges which begin or end with it. */
function exclude(reg: Reg, h: number, l: number, low: boolean): void {
  if (low) {
    if (reg.u32min === l) reg.u32min = (reg.u32min + 1) | 0;
    if (reg.u32max === l) reg.u32max = (reg.u32max - 1) | 0;
    if (reg.s32min === l) reg.s32min = (reg.s32min + 1) | 0;
    if (reg.s32max === l) reg.s32max = (reg.s32max - 1) | 0;
    return;
  }
  if (reg.uminH === h && reg.uminL === l) {
    add(h, l, 0, 1);
    reg.uminH = r.h;
    reg.uminL = r.l;
  }
  if (reg.umaxH === h && reg.umaxL === l) {
    sub(h, l, 0, 1);
    reg.umaxH = r.h;
    reg.umaxL = r.l;
  }
  if (reg.sminH === h && reg.sminL === l) {
    add(h, l, 0, 1);
    reg.sminH = r.h;
    reg.sminL = r.l;
  }
  if (reg.smaxH === h && reg.smaxL === l) {
    sub(h, l, 0, 1);
    reg.smaxH = r.h;
    reg.smaxL = r.l;
  }
}

/** `a < b` or `a <= b`, signed or unsigned. */
function refineOrdered(a: Reg, b: Reg, op: number, low: boolean): void {
  const strict = op === BPF_JLT || op === BPF_JSLT ? 1 : 0;
  if (op === BPF_JLT || op === BPF_JLE) {
    if (low) refineUnsigned32(a, b, strict);
    else refineUnsigned64(a, b, strict);
  } else if (op === BPF_JSLT || op === BPF_JSLE) {
    if (low) refineSigned32(a, b, strict);
    else refineSigned64(a, b, strict);
  }
}

/** `a + strict <= b`; `strict` is 0 or 1. */
function refineUnsigned64(a: Reg, b: Reg, strict: number): void {
  sub(b.umaxH, b.umaxL, 0, strict);
  lowerUmax(a, r.h, r.l);
  add(a.uminH, a.uminL, 0, strict);
  raiseUmin(b, r.h, r.l);
}

function refineSigned64(a: Reg, b: Reg, strict: number): void {
  sub(b.smaxH, b.smaxL, 0, strict);
  lowerSmax(a, r.h, r.l);
  add(a.sminH, a.sminL, 0, strict);
  raiseSmin(b, r.h, r.l);
}

function refineUnsigned32(a: Reg, b: Reg, strict: number): void {
  const most = (b.u32max - strict) | 0;
  if (most >>> 0 < a.u32max >>> 0) a.u32max = most;
  const least = (a.u32min + strict) | 0;
  if (least >>> 0 > b.u32min >>> 0) b.u32min = least;
}

function refineSigned32(a: Reg, b: Reg, strict: number): void {
  const most = (b.s32max - strict) | 0;
  if (most < a.s32max) a.s32max = most;
  const least = (a.s32min + strict) | 0;
  if (least > b.s32min) b.s32min = least;
}
