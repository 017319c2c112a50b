/**
 * What `BPF_AND`, `BPF_OR` and `BPF_XOR` make of known bits and of unsigned ranges, the same in all releases
 * (`scalar_min_max_and()`, `_or()` and `_xor()`, kernel/bpf/verifier.c); what follows for signed numbers is not.
 */
import { BPF_AND, BPF_OR } from '../isa/opcodes.js';
import { ult } from './int64.js';
import type { Reg } from './register.js';
import { tnumAnd, tnumOr, tnumXor } from './tnum.js';

/** The known bits of the result. */
export function combineBits(op: number, dst: Reg, src: Reg): void {
  if (op === BPF_AND) tnumAnd(dst, dst, src);
  else if (op === BPF_OR) tnumOr(dst, dst, src);
  else tnumXor(dst, dst, src);
}

/** The unsigned 32-bit range: `dst` has the result's bits and its own old range. */
export function unsignedOfBits32(op: number, dst: Reg, src: Reg): void {
  if (op !== BPF_OR) dst.u32min = dst.vl;
  else if (src.u32min >>> 0 > dst.u32min >>> 0) dst.u32min = src.u32min;
  if (op !== BPF_AND) dst.u32max = dst.vl | dst.ml;
  else if (src.u32max >>> 0 < dst.u32max >>> 0) dst.u32max = src.u32max;
}

/** As `unsignedOfBits32()`, of 64 bits. */
export function unsignedOfBits64(op: number, dst: Reg, src: Reg): void {
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
}
