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
import { updateBounds, zeroExtend } from './bounds.js';
import { syncEarly } from './early-bounds.js';
import { slt, ult } from './int64.js';
import { mark32Known, markKnown, markUnknown, S32_MAX, S32_MIN, setSignedUnbounded } from './register.js';
import type { Reg } from './register.js';
import { combineBits, computeRanges, signedFromUnsigned64 } from './scalars.js';
import { tnumIsConst, tnumSubregIsConst } from './tnum.js';

function isConsistent32(src: Reg): boolean {
  if (src.ml === 0) return src.s32min === src.s32max && src.u32min === src.u32max;
  return src.s32min <= src.s32max && src.u32min >>> 0 <= src.u32max >>> 0;
}

function isConsistent64(src: Reg): boolean {
  if (tnumIsConst(src)) {
    return (
      src.sminH === src.smaxH && src.sminL === src.smaxL && src.uminH === src.umaxH && src.uminL === src.umaxL
    );
  }
  return !slt(src.smaxH, src.smaxL, src.sminH, src.sminL) && !ult(src.umaxH, src.umaxL, src.uminH, src.uminL);
}

/** Ranges of a bit operation; the sign is known where neither operand can be negative. */
function bitRanges(op: number, dst: Reg, src: Reg): void {
  const isPositive32 = dst.s32min >= 0 && src.s32min >= 0;
  if (tnumSubregIsConst(src) && tnumSubregIsConst(dst)) {
    mark32Known(dst, dst.vl);
  } else {
    if (op === BPF_OR) {
      if (src.u32min >>> 0 > dst.u32min >>> 0) dst.u32min = src.u32min;
    } else {
      dst.u32min = dst.vl;
    }
    if (op !== BPF_AND) dst.u32max = dst.vl | dst.ml;
    else if (src.u32max >>> 0 < dst.u32max >>> 0) dst.u32max = src.u32max;
    dst.s32min = isPositive32 ? dst.u32min : S32_MIN;
    dst.s32max = isPositive32 ? dst.u32max : S32_MAX;
  }
  if (tnumIsConst(src) && tnumIsConst(dst)) {
    markKnown(dst, dst.vh, dst.vl);
    return;
  }
  const isPositive = dst.sminH >= 0 && src.sminH >= 0;
  if (op !== BPF_OR) {
    dst.uminH = dst.vh;
    dst.uminL = dst.vl;
  } else if (ult(dst.uminH, dst.uminL, src.uminH, src.uminL)) {
    dst.uminH = src.uminH;
    dst.uminL = src.uminL;
  }
  if (op !== BPF_AND) {
    dst.umaxH = dst.vh | dst.mh;
    dst.umaxL = dst.vl | dst.ml;
  } else if (ult(src.umaxH, src.umaxL, dst.umaxH, dst.umaxL)) {
    dst.umaxH = src.umaxH;
    dst.umaxL = src.umaxL;
  }
  if (isPositive) signedFromUnsigned64(dst);
  else setSignedUnbounded(dst);
  updateBounds(dst);
}

/** `dst = dst op src` on numbers. Mutates `dst` only. */
export function applyEarlyOp(op: number, is32: boolean, dst: Reg, src: Reg): void {
  const isKnown = is32 ? tnumSubregIsConst(src) : tnumIsConst(src);
  const isSimple = op === BPF_ADD || op === BPF_SUB || op === BPF_AND;
  if (!(is32 ? isConsistent32(src) : isConsistent64(src)) || (!isKnown && !isSimple)) {
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
