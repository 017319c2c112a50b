/**
 * The ranges of a number, kept in step as Linux 6.1 does: less is learnt from one for another than later (`reg_bounds_sync()`
 * and what it consists of, kernel/bpf/verifier.c, Linux 6.1).
 */
import { assign32Into64, boundOffset, cutToSize, updateBounds } from './bounds.js';
import { sle, slt, ult } from './int64.js';
import { mark32Unbounded, mark64Unbounded, S32_MAX, S32_MIN } from './register.js';
import type { Reg } from './register.js';

function deduce32(reg: Reg): void {
  if (reg.s32min >= 0 || reg.s32max < 0) {
    raise32(reg);
    lower32(reg);
  } else if (reg.u32max >= 0) {
    reg.s32min = reg.u32min;
    lower32(reg);
  } else if (reg.u32min < 0) {
    raise32(reg);
    reg.s32max = reg.u32max;
  }
}

function raise32(reg: Reg): void {
  const min = reg.s32min >>> 0 > reg.u32min >>> 0 ? reg.s32min : reg.u32min;
  reg.s32min = min;
  reg.u32min = min;
}

function lower32(reg: Reg): void {
  const max = reg.s32max >>> 0 < reg.u32max >>> 0 ? reg.s32max : reg.u32max;
  reg.s32max = max;
  reg.u32max = max;
}

function deduce64(reg: Reg): void {
  if (reg.sminH >= 0 || reg.smaxH < 0) {
    raise64(reg);
    lower64(reg);
  } else if (reg.umaxH >= 0) {
    reg.sminH = reg.uminH;
    reg.sminL = reg.uminL;
    lower64(reg);
  } else if (reg.uminH < 0) {
    raise64(reg);
    reg.smaxH = reg.umaxH;
    reg.smaxL = reg.umaxL;
  }
}

function raise64(reg: Reg): void {
  if (ult(reg.uminH, reg.uminL, reg.sminH, reg.sminL)) {
    reg.uminH = reg.sminH;
    reg.uminL = reg.sminL;
  } else {
    reg.sminH = reg.uminH;
    reg.sminL = reg.uminL;
  }
}

function lower64(reg: Reg): void {
  if (ult(reg.smaxH, reg.smaxL, reg.umaxH, reg.umaxL)) {
    reg.umaxH = reg.smaxH;
    reg.umaxL = reg.smaxL;
  } else {
    reg.smaxH = reg.umaxH;
    reg.smaxL = reg.umaxL;
  }
}

export function syncEarly(reg: Reg): void {
  updateBounds(reg);
  deduce32(reg);
  deduce64(reg);
  boundOffset(reg);
  updateBounds(reg);
}

/** After the 32-bit ranges were narrowed (`__reg_combine_32_into_64`). */
export function combine32Into64(reg: Reg): void {
  if ((reg.vh | reg.mh) === 0) assign32Into64(reg);
  else mark64Unbounded(reg);
  syncEarly(reg);
}

/** After the 64-bit ranges were narrowed (`__reg_combine_64_into_32`). */
export function combine64Into32(reg: Reg): void {
  mark32Unbounded(reg);
  const isS32 =
    sle(-1, S32_MIN, reg.sminH, reg.sminL) &&
    !slt(0, S32_MAX, reg.sminH, reg.sminL) &&
    sle(-1, S32_MIN, reg.smaxH, reg.smaxL) &&
    sle(reg.smaxH, reg.smaxL, 0, S32_MAX);
  if (isS32) {
    reg.s32min = reg.sminL;
    reg.s32max = reg.smaxL;
  }
  if (reg.uminH === 0 && reg.umaxH === 0) {
    reg.u32min = reg.uminL;
    reg.u32max = reg.umaxL;
  }
  syncEarly(reg);
}

/** What a load of 1, 2 or 4 bytes leaves: the upper bytes are 0 (`coerce_reg_to_size`). */
export function coerceEarly(reg: Reg, size: number): void {
  cutToSize(reg, size);
  if (size < 4) combine64Into32(reg);
}
