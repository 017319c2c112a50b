/**
 * Which operations on numbers are computed, by what is known of the second operand (`is_safe_to_compute_dst_reg_range()`,
 * kernel/bpf/verifier.c, Linux 6.12). Of all others nothing is known afterwards.
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
import type { Reg } from './register.js';
import { tnumIsConst, tnumSubregIsConst } from './tnum.js';

/** Is the operand one number, in its known bits and in its ranges? Of 32 bits: its low half. */
export function isOneNumber(src: Reg, is32: boolean): boolean {
  return is32
    ? tnumSubregIsConst(src) && src.s32min === src.s32max && src.u32min === src.u32max
    : tnumIsConst(src) &&
        src.sminH === src.smaxH &&
        src.sminL === src.smaxL &&
        src.uminH === src.umaxH &&
        src.uminL === src.umaxL;
}

/** Shifts are computed by a known amount below the operand's width only; division and the like never. */
export function isComputable(op: number, is32: boolean, src: Reg): boolean {
  switch (op) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_AND:
    case BPF_XOR:
    case BPF_OR:
    case BPF_MUL:
      return true;
    case BPF_LSH:
    case BPF_RSH:
    case BPF_ARSH:
      return isOneNumber(src, is32) && src.umaxH === 0 && src.umaxL >>> 0 < (is32 ? 32 : 64);
    default:
      return false;
  }
}
