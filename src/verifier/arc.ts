/**
 * Ranges on a circle: all numbers from `base` on, `span` of them besides the first, past the largest and on at 0. One such
 * arc stands for a signed and an unsigned range at once, and for some that neither of them can say. The domain of
 * kernel/bpf/cnum_defs.h and cnum.c, Linux 7.2. 64-bit numbers are pairs of words as in int64.ts, 32-bit ones bit patterns.
 *
 * Operations write their result into `out`, which may be one of the operands.
 */
import { add, r, sub, ule, ult } from './int64.js';
import { S32_MAX, S32_MIN } from './register.js';

/** An arc of 64-bit numbers. */
export interface Arc64 {
  baseH: number;
  baseL: number;
  spanH: number;
  spanL: number;
}

/** An arc of 32-bit numbers. */
export interface Arc32 {
  base32: number;
  span32: number;
}

export type Arcs = Arc64 & Arc32;

export function newArcs(): Arcs {
  return { baseH: 0, baseL: 0, spanH: -1, spanL: -1, base32: 0, span32: -1 };
}

export function put64(out: Arc64, baseH: number, baseL: number, spanH: number, spanL: number): void {
  out.baseH = baseH;
  out.baseL = baseL;
  out.spanH = spanH;
  out.spanL = spanL;
}

export function put32(out: Arc32, base: number, span: number): void {
  out.base32 = base | 0;
  out.span32 = span | 0;
}

/** The numbers from min to max, unsigned. */
export function unsigned64(out: Arc64, minH: number, minL: number, maxH: number, maxL: number): void {
  sub(maxH, maxL, minH, minL);
  put64(out, minH, minL, r.h, r.l);
}

/** The numbers from min to max, signed. */
export function signed64(out: Arc64, minH: number, minL: number, maxH: number, maxL: number): void {
  sub(maxH, maxL, minH, minL);
  if ((r.h & r.l) === -1) put64(out, 0, 0, -1, -1);
  else put64(out, minH, minL, r.h, r.l);
}

export function unsigned32(out: Arc32, min: number, max: number): void {
  put32(out, min, max - min);
}

export function signed32(out: Arc32, min: number, max: number): void {
  const span = (max - min) | 0;
  put32(out, span === -1 ? 0 : min, span);
}

/** No number at all is written as all numbers from the largest on. */
export function isEmpty64(a: Arc64): boolean {
  return (a.baseH & a.baseL & a.spanH & a.spanL) === -1;
}

export function isEmpty32(a: Arc32): boolean {
  return (a.base32 & a.span32) === -1;
}

export function isConst64(a: Arc64): boolean {
  return (a.spanH | a.spanL) === 0;
}

export function isConst32(a: Arc32): boolean {
  return a.span32 === 0;
}

function wraps64(baseH: number, baseL: number, spanH: number, spanL: number): boolean {
  add(baseH, baseL, spanH, spanL);
  return ult(r.h, r.l, baseH, baseL);
}

function wraps32(base: number, span: number): boolean {
  return (base >>> 0) + (span >>> 0) > 0xffff_ffff;
}

function contains64(a: Arc64, h: number, l: number): boolean {
  if (isEmpty64(a)) return false;
  sub(h, l, a.baseH, a.baseL);
  return ule(r.h, r.l, a.spanH, a.spanL);
}

function contains32(a: Arc32, value: number): boolean {
  return !isEmpty32(a) && (value - a.base32) >>> 0 <= a.span32 >>> 0;
}

/** What of a register the check reads: the arc's smallest and largest number, unsigned and signed. */
export interface Ranges64 extends Arc64 {
  uminH: number;
  uminL: number;
  umaxH: number;
  umaxL: number;
  sminH: number;
  sminL: number;
  smaxH: number;
  smaxL: number;
}

export interface Ranges32 extends Arc32 {
  u32min: number;
  u32max: number;
  s32min: number;
  s32max: number;
}

