/** What `BPF_JSET` tells of known bits, taken or not (`regs_refine_cond_op()`, kernel/bpf/verifier.c, Linux 6.12). */
import { BPF_JSET } from '../isa/opcodes.js';
import { isKnownScalar } from './branch-taken.js';
import { markUnbounded } from './register.js';
import type { Reg } from './register.js';

/** Not an opcode: the bits of a `BPF_JSET` that was not taken are all 0. */
export const JSET_NOT_TAKEN = BPF_JSET | 8;

/** By the fact that `a & b` is not 0, or that it is (`JSET_NOT_TAKEN`); nothing where neither is known. */
export function refineBits(a: Reg, b: Reg, op: number, low: boolean): void {
  const swap = !isKnownScalar(b, low);
  const reg = swap ? b : a;
  const mask = swap ? a : b;
  if (!isKnownScalar(mask, low)) return;
  if (op === BPF_JSET) setBit(reg, low ? 0 : mask.vh, mask.vl, low);
  else clearBits(reg, mask.vh, mask.vl, low);
}

function isPowerOf2(h: number, l: number): boolean {
  if (h === 0) return l !== 0 && (l & (l - 1)) === 0;
  return l === 0 && (h & (h - 1)) === 0;
}

/** One of the mask's bits is set: if it has one only, that bit is known. */
export function setBit(reg: Reg, h: number, l: number, low: boolean): void {
  if (!isPowerOf2(h, l)) return;
  reg.vl |= l;
  reg.ml &= ~l;
  if (low) return;
  reg.vh |= h;
  reg.mh &= ~h;
}

/** None of the mask's bits is set. */
export function clearBits(reg: Reg, h: number, l: number, low: boolean): void {
  markUnbounded(reg);
  reg.vl &= ~l;
  reg.ml &= ~l;
  if (low) return;
  reg.vh &= ~h;
  reg.mh &= ~h;
}
