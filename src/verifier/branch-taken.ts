/**
 * Which way a conditional jump goes, where ranges, known bits and pointer types tell (`is_branch_taken()`,
 * kernel/bpf/verifier.c, Linux 6.12).
 */
import {
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
} from '../isa/opcodes.js';
import type { VerifierEnv } from './env.js';
import { sle, slt, toNumber, ule, ult } from './int64.js';
import {
  baseType,
  CONST_PTR_TO_MAP,
  isPacketPointerOrEnd,
  mayBeNull,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET_END,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
  PTR_UNTRUSTED,
  SCALAR_VALUE,
  TRUSTED_MODIFIERS,
  typeFlags,
} from './reg-types.js';
import { MAX_VAR_OFF } from './register.js';
import type { Reg } from './register.js';
import { tnumOverlap } from './tnum.js';

/** The jump is not taken, is taken, or nobody knows. */
export const NOT_TAKEN = 0;
export const TAKEN = 1;
export const UNDECIDED = -1;

/** Verified ranges of packet pointers that were compared with the packet's end: at it, or beyond. */
export const AT_PKT_END = -1;
export const BEYOND_PKT_END = -2;

/** Is the register (or its low half) one known number? */
export function isKnownScalar(reg: Reg, low: boolean): boolean {
  return reg.type === SCALAR_VALUE && (low ? reg.ml === 0 : (reg.mh | reg.ml) === 0);
}

/** Trusted pointers are not null (`is_trusted_reg`). */
export function isTrusted(reg: Reg): boolean {
  if (reg.refObjId !== 0) return true;
  const base = baseType(reg.type);
  const flags = typeFlags(reg.type);
  const isSafe = (flags & ~TRUSTED_MODIFIERS) === 0;
  if (
    base === PTR_TO_SOCKET ||
    base === PTR_TO_SOCK_COMMON ||
    base === PTR_TO_TCP_SOCK ||
    base === CONST_PTR_TO_MAP
  ) {
    if (isSafe) return true;
  }
  return (flags & TRUSTED_MODIFIERS) !== 0 && isSafe;
}

/** Is the pointer for certain not null (`reg_not_null`)? */
export function isNotNull(env: VerifierEnv, reg: Reg): boolean {
  const { nullChecks } = env.rules;
  if (mayBeNull(reg.type)) return false;
  if (nullChecks === 'few' && typeFlags(reg.type) !== 0) return false;
  if (nullChecks === 'most' && mayBeFarOff(reg)) return false;
  switch (baseType(reg.type)) {
    case PTR_TO_SOCKET:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_SOCK_COMMON:
      return true;
    case PTR_TO_XDP_SOCK:
    case PTR_TO_BUF:
      return nullChecks === 'most';
    case PTR_TO_MEM:
      return nullChecks === 'more' || (nullChecks === 'most' && (reg.type & PTR_UNTRUSTED) === 0);
    case CONST_PTR_TO_MAP:
      return nullChecks !== 'few';
    case PTR_TO_BTF_ID:
      return nullChecks !== 'few' && isTrusted(reg);
    default:
      return false;
  }
}

/** May the pointer be so far from its object that it wraps around? */
function mayBeFarOff(reg: Reg): boolean {
  const least = toNumber(reg.sminH, reg.sminL) + reg.off;
  const most = toNumber(reg.smaxH, reg.smaxL) + reg.off;
  return !(least > -MAX_VAR_OFF && most < MAX_VAR_OFF);
}

/** The comparison with its operands swapped. */
export function flipped(op: number): number {
  switch (op) {
    case BPF_JGE:
      return BPF_JLE;
    case BPF_JGT:
      return BPF_JLT;
    case BPF_JLE:
      return BPF_JGE;
    case BPF_JLT:
      return BPF_JGT;
    case BPF_JSGE:
      return BPF_JSLE;
    case BPF_JSGT:
      return BPF_JSLT;
    case BPF_JSLE:
      return BPF_JSGE;
    case BPF_JSLT:
      return BPF_JSGT;
    default:
      return op;
  }
}

