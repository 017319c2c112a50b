/**
 * The arcs of a number, kept in step with each other and with its tristate number (`reg_bounds_sync()` and what it consists
 * of, kernel/bpf/verifier.c, Linux 7.2). Every function leaves the ranges derived from the arcs.
 */
import {
  derive32,
  derive64,
  intersect32,
  intersect64,
  intersectLow,
  isConst32,
  isConst64,
  isEmpty32,
  isEmpty64,
  lowHalves,
  newArcs,
  signed32,
  signed64,
  unsigned32,
  unsigned64,
} from './arc.js';
import { boundOffset, coerceSubregToSizeSigned, coerceToSizeSigned, cutToSize } from './bounds.js';
import { r, ule, ult } from './int64.js';
import { mark32Unbounded, markUnbounded, S32_MAX, S32_MIN, setConstBounds } from './register.js';
import type { Reg } from './register.js';
import { tnumIsConst, tnumStep } from './tnum.js';

const known = newArcs();

export function setUnsigned64(reg: Reg, minH: number, minL: number, maxH: number, maxL: number): void {
  unsigned64(reg, minH, minL, maxH, maxL);
  derive64(reg);
}

export function setSigned64(reg: Reg, minH: number, minL: number, maxH: number, maxL: number): void {
  signed64(reg, minH, minL, maxH, maxL);
  derive64(reg);
}

export function setUnsigned32(reg: Reg, min: number, max: number): void {
  unsigned32(reg, min, max);
  derive32(reg);
}

export function setSigned32(reg: Reg, min: number, max: number): void {
  signed32(reg, min, max);
  derive32(reg);
}

/** Narrows the 32-bit arc by the known bits. */
export function updateArc32(reg: Reg): void {
  const all = reg.vl | reg.ml;
  if (all < 0) signed32(known, reg.vl | (reg.ml & S32_MIN), reg.vl | (reg.ml & S32_MAX));
  else unsigned32(known, reg.vl, all);
  intersect32(reg, reg, known);
  derive32(reg);
}

/** Is the smallest number of the arc one that the known bits allow? */
function beginsWithin(reg: Reg): boolean {
  return (reg.uminH & ~reg.mh) === reg.vh && (reg.uminL & ~reg.ml) === reg.vl;
}

function updateArc64(reg: Reg): void {
  const allH = reg.vh | reg.mh;
  const allL = reg.vl | reg.ml;
  if (allH < 0) {
    signed64(known, reg.vh | (reg.mh & S32_MIN), reg.vl, reg.vh | (reg.mh & S32_MAX), allL);
  } else {
    unsigned64(known, reg.vh, reg.vl, allH, allL);
  }
  intersect64(reg, reg, known);
  derive64(reg);

  // Where one number alone is both in the arc and allowed by the bits, it is known.
  const begins = beginsWithin(reg);
  tnumStep(reg, reg.uminH, reg.uminL);
  const nextH = r.h;
  const nextL = r.l;
  const isInside = ule(nextH, nextL, reg.umaxH, reg.umaxL);
  if (begins) {
    if (!isInside) setConstBounds(reg, reg.uminH, reg.uminL);
  } else if (nextH === allH && nextL === allL) {
    setConstBounds(reg, allH, allL);
  } else if (isInside) {
    tnumStep(reg, nextH, nextL);
    if (ult(reg.umaxH, reg.umaxL, r.h, r.l)) setConstBounds(reg, nextH, nextL);
  }
}

/** Narrows both arcs by the known bits (`__update_reg_bounds`). */
export function updateArcs(reg: Reg): void {
  updateArc32(reg);
  updateArc64(reg);
}

function deduceArcs(reg: Reg): void {
  lowHalves(known, reg);
  intersect32(reg, reg, known);
  intersectLow(reg, reg, reg);
  derive32(reg);
  derive64(reg);
}

/** No number is left: what was learnt contradicts what was known. */
export function isContradictory(reg: Reg): boolean {
  return isEmpty32(reg) || isEmpty64(reg);
}

function isSettledConst(reg: Reg): boolean {
  return (
    (reg.mh | reg.ml | reg.spanH | reg.spanL | reg.span32) === 0 &&
    reg.baseH === reg.vh &&
    reg.baseL === reg.vl &&
    reg.base32 === reg.vl
  );
}

/** Brings the arcs and the tristate number in step (`reg_bounds_sync`). */
export function syncArcs(reg: Reg): void {
  if (isSettledConst(reg) || isContradictory(reg)) return;
  updateArcs(reg);
  deduceArcs(reg);
  deduceArcs(reg);
  boundOffset(reg);
  updateArcs(reg);
}

/** Arcs that contradict each other say nothing: they are given up (`reg_bounds_sanity_check`). */
export function dropContradictoryArcs(reg: Reg): void {
  const mismatch64 = tnumIsConst(reg) && !(isConst64(reg) && reg.baseH === reg.vh && reg.baseL === reg.vl);
  const mismatch32 = reg.ml === 0 && !(isConst32(reg) && reg.base32 === reg.vl);
  if (isContradictory(reg) || mismatch64 || mismatch32) markUnbounded(reg);
}

/** A 32-bit result: the high half is 0 (`zext_32_to_64`). */
export function zeroExtendArcs(reg: Reg): void {
  reg.vh = 0;
  reg.mh = 0;
  setUnsigned64(reg, 0, reg.u32min, 0, reg.u32max);
}

/** What a load of 1, 2 or 4 bytes leaves: the upper bytes are 0 (`coerce_reg_to_size`). */
export function coerceArcs(reg: Reg, size: number): void {
  cutToSize(reg, size);
  setUnsigned64(reg, 0, reg.uminL, 0, reg.umaxL);
  if (size < 4) mark32Unbounded(reg);
  syncArcs(reg);
}

/** Sign extension of the low 1, 2 or 4 bytes to 64 bits (`coerce_reg_to_size_sx`). */
export function coerceArcsSigned(reg: Reg, size: number): void {
  coerceToSizeSigned(reg, size);
  setSigned64(reg, reg.sminH, reg.sminL, reg.smaxH, reg.smaxL);
  setSigned32(reg, reg.s32min, reg.s32max);
}

/** Sign extension of the low 1 or 2 bytes to 32 bits; the 64-bit arc is left alone (`coerce_subreg_to_size_sx`). */
export function coerceSubregArcsSigned(reg: Reg, size: number): void {
  coerceSubregToSizeSigned(reg, size);
  setSigned32(reg, reg.s32min, reg.s32max);
}
