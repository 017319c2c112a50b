/** Dynptr arguments of helpers (`process_dynptr_func()`, kernel/bpf/verifier.c, Linux 6.12). */
import { putDynptr, invalidateDynptr } from './dynptr.js';
import type { VerifierEnv } from './env.js';
import { markRead64 } from './liveness.js';
import { accessMemory } from './memory.js';
import { acquireReference, releaseReference } from './references.js';
import {
  CONST_PTR_TO_DYNPTR,
  DYNPTR_INVALID,
  DYNPTR_LOCAL,
  DYNPTR_RINGBUF,
  DYNPTR_SKB,
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_XDP,
  DYNPTR_XDP,
  MEM_UNINIT,
  NOT_MODELLED,
  OBJ_RELEASE,
  PTR_TO_STACK,
} from './reg-types.js';
import type { Reg } from './register.js';
import { BPF_REG_SIZE, slotOf, slotType, STACK_DYNPTR } from './stack-slots.js';

/** Bytes of a dynptr on the stack. */
const DYNPTR_SIZE = 16;

/** The kind of dynptr an argument type asks for. */
export function kindOfArg(type: number): number {
  if ((type & DYNPTR_TYPE_LOCAL) !== 0) return DYNPTR_LOCAL;
  if ((type & DYNPTR_TYPE_RINGBUF) !== 0) return DYNPTR_RINGBUF;
  if ((type & DYNPTR_TYPE_SKB) !== 0) return DYNPTR_SKB;
  return (type & DYNPTR_TYPE_XDP) !== 0 ? DYNPTR_XDP : DYNPTR_INVALID;
}

/** First stack slot of the dynptr at R`regno`, -1 when the pointer is not to one that can be. */
function dynptrSlot(env: VerifierEnv, reg: Reg): number {
  if (reg.type !== PTR_TO_STACK || !reg.isConst()) return -1;
  const off = reg.off + reg.vl;
  if (off % BPF_REG_SIZE !== 0 || off >= 0) return -1;
  const slot = slotOf(off);
  return slot >= 1 && slot < env.frameOf(reg).stack.length ? slot : -1;
}

/** The slot or register that describes the dynptr; null when there is none. */
function dynptrHead(env: VerifierEnv, reg: Reg): Reg | null {
  if (reg.type === CONST_PTR_TO_DYNPTR) return reg;
  const at = dynptrSlot(env, reg);
  if (at < 0) return null;
  const slot = env.frameOf(reg).stack[at];
  return slotType(slot.slotTypes, 0) === STACK_DYNPTR && slot.b === 1 ? slot : null;
}

export function dynptrId(env: VerifierEnv, reg: Reg): number {
  return dynptrHead(env, reg)?.id ?? 0;
}

export function dynptrRefObjId(env: VerifierEnv, reg: Reg): number {
  return dynptrHead(env, reg)?.refObjId ?? 0;
}

export function dynptrKind(env: VerifierEnv, reg: Reg): number {
  return dynptrHead(env, reg)?.a ?? DYNPTR_INVALID;
}

/** A dynptr argument: a new one is made, or an existing one read. `cloneRef` is the reference a clone shares. */
export function processDynptrArg(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  type: number,
  cloneRef = 0,
): void {
  if (reg.type === NOT_MODELLED) return;
  if (reg.type !== PTR_TO_STACK && reg.type !== CONST_PTR_TO_DYNPTR) {
    env.refuse(`R${regno} is no dynptr`);
    return;
  }
  if ((type & MEM_UNINIT) !== 0) {
    for (let off = 0; off < DYNPTR_SIZE; off += BPF_REG_SIZE)
      accessMemory(env, regno, off, BPF_REG_SIZE, true, -1, false);
    const at = dynptrSlot(env, reg);
    if (at < 0) {
      env.refuse(`R${regno} is no place for a dynptr`);
      return;
    }
    const kind = kindOfArg(type);
    const frame = env.frameOf(reg);
    putDynptr(env, frame, at, kind, 0);
    if (kind === DYNPTR_RINGBUF) {
      const ref = cloneRef !== 0 ? cloneRef : acquireReference(env);
      frame.stack[at].refObjId = ref;
      frame.stack[at - 1].refObjId = ref;
    }
    return;
  }
  const head = dynptrHead(env, reg);
  if (head === null) {
    env.refuse(`R${regno} is no initialised dynptr`);
    return;
  }
  if ((type & OBJ_RELEASE) !== 0 && head.refObjId === 0)
    env.refuse(`R${regno}: a dynptr without reference is released`);
  if (reg.type === PTR_TO_STACK) {
    const at = dynptrSlot(env, reg);
    const { stack } = env.frameOf(reg);
    markRead64(stack[at]);
    markRead64(stack[at - 1]);
  }
}

/** The helper releases the dynptr: it ends, with all clones and slices of it (`unmark_stack_slots_dynptr`). */
export function releaseDynptr(env: VerifierEnv, reg: Reg): void {
  const head = dynptrHead(env, reg);
  const at = dynptrSlot(env, reg);
  if (head === null || at < 0) return;
  const frame = env.frameOf(reg);
  if (head.a !== DYNPTR_RINGBUF) {
    invalidateDynptr(frame, at);
    return;
  }
  const { refObjId } = head;
  if (!releaseReference(env, refObjId)) env.refuse('release of a dynptr that is not held');
  const { stack } = frame;
  for (let i = 1; i < stack.length; i++) {
    const slot = stack[i];
    if (slot.refObjId !== refObjId || slotType(slot.slotTypes, 0) !== STACK_DYNPTR) continue;
    if (slot.b === 1) invalidateDynptr(frame, i);
  }
}
