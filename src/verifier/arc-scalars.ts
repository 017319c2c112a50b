/**
 * Arithmetic on numbers of which arcs and some bits are known (`adjust_scalar_min_max_vals()` and its `scalar_min_max_*`
 * family, kernel/bpf/verifier.c, Linux 7.2). `src` is never changed and must not be `dst`.
 */
import {
  BPF_ADD,
  BPF_AND,
  BPF_DIV,
  BPF_LSH,
  BPF_MOD,
  BPF_MUL,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_XOR,
} from '../isa/opcodes.js';
import {
  add32,
  add64,
  derive32,
  derive64,
  intersect64,
  negate32,
  negate64,
  newArcs,
  signed64,
  unsigned64,
} from './arc.js';
import {
  coerceArcs,
  setSigned32,
  setSigned64,
  setUnsigned32,
  setUnsigned64,
  syncArcs,
  updateArc32,
  updateArcs,
  zeroExtendArcs,
} from './arc-bounds.js';
import { combineBits, unsignedOfBits32, unsignedOfBits64 } from './bit-operations.js';
import { isComputable, isOneNumber } from './computable.js';
import { divideRange, remainderRange } from './arc-division.js';
import { mulRange32, mulRange64 } from './arc-products.js';
import { r, sar, shl, shr, ult } from './int64.js';
import {
  clearScalarId,
  copyReg,
  mark32Known,
  mark32Unbounded,
  mark64Unbounded,
  markKnown,
  markUnbounded,
  markUnknown,
  Reg,
} from './register.js';
import {
  newTnum,
  tnumAdd,
  tnumArshift,
  tnumCast,
  tnumIsConst,
  tnumLshift,
  tnumMulByUnion,
  tnumRshift,
  tnumSub,
  tnumSubregIsConst,
  tnumSwapBytes,
} from './tnum.js';

const negative = newArcs();
const signed = newArcs();
const low = newTnum();
const before = new Reg();

/** Adds a number to both arcs and to the known bits. */
export function addArcs(dst: Reg, src: Reg): void {
  add32(dst, dst, src);
  add64(dst, dst, src);
  tnumAdd(dst, dst, src);
  derive32(dst);
  derive64(dst);
}

function subArcs(dst: Reg, src: Reg): void {
  negate32(negative, src);
  add32(dst, dst, negative);
  negate64(negative, src);
  add64(dst, dst, negative);
  tnumSub(dst, dst, src);
  derive32(dst);
  derive64(dst);
}

/** Of the 64-bit arc of a pointer's offset and the known bits: `dst = ptr + off` or `ptr - off`. */
export function moveByArc(dst: Reg, ptr: Reg, off: Reg, subtract: boolean): void {
  if (subtract) {
    negate64(negative, off);
    add64(dst, ptr, negative);
    tnumSub(dst, ptr, off);
  } else {
    add64(dst, ptr, off);
    tnumAdd(dst, ptr, off);
  }
  derive64(dst);
}

/** Arcs of a bit operation, after the tristate numbers were combined. */
function bitArcs(op: number, dst: Reg, src: Reg): void {
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.vl);
  } else {
    unsignedOfBits32(op, dst, src);
    setUnsigned32(dst, dst.u32min, dst.u32max);
  }
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.vh, dst.vl);
    return;
  }
  unsignedOfBits64(op, dst, src);
  setUnsigned64(dst, dst.uminH, dst.uminL, dst.umaxH, dst.umaxL);
  // `scalar_min_max_xor()` leaves out what the other two do.
  if (op !== BPF_XOR) updateArcs(dst);
}

function lshArc32(dst: Reg, shift: number): void {
  if (shift > 31 || dst.u32max >>> 0 > 2 ** (31 - shift)) setUnsigned32(dst, 0, -1);
  else setUnsigned32(dst, dst.u32min << shift, dst.u32max << shift);
}

function lsh32(dst: Reg, shift: number): void {
  lshArc32(dst, shift);
  tnumCast(low, dst, 4);
  tnumLshift(low, low, shift);
  tnumCast(dst, low, 4);
  mark64Unbounded(dst);
  updateArc32(dst);
}

