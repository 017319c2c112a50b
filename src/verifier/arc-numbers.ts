/** Numbers as Linux 7.2 has them: an arc of 64 and one of 32 bits, and known bits. */
import { isSubset32, isSubset64 } from './arc.js';
import {
  coerceArcs,
  coerceArcsSigned,
  coerceSubregArcsSigned,
  dropContradictoryArcs,
  setSigned32,
  setSigned64,
  setUnsigned32,
  setUnsigned64,
  syncArcs,
  zeroExtendArcs,
} from './arc-bounds.js';
import { arcsTaken, refineArcs } from './arc-refine.js';
import { addArcs, applyArcOp, moveByArc, negateArcs, swapArcs } from './arc-scalars.js';
import type { NumberRules } from './numbers.js';

export const arcNumbers: NumberRules = {
  usesArcs: true,
  sync: syncArcs,
  dropContradictions: dropContradictoryArcs,
  zeroExtend: zeroExtendArcs,
  coerceToSize: coerceArcs,
  coerceToSizeSigned: coerceArcsSigned,
  coerceSubregToSizeSigned: coerceSubregArcsSigned,
  applyOp: applyArcOp,
  negate: negateArcs,
  swapBytes: swapArcs,
  addDifference: addArcs,
  movePointer: moveByArc,
  setSigned(reg, minH, minL, maxH, maxL) {
    setSigned64(reg, minH, minL, maxH, maxL);
    setSigned32(reg, minL, maxL);
    syncArcs(reg);
  },
  setSmall(reg, max) {
    setUnsigned64(reg, 0, 0, 0, max);
    setUnsigned32(reg, 0, max);
    syncArcs(reg);
  },
  taken: arcsTaken,
  refine: refineArcs,
  isWithin(old, cur) {
    return isSubset64(old, cur) && isSubset32(old, cur);
  },
  isSame(x, y) {
    return (
      x.vl === y.vl &&
      x.vh === y.vh &&
      x.ml === y.ml &&
      x.mh === y.mh &&
      x.baseL === y.baseL &&
      x.baseH === y.baseH &&
      x.spanL === y.spanL &&
      x.spanH === y.spanH &&
      x.base32 === y.base32 &&
      x.span32 === y.span32
    );
  },
};
