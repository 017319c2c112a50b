/**
 * The ranges of a number, kept in step with each other and with its tristate number: signed and unsigned, of 64 and of
 * 32 bits (`reg_bounds_sync()` and what it consists of, kernel/bpf/verifier.c, Linux 6.12).
 */
import { sle, slt, ule, ult } from './int64.js';
import { markUnbounded, mark32Unbounded, S32_MAX, S32_MIN } from './register.js';
import type { Reg } from './register.js';
import { newTnum, tnumCast, tnumConst, tnumIntersect, tnumIsConst, tnumRange } from './tnum.js';

/** Narrows the 32-bit ranges by the known bits. */
export function update32Bounds(reg: Reg): void {
  const lowest = reg.vl | (reg.ml & S32_MIN);
  const highest = reg.vl | (reg.ml & S32_MAX);
  if (lowest > reg.s32min) reg.s32min = lowest;
  if (highest < reg.s32max) reg.s32max = highest;
  if (reg.vl >>> 0 > reg.u32min >>> 0) reg.u32min = reg.vl;
  const all = reg.vl | reg.ml;
  if (all >>> 0 < reg.u32max >>> 0) reg.u32max = all;
}

function update64Bounds(reg: Reg): void {
  raiseSmin(reg, reg.vh | (reg.mh & S32_MIN), reg.vl);
  lowerSmax(reg, reg.vh | (reg.mh & S32_MAX), reg.vl | reg.ml);
  raiseUmin(reg, reg.vh, reg.vl);
  lowerUmax(reg, reg.vh | reg.mh, reg.vl | reg.ml);
}

/** Narrows all ranges by the known bits (`__update_reg_bounds`). */
export function updateBounds(reg: Reg): void {
  update32Bounds(reg);
  update64Bounds(reg);
}

export function raiseSmin(reg: Reg, h: number, l: number): void {
  if (slt(reg.sminH, reg.sminL, h, l)) {
    reg.sminH = h;
    reg.sminL = l;
  }
}

export function lowerSmax(reg: Reg, h: number, l: number): void {
  if (slt(h, l, reg.smaxH, reg.smaxL)) {
    reg.smaxH = h;
    reg.smaxL = l;
  }
}

export function raiseUmin(reg: Reg, h: number, l: number): void {
  if (ult(reg.uminH, reg.uminL, h, l)) {
    reg.uminH = h;
    reg.uminL = l;
  }
}

export function lowerUmax(reg: Reg, h: number, l: number): void {
  if (ult(h, l, reg.umaxH, reg.umaxL)) {
    reg.umaxH = h;
    reg.umaxL = l;
  }
}

function raiseU32min(reg: Reg, value: number): void {
  if (value >>> 0 > reg.u32min >>> 0) reg.u32min = value;
}

function lowerU32max(reg: Reg, value: number): void {
  if (value >>> 0 < reg.u32max >>> 0) reg.u32max = value;
}

function narrowS32(reg: Reg, low: number, high: number): void {
  if (low > reg.s32min) reg.s32min = low;
  if (high < reg.s32max) reg.s32max = high;
}

function deduce32Bounds(reg: Reg): void {
  if (reg.uminH === reg.umaxH) {
    raiseU32min(reg, reg.uminL);
    lowerU32max(reg, reg.umaxL);
    if (reg.uminL <= reg.umaxL) narrowS32(reg, reg.uminL, reg.umaxL);
  }
  if (reg.sminH === reg.smaxH) {
    if (reg.sminL >>> 0 <= reg.smaxL >>> 0) {
      raiseU32min(reg, reg.sminL);
      lowerU32max(reg, reg.smaxL);
    }
    if (reg.sminL <= reg.smaxL) narrowS32(reg, reg.sminL, reg.smaxL);
  }
  // A range over a multiple of 2^32 is, in its low half, one from negative to non-negative numbers.
  if (((reg.uminH + 1) | 0) === reg.umaxH && reg.uminL < 0 && reg.umaxL >= 0) {
    narrowS32(reg, reg.uminL, reg.umaxL);
  }
  if (((reg.sminH + 1) | 0) === reg.smaxH && reg.sminL < 0 && reg.smaxL >= 0) {
    narrowS32(reg, reg.sminL, reg.smaxL);
  }
  if (reg.u32min <= reg.u32max) narrowS32(reg, reg.u32min, reg.u32max);
  if (reg.s32min >>> 0 <= reg.s32max >>> 0) {
    raiseU32min(reg, reg.s32min);
    lowerU32max(reg, reg.s32max);
  } else if (reg.u32max >>> 0 < reg.s32min >>> 0) {
    reg.s32min = reg.u32min;
    lowerU32max(reg, reg.s32max);
  } else if (reg.s32max >>> 0 < reg.u32min >>> 0) {
    reg.s32max = reg.u32max;
    raiseU32min(reg, reg.s32min);
  }
}

