/**
 * Tristate numbers: of each of 64 bits it is known to be 0, known to be 1, or unknown. `mask` has the unknown bits,
 * `value` the known ones; no bit is in both. The domain of kernel/bpf/tnum.c, Linux 6.12.
 *
 * Operations write their result into `out`, which may be one of the operands.
 */
import { add, bitLength, mul, r, sar, shl, shr, sub, ule, ult } from './int64.js';

/** A tristate number in 32-bit words, as in int64.ts. */
export interface Tnum {
  /** Value, high and low word. */
  vh: number;
  vl: number;
  /** Mask, high and low word. */
  mh: number;
  ml: number;
}

/** A new tristate number of known value 0. */
export function newTnum(): Tnum {
  return { vh: 0, vl: 0, mh: 0, ml: 0 };
}

function put(out: Tnum, vh: number, vl: number, mh: number, ml: number): void {
  out.vh = vh;
  out.vl = vl;
  out.mh = mh;
  out.ml = ml;
}

export function tnumConst(out: Tnum, h: number, l: number): void {
  put(out, h, l, 0, 0);
}

export function tnumIsConst(a: Tnum): boolean {
  return (a.mh | a.ml) === 0;
}

/** Is the low half known? */
export function tnumSubregIsConst(a: Tnum): boolean {
  return a.ml === 0;
}

export function tnumIsUnknown(a: Tnum): boolean {
  return (a.mh & a.ml) === -1;
}

/** The smallest tristate number that holds all unsigned numbers from min to max. */
export function tnumRange(out: Tnum, minH: number, minL: number, maxH: number, maxL: number): void {
  const chiH = minH ^ maxH;
  if (chiH < 0) {
    put(out, 0, 0, -1, -1);
    return;
  }
  if (chiH !== 0) {
    const deltaH = (1 << (32 - Math.clz32(chiH))) - 1;
    put(out, minH & ~deltaH, 0, deltaH, -1);
    return;
  }
  const chiL = minL ^ maxL;
  const deltaL = chiL < 0 ? -1 : (1 << (32 - Math.clz32(chiL))) - 1;
  put(out, minH, minL & ~deltaL, 0, deltaL);
}

export function tnumLshift(out: Tnum, a: Tnum, shift: number): void {
  const { mh, ml } = a;
  shl(a.vh, a.vl, shift);
  out.vh = r.h;
  out.vl = r.l;
  shl(mh, ml, shift);
  out.mh = r.h;
  out.ml = r.l;
}

export function tnumRshift(out: Tnum, a: Tnum, shift: number): void {
  const { mh, ml } = a;
  shr(a.vh, a.vl, shift);
  out.vh = r.h;
  out.vl = r.l;
  shr(mh, ml, shift);
  out.mh = r.h;
  out.ml = r.l;
}

/** Arithmetic shift right of 64 bits, or of the low half alone: then the high half of the result is 0. */
export function tnumArshift(out: Tnum, a: Tnum, shift: number, is32: boolean): void {
  if (is32) {
    put(out, 0, a.vl >> shift, 0, a.ml >> shift);
    return;
  }
  const { mh, ml } = a;
  sar(a.vh, a.vl, shift);
  out.vh = r.h;
  out.vl = r.l;
  sar(mh, ml, shift);
  out.mh = r.h;
  out.ml = r.l;
}

export function tnumAdd(out: Tnum, a: Tnum, b: Tnum): void {
  add(a.vh, a.vl, b.vh, b.vl);
  const svH = r.h;
  const svL = r.l;
  const anyH = a.mh | b.mh;
  const anyL = a.ml | b.ml;
  add(a.mh, a.ml, b.mh, b.ml);
  add(r.h, r.l, svH, svL);
  const muH = (r.h ^ svH) | anyH;
  const muL = (r.l ^ svL) | anyL;
  put(out, svH & ~muH, svL & ~muL, muH, muL);
}

