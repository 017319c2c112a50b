/**
 * Arithmetic as Linux 6.1 knows it: by numbers that are not known only sums, differences and conjunctions
 * (`adjust_scalar_min_max_vals()`, kernel/bpf/verifier.c, Linux 6.1).
 */
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_LSH,
  BPF_MUL,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_XOR,
} from '../isa/opcodes.js';
import { combineBits, unsignedOfBits32, unsignedOfBits64 } from './bit-operations.js';
import { updateBounds, zeroExtend } from './bounds.js';
import { isOneNumber } from './computable.js';
import { syncEarly } from './early-bounds.js';
import { slt, ult } from './int64.js';
import { mark32Known, markKnown, markUnknown, S32_MAX, S32_MIN, setSignedUnbounded } from './register.js';
import type { Reg } from './register.js';
import { computeRanges, signedFromUnsigned64 } from './scalars.js';
import { tnumIsConst, tnumSubregIsConst } from './tnum.js';

/** Are the ranges those of some number? This release does not look for contradictions elsewhere. */
function isOrdered(src: Reg, is32: boolean): boolean {
  if (is32) return src.s32min <= src.s32max && src.u32min >>> 0 <= src.u32max >>> 0;
  return !slt(src.smaxH, src.smaxL, src.sminH, src.sminL) && !ult(src.umaxH, src.umaxL, src.uminH, src.uminL);
}

/** Ranges of a bit operation; the sign is known where neither operand can be negative. */
function bitRanges(op: number, dst: Reg, src: Reg): void {
  const isPositive32 = dst.s32min >= 0 && src.s32min >= 0;
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.vl);
  } else {
    unsignedOfBits32(op, dst, src);
    dst.s32min = isPositive32 ? dst.u32min : S32_MIN;
    dst.s32max = isPositive32 ? dst.u32max : S32_MAX;
  }
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.vh, dst.vl);
    return;
  }
  const isPositive = dst.sminH >= 0 && src.sminH >= 0;
  unsignedOfBits64(op, dst, src);
  if (isPositive) signedFromUnsigned64(dst);
  else setSignedUnbounded(dst);
  updateBounds(dst);
}

/** `dst = dst op src` on numbers. Mutates `dst` only. */
export function applyEarlyOp(op: number, is32: boolean, dst: Reg, src: Reg): void {
  const isKnown = is32 ? tnumSubregIsConst(src) : tnumIsConst(src);
  const isSimple = op === BPF_ADD || op === BPF_SUB || op === BPF_AND;
  const isUsable = isKnown ? isOneNumber(src, is32) : isSimple && isOrdered(src, is32);
  if (!isUsable) {
    markUnknown(dst);
    return;
  }
  switch (op) {
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      combineBits(op, dst, src);
      bitRanges(op, dst, src);
      break;
    case BPF_LSH:
    case BPF_RSH:
    case BPF_ARSH:
      if (src.umaxH !== 0 || src.umaxL >>> 0 >= (is32 ? 32 : 64)) markUnknown(dst);
      else computeRanges(op, is32, dst, src);
      break;
    case BPF_ADD:
    case BPF_SUB:
    case BPF_MUL:
      computeRanges(op, is32, dst, src);
      break;
    default:
      markUnknown(dst);
  }
  if (is32) zeroExtend(dst);
  syncEarly(dst);
}