/** Does `if dst op src` jump? `low`: the low halves are compared. */
export function branchTaken(env: VerifierEnv, dst: Reg, src: Reg, op: number, low: boolean): number {
  if (isPacketPointerOrEnd(dst.type) && isPacketPointerOrEnd(src.type) && !low) {
    return packetBranchTaken(dst, src, op);
  }
  if (dst.type !== SCALAR_VALUE || src.type !== SCALAR_VALUE)
    return pointerBranchTaken(env, dst, src, op, low);
  return env.numbers.taken(dst, src, op, low);
}

function packetBranchTaken(dst: Reg, src: Reg, op: number): number {
  let packet = dst;
  let compare = op;
  if (src.type !== PTR_TO_PACKET_END) {
    if (dst.type !== PTR_TO_PACKET_END) return UNDECIDED;
    packet = src;
    compare = flipped(op);
  }
  const range = packet.a;
  if (range >= 0) return UNDECIDED;
  if (compare === BPF_JLE || compare === BPF_JGT) {
    if (range === BEYOND_PKT_END) return compare === BPF_JGT ? TAKEN : NOT_TAKEN;
  } else if (compare === BPF_JLT || compare === BPF_JGE) {
    return compare === BPF_JGE ? TAKEN : NOT_TAKEN;
  }
  return UNDECIDED;
}

function pointerBranchTaken(env: VerifierEnv, dst: Reg, src: Reg, op: number, low: boolean): number {
  let pointer = dst;
  let number = src;
  const { nullChecks } = env.rules;
  if (low && nullChecks === 'most') return UNDECIDED;
  if (nullChecks !== 'few' && !isKnownScalar(number, low)) {
    pointer = src;
    number = dst;
  }
  if (!isKnownScalar(number, low) || !isNotNull(env, pointer)) return UNDECIDED;
  if (number.vl !== 0 || (!low && number.vh !== 0)) return UNDECIDED;
  if (op === BPF_JEQ) return NOT_TAKEN;
  return op === BPF_JNE ? TAKEN : UNDECIDED;
}

function decided(yes: boolean, no: boolean): number {
  if (yes) return TAKEN;
  return no ? NOT_TAKEN : UNDECIDED;
}

/** 1 when equal for certain, 0 when different for certain, -1 otherwise. */
function equal64(a: Reg, b: Reg): number {
  if ((a.mh | a.ml | b.mh | b.ml) === 0) return a.vl === b.vl && a.vh === b.vh ? 1 : 0;
  if (
    !tnumOverlap(a, b) ||
    ult(b.umaxH, b.umaxL, a.uminH, a.uminL) ||
    ult(a.umaxH, a.umaxL, b.uminH, b.uminL) ||
    slt(b.smaxH, b.smaxL, a.sminH, a.sminL) ||
    slt(a.smaxH, a.smaxL, b.sminH, b.sminL) ||
    rangesApart32(a, b)
  ) {
    return 0;
  }
  return -1;
}

function rangesApart32(a: Reg, b: Reg): boolean {
  return (
    a.u32min >>> 0 > b.u32max >>> 0 ||
    a.u32max >>> 0 < b.u32min >>> 0 ||
    a.s32min > b.s32max ||
    a.s32max < b.s32min
  );
}

function equal32(a: Reg, b: Reg): number {
  if ((a.ml | b.ml) === 0) return a.vl === b.vl ? 1 : 0;
  return ((a.vl ^ b.vl) & ~a.ml & ~b.ml) !== 0 || rangesApart32(a, b) ? 0 : -1;
}

function negated(result: number): number {
  return result < 0 ? UNDECIDED : 1 - result;
}

/** Does `if a op b` jump? Both are numbers. */
export function scalarTaken(a: Reg, b: Reg, op: number, low: boolean): number {
  return low ? scalarTaken32(a, b, op) : scalarTaken64(a, b, op);
}

