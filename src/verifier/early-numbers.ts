/** Numbers as Linux 6.1 has them: four ranges that narrow each other little, and known bits. */
import { coerceSubregToSizeSigned, coerceToSizeSigned, zeroExtend } from './bounds.js';
import { coerceEarly, syncEarly } from './early-bounds.js';
import { refineEarly, takenEarly } from './early-refine.js';
import { applyEarlyOp } from './early-scalars.js';
import type { NumberRules } from './numbers.js';
import { narrowSigned, narrowSmall, rangeNumbers } from './range-numbers.js';

export const earlyNumbers: NumberRules = {
  usesArcs: false,
  sync: syncEarly,
  // Contradictions are kept: this release does not look for them.
  dropContradictions() {},
  zeroExtend,
  coerceToSize: coerceEarly,
  coerceToSizeSigned,
  coerceSubregToSizeSigned,
  applyOp(op, is32, _signed, dst, src) {
    applyEarlyOp(op, is32, dst, src);
  },
  addDifference: rangeNumbers.addDifference,
  movePointer: rangeNumbers.movePointer,
  setSigned(reg, minH, minL, maxH, maxL) {
    narrowSigned(reg, minH, minL, maxH, maxL);
    syncEarly(reg);
  },
  setSmall(reg, max) {
    narrowSmall(reg, max);
    syncEarly(reg);
  },
  taken: takenEarly,
  refine: refineEarly,
  isWithin: rangeNumbers.isWithin,
  isSame: rangeNumbers.isSame,
};