function lsh64(dst: Reg, shift: number): void {
  if (shift === 32) signed64(signed, dst.s32min, 0, dst.s32max, 0);
  else unsigned64(signed, 0, 0, -1, -1);
  shl(0, 1, 63 - shift);
  if (ult(r.h, r.l, dst.umaxH, dst.umaxL)) {
    unsigned64(dst, 0, 0, -1, -1);
  } else {
    shl(dst.uminH, dst.uminL, shift);
    const { h, l } = r;
    shl(dst.umaxH, dst.umaxL, shift);
    unsigned64(dst, h, l, r.h, r.l);
  }
  intersect64(dst, dst, signed);
  derive64(dst);
  lshArc32(dst, shift);
  tnumLshift(dst, dst, shift);
  updateArcs(dst);
}

function rsh32(dst: Reg, shift: number): void {
  tnumCast(dst, dst, 4);
  tnumRshift(dst, dst, shift);
  setUnsigned32(dst, dst.u32min >>> shift, dst.u32max >>> shift);
  mark64Unbounded(dst);
  updateArc32(dst);
}

function rsh64(dst: Reg, shift: number): void {
  tnumRshift(dst, dst, shift);
  shr(dst.uminH, dst.uminL, shift);
  const { h, l } = r;
  shr(dst.umaxH, dst.umaxL, shift);
  setUnsigned64(dst, h, l, r.h, r.l);
  mark32Unbounded(dst);
  updateArcs(dst);
}

function arsh32(dst: Reg, shift: number): void {
  setSigned32(dst, dst.s32min >> shift, dst.s32max >> shift);
  tnumArshift(dst, dst, shift, true);
  mark64Unbounded(dst);
  updateArc32(dst);
}

function arsh64(dst: Reg, shift: number): void {
  sar(dst.sminH, dst.sminL, shift);
  const { h, l } = r;
  sar(dst.smaxH, dst.smaxL, shift);
  setSigned64(dst, h, l, r.h, r.l);
  tnumArshift(dst, dst, shift, false);
  mark32Unbounded(dst);
  updateArcs(dst);
}

/** `dst = dst op src` on numbers, of 32 or 64 bits; `isSigned`: the signed forms of division. Mutates `dst` only. */
export function applyArcOp(op: number, is32: boolean, isSigned: boolean, dst: Reg, src: Reg): void {
  const isDivision = op === BPF_DIV || op === BPF_MOD;
  if (!(isDivision ? isOneNumber(src, is32) : isComputable(op, is32, src))) {
    markUnknown(dst);
    return;
  }
  switch (op) {
    case BPF_ADD:
      addArcs(dst, src);
      break;
    case BPF_SUB:
      subArcs(dst, src);
      break;
    case BPF_MUL:
      tnumMulByUnion(dst, dst, src);
      mulRange32(dst, src);
      mulRange64(dst, src);
      break;
    case BPF_DIV:
      divideRange(dst, src, is32, isSigned);
      break;
    case BPF_MOD:
      remainderRange(dst, src, is32, isSigned);
      break;
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      combineBits(op, dst, src);
      bitArcs(op, dst, src);
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
  if (is32) zeroExtendArcs(dst);
  syncArcs(dst);
}

/** `dst = -dst`. */
export function negateArcs(dst: Reg, is32: boolean): void {
  copyReg(before, dst);
  markKnown(dst, 0, 0);
  subArcs(dst, before);
  if (is32) zeroExtendArcs(dst);
  syncArcs(dst);
}

/** The low `bits` of a number, in reverse byte order if `swaps`; the others become 0 (`scalar_byte_swap`). */
export function swapArcs(dst: Reg, bits: number, swaps: boolean): void {
  if (swaps || bits < 64) clearScalarId(dst);
  if (swaps) {
    tnumSwapBytes(dst, dst, bits / 8);
    markUnbounded(dst);
  }
  if (bits < 64) coerceArcs(dst, bits / 8);
  syncArcs(dst);
}