function scalarTaken64(a: Reg, b: Reg, op: number): number {
  switch (op) {
    case BPF_JEQ:
      return equal64(a, b);
    case BPF_JNE:
      return negated(equal64(a, b));
    case BPF_JSET: {
      const [bits, mask] = isKnownScalar(b, false) ? [a, b] : [b, a];
      if (!isKnownScalar(mask, false)) return UNDECIDED;
      return decided(
        ((bits.vh & mask.vh) | (bits.vl & mask.vl)) !== 0,
        (((bits.mh | bits.vh) & mask.vh) | ((bits.ml | bits.vl) & mask.vl)) === 0,
      );
    }
    case BPF_JGT:
      return decided(ult(b.umaxH, b.umaxL, a.uminH, a.uminL), ule(a.umaxH, a.umaxL, b.uminH, b.uminL));
    case BPF_JSGT:
      return decided(slt(b.smaxH, b.smaxL, a.sminH, a.sminL), sle(a.smaxH, a.smaxL, b.sminH, b.sminL));
    case BPF_JLT:
      return decided(ult(a.umaxH, a.umaxL, b.uminH, b.uminL), ule(b.umaxH, b.umaxL, a.uminH, a.uminL));
    case BPF_JSLT:
      return decided(slt(a.smaxH, a.smaxL, b.sminH, b.sminL), sle(b.smaxH, b.smaxL, a.sminH, a.sminL));
    case BPF_JGE:
      return decided(ule(b.umaxH, b.umaxL, a.uminH, a.uminL), ult(a.umaxH, a.umaxL, b.uminH, b.uminL));
    case BPF_JSGE:
      return decided(sle(b.smaxH, b.smaxL, a.sminH, a.sminL), slt(a.smaxH, a.smaxL, b.sminH, b.sminL));
    case BPF_JLE:
      return decided(ule(a.umaxH, a.umaxL, b.uminH, b.uminL), ult(b.umaxH, b.umaxL, a.uminH, a.uminL));
    case BPF_JSLE:
      return decided(sle(a.smaxH, a.smaxL, b.sminH, b.sminL), slt(b.smaxH, b.smaxL, a.sminH, a.sminL));
    default:
      return UNDECIDED;
  }
}

function scalarTaken32(a: Reg, b: Reg, op: number): number {
  const umin1 = a.u32min >>> 0;
  const umax1 = a.u32max >>> 0;
  const umin2 = b.u32min >>> 0;
  const umax2 = b.u32max >>> 0;
  switch (op) {
    case BPF_JEQ:
      return equal32(a, b);
    case BPF_JNE:
      return negated(equal32(a, b));
    case BPF_JSET: {
      const [bits, mask] = isKnownScalar(b, true) ? [a, b] : [b, a];
      if (!isKnownScalar(mask, true)) return UNDECIDED;
      return decided((bits.vl & mask.vl) !== 0, ((bits.ml | bits.vl) & mask.vl) === 0);
    }
    case BPF_JGT:
      return decided(umin1 > umax2, umax1 <= umin2);
    case BPF_JSGT:
      return decided(a.s32min > b.s32max, a.s32max <= b.s32min);
    case BPF_JLT:
      return decided(umax1 < umin2, umin1 >= umax2);
    case BPF_JSLT:
      return decided(a.s32max < b.s32min, a.s32min >= b.s32max);
    case BPF_JGE:
      return decided(umin1 >= umax2, umax1 < umin2);
    case BPF_JSGE:
      return decided(a.s32min >= b.s32max, a.s32max < b.s32min);
    case BPF_JLE:
      return decided(umax1 <= umin2, umin1 > umax2);
    case BPF_JSLE:
      return decided(a.s32max <= b.s32min, a.s32min > b.s32max);
    default:
      return UNDECIDED;
  }
}
