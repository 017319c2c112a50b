/**
 * Ranges of quotients and remainders by a known divisor (`scalar_min_max_udiv()` and its like, kernel/bpf/verifier.c,
 * Linux 7.2). Divisions are rare enough for BigInt.
 */
import { setSigned32, setSigned64, setUnsigned32, setUnsigned64 } from './arc-bounds.js';
import { highOf, lowOf, signedOf, unsignedOf } from './arc-products.js';
import { mark32Unbounded, mark64Unbounded, S32_MAX, S32_MIN, setConstBounds } from './register.js';
import type { Reg } from './register.js';

const S64_MIN = -0x8000_0000_0000_0000n;
const S64_MAX = 0x7fff_ffff_ffff_ffffn;

function forgetBits(reg: Reg): void {
  reg.vh = 0;
  reg.vl = 0;
  reg.mh = -1;
  reg.ml = -1;
}

/** The result has the 32-bit range alone. */
function keep32(reg: Reg): void {
  mark64Unbounded(reg);
  forgetBits(reg);
}

/** The result has the 64-bit range alone. */
function keep64(reg: Reg): void {
  mark32Unbounded(reg);
  forgetBits(reg);
}

function setSigned(reg: Reg, min: bigint, max: bigint): void {
  setSigned64(reg, highOf(min), lowOf(min), highOf(max), lowOf(max));
}

function isZero(src: Reg, is32: boolean): boolean {
  return is32 ? src.u32min === 0 : (src.uminH | src.uminL) === 0;
}

/** `dst / src`; division by 0 gives 0. */
export function divideRange(dst: Reg, src: Reg, is32: boolean, isSigned: boolean): void {
  if (isZero(src, is32)) {
    setConstBounds(dst, 0, 0);
  } else if (is32) {
    if (isSigned) divideSigned32(dst, src.s32min);
    else setUnsigned32(dst, quotient32(dst.u32min, src.u32min), quotient32(dst.u32max, src.u32min));
    keep32(dst);
  } else {
    if (isSigned) {
      divideSigned64(dst, signedOf(src.sminH, src.sminL));
    } else {
      const divisor = unsignedOf(src.uminH, src.uminL);
      const min = unsignedOf(dst.uminH, dst.uminL) / divisor;
      const max = unsignedOf(dst.umaxH, dst.umaxL) / divisor;
      setUnsigned64(dst, highOf(min), lowOf(min), highOf(max), lowOf(max));
    }
    keep64(dst);
  }
}

function quotient32(value: number, divisor: number): number {
  return Math.floor((value >>> 0) / (divisor >>> 0));
}

function divideSigned32(dst: Reg, divisor: number): void {
  const { s32min, s32max } = dst;
  if (s32min === S32_MIN && divisor === -1) {
    setSigned32(dst, S32_MIN, s32max === S32_MIN ? S32_MIN : S32_MAX);
    return;
  }
  const one = Math.trunc(s32min / divisor);
  const other = Math.trunc(s32max / divisor);
  setSigned32(dst, Math.min(one, other), Math.max(one, other));
}

function divideSigned64(dst: Reg, divisor: bigint): void {
  const smin = signedOf(dst.sminH, dst.sminL);
  const smax = signedOf(dst.smaxH, dst.smaxL);
  if (smin === S64_MIN && divisor === -1n) {
    setSigned(dst, S64_MIN, smax === S64_MIN ? S64_MIN : S64_MAX);
    return;
  }
  const one = smin / divisor;
  const other = smax / divisor;
  setSigned(dst, one < other ? one : other, one < other ? other : one);
}

/** `dst % src`; the remainder by 0 is the number itself. */
export function remainderRange(dst: Reg, src: Reg, is32: boolean, isSigned: boolean): void {
  if (isZero(src, is32)) return;
  if (is32) {
    if (isSigned) remainderSigned32(dst, src.s32min);
    else remainder32(dst, (src.u32min >>> 0) - 1);
  } else if (isSigned) {
    remainderSigned64(dst, signedOf(src.sminH, src.sminL));
  } else {
    const largest = unsignedOf(src.uminH, src.uminL) - 1n;
    if (unsignedOf(dst.umaxH, dst.umaxL) <= largest) return;
    setUnsigned64(dst, 0, 0, highOf(largest), lowOf(largest));
    keep64(dst);
  }
}

function remainder32(dst: Reg, largest: number): void {
  if (dst.u32max >>> 0 <= largest) return;
  setUnsigned32(dst, 0, largest);
  keep32(dst);
}

function remainderSigned32(dst: Reg, divisor: number): void {
  // The smallest number's absolute value less 1 is the largest one.
  const largest = Math.abs(divisor) - 1;
  const { s32min, s32max } = dst;
  if (s32min >= -largest && s32max <= largest) return;
  if (s32min >= 0) setSigned32(dst, 0, Math.min(s32max, largest));
  else if (s32max <= 0) setSigned32(dst, Math.max(s32min, -largest), 0);
  else setSigned32(dst, -largest, largest);
  keep32(dst);
}

function remainderSigned64(dst: Reg, divisor: bigint): void {
  const largest = (divisor < 0n ? -divisor : divisor) - 1n;
  const smin = signedOf(dst.sminH, dst.sminL);
  const smax = signedOf(dst.smaxH, dst.smaxL);
  if (smin >= -largest && smax <= largest) return;
  if (smin >= 0n) setSigned(dst, 0n, smax < largest ? smax : largest);
  else if (smax <= 0n) setSigned(dst, smin > -largest ? smin : -largest, 0n);
  else setSigned(dst, -largest, largest);
  keep64(dst);
}
