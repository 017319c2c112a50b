/**
 * Shifts by a known amount below the operand's width, of numbers of which ranges and some bits are known: what they make
 * of the destination's (`scalar_min_max_lsh()`, `_rsh()` and `_arsh()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { update32Bounds, updateBounds } from './bounds.js';
import { r, sar, shl, shr, ult } from './int64.js';
import {
  mark32Unbounded,
  mark64Unbounded,
  S32_MAX,
  S32_MIN,
  setSignedUnbounded,
  setUnsignedUnbounded,
} from './register.js';
import type { Reg } from './register.js';
import { newTnum, tnumArshift, tnumCast, tnumLshift, tnumRshift } from './tnum.js';

function lshRange32(dst: Reg, shift: number): void {
  dst.s32min = S32_MIN;
  dst.s32max = S32_MAX;
  if (shift > 31 || dst.u32max >>> 0 > 2 ** (31 - shift)) {
    dst.u32min = 0;
    dst.u32max = -1;
  } else {
    dst.u32min <<= shift;
    dst.u32max <<= shift;
  }
}

const low = newTnum();

export function lsh32(dst: Reg, shift: number): void {
  lshRange32(dst, shift);
  tnumCast(low, dst, 4);
  tnumLshift(low, low, shift);
  tnumCast(dst, low, 4);
  mark64Unbounded(dst);
  update32Bounds(dst);
}

export function lsh64(dst: Reg, shift: number): void {
  if (shift === 32) {
    dst.smaxH = dst.s32max;
    dst.smaxL = 0;
    dst.sminH = dst.s32min;
    dst.sminL = 0;
  } else {
    setSignedUnbounded(dst);
  }
  shl(0, 1, 63 - shift);
  if (ult(r.h, r.l, dst.umaxH, dst.umaxL)) {
    setUnsignedUnbounded(dst);
  } else {
    shl(dst.uminH, dst.uminL, shift);
    dst.uminH = r.h;
    dst.uminL = r.l;
    shl(dst.umaxH, dst.umaxL, shift);
    dst.umaxH = r.h;
    dst.umaxL = r.l;
  }
  lshRange32(dst, shift);
  tnumLshift(dst, dst, shift);
  updateBounds(dst);
}

export function rsh32(dst: Reg, shift: number): void {
  dst.s32min = S32_MIN;
  dst.s32max = S32_MAX;
  tnumCast(dst, dst, 4);
  tnumRshift(dst, dst, shift);
  dst.u32min = (dst.u32min >>> shift) | 0;
  dst.u32max = (dst.u32max >>> shift) | 0;
  mark64Unbounded(dst);
  update32Bounds(dst);
}

export function rsh64(dst: Reg, shift: number): void {
  setSignedUnbounded(dst);
  tnumRshift(dst, dst, shift);
  shr(dst.uminH, dst.uminL, shift);
  dst.uminH = r.h;
  dst.uminL = r.l;
  shr(dst.umaxH, dst.umaxL, shift);
  dst.umaxH = r.h;
  dst.umaxL = r.l;
  mark32Unbounded(dst);
  updateBounds(dst);
}

export function arsh32(dst: Reg, shift: number): void {
  dst.s32min >>= shift;
  dst.s32max >>= shift;
  tnumArshift(dst, dst, shift, true);
  dst.u32min = 0;
  dst.u32max = -1;
  mark64Unbounded(dst);
  update32Bounds(dst);
}

export function arsh64(dst: Reg, shift: number): void {
  sar(dst.sminH, dst.sminL, shift);
  dst.sminH = r.h;
  dst.sminL = r.l;
  sar(dst.smaxH, dst.smaxL, shift);
  dst.smaxH = r.h;
  dst.smaxL = r.l;
  tnumArshift(dst, dst, shift, false);
  setUnsignedUnbounded(dst);
  mark32Unbounded(dst);
  updateBounds(dst);
}
