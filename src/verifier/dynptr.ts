/** Dynamic pointers that live in two stack slots each (kernel/bpf/verifier.c, Linux 6.12). */
import type { VerifierEnv } from './env.js';
import { collectRegs } from './frames.js';
import type { FuncState } from './frames.js';
import { CONST_PTR_TO_DYNPTR, DYNPTR_RINGBUF, PTR_MAYBE_NULL, PTR_TO_MEM } from './reg-types.js';
import { LIVE_WRITTEN, markKnownZero, markNotInit, markUnknown } from './register.js';
import type { Reg } from './register.js';
import { ALL_DYNPTR, ALL_INVALID, slotType, STACK_DYNPTR } from './stack-slots.js';

/** Makes a register or slot one half of a dynptr (`__mark_dynptr_reg`). */
export function markDynptr(reg: Reg, kind: number, first: boolean, id: number): void {
  markKnownZero(reg);
  reg.type = CONST_PTR_TO_DYNPTR;
  reg.id = id;
  reg.a = kind;
  reg.b = first ? 1 : 0;
}

/** Puts a new dynptr into the slots `slot` and `slot - 1`. */
export function putDynptr(
  env: VerifierEnv,
  frame: FuncState,
  slot: number,
  kind: number,
  refObjId: number,
): void {
  destroyDynptrAt(env, frame, slot);
  destroyDynptrAt(env, frame, slot - 1);
  const id = env.newId();
  for (const at of [slot, slot - 1]) {
    const half = frame.stack[at];
    half.slotTypes = ALL_DYNPTR;
    markDynptr(half, kind, at === slot, id);
    half.refObjId = refObjId;
    half.live |= LIVE_WRITTEN;
  }
}

/** Forgets the dynptr in the slots `slot` and `slot - 1` (`invalidate_dynptr`). */
export function invalidateDynptr(frame: FuncState, slot: number): void {
  for (const at of [slot, slot - 1]) {
    const half = frame.stack.at(at);
    if (half === undefined) continue;
    half.slotTypes = ALL_INVALID;
    markNotInit(half);
    half.live |= LIVE_WRITTEN;
  }
}

/** A store goes to the slot: a dynptr there is lost, and slices of it with it (`destroy_if_dynptr_stack_slot`). */
export function destroyDynptrAt(env: VerifierEnv, frame: FuncState, slotNumber: number): void {
  const slot = frame.stack.at(slotNumber);
  if (slot === undefined || slotType(slot.slotTypes, 0) !== STACK_DYNPTR) return;
  const first = slot.b === 1 ? slotNumber : slotNumber + 1;
  const head = frame.stack[first];
  if (head.a === DYNPTR_RINGBUF) env.refuse('a referenced dynptr is overwritten');
  const { id } = head;
  const count = collectRegs(env.cur, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if ((reg.type & ~PTR_MAYBE_NULL) === PTR_TO_MEM && reg.b === id) markUnknown(reg);
  }
  invalidateDynptr(frame, first);
}