/** Sets the ranges by the arc: an arc over a boundary is, in that reading, all numbers. */
export function derive64(reg: Ranges64): void {
  const { baseH, baseL, spanH, spanL } = reg;
  if (wraps64(baseH, baseL, spanH, spanL)) {
    reg.uminH = 0;
    reg.uminL = 0;
    reg.umaxH = -1;
    reg.umaxL = -1;
  } else {
    reg.uminH = baseH;
    reg.uminL = baseL;
    reg.umaxH = r.h;
    reg.umaxL = r.l;
  }
  if (contains64(reg, S32_MAX, -1) && contains64(reg, S32_MIN, 0)) {
    reg.sminH = S32_MIN;
    reg.sminL = 0;
    reg.smaxH = S32_MAX;
    reg.smaxL = -1;
    return;
  }
  add(baseH, baseL, spanH, spanL);
  const ordered = baseH === r.h ? baseL >>> 0 <= r.l >>> 0 : baseH < r.h;
  reg.sminH = ordered ? baseH : r.h;
  reg.sminL = ordered ? baseL : r.l;
  reg.smaxH = ordered ? r.h : baseH;
  reg.smaxL = ordered ? r.l : baseL;
}

export function derive32(reg: Ranges32): void {
  const { base32, span32 } = reg;
  const end = (base32 + span32) | 0;
  if (wraps32(base32, span32)) {
    reg.u32min = 0;
    reg.u32max = -1;
  } else {
    reg.u32min = base32;
    reg.u32max = end;
  }
  if (contains32(reg, S32_MAX) && contains32(reg, S32_MIN)) {
    reg.s32min = S32_MIN;
    reg.s32max = S32_MAX;
  } else {
    reg.s32min = Math.min(base32, end);
    reg.s32max = Math.max(base32, end);
  }
}

/** What both hold; where that is two arcs, the smaller operand. */
export function intersect64(out: Arc64, a: Arc64, b: Arc64): void {
  if (isEmpty64(a) || isEmpty64(b)) {
    put64(out, -1, -1, -1, -1);
    return;
  }
  const swapped = ult(b.baseH, b.baseL, a.baseH, a.baseL);
  const first = swapped ? b : a;
  const second = swapped ? a : b;
  sub(second.baseH, second.baseL, first.baseH, first.baseL);
  const distanceH = r.h;
  const distanceL = r.l;
  const meets = ule(distanceH, distanceL, first.spanH, first.spanL);
  if (wraps64(distanceH, distanceL, second.spanH, second.spanL)) {
    if (meets) {
      const smaller = ule(first.spanH, first.spanL, second.spanH, second.spanL) ? first : second;
      put64(out, smaller.baseH, smaller.baseL, smaller.spanH, smaller.spanL);
    } else {
      const shorter = ult(r.h, r.l, first.spanH, first.spanL);
      put64(out, first.baseH, first.baseL, shorter ? r.h : first.spanH, shorter ? r.l : first.spanL);
    }
  } else if (meets) {
    sub(first.spanH, first.spanL, distanceH, distanceL);
    const shorter = ult(r.h, r.l, second.spanH, second.spanL);
    put64(out, second.baseH, second.baseL, shorter ? r.h : second.spanH, shorter ? r.l : second.spanL);
  } else {
    put64(out, -1, -1, -1, -1);
  }
}

export function intersect32(out: Arc32, a: Arc32, b: Arc32): void {
  if (isEmpty32(a) || isEmpty32(b)) {
    put32(out, -1, -1);
    return;
  }
  const swapped = b.base32 >>> 0 < a.base32 >>> 0;
  const first = swapped ? b : a;
  const second = swapped ? a : b;
  const distance = (second.base32 - first.base32) >>> 0;
  const firstSpan = first.span32 >>> 0;
  const secondSpan = second.span32 >>> 0;
  if (wraps32(distance, secondSpan)) {
    if (distance <= firstSpan) {
      const smaller = firstSpan <= secondSpan ? first : second;
      put32(out, smaller.base32, smaller.span32);
    } else {
      put32(out, first.base32, Math.min(firstSpan, (distance + secondSpan) >>> 0));
    }
  } else if (distance <= firstSpan) {
    put32(out, second.base32, Math.min(firstSpan - distance, secondSpan));
  } else {
    put32(out, -1, -1);
  }
}

/** One arc for all numbers, whatever it began with. */
function putNormal64(out: Arc64, baseH: number, baseL: number, spanH: number, spanL: number): void {
  const all = (spanH & spanL) === -1 && !(baseH === S32_MAX && baseL === -1);
  put64(out, all ? 0 : baseH, all ? 0 : baseL, spanH, spanL);
}

function putNormal32(out: Arc32, base: number, span: number): void {
  put32(out, (span | 0) === -1 && (base | 0) !== S32_MAX ? 0 : base, span);
}

