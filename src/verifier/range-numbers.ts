/** Numbers as Linux 6.12 has them: four ranges that narrow each other, and known bits. */
import { sle, slt, ule } from './int64.js';
import {
  coerceSubregToSizeSigned,
  coerceToSize,
  coerceToSizeSigned,
  dropContradictions,
  syncBounds,
  zeroExtend,
} from './bounds.js';
import { scalarTaken } from './branch-taken.js';
import type { NumberRules } from './numbers.js';
import { refineBranch } from './refine.js';
import { sameRanges } from './register.js';
import type { Reg } from './register.js';
import { addRanges, addRanges64, applyScalarOp, subRanges64 } from './scalars.js';
import { tnumAdd, tnumSub } from './tnum.js';

function movePointer(dst: Reg, ptr: Reg, off: Reg, subtract: boolean): void {
  if (subtract) {
    subRanges64(dst, ptr, off);
    tnumSub(dst, ptr, off);
  } else {
    addRanges64(dst, ptr, off);
    tnumAdd(dst, ptr, off);
  }
}

/** Sets the signed ranges alone: the unsigned ones are as wide as before. */
export function narrowSigned(reg: Reg, minH: number, minL: number, maxH: number, maxL: number): void {
  reg.sminH = minH;
  reg.sminL = minL;
  reg.smaxH = maxH;
  reg.smaxL = maxL;
  reg.s32min = minL;
  reg.s32max = maxL;
}

/** Sets all ranges to those from 0 to `max`. */
export function narrowSmall(reg: Reg, max: number): void {
  narrowSigned(reg, 0, 0, 0, max);
  reg.uminH = 0;
  reg.uminL = 0;
  reg.umaxH = 0;
  reg.umaxL = max;
  reg.u32min = 0;
  reg.u32max = max;
}

function isWithinRanges(old: Reg, cur: Reg): boolean {
  return (
    ule(old.uminH, old.uminL, cur.uminH, cur.uminL) &&
    ule(cur.umaxH, cur.umaxL, old.umaxH, old.umaxL) &&
    sle(old.sminH, old.sminL, cur.sminH, cur.sminL) &&
    !slt(old.smaxH, old.smaxL, cur.smaxH, cur.smaxL) &&
    old.u32min >>> 0 <= cur.u32min >>> 0 &&
    old.u32max >>> 0 >= cur.u32max >>> 0 &&
    old.s32min <= cur.s32min &&
    old.s32max >= cur.s32max
  );
}

export const rangeNumbers: NumberRules = {
  usesArcs: false,
  sync: syncBounds,
  dropContradictions,
  zeroExtend,
  coerceToSize,
  coerceToSizeSigned,
  coerceSubregToSizeSigned,
  applyOp(op, is32, _signed, dst, src) {
    applyScalarOp(op, is32, dst, src);
  },
  addDifference: addRanges,
  movePointer,
  setSigned(reg, minH, minL, maxH, maxL) {
    narrowSigned(reg, minH, minL, maxH, maxL);
    syncBounds(reg);
  },
  setSmall(reg, max) {
    narrowSmall(reg, max);
    syncBounds(reg);
  },
  taken: scalarTaken,
  refine: refineBranch,
  isWithin: isWithinRanges,
  isSame: sameRanges,
};
