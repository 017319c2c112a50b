/**
 * What is known of one register or stack slot: `struct bpf_reg_state` (include/linux/bpf_verifier.h, Linux 6.12). Numbers
 * of 64 bits are pairs of words as in int64.ts; unsigned 32-bit bounds are kept as bit patterns too.
 */
import { NOT_INIT, NOT_MODELLED, SCALAR_VALUE } from './reg-types.js';
import type { Arcs, Ranges32, Ranges64 } from './arc.js';
import type { Tnum } from './tnum.js';

/** Liveness marks. */
export const LIVE_NONE = 0;
export const LIVE_READ32 = 1;
export const LIVE_READ64 = 2;
export const LIVE_READ = 3;
export const LIVE_WRITTEN = 4;
/** The state is complete: its marks change no more. */
export const LIVE_DONE = 8;

/** Marks in `id`: the number is `off` more than what the id stands for, as 64 bits or as 32. */
export const ADD_CONST64 = 1 << 31;
export const ADD_CONST32 = 1 << 30;
export const ADD_CONST = ADD_CONST64 | ADD_CONST32;

/** Pointers stay within this distance of their object (`BPF_MAX_VAR_OFF`). */
export const MAX_VAR_OFF = 1 << 29;

export const S32_MIN = -0x8000_0000;
export const S32_MAX = 0x7fff_ffff;

export class Reg implements Tnum, Arcs, Ranges64, Ranges32 {
  type = NOT_INIT;
  /** Fixed part of a pointer's offset, or a linked number's difference. */
  off = 0;
  /**
   * What the type needs besides, `a`, `b`, `c`:
   * packet pointer: verified range · map pointer, value and key: map id, map uid · BTF pointer: BTF, type id ·
   * memory: size, dynptr id · function: subprogram · dynptr slot: kind, first slot · iterator slot: BTF, type id, state
   */
  a = 0;
  b = 0;
  c = 0;
  /** Value, or variable part of a pointer's offset, as a tristate number. */
  vh = 0;
  vl = 0;
  mh = 0;
  ml = 0;
  sminH = 0;
  sminL = 0;
  smaxH = 0;
  smaxL = 0;
  uminH = 0;
  uminL = 0;
  umaxH = 0;
  umaxL = 0;
  s32min = 0;
  s32max = 0;
  u32min = 0;
  u32max = 0;
  /** The ranges as arcs, see arc.ts: only kept where the release's numbers are arcs, and then the ranges follow them. */
  baseH = 0;
  baseL = 0;
  spanH = 0;
  spanL = 0;
  base32 = 0;
  span32 = 0;
  /** Registers with the same id (not 0) hold the same value, or pointers of the same origin. */
  id = 0;
  /** Reference that the pointer keeps, 0 for none. */
  refObjId = 0;
  /** Same register of the last checkpoint, where reads are marked; null at the beginning. */
  parent: Reg | null = null;
  /** Frame of a stack pointer. */
  frameno = 0;
  /** One more than the slot that defined the low half only; 0 when all 64 bits were defined. */
  subregDef = 0;
  live = LIVE_NONE;
  /** Some decision hung on the exact value. */
  precise = false;
  /** Only of stack slots: type of each of the 8 bytes, 4 bits each, see stack-slots.ts. */
  slotTypes = 0;

  isConst(): boolean {
    return (this.mh | this.ml) === 0;
  }

  /** Is it the number 0 (`register_is_null`)? */
  isNull(): boolean {
    return this.type === SCALAR_VALUE && (this.mh | this.ml | this.vh | this.vl) === 0;
  }

  /** Sets the type's particulars to 0. */
  clearUnion(): void {
    this.a = 0;
    this.b = 0;
    this.c = 0;
  }
}

/** Copies everything but what belongs to the place: parent, liveness, slot types (`copy_register_state`). */
export function copyReg(dst: Reg, src: Reg): void {
  dst.type = src.type;
  dst.off = src.off;
  dst.a = src.a;
  dst.b = src.b;
  dst.c = src.c;
  copyBounds(dst, src);
  dst.id = src.id;
  dst.refObjId = src.refObjId;
  dst.frameno = src.frameno;
  dst.subregDef = src.subregDef;
  dst.precise = src.precise;
}

/** Copies the tristate number and all ranges. */
export function copyBounds(dst: Reg, src: Reg): void {
  dst.vh = src.vh;
  dst.vl = src.vl;
  dst.mh = src.mh;
  dst.ml = src.ml;
  dst.sminH = src.sminH;
  dst.sminL = src.sminL;
  dst.smaxH = src.smaxH;
  dst.smaxL = src.smaxL;
  dst.uminH = src.uminH;
  dst.uminL = src.uminL;
  dst.umaxH = src.umaxH;
  dst.umaxL = src.umaxL;
  dst.s32min = src.s32min;
  dst.s32max = src.s32max;
  dst.u32min = src.u32min;
  dst.u32max = src.u32max;
  dst.baseH = src.baseH;
  dst.baseL = src.baseL;
  dst.spanH = src.spanH;
  dst.spanL = src.spanL;
  dst.base32 = src.base32;
  dst.span32 = src.span32;
}