function deduce64Bounds(reg: Reg): void {
  if (sle(reg.uminH, reg.uminL, reg.umaxH, reg.umaxL)) {
    raiseSmin(reg, reg.uminH, reg.uminL);
    lowerSmax(reg, reg.umaxH, reg.umaxL);
  }
  if (ule(reg.sminH, reg.sminL, reg.smaxH, reg.smaxL)) {
    raiseUmin(reg, reg.sminH, reg.sminL);
    lowerUmax(reg, reg.smaxH, reg.smaxL);
  } else if (ult(reg.umaxH, reg.umaxL, reg.sminH, reg.sminL)) {
    reg.sminH = reg.uminH;
    reg.sminL = reg.uminL;
    lowerUmax(reg, reg.smaxH, reg.smaxL);
  } else if (ult(reg.smaxH, reg.smaxL, reg.uminH, reg.uminL)) {
    reg.smaxH = reg.umaxH;
    reg.smaxL = reg.umaxL;
    raiseUmin(reg, reg.sminH, reg.sminL);
  }
}

/** Narrows the low words of the 64-bit ranges by a 32-bit range: a word is never below the range's begin. */
function mixLowWords(reg: Reg, low: number, high: number): void {
  if (low >>> 0 > reg.uminL >>> 0) reg.uminL = low;
  if (high >>> 0 < reg.umaxL >>> 0) reg.umaxL = high;
  if (low >>> 0 > reg.sminL >>> 0) reg.sminL = low;
  if (high >>> 0 < reg.smaxL >>> 0) reg.smaxL = high;
}

const range = newTnum();
const low = newTnum();

function deduceMixedBounds(reg: Reg): void {
  mixLowWords(reg, reg.u32min, reg.u32max);
  if (reg.s32min >>> 0 <= reg.s32max >>> 0) mixLowWords(reg, reg.s32min, reg.s32max);
  if (reg.s32min >= 0 && sle(-1, S32_MIN, reg.sminH, reg.sminL) && sle(reg.smaxH, reg.smaxL, 0, S32_MAX)) {
    const maxH = reg.s32max >> 31;
    reg.sminH = 0;
    reg.sminL = reg.s32min;
    reg.smaxH = maxH;
    reg.smaxL = reg.s32max;
    reg.uminH = 0;
    reg.uminL = reg.s32min;
    reg.umaxH = maxH;
    reg.umaxL = reg.s32max;
    tnumRange(range, 0, reg.s32min, maxH, reg.s32max);
    tnumIntersect(reg, reg, range);
  }
}

function deduceBounds(reg: Reg): void {
  deduce32Bounds(reg);
  deduce64Bounds(reg);
  deduceMixedBounds(reg);
}

/** Learns known bits from the unsigned ranges. */
export function boundOffset(reg: Reg): void {
  tnumRange(range, reg.uminH, reg.uminL, reg.umaxH, reg.umaxL);
  tnumIntersect(reg, reg, range);
  tnumRange(range, 0, reg.u32min, 0, reg.u32max);
  tnumCast(low, reg, 4);
  tnumIntersect(low, low, range);
  reg.vl = low.vl;
  reg.ml = low.ml;
}

/** All ranges and the tristate number are one and the same constant: nothing left to learn. */
function isSettledConst(reg: Reg): boolean {
  return (reg.mh | reg.ml) === 0 && is64Const(reg, reg.vh, reg.vl) && is32Const(reg, reg.vl);
}

/** Brings the ranges and the tristate number in step (`reg_bounds_sync`). */
export function syncBounds(reg: Reg): void {
  if (isSettledConst(reg)) return;
  updateBounds(reg);
  deduceBounds(reg);
  deduceBounds(reg);
  deduceBounds(reg);
  boundOffset(reg);
  updateBounds(reg);
}

/** Ranges that contradict each other say nothing: they are given up (`reg_bounds_sanity_check`). */
export function dropContradictions(reg: Reg): void {
  if (
    ult(reg.umaxH, reg.umaxL, reg.uminH, reg.uminL) ||
    slt(reg.smaxH, reg.smaxL, reg.sminH, reg.sminL) ||
    reg.u32min >>> 0 > reg.u32max >>> 0 ||
    reg.s32min > reg.s32max ||
    (tnumIsConst(reg) && !is64Const(reg, reg.vh, reg.vl)) ||
    (reg.ml === 0 && !is32Const(reg, reg.vl))
  ) {
    markUnbounded(reg);
  }
}

function is64Const(reg: Reg, h: number, l: number): boolean {
  return (
    reg.uminH === h &&
    reg.uminL === l &&
    reg.umaxH === h &&
    reg.umaxL === l &&
    reg.sminH === h &&
    reg.sminL === l &&
    reg.smaxH === h &&
    reg.smaxL === l
  );
}

function is32Const(reg: Reg, l: number): boolean {
  return reg.u32min === l && reg.u32max === l && reg.s32min === l && reg.s32max === l;
}

/** The 64-bit ranges of a number whose high half is 0 (`__reg_assign_32_into_64`). */
export function assign32Into64(reg: Reg): void {
  reg.uminH = 0;
  reg.uminL = reg.u32min;
  reg.umaxH = 0;
  reg.umaxL = reg.u32max;
  reg.sminH = 0;
  reg.smaxH = 0;
  if (reg.s32min >= 0 && reg.s32max >= 0) {
    reg.sminL = reg.s32min;
    reg.smaxL = reg.s32max;
  } else {
    reg.sminL = 0;
    reg.smaxL = -1;
  }
}

