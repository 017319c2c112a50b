/**
 * Open-coded iterators (`bpf_iter_*`): a state in stack slots, made by one kernel function, stepped by another, ended by a
 * third (`process_iter_arg()`, `process_iter_next_call()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { BPF_REG_0 } from '../isa/opcodes.js';
import type { VerifierEnv } from './env.js';
import type { VerifierState } from './frames.js';
import { markRead64 } from './liveness.js';
import { findPrevEntry, widenImprecise } from './loops.js';
import { accessMemory } from './memory.js';
import { markNotNull } from './pointers.js';
import { acquireReference, releaseReference } from './references.js';
import { MEM_RCU, PTR_TO_STACK, PTR_UNTRUSTED } from './reg-types.js';
import { LIVE_WRITTEN, markConstZero, markKnownZero, markNotInit } from './register.js';
import type { Reg } from './register.js';
import { ALL_INVALID, ALL_ITER, BPF_REG_SIZE, slotOf, slotType, STACK_ITER } from './stack-slots.js';

/** States of an iterator, in the low 2 bits of `Reg.c` of its first stack slot; the depth is above. */
export const ITER_ACTIVE = 1;
/** At its end. */
export const ITER_DRAINED = 2;
const STATE_MASK = 3;
const DEPTH_SHIFT = 2;

/** Where a call found the iterator it works on. */
export interface IterPlace {
  frameno: number;
  slot: number;
}

/** First stack slot of the iterator at a pointer, -1 when none can be there. */
function iterSlot(env: VerifierEnv, reg: Reg, slots: number): number {
  if (reg.type !== PTR_TO_STACK || !reg.isConst()) return -1;
  const off = reg.off + reg.vl;
  if (off >= 0 || off % BPF_REG_SIZE !== 0) return -1;
  const slot = slotOf(off);
  return slot + 1 >= slots && slot < env.frameOf(reg).stack.length ? slot : -1;
}

/** Makes an iterator of `slots` stack slots; `btfId` is its structure's type, `rcuProtected` one that needs RCU. */
export function newIterator(
  env: VerifierEnv,
  regno: number,
  slots: number,
  btfId: number,
  rcuProtected: boolean,
): void {
  const reg = env.regs[regno];
  for (let off = 0; off < slots * BPF_REG_SIZE; off += BPF_REG_SIZE) {
    accessMemory(env, regno, off, BPF_REG_SIZE, true, -1, false);
  }
  const at = iterSlot(env, reg, slots);
  if (at < 0) {
    env.refuse(`R${regno} is no place for an iterator`);
    return;
  }
  const ref = acquireReference(env);
  const { stack } = env.frameOf(reg);
  for (let i = 0; i < slots; i++) {
    const slot = stack[at - i];
    markKnownZero(slot);
    slot.type = PTR_TO_STACK;
    if (rcuProtected) slot.type |= env.inRcuCriticalSection ? MEM_RCU : PTR_UNTRUSTED;
    slot.live |= LIVE_WRITTEN;
    slot.refObjId = i === 0 ? ref : 0;
    slot.a = 1;
    slot.b = btfId;
    slot.c = ITER_ACTIVE;
    slot.slotTypes = ALL_ITER;
  }
}

/** The iterator that an existing one's pointer means; null when there is none. */
export function findIterator(
  env: VerifierEnv,
  regno: number,
  slots: number,
  btfId: number,
): IterPlace | null {
  const reg = env.regs[regno];
  const at = iterSlot(env, reg, slots);
  if (at < 0) return null;
  const { stack } = env.frameOf(reg);
  for (let i = 0; i < slots; i++) {
    const slot = stack[at - i];
    if (slotType(slot.slotTypes, 0) !== STACK_ITER || slot.b !== btfId) return null;
    if ((slot.refObjId !== 0) !== (i === 0)) return null;
  }
  for (let i = 0; i < slots; i++) markRead64(stack[at - i]);
  return { frameno: reg.frameno, slot: at };
}

/** Ends the iterator. */
export function destroyIterator(env: VerifierEnv, { frameno, slot: at }: IterPlace, slots: number): void {
  const { stack } = env.cur.frames[frameno];
  releaseReference(env, stack[at].refObjId);
  for (let i = 0; i < slots; i++) {
    const slot = stack[at - i];
    markNotInit(slot);
    slot.live |= LIVE_WRITTEN;
    slot.slotTypes = ALL_INVALID;
  }
}

/** The iterator's first slot in a state. */
export function iteratorIn(state: VerifierState, { frameno, slot }: IterPlace): Reg {
  return state.frames[frameno].stack[slot];
}

/** The step may find an element, which is explored later, or the end, which is explored now. */
export function stepIterator(env: VerifierEnv, place: IterPlace): void {
  const { cur, slot } = env;
  const iterator = iteratorIn(cur, place);
  if ((iterator.c & STATE_MASK) === ITER_ACTIVE) {
    const prev = cur.parent === null ? null : findPrevEntry(env, cur.parent, slot);
    const queued = env.pushState(slot + 1, slot);
    const next = iteratorIn(queued, place);
    next.c = ITER_ACTIVE | (((next.c >> DEPTH_SHIFT) + 1) << DEPTH_SHIFT);
    if (prev !== null) widenImprecise(env, prev, queued);
    markNotNull(env, queued.cur.regs[BPF_REG_0]);
  }
  iterator.c = (iterator.c & ~STATE_MASK) | ITER_DRAINED;
  markConstZero(env.regs[BPF_REG_0]);
}
