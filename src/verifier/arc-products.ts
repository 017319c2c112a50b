/**
 * Ranges of products (`scalar_min_max_mul()` and `scalar32_min_max_mul()`, kernel/bpf/verifier.c, Linux 7.2). Products are
 * rare enough for BigInt.
 */
import { derive32, derive64, intersect32, intersect64, newArcs, signed32, signed64 } from './arc.js';
import { setUnsigned32, setUnsigned64 } from './arc-bounds.js';
import { mul, r } from './int64.js';
import { S32_MAX, S32_MIN } from './register.js';
import type { Reg } from './register.js';

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const S64_MAX = 0x7fff_ffff_ffff_ffffn;
const S64_MIN = -0x8000_0000_0000_0000n;
const U32_MAX = 0xffff_ffff;

const signed = newArcs();

/** The unsigned number of two words. */
export function unsignedOf(h: number, l: number): bigint {
  return (BigInt(h >>> 0) << 32n) | BigInt(l >>> 0);
}

/** The signed number of two words. */
export function signedOf(h: number, l: number): bigint {
  return (BigInt(h) << 32n) | BigInt(l >>> 0);
}

export function highOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}

export function lowOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

function least(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a < b ? a : b));
}

function most(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}

/** `dst` has its own old ranges. */
export function mulRange64(dst: Reg, src: Reg): void {
  const umax = unsignedOf(dst.umaxH, dst.umaxL) * unsignedOf(src.umaxH, src.umaxL);
  const ends = [signedOf(dst.sminH, dst.sminL), signedOf(dst.smaxH, dst.smaxL)];
  const others = [signedOf(src.sminH, src.sminL), signedOf(src.smaxH, src.smaxL)];
  const products = ends.flatMap((end) => others.map((other) => end * other));
  const smin = least(products);
  const smax = most(products);
  if (umax > U64_MAX) {
    setUnsigned64(dst, 0, 0, -1, -1);
  } else {
    mul(dst.uminH, dst.uminL, src.uminH, src.uminL);
    setUnsigned64(dst, r.h, r.l, highOf(umax), lowOf(umax));
  }
  if (smin < S64_MIN || smax > S64_MAX) signed64(signed, S32_MIN, 0, S32_MAX, -1);
  else signed64(signed, highOf(smin), lowOf(smin), highOf(smax), lowOf(smax));
  intersect64(dst, dst, signed);
  derive64(dst);
}

/** `dst` has its own old ranges. */
export function mulRange32(dst: Reg, src: Reg): void {
  const umax = (dst.u32max >>> 0) * (src.u32max >>> 0);
  const products = [
    dst.s32min * src.s32min,
    dst.s32min * src.s32max,
    dst.s32max * src.s32min,
    dst.s32max * src.s32max,
  ];
  const smin = Math.min(...products);
  const smax = Math.max(...products);
  if (umax > U32_MAX) setUnsigned32(dst, 0, -1);
  else setUnsigned32(dst, Math.imul(dst.u32min, src.u32min), umax | 0);
  if (smin < S32_MIN || smax > S32_MAX) signed32(signed, S32_MIN, S32_MAX);
  else signed32(signed, smin, smax);
  intersect32(dst, dst, signed);
  derive32(dst);
}
