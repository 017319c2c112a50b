/**
 * Arithmetic on numbers of which ranges and some bits are known: what each ALU operation makes of the destination's
 * (`adjust_scalar_min_max_vals()` and its `scalar_min_max_*` family, kernel/bpf/verifier.c, Linux 6.12). `src` is never
 * changed and must not be `dst`.
 */
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_LSH,
  BPF_MUL,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_XOR,
} from '../isa/opcodes.js';
import { syncBounds, updateBounds, zeroExtend } from './bounds.js';
import { mul32, r, saddOverflows, sle, ssubOverflows, sub, uaddOverflows, ult } from './int64.js';
import {
  mark32Known,
  mark32Unbounded,
  mark64Unbounded,
  markKnown,
  markUnknown,
  S32_MAX,
  S32_MIN,
  setSignedUnbounded,
  setUnsignedUnbounded,
} from './register.js';
import type { Reg } from './register.js';
import { arsh32, arsh64, lsh32, lsh64, rsh32, rsh64 } from './scalar-shifts.js';
import {
  tnumAdd,
  tnumAnd,
  tnumIsConst,
  tnumMul,
  tnumOr,
  tnumSub,
  tnumSubregIsConst,
  tnumXor,
} from './tnum.js';

/** Does the sum of signed 32-bit numbers fit? */
function fits32(value: number): boolean {
  return value === (value | 0);
}

export function add32(dst: Reg, src: Reg): void {
  const smin = dst.s32min + src.s32min;
  const smax = dst.s32max + src.s32max;
  if (fits32(smin) && fits32(smax)) {
    dst.s32min = smin | 0;
    dst.s32max = smax | 0;
  } else {
    dst.s32min = S32_MIN;
    dst.s32max = S32_MAX;
  }
  const umin = (dst.u32min >>> 0) + (src.u32min >>> 0);
  const umax = (dst.u32max >>> 0) + (src.u32max >>> 0);
  if (umin < 0x1_0000_0000 && umax < 0x1_0000_0000) {
    dst.u32min = umin | 0;
    dst.u32max = umax | 0;
  } else {
    dst.u32min = 0;
    dst.u32max = -1;
  }
}

export function add64(dst: Reg, src: Reg): void {
  let overflow = saddOverflows(dst.sminH, dst.sminL, src.sminH, src.sminL);
  dst.sminH = r.h;
  dst.sminL = r.l;
  overflow = saddOverflows(dst.smaxH, dst.smaxL, src.smaxH, src.smaxL) || overflow;
  dst.smaxH = r.h;
  dst.smaxL = r.l;
  if (overflow) setSignedUnbounded(dst);
  overflow = uaddOverflows(dst.uminH, dst.uminL, src.uminH, src.uminL);
  dst.uminH = r.h;
  dst.uminL = r.l;
  overflow = uaddOverflows(dst.umaxH, dst.umaxL, src.umaxH, src.umaxL) || overflow;
  dst.umaxH = r.h;
  dst.umaxL = r.l;
  if (overflow) setUnsignedUnbounded(dst);
}

function sub32(dst: Reg, src: Reg): void {
  const smin = dst.s32min - src.s32max;
  const smax = dst.s32max - src.s32min;
  if (fits32(smin) && fits32(smax)) {
    dst.s32min = smin | 0;
    dst.s32max = smax | 0;
  } else {
    dst.s32min = S32_MIN;
    dst.s32max = S32_MAX;
  }
  if (dst.u32min >>> 0 < src.u32max >>> 0) {
    dst.u32min = 0;
    dst.u32max = -1;
  } else {
    dst.u32min = (dst.u32min - src.u32max) | 0;
    dst.u32max = (dst.u32max - src.u32min) | 0;
  }
}

function sub64(dst: Reg, src: Reg): void {
  let overflow = ssubOverflows(dst.sminH, dst.sminL, src.smaxH, src.smaxL);
  dst.sminH = r.h;
  dst.sminL = r.l;
  overflow = ssubOverflows(dst.smaxH, dst.smaxL, src.sminH, src.sminL) || overflow;
  dst.smaxH = r.h;
  dst.smaxL = r.l;
  if (overflow) setSignedUnbounded(dst);
  if (ult(dst.uminH, dst.uminL, src.umaxH, src.umaxL)) {
    setUnsignedUnbounded(dst);
  } else {
    sub(dst.uminH, dst.uminL, src.umaxH, src.umaxL);
    dst.uminH = r.h;
    dst.uminL = r.l;
    sub(dst.umaxH, dst.umaxL, src.uminH, src.uminL);
    dst.umaxH = r.h;
    dst.umaxL = r.l;
  }
}

function mulRange32(dst: Reg, src: Reg): void {
  if (src.s32min < 0 || dst.s32min < 0 || src.u32max >>> 0 > 0xffff || dst.u32max >>> 0 > 0xffff) {
    mark32Unbounded(dst);
    return;
  }
  dst.u32min = Math.imul(dst.u32min, src.u32min);
  dst.u32max = Math.imul(dst.u32max, src.u32max);
  if (dst.u32max < 0) {
    dst.s32min = S32_MIN;
    dst.s32max = S32_MAX;
  } else {
    dst.s32min = dst.u32min;
    dst.s32max = dst.u32max;
  }
}

function mulRange64(dst: Reg, src: Reg): void {
  if (src.sminH < 0 || dst.sminH < 0 || src.umaxH !== 0 || dst.umaxH !== 0) {
    mark64Unbounded(dst);
    return;
  }
  mul32(dst.uminL, src.uminL);
  dst.uminH = r.h;
  dst.uminL = r.l;
  mul32(dst.umaxL, src.umaxL);
  dst.umaxH = r.h;
  dst.umaxL = r.l;
  if (dst.umaxH < 0) setSignedUnbounded(dst);
  else signedFromUnsigned64(dst);
}