/** A 32-bit result: the high half is 0 (`zext_32_to_64`). */
export function zeroExtend(reg: Reg): void {
  reg.vh = 0;
  reg.mh = 0;
  assign32Into64(reg);
}

/**
 * Cuts a number to its low 1, 2 or 4 bytes, as far as its 64-bit ranges and known bits go: the other bytes are 0. Its 32-bit
 * ranges are left alone.
 */
export function cutToSize(reg: Reg, size: number): void {
  const mask = size === 4 ? -1 : (1 << (size * 8)) - 1;
  tnumCast(reg, reg, size);
  if (reg.uminH === reg.umaxH && (reg.uminL & ~mask) === (reg.umaxL & ~mask)) {
    reg.uminL &= mask;
    reg.umaxL &= mask;
  } else {
    reg.uminL = 0;
    reg.umaxL = mask;
  }
  reg.uminH = 0;
  reg.umaxH = 0;
  reg.sminH = 0;
  reg.sminL = reg.uminL;
  reg.smaxH = 0;
  reg.smaxL = reg.umaxL;
}

/** What a load of 1, 2 or 4 bytes leaves: the upper bytes are 0 (`coerce_reg_to_size`). */
export function coerceToSize(reg: Reg, size: number): void {
  cutToSize(reg, size);
  if (size < 4) mark32Unbounded(reg);
  syncBounds(reg);
}

/** The low `size` bytes (1, 2 or 4) of a word, sign extended. */
function signExtend(value: number, size: number): number {
  const shift = 32 - size * 8;
  return (value << shift) >> shift;
}

/** Result of `extendEnds()`. */
const extended = { min: 0, max: 0 };

/**
 * Sign-extends the low bytes of a range's ends. False where that says nothing of what lies between: above these bytes the
 * ends differ, or they get different signs.
 */
function extendEnds(first: number, last: number, size: number): boolean {
  const upper = size === 4 ? 0 : -1 << (size * 8);
  if ((first & upper) !== (last & upper)) return false;
  const one = signExtend(first, size);
  const other = signExtend(last, size);
  extended.min = Math.min(one, other);
  extended.max = Math.max(one, other);
  return extended.min >= 0 === extended.max >= 0;
}

/** Sign extension of the low 1, 2 or 4 bytes to 64 bits (`coerce_reg_to_size_sx`). */
export function coerceToSizeSigned(reg: Reg, size: number): void {
  if (tnumIsConst(reg)) {
    const value = signExtend(reg.vl, size);
    setBoth(reg, value, value);
    tnumConst(reg, value >> 31, value);
    return;
  }
  if (reg.smaxH === reg.sminH && extendEnds(reg.sminL, reg.smaxL, size)) {
    const { min, max } = extended;
    setBoth(reg, min, max);
    tnumRange(reg, min >> 31, min, max >> 31, max);
    return;
  }
  const highest = 2 ** (size * 8 - 1) - 1;
  reg.sminH = -1;
  reg.sminL = ~highest;
  reg.smaxH = 0;
  reg.smaxL = highest;
  reg.s32min = ~highest;
  reg.s32max = highest;
  reg.uminH = 0;
  reg.uminL = 0;
  reg.umaxH = -1;
  reg.umaxL = -1;
  reg.u32min = 0;
  reg.u32max = -1;
  reg.vh = 0;
  reg.vl = 0;
  reg.mh = -1;
  reg.ml = -1;
}

/** All ranges from the one signed 32-bit number to the other, both of the same sign. */
function setBoth(reg: Reg, min: number, max: number): void {
  reg.sminH = min >> 31;
  reg.sminL = min;
  reg.smaxH = max >> 31;
  reg.smaxL = max;
  reg.uminH = min >> 31;
  reg.uminL = min;
  reg.umaxH = max >> 31;
  reg.umaxL = max;
  set32(reg, min, max);
}

function set32(reg: Reg, min: number, max: number): void {
  reg.s32min = min;
  reg.s32max = max;
  reg.u32min = min;
  reg.u32max = max;
}

/** Sign extension of the low 1 or 2 bytes to 32 bits; 64-bit ranges are left alone (`coerce_subreg_to_size_sx`). */
export function coerceSubregToSizeSigned(reg: Reg, size: number): void {
  if (tnumIsConst(reg)) {
    const value = signExtend(reg.vl, size);
    tnumConst(reg, value >> 31, value);
    set32(reg, value, value);
    return;
  }
  if (extendEnds(reg.s32min, reg.s32max, size)) {
    const { min, max } = extended;
    set32(reg, min, max);
    tnumRange(reg, min >> 31, min, max >> 31, max);
    tnumCast(reg, reg, 4);
    return;
  }
  const highest = 2 ** (size * 8 - 1) - 1;
  reg.s32min = ~highest;
  reg.s32max = highest;
  reg.u32min = 0;
  reg.u32max = -1;
  reg.vh = 0;
  reg.vl = 0;
  reg.mh = 0;
  reg.ml = -1;
}