export function tnumSub(out: Tnum, a: Tnum, b: Tnum): void {
  sub(a.vh, a.vl, b.vh, b.vl);
  const dvH = r.h;
  const dvL = r.l;
  add(dvH, dvL, a.mh, a.ml);
  const alphaH = r.h;
  const alphaL = r.l;
  sub(dvH, dvL, b.mh, b.ml);
  const muH = (alphaH ^ r.h) | a.mh | b.mh;
  const muL = (alphaL ^ r.l) | a.ml | b.ml;
  put(out, dvH & ~muH, dvL & ~muL, muH, muL);
}

export function tnumAnd(out: Tnum, a: Tnum, b: Tnum): void {
  const vh = a.vh & b.vh;
  const vl = a.vl & b.vl;
  put(out, vh, vl, (a.vh | a.mh) & (b.vh | b.mh) & ~vh, (a.vl | a.ml) & (b.vl | b.ml) & ~vl);
}

export function tnumOr(out: Tnum, a: Tnum, b: Tnum): void {
  const vh = a.vh | b.vh;
  const vl = a.vl | b.vl;
  put(out, vh, vl, (a.mh | b.mh) & ~vh, (a.ml | b.ml) & ~vl);
}

export function tnumXor(out: Tnum, a: Tnum, b: Tnum): void {
  const mh = a.mh | b.mh;
  const ml = a.ml | b.ml;
  put(out, (a.vh ^ b.vh) & ~mh, (a.vl ^ b.vl) & ~ml, mh, ml);
}

const multiplier = newTnum();
const multiplicand = newTnum();
const partial = newTnum();
const product = newTnum();

/** Long multiplication with an unknown bit of the multiplier adding an unknown partial product. */
export function tnumMul(out: Tnum, a: Tnum, b: Tnum): void {
  mul(a.vh, a.vl, b.vh, b.vl);
  const accH = r.h;
  const accL = r.l;
  put(multiplier, a.vh, a.vl, a.mh, a.ml);
  put(multiplicand, b.vh, b.vl, b.mh, b.ml);
  put(product, 0, 0, 0, 0);
  while ((multiplier.vh | multiplier.vl | multiplier.mh | multiplier.ml) !== 0) {
    if ((multiplier.vl & 1) !== 0) {
      put(partial, 0, 0, multiplicand.mh, multiplicand.ml);
      tnumAdd(product, product, partial);
    } else if ((multiplier.ml & 1) !== 0) {
      put(partial, 0, 0, multiplicand.vh | multiplicand.mh, multiplicand.vl | multiplicand.ml);
      tnumAdd(product, product, partial);
    }
    tnumRshift(multiplier, multiplier, 1);
    tnumLshift(multiplicand, multiplicand, 1);
  }
  put(partial, accH, accL, 0, 0);
  tnumAdd(out, partial, product);
}

/** Can both stand for the same number? */
export function tnumOverlap(a: Tnum, b: Tnum): boolean {
  return ((a.vh ^ b.vh) & ~a.mh & ~b.mh) === 0 && ((a.vl ^ b.vl) & ~a.ml & ~b.ml) === 0;
}

/** What both allow; the operands must overlap for the result to mean anything. */
export function tnumIntersect(out: Tnum, a: Tnum, b: Tnum): void {
  const mh = a.mh & b.mh;
  const ml = a.ml & b.ml;
  put(out, (a.vh | b.vh) & ~mh, (a.vl | b.vl) & ~ml, mh, ml);
}

/** Makes both what both allow. */
export function tnumMeet(a: Tnum, b: Tnum): void {
  tnumIntersect(a, a, b);
  put(b, a.vh, a.vl, a.mh, a.ml);
}

/** As `tnumMeet()`, of the low halves. */
export function tnumMeetSubregs(a: Tnum, b: Tnum): void {
  tnumIntersect(partial, a, b);
  put(a, a.vh, partial.vl, a.mh, partial.ml);
  put(b, b.vh, partial.vl, b.mh, partial.ml);
}