/** Makes the signed range the unsigned one. */
export function signedFromUnsigned64(dst: Reg): void {
  dst.sminH = dst.uminH;
  dst.sminL = dst.uminL;
  dst.smaxH = dst.umaxH;
  dst.smaxL = dst.umaxL;
}

/** Signed ranges of a bit operation: the unsigned ones when those do not cross the sign. */
function signedOfBits64(dst: Reg): void {
  if (sle(dst.uminH, dst.uminL, dst.umaxH, dst.umaxL)) signedFromUnsigned64(dst);
  else setSignedUnbounded(dst);
}

function signedOfBits32(dst: Reg): void {
  if (dst.u32min <= dst.u32max) {
    dst.s32min = dst.u32min;
    dst.s32max = dst.u32max;
  } else {
    dst.s32min = S32_MIN;
    dst.s32max = S32_MAX;
  }
}

/** Bit operations, after the tristate numbers were combined: `dst` has the result's bits and its own old ranges. */
function andRanges(dst: Reg, src: Reg): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.vl);
  } else {
    dst.u32min = dst.vl;
    if (src.u32max >>> 0 < dst.u32max >>> 0) dst.u32max = src.u32max;
    signedOfBits32(dst);
  }
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.vh, dst.vl);
    return;
  }
  dst.uminH = dst.vh;
  dst.uminL = dst.vl;
  if (ult(src.umaxH, src.umaxL, dst.umaxH, dst.umaxL)) {
    dst.umaxH = src.umaxH;
    dst.umaxL = src.umaxL;
  }
  signedOfBits64(dst);
  updateBounds(dst);
}

function orRanges(dst: Reg, src: Reg): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.vl);
  } else {
    if (src.u32min >>> 0 > dst.u32min >>> 0) dst.u32min = src.u32min;
    dst.u32max = dst.vl | dst.ml;
    signedOfBits32(dst);
  }
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.vh, dst.vl);
    return;
  }
  if (ult(dst.uminH, dst.uminL, src.uminH, src.uminL)) {
    dst.uminH = src.uminH;
    dst.uminL = src.uminL;
  }
  dst.umaxH = dst.vh | dst.mh;
  dst.umaxL = dst.vl | dst.ml;
  signedOfBits64(dst);
  updateBounds(dst);
}

function xorRanges(dst: Reg, src: Reg): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.vl);
  } else {
    dst.u32min = dst.vl;
    dst.u32max = dst.vl | dst.ml;
    signedOfBits32(dst);
  }
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.vh, dst.vl);
    return;
  }
  dst.uminH = dst.vh;
  dst.uminL = dst.vl;
  dst.umaxH = dst.vh | dst.mh;
  dst.umaxL = dst.vl | dst.ml;
  signedOfBits64(dst);
  updateBounds(dst);
}

/** Shifts are computed by a known amount below the operand's width only; division and the like never. */
function isComputable(op: number, is32: boolean, src: Reg): boolean {
  switch (op) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_AND:
    case BPF_XOR:
    case BPF_OR:
    case BPF_MUL:
      return true;
    case BPF_LSH:
    case BPF_RSH:
    case BPF_ARSH: {
      const known = is32
        ? tnumSubregIsConst(src) && src.s32min === src.s32max && src.u32min === src.u32max
        : tnumIsConst(src) &&
          src.sminH === src.smaxH &&
          src.sminL === src.smaxL &&
          src.uminH === src.umaxH &&
          src.uminL === src.umaxL;
      return known && src.umaxH === 0 && src.umaxL >>> 0 < (is32 ? 32 : 64);
    }
    default:
      return false;
  }
}

/** The known bits of a bit operation's result. */
export function combineBits(op: number, dst: Reg, src: Reg): void {
  if (op === BPF_AND) tnumAnd(dst, dst, src);
  else if (op === BPF_OR) tnumOr(dst, dst, src);
  else tnumXor(dst, dst, src);
}

/** Ranges and known bits of `dst op src` before they are brought in step; shifts are by a known amount. */
export function computeRanges(op: number, is32: boolean, dst: Reg, src: Reg): void {
  switch (op) {
    case BPF_ADD:
      add32(dst, src);
      add64(dst, src);
      tnumAdd(dst, dst, src);
      break;
    case BPF_SUB:
      sub32(dst, src);
      sub64(dst, src);
      tnumSub(dst, dst, src);
      break;
    case BPF_MUL:
      tnumMul(dst, dst, src);
      mulRange32(dst, src);
      mulRange64(dst, src);
      break;
    case BPF_AND:
      combineBits(op, dst, src);
      andRanges(dst, src);
      break;
    case BPF_OR:
      combineBits(op, dst, src);
      orRanges(dst, src);
      break;
    case BPF_XOR:
      combineBits(op, dst, src);
      xorRanges(dst, src);
      break;
    case BPF_LSH:
      if (is32) lsh32(dst, src.u32min);
      else lsh64(dst, src.uminL);
      break;
    case BPF_RSH:
      if (is32) rsh32(dst, src.u32min);
      else rsh64(dst, src.uminL);
      break;
    default:
      if (is32) arsh32(dst, src.u32min);
      else arsh64(dst, src.uminL);
  }
}

/** `dst = dst op src` on numbers; `op` is one of `BPF_ADD`… of ALU, of 32 or 64 bits. Mutates `dst` only. */
export function applyScalarOp(op: number, is32: boolean, dst: Reg, src: Reg): void {
  if (!isComputable(op, is32, src)) {
    markUnknown(dst);
    return;
  }
  computeRanges(op, is32, dst, src);
  if (is32) zeroExtend(dst);
  syncBounds(dst);
}