/** All sums of a number of either. */
export function add64(out: Arc64, a: Arc64, b: Arc64): void {
  if (isEmpty64(a) || isEmpty64(b)) {
    put64(out, -1, -1, -1, -1);
    return;
  }
  if (wraps64(a.spanH, a.spanL, b.spanH, b.spanL)) {
    put64(out, 0, 0, -1, -1);
    return;
  }
  const spanH = r.h;
  const spanL = r.l;
  add(a.baseH, a.baseL, b.baseH, b.baseL);
  putNormal64(out, r.h, r.l, spanH, spanL);
}

export function add32(out: Arc32, a: Arc32, b: Arc32): void {
  if (isEmpty32(a) || isEmpty32(b)) put32(out, -1, -1);
  else if (wraps32(a.span32, b.span32)) put32(out, 0, -1);
  else putNormal32(out, a.base32 + b.base32, a.span32 + b.span32);
}

/** All numbers less 2 to the power of the width, negated. */
export function negate64(out: Arc64, a: Arc64): void {
  if (isEmpty64(a)) {
    put64(out, -1, -1, -1, -1);
    return;
  }
  const { spanH, spanL } = a;
  add(a.baseH, a.baseL, spanH, spanL);
  sub(0, 0, r.h, r.l);
  putNormal64(out, r.h, r.l, spanH, spanL);
}

export function negate32(out: Arc32, a: Arc32): void {
  if (isEmpty32(a)) put32(out, -1, -1);
  else putNormal32(out, -((a.base32 + a.span32) | 0), a.span32);
}

/** Is every number of `inner` one of `outer`? */
export function isSubset64(outer: Arc64, inner: Arc64): boolean {
  if (isEmpty64(inner)) return true;
  if (isEmpty64(outer)) return false;
  sub(inner.baseH, inner.baseL, outer.baseH, outer.baseL);
  const wraps = wraps64(r.h, r.l, inner.spanH, inner.spanL);
  if (wraps && (outer.spanH & outer.spanL) !== -1) return false;
  return ule(r.h, r.l, outer.spanH, outer.spanL);
}

export function isSubset32(outer: Arc32, inner: Arc32): boolean {
  if (isEmpty32(inner)) return true;
  if (isEmpty32(outer)) return false;
  const from = (inner.base32 - outer.base32) >>> 0;
  if (wraps32(from, inner.span32) && outer.span32 !== -1) return false;
  return (from + inner.span32) >>> 0 <= outer.span32 >>> 0;
}

/** The low halves of the numbers. */
export function lowHalves(out: Arc32, a: Arc64): void {
  if (isEmpty64(a)) put32(out, -1, -1);
  else if (a.spanH !== 0 || a.spanL === -1) put32(out, 0, -1);
  else put32(out, a.baseL, a.spanL);
}

/** Narrows `a` at both ends to numbers whose low halves are in `low`. */
export function intersectLow(out: Arc64, a: Arc64, low: Arc32): void {
  if (isEmpty64(a) || isEmpty32(low)) {
    put64(out, -1, -1, -1, -1);
    return;
  }
  let { baseH, baseL, spanH, spanL } = a;
  // Seen from where `a` begins, `low` is the numbers from `begin` to `end`, or from 0 to `end` and again from `begin`.
  const begin = (low.base32 - baseL) >>> 0;
  const end = (begin + low.span32) >>> 0;
  const last = spanL >>> 0;
  if (wraps32(begin, low.span32)) {
    if (last > end && last < begin) {
      sub(spanH, spanL, 0, (last - end) | 0);
      spanH = r.h;
      spanL = r.l;
    }
  } else {
    if (ult(spanH, spanL, 0, begin | 0)) {
      put64(out, -1, -1, -1, -1);
      return;
    }
    add(baseH, baseL, 0, begin | 0);
    baseH = r.h;
    baseL = r.l;
    sub(spanH, spanL, 0, begin | 0);
    spanH = r.h;
    spanL = r.l;
    const excess = last < begin || last >= end ? (last - end) | 0 : 0;
    if (ult(spanH, spanL, 0, excess)) {
      put64(out, -1, -1, -1, -1);
      return;
    }
    sub(spanH, spanL, 0, excess);
    spanH = r.h;
    spanL = r.l;
  }
  put64(out, baseH, baseL, spanH, spanL);
}
