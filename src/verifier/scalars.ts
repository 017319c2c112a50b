/**
 * Arithmetic on numbers of which ranges and some bits are known: what each ALU operation makes of the destination's
 * (`adjust_scalar_min_max_vals()` and its `scalar_min_max_*` family, kernel/bpf/verifier.c, Linux 6.12). `src` is never
 * changed and must not be `dst`.
 */
import { BPF_ADD, BPF_AND, BPF_LSH, BPF_MUL, BPF_OR, BPF_RSH, BPF_SUB, BPF_XOR } from '../isa/opcodes.js';
import { combineBits, unsignedOfBits32, unsignedOfBits64 } from './bit-operations.js';
import { syncBounds, updateBounds, zeroExtend } from './bounds.js';
import { isComputable } from './computable.js';
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
import { tnumAdd, tnumIsConst, tnumMul, tnumSub, tnumSubregIsConst } from './tnum.js';

/** The signed 32-bit range between two numbers; all where one of them does not fit. */
function putSigned32(dst: Reg, min: number, max: number): void {
  const fits = min === (min | 0) && max === (max | 0);
  dst.s32min = fits ? min | 0 : S32_MIN;
  dst.s32max = fits ? max | 0 : S32_MAX;
}

function add32(dst: Reg, src: Reg): void {
  putSigned32(dst, dst.s32min + src.s32min, dst.s32max + src.s32max);
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

/** Of the 64-bit ranges: `out = a + b`. `out` may be one of the operands. */
export function addRanges64(out: Reg, a: Reg, b: Reg): void {
  let overflow = saddOverflows(a.sminH, a.sminL, b.sminH, b.sminL);
  out.sminH = r.h;
  out.sminL = r.l;
  overflow = saddOverflows(a.smaxH, a.smaxL, b.smaxH, b.smaxL) || overflow;
  out.smaxH = r.h;
  out.smaxL = r.l;
  if (overflow) setSignedUnbounded(out);
  overflow = uaddOverflows(a.uminH, a.uminL, b.uminH, b.uminL);
  out.uminH = r.h;
  out.uminL = r.l;
  overflow = uaddOverflows(a.umaxH, a.umaxL, b.umaxH, b.umaxL) || overflow;
  out.umaxH = r.h;
  out.umaxL = r.l;
  if (overflow) setUnsignedUnbounded(out);
}

/** Adds a number to all ranges and to the known bits. */
export function addRanges(dst: Reg, src: Reg): void {
  add32(dst, src);
  addRanges64(dst, dst, src);
  tnumAdd(dst, dst, src);
}

function sub32(dst: Reg, src: Reg): void {
  putSigned32(dst, dst.s32min - src.s32max, dst.s32max - src.s32min);
  if (dst.u32min >>> 0 < src.u32max >>> 0) {
    dst.u32min = 0;
    dst.u32max = -1;
  } else {
    dst.u32min = (dst.u32min - src.u32max) | 0;
    dst.u32max = (dst.u32max - src.u32min) | 0;
  }
}

/** Of the 64-bit ranges: `out = a - b`. `out` may be `a`. */
export function subRanges64(out: Reg, a: Reg, b: Reg): void {
  let overflow = ssubOverflows(a.sminH, a.sminL, b.smaxH, b.smaxL);
  out.sminH = r.h;
  out.sminL = r.l;
  overflow = ssubOverflows(a.smaxH, a.smaxL, b.sminH, b.sminL) || overflow;
  out.smaxH = r.h;
  out.smaxL = r.l;
  if (overflow) setSignedUnbounded(out);
  if (ult(a.uminH, a.uminL, b.umaxH, b.umaxL)) {
    setUnsignedUnbounded(out);
  } else {
    sub(a.uminH, a.uminL, b.umaxH, b.umaxL);
    out.uminH = r.h;
    out.uminL = r.l;
    sub(a.umaxH, a.umaxL, b.uminH, b.uminL);
    out.umaxH = r.h;
    out.umaxL = r.l;
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

/** Ranges of a bit operation, after the tristate numbers were combined. */
function bitRanges(op: number, dst: Reg, src: Reg): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.vl);
  } else {
    unsignedOfBits32(op, dst, src);
    signedOfBits32(dst);
  }
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.vh, dst.vl);
    return;
  }
  unsignedOfBits64(op, dst, src);
  signedOfBits64(dst);
  updateBounds(dst);
}

/** Ranges and known bits of `dst op src` before they are brought in step; shifts are by a known amount. */
export function computeRanges(op: number, is32: boolean, dst: Reg, src: Reg): void {
  switch (op) {
    case BPF_ADD:
      addRanges(dst, src);
      break;
    case BPF_SUB:
      sub32(dst, src);
      subRanges64(dst, dst, src);
      tnumSub(dst, dst, src);
      break;
    case BPF_MUL:
      tnumMul(dst, dst, src);
      mulRange32(dst, src);
      mulRange64(dst, src);
      break;
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      combineBits(op, dst, src);
      bitRanges(op, dst, src);
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