/** The low `size` bytes (1, 2, 4 or 8), the others 0. */
export function tnumCast(out: Tnum, a: Tnum, size: number): void {
  if (size === 8) {
    put(out, a.vh, a.vl, a.mh, a.ml);
    return;
  }
  const mask = size === 4 ? -1 : (1 << (size * 8)) - 1;
  put(out, 0, a.vl & mask, 0, a.ml & mask);
}

/** Does `a` hold everything that `b` holds? */
export function tnumIn(a: Tnum, b: Tnum): boolean {
  if ((b.mh & ~a.mh) !== 0 || (b.ml & ~a.ml) !== 0) return false;
  return a.vh === (b.vh & ~a.mh) && a.vl === (b.vl & ~a.ml);
}

/** Are the low bits a multiple of `size`, a power of two? */
export function tnumIsAligned(a: Tnum, size: number): boolean {
  return ((a.vl | a.ml) & (size - 1)) === 0;
}

/** The high half of `a` with the low half of `low`. */
export function tnumWithSubreg(out: Tnum, a: Tnum, low: Tnum): void {
  put(out, a.vh, low.vl, a.mh, low.ml);
}

/**
 * The smallest number that `a` allows above z; the largest it allows when there is none (`tnum_step()`, Linux 7.2). Leaves it
 * in int64.ts' `r`.
 */
export function tnumStep(a: Tnum, zH: number, zL: number): void {
  const topH = a.vh | a.mh;
  const topL = a.vl | a.ml;
  if (ule(topH, topL, zH, zL)) {
    r.h = topH;
    r.l = topL;
    return;
  }
  if (ult(zH, zL, a.vh, a.vl)) {
    r.h = a.vh;
    r.l = a.vl;
    return;
  }
  sub(zH, zL, a.vh, a.vl);
  const dH = r.h;
  const dL = r.l;
  const width = bitLength(dH & ~a.mh, dL & ~a.ml);
  const carryH = width > 32 ? -1 >>> (64 - width) : 0;
  const carryL = width === 0 ? 0 : width >= 32 ? -1 : -1 >>> (32 - width);
  add(dH | carryH | ~a.mh, dL | carryL | ~a.ml, 0, 1);
  r.h = (r.h & a.mh) | a.vh;
  r.l = (r.l & a.ml) | a.vl;
}

/** The smallest tristate number that holds everything of both (Linux 7.2). */
export function tnumUnion(out: Tnum, a: Tnum, b: Tnum): void {
  const mh = (a.vh ^ b.vh) | a.mh | b.mh;
  const ml = (a.vl ^ b.vl) | a.ml | b.ml;
  put(out, a.vh & b.vh & ~mh, a.vl & b.vl & ~ml, mh, ml);
}

/** Long multiplication with an unknown bit of the multiplier adding the multiplicand or nothing (Linux 7.2). */
export function tnumMulByUnion(out: Tnum, a: Tnum, b: Tnum): void {
  put(multiplier, a.vh, a.vl, a.mh, a.ml);
  put(multiplicand, b.vh, b.vl, b.mh, b.ml);
  put(product, 0, 0, 0, 0);
  while ((multiplier.vh | multiplier.vl | multiplier.mh | multiplier.ml) !== 0) {
    if ((multiplier.vl & 1) !== 0) {
      tnumAdd(product, product, multiplicand);
    } else if ((multiplier.ml & 1) !== 0) {
      tnumAdd(partial, product, multiplicand);
      tnumUnion(product, product, partial);
    }
    tnumRshift(multiplier, multiplier, 1);
    tnumLshift(multiplicand, multiplicand, 1);
  }
  put(out, product.vh, product.vl, product.mh, product.ml);
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** The low `size` bytes (2, 4 or 8) in reverse order, the others 0 (Linux 7.2). */
export function tnumSwapBytes(out: Tnum, a: Tnum, size: number): void {
  const vl = swapBytes(a.vl);
  const ml = swapBytes(a.ml);
  if (size === 8) put(out, vl, swapBytes(a.vh), ml, swapBytes(a.mh));
  else if (size === 4) put(out, 0, vl, 0, ml);
  else put(out, 0, vl >>> 16, 0, ml >>> 16);
}
