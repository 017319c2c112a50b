/**
 * Does an explored state cover another one: would exploring the other find nothing that was not found from the first?
 * (`states_equal()` and what it consists of, kernel/bpf/verifier.c, Linux 6.12.)
 */
import type { VerifierEnv } from './env.js';
import { MAX_BPF_REG } from './frames.js';
import type { FuncState, VerifierState } from './frames.js';
import type { NumberRules } from './numbers.js';
import { rangeNumbers } from './range-numbers.js';
import {
  baseType,
  NOT_INIT,
  PTR_TO_ARENA,
  PTR_TO_BUF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  SCALAR_VALUE,
} from './reg-types.js';
import { ADD_CONST, LIVE_READ, markUnknown, Reg, sameUnion } from './register.js';
import {
  BPF_REG_SIZE,
  isAllMisc,
  isSpilledScalar64,
  slotType,
  STACK_DYNPTR,
  STACK_INVALID,
  STACK_ITER,
  STACK_MISC,
  STACK_SPILL,
} from './stack-slots.js';
import { tnumIn } from './tnum.js';

/** How alike states must be. */
export const NOT_EXACT = 0;
/** In every register and slot. */
export const EXACT = 1;
/** The other's ranges lie within the first's, precise or not. */
export const RANGE_WITHIN = 2;

/** Most ids that can be told apart (`BPF_ID_MAP_SIZE`). */
const ID_MAP_SIZE = 600;

/** Which id of the one state is which of the other. */
const oldIds = new Int32Array(ID_MAP_SIZE);
const curIds = new Int32Array(ID_MAP_SIZE);
let idCount = 0;
let nextTemporaryId = 0;

/** What the release knows of numbers. */
let numbers: NumberRules = rangeNumbers;

/** Forgets the ids of the last comparison. */
export function resetIds(env: VerifierEnv): void {
  idCount = 0;
  nextTemporaryId = env.idGen;
  ({ numbers } = env);
}

function sameId(oldId: number, curId: number): boolean {
  if ((oldId !== 0) !== (curId !== 0)) return false;
  if (oldId === 0) return true;
  for (let i = 0; i < idCount; i++) {
    if (oldIds[i] === oldId) return curIds[i] === curId;
    if (curIds[i] === curId) return false;
  }
  if (idCount === ID_MAP_SIZE) return false;
  oldIds[idCount] = oldId;
  curIds[idCount++] = curId;
  return true;
}

/** Numbers may be linked more in the second state than in the first. */
function sameScalarId(oldId: number, curId: number): boolean {
  if (oldId === 0) return true;
  const id = curId !== 0 ? curId : ++nextTemporaryId;
  if (!sameId(oldId, id)) return false;
  return (oldId & ADD_CONST) === 0 || sameId(oldId & ~ADD_CONST, id & ~ADD_CONST);
}

/** Are both equal but for the names of ids (`regs_exact`)? */
export function regsExact(old: Reg, cur: Reg): boolean {
  return sameValue(old, cur) && sameId(old.id, cur.id) && sameId(old.refObjId, cur.refObjId);
}

/** Are both equal in everything but ids? */
export function sameValue(x: Reg, y: Reg): boolean {
  return sameUnion(x, y) && numbers.isSame(x, y);
}

function regSafe(old: Reg, cur: Reg, exact: number): boolean {
  if (exact === EXACT) return regsExact(old, cur);
  if ((old.live & LIVE_READ) === 0 && exact === NOT_EXACT) return true;
  if (old.type === NOT_INIT && (exact === NOT_EXACT || cur.type === NOT_INIT)) return true;
  if (old.type !== cur.type) return false;
  switch (baseType(old.type)) {
    case SCALAR_VALUE:
      return scalarSafe(old, cur, exact);
    case PTR_TO_MAP_KEY:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_TP_BUFFER:
      return (
        sameUnion(old, cur) &&
        numbers.isWithin(old, cur) &&
        tnumIn(old, cur) &&
        sameId(old.id, cur.id) &&
        sameId(old.refObjId, cur.refObjId)
      );
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET:
      if (old.a < 0 || cur.a < 0 ? old.a !== cur.a : old.a > cur.a) return false;
      return old.off === cur.off && sameId(old.id, cur.id) && numbers.isWithin(old, cur) && tnumIn(old, cur);
    case PTR_TO_STACK:
      return regsExact(old, cur) && old.frameno === cur.frameno;
    case PTR_TO_ARENA:
      return true;
    default:
      return regsExact(old, cur);
  }
}

function scalarSafe(old: Reg, cur: Reg, exact: number): boolean {
  if (!old.precise && exact === NOT_EXACT) return true;
  if ((old.id & ADD_CONST) !== 0) {
    if ((cur.id & ADD_CONST) === 0 || old.off !== cur.off) return false;
  } else if (old.id !== 0 && (cur.id & ADD_CONST) !== 0) {
    return false;
  }
  return sameScalarId(old.id, cur.id) && numbers.isWithin(old, cur) && tnumIn(old, cur);
}