/** Copies a register with its parent and liveness, as a structure assignment does. */
export function assignReg(dst: Reg, src: Reg): void {
  copyReg(dst, src);
  dst.parent = src.parent;
  dst.live = src.live;
}

/** A new register equal in every field. */
export function cloneReg(src: Reg): Reg {
  const dst = new Reg();
  assignReg(dst, src);
  dst.slotTypes = src.slotTypes;
  return dst;
}

/** All ranges as wide as they go; the tristate number stays. */
export function markUnbounded(reg: Reg): void {
  mark64Unbounded(reg);
  mark32Unbounded(reg);
}

export function setSignedUnbounded(reg: Reg): void {
  reg.sminH = S32_MIN;
  reg.sminL = 0;
  reg.smaxH = S32_MAX;
  reg.smaxL = -1;
}

export function setUnsignedUnbounded(reg: Reg): void {
  reg.uminH = 0;
  reg.uminL = 0;
  reg.umaxH = -1;
  reg.umaxL = -1;
}

export function mark64Unbounded(reg: Reg): void {
  setSignedUnbounded(reg);
  setUnsignedUnbounded(reg);
  reg.baseH = 0;
  reg.baseL = 0;
  reg.spanH = -1;
  reg.spanL = -1;
}

export function mark32Unbounded(reg: Reg): void {
  reg.s32min = S32_MIN;
  reg.s32max = S32_MAX;
  reg.u32min = 0;
  reg.u32max = -1;
  reg.base32 = 0;
  reg.span32 = -1;
}

/** The tristate number and all ranges are the one value. */
export function setConstBounds(reg: Reg, h: number, l: number): void {
  reg.vh = h;
  reg.vl = l;
  reg.mh = 0;
  reg.ml = 0;
  reg.sminH = h;
  reg.sminL = l;
  reg.smaxH = h;
  reg.smaxL = l;
  reg.uminH = h;
  reg.uminL = l;
  reg.umaxH = h;
  reg.umaxL = l;
  reg.s32min = l;
  reg.s32max = l;
  reg.u32min = l;
  reg.u32max = l;
  reg.baseH = h;
  reg.baseL = l;
  reg.spanH = 0;
  reg.spanL = 0;
  reg.base32 = l;
  reg.span32 = 0;
}

/** A known value; type, precision and definition stay (`__mark_reg_known`). */
export function markKnown(reg: Reg, h: number, l: number): void {
  reg.off = 0;
  reg.a = 0;
  reg.b = 0;
  reg.c = 0;
  reg.id = 0;
  reg.refObjId = 0;
  setConstBounds(reg, h, l);
}

/** Value part 0: what a fresh pointer has (`__mark_reg_known_zero`). */
export function markKnownZero(reg: Reg): void {
  markKnown(reg, 0, 0);
}

/** The low half is known (`__mark_reg32_known`). */
export function mark32Known(reg: Reg, l: number): void {
  reg.vl = l;
  reg.ml = 0;
  reg.s32min = l;
  reg.s32max = l;
  reg.u32min = l;
  reg.u32max = l;
  reg.base32 = l;
  reg.span32 = 0;
}

/** A number of which nothing is known (`__mark_reg_unknown`); definition and liveness stay. */
export function markUnknown(reg: Reg): void {
  reg.type = SCALAR_VALUE;
  reg.off = 0;
  reg.a = 0;
  reg.b = 0;
  reg.c = 0;
  reg.id = 0;
  reg.refObjId = 0;
  reg.vh = 0;
  reg.vl = 0;
  reg.mh = -1;
  reg.ml = -1;
  reg.frameno = 0;
  reg.precise = false;
  markUnbounded(reg);
}

export function markNotInit(reg: Reg): void {
  markUnknown(reg);
  reg.type = NOT_INIT;
}

/** The constant 0 (`__mark_reg_const_zero`). */
export function markConstZero(reg: Reg): void {
  markKnownZero(reg);
  reg.type = SCALAR_VALUE;
  reg.precise = false;
}

/** Something the analysis does not know the type of. */
export function markNotModelled(reg: Reg): void {
  markUnknown(reg);
  reg.type = NOT_MODELLED;
}

/** Parts a number from those it is linked with. */
export function clearScalarId(reg: Reg): void {
  reg.id = 0;
  reg.off = 0;
}

/** Are type, fixed offset and particulars equal (`memcmp` up to `var_off`)? */
export function sameUnion(x: Reg, y: Reg): boolean {
  return x.type === y.type && x.off === y.off && x.a === y.a && x.b === y.b && x.c === y.c;
}

/** Are the ranges and the known bits equal? */
export function sameRanges(x: Reg, y: Reg): boolean {
  return (
    x.vl === y.vl &&
    x.vh === y.vh &&
    x.ml === y.ml &&
    x.mh === y.mh &&
    x.sminL === y.sminL &&
    x.sminH === y.sminH &&
    x.smaxL === y.smaxL &&
    x.smaxH === y.smaxH &&
    x.uminL === y.uminL &&
    x.uminH === y.uminH &&
    x.umaxL === y.umaxL &&
    x.umaxH === y.umaxH &&
    x.s32min === y.s32min &&
    x.s32max === y.s32max &&
    x.u32min === y.u32min &&
    x.u32max === y.u32max
  );
}
