/**
 * What the 8 bytes of a stack slot hold: a type per byte, 4 bits each, byte `i` in bits `4 * i` to `4 * i + 3` of
 * `Reg.slotTypes`. As in the kernel (`slot_type[]`), byte 7 is the lowest in memory: the one at the slot's own offset.
 */
import { SCALAR_VALUE } from './reg-types.js';
import type { Reg } from './register.js';

export const STACK_INVALID = 0;
/** Part of a spilled register. */
export const STACK_SPILL = 1;
/** Data of the program. */
export const STACK_MISC = 2;
/** The program wrote a constant 0. */
export const STACK_ZERO = 3;
export const STACK_DYNPTR = 4;
export const STACK_ITER = 5;

/** Bytes of a slot. */
export const BPF_REG_SIZE = 8;
/** Bytes of stack a function can have. */
export const MAX_BPF_STACK = 512;

const EVERY_BYTE = 0x1111_1111;
/** All 8 bytes invalid, spilled, dynptr. */
export const ALL_INVALID = 0;
export const ALL_SPILL = STACK_SPILL * EVERY_BYTE;
export const ALL_DYNPTR = STACK_DYNPTR * EVERY_BYTE;
export const ALL_ITER = STACK_ITER * EVERY_BYTE;

/** Type of byte `i`. */
export function slotType(types: number, i: number): number {
  return (types >>> (4 * i)) & 0xf;
}

/** `types` with another type for byte `i`. */
export function withSlotType(types: number, i: number, type: number): number {
  return (types & ~(0xf << (4 * i))) | (type << (4 * i));
}

/** Does the slot hold a spilled register, at least its lowest byte? */
export function isSpilled(slot: Reg): boolean {
  return slot.slotTypes >>> 28 === STACK_SPILL;
}

/** Is the slot part of an iterator? */
export function isIterator(slot: Reg): boolean {
  return slot.slotTypes >>> 28 === STACK_ITER;
}

export function isSpilledScalar(slot: Reg): boolean {
  return slot.slotTypes >>> 28 === STACK_SPILL && slot.type === SCALAR_VALUE;
}

/** Does the slot hold a number spilled with all its 64 bits? */
export function isSpilledScalar64(slot: Reg): boolean {
  return (slot.slotTypes & 0xf) === STACK_SPILL && slot.type === SCALAR_VALUE;
}

/** Spill, dynptr or iterator? */
export function isSpecial(types: number): boolean {
  const last = types >>> 28;
  return last === STACK_SPILL || last === STACK_DYNPTR || last === STACK_ITER;
}

/** Every byte that was written becomes data (`scrub_spilled_slot`). */
export function scrubbed(types: number): number {
  let result = 0;
  for (let i = 0; i < BPF_REG_SIZE; i++) {
    if (slotType(types, i) !== STACK_INVALID) result |= STACK_MISC << (4 * i);
  }
  return result;
}

/** Are all bytes data or never written (which a privileged program may read)? */
export function isAllMisc(types: number): boolean {
  // Data is 2, invalid 0: no other bit may be set.
  return (types & ~(STACK_MISC * EVERY_BYTE)) === 0;
}

/** Number of the slot that holds the byte at a negative offset from the frame pointer. */
export function slotOf(off: number): number {
  return Math.trunc((-off - 1) / BPF_REG_SIZE);
}