/** What bytes that were never spilled, or never written, count as when compared with a spilled number. */
const unbound = new Reg();
markUnknown(unbound);
unbound.live |= LIVE_READ;

function scalarOfSlot(slot: Reg): Reg | null {
  if (isSpilledScalar64(slot)) return slot;
  return isAllMisc(slot.slotTypes) ? unbound : null;
}

function stackSafe(old: FuncState, cur: FuncState, exact: number): boolean {
  const slots = old.stack.length;
  const curSlots = cur.stack.length;
  for (let i = 0; i < slots; i++) {
    const oldSlot = old.stack[i];
    const curSlot = i < curSlots ? cur.stack[i] : null;
    if (exact === NOT_EXACT) {
      if ((oldSlot.live & LIVE_READ) === 0) continue;
    } else if (curSlot === null || oldSlot.slotTypes !== curSlot.slotTypes) {
      return false;
    }
    // Nothing but data and bytes never written is covered by anything.
    if (isAllMisc(oldSlot.slotTypes)) continue;
    if (curSlot === null || !slotSafe(oldSlot, curSlot, exact)) return false;
  }
  return true;
}

function slotSafe(old: Reg, cur: Reg, exact: number): boolean {
  const oldTypes = old.slotTypes;
  const curTypes = cur.slotTypes;
  for (let byte = 0; byte < BPF_REG_SIZE; byte++) {
    const type = slotType(oldTypes, byte);
    if (type === STACK_INVALID || type === STACK_MISC) continue;
    const oldScalar = scalarOfSlot(old);
    const curScalar = oldScalar === null ? null : scalarOfSlot(cur);
    if (oldScalar !== null && curScalar !== null) return regSafe(oldScalar, curScalar, exact);
    if (type !== slotType(curTypes, byte)) return false;
  }
  switch (slotType(oldTypes, BPF_REG_SIZE - 1)) {
    case STACK_SPILL:
      return regSafe(old, cur, exact);
    case STACK_DYNPTR:
      return old.a === cur.a && old.b === cur.b && sameId(old.refObjId, cur.refObjId);
    case STACK_ITER:
      return (
        old.a === cur.a &&
        old.b === cur.b &&
        iteratorState(old) === iteratorState(cur) &&
        sameId(old.refObjId, cur.refObjId)
      );
    default:
      return true;
  }
}

/** State of an iterator slot; the depth is in the bits above. */
export function iteratorState(slot: Reg): number {
  return slot.c & 3;
}

function refsSafe(old: FuncState, cur: FuncState): boolean {
  const { refs } = old;
  if (refs.length !== cur.refs.length) return false;
  for (let i = 0; i < refs.length; i++) {
    if (!sameId(refs[i].id, cur.refs[i].id)) return false;
  }
  return true;
}

function funcStatesEqual(old: FuncState, cur: FuncState, exact: number): boolean {
  if (old.callbackDepth > cur.callbackDepth) return false;
  for (let i = 0; i < MAX_BPF_REG; i++) {
    if (!regSafe(old.regs[i], cur.regs[i], exact)) return false;
  }
  return stackSafe(old, cur, exact) && refsSafe(old, cur);
}

/** Does `old` cover `cur`? */
export function statesEqual(
  env: VerifierEnv,
  old: VerifierState,
  cur: VerifierState,
  exact: number,
): boolean {
  const { frames } = old;
  if (frames.length !== cur.frames.length) return false;
  resetIds(env);
  if (old.speculative && !cur.speculative) return false;
  if (old.lockPtr !== cur.lockPtr || (old.lockId !== 0) !== (cur.lockId !== 0)) return false;
  if (old.lockId !== 0 && !sameId(old.lockId, cur.lockId)) return false;
  if (
    old.activeRcuLocks !== cur.activeRcuLocks ||
    old.activePreemptLock !== cur.activePreemptLock ||
    old.inSleepable !== cur.inSleepable
  ) {
    return false;
  }
  for (let i = 0; i < frames.length; i++) {
    if (frames[i].callsite !== cur.frames[i].callsite) return false;
    if (!funcStatesEqual(frames[i], cur.frames[i], exact)) return false;
  }
  return true;
}

/** Are all registers of the current functions equal: may this be an endless loop (`states_maybe_looping`)? */
export function mayBeLooping(env: VerifierEnv, old: VerifierState, cur: VerifierState): boolean {
  ({ numbers } = env);
  if (old.frames.length !== cur.frames.length) return false;
  const oldRegs = old.cur.regs;
  const curRegs = cur.cur.regs;
  for (let i = 0; i < MAX_BPF_REG; i++) {
    const a = oldRegs[i];
    const b = curRegs[i];
    if (a.id !== b.id || a.refObjId !== b.refObjId || !sameValue(a, b)) return false;
  }
  return true;
}
