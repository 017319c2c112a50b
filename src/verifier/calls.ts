/** Calls of helpers: arguments, effects, results (`check_helper_call()`, kernel/bpf/verifier.c, Linux 6.12). */
import { BPF_REG_0, BPF_REG_1, BPF_REG_3, BPF_REG_4 } from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import type { HelperProto } from '../kernel/profile.js';
import {
  BPF_FUNC_for_each_map_elem,
  BPF_FUNC_get_smp_processor_id,
  BPF_FUNC_inode_storage_get,
  BPF_FUNC_kptr_xchg,
  BPF_FUNC_loop,
  BPF_FUNC_map_delete_elem,
  BPF_FUNC_map_lookup_elem,
  BPF_FUNC_map_lookup_percpu_elem,
  BPF_FUNC_map_peek_elem,
  BPF_FUNC_map_pop_elem,
  BPF_FUNC_map_push_elem,
  BPF_FUNC_map_update_elem,
  BPF_FUNC_redirect_map,
  BPF_FUNC_sk_storage_get,
  BPF_FUNC_tail_call,
  BPF_FUNC_task_storage_get,
  BPF_FUNC_cgrp_storage_get,
  BPF_FUNC_timer_set_callback,
} from '../kernel/special-helpers.js';
import { BPF_FUNC_find_vma, BPF_FUNC_user_ringbuf_drain } from './callback-calls.js';
import {
  pushCallback,
  pushUnknownCallbacks,
  setFindVmaCallback,
  setLoopCallback,
  setMapElemCallback,
  setTimerCallback,
  setUserRingbufCallback,
} from './callbacks.js';
import { dynptrId, dynptrKind, dynptrRefObjId, releaseDynptr } from './dynptr-args.js';
import type { VerifierEnv } from './env.js';
import {
  AUX_FLAGS,
  AUX_MAP_KEY,
  AUX_MAP_KEY_STATE,
  FLAG_NON_SLEEPABLE,
  FLAG_PERCPU_ALLOC_PTR,
  FLAG_STORAGE_GET_ATOMIC,
  MAP_KEY_CONST,
  MAP_KEY_NONE,
  MAP_KEY_POISONED,
} from './facts.js';
import { collectRegs } from './frames.js';
import { CallMeta, checkHelperArg } from './helper-args.js';
import { ARG, RET, typesOf } from './helper-protos.js';
import { ult } from './int64.js';
import { isStruct } from './kernel-types.js';
import { BTF_PROGRAM, BTF_UNKNOWN, setKernelPointer } from './btf-pointers.js';
import { clearPacketPointers } from './invalidation.js';
import type { MapInfo } from './maps.js';
import { accessMemory } from './memory.js';
import { clearCallerSaved } from './operands.js';
import { markPrecise } from './precision.js';
import { acquireReference, leaksReferences, releaseReference } from './references.js';
import {
  baseType,
  DYNPTR_SKB,
  mayBeNull,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  NOT_INIT,
  NOT_MODELLED,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  SCALAR_VALUE,
  typeFlags,
} from './reg-types.js';
import { markConstZero, markKnownZero, markNotModelled, markUnknown } from './register.js';
import type { Reg } from './register.js';
import { hasSpinLock, setKptrResult } from './special-fields.js';
import { leaveFunction } from './subprog-calls.js';

/** Errors that kernel functions return (`MAX_ERRNO`). */
const MAX_ERRNO = 4095;

const ids = (...names: string[]): ReadonlySet<number> => new Set(names.map(helperId));

/** Helpers whose map the rewriting must know (`record_func_map`). */
const RECORDS_MAP: ReadonlySet<number> = new Set([
  BPF_FUNC_tail_call,
  BPF_FUNC_map_lookup_elem,
  BPF_FUNC_map_update_elem,
  BPF_FUNC_map_delete_elem,
  BPF_FUNC_map_push_elem,
  BPF_FUNC_map_pop_elem,
  BPF_FUNC_map_peek_elem,
  BPF_FUNC_for_each_map_elem,
  BPF_FUNC_redirect_map,
  BPF_FUNC_map_lookup_percpu_elem,
]);
const STORAGE_GET: ReadonlySet<number> = new Set([
  BPF_FUNC_sk_storage_get,
  BPF_FUNC_inode_storage_get,
  BPF_FUNC_task_storage_get,
  BPF_FUNC_cgrp_storage_get,
]);
const ACQUIRES = ids('sk_lookup_tcp', 'sk_lookup_udp', 'skc_lookup_tcp', 'ringbuf_reserve', 'kptr_xchg');
const CASTS = ids(
  'tcp_sock',
  'sk_fullsock',
  'skc_to_tcp_sock',
  'skc_to_tcp6_sock',
  'skc_to_udp6_sock',
  'skc_to_mptcp_sock',
  'skc_to_tcp_timewait_sock',
  'skc_to_tcp_request_sock',
);
/** Their result is at most the size they were given, or a negative error. */
const RETURNS_SIZE = ids(
  'get_stack',
  'get_task_stack',
  'probe_read_str',
  'probe_read_kernel_str',
  'probe_read_user_str',
);
const BPF_FUNC_dynptr_data = helperId('dynptr_data');
const BPF_FUNC_dynptr_write = helperId('dynptr_write');
const BPF_FUNC_per_cpu_ptr = helperId('per_cpu_ptr');
const BPF_FUNC_this_cpu_ptr = helperId('this_cpu_ptr');

const meta = new CallMeta();

/** Checks the helper call at the current slot. */
export function checkHelperCall(env: VerifierEnv): void {
  const id = env.imm(env.slot);
  const proto = env.profile.helperFor(env.program, id);
  if (proto === undefined) {
    env.refuse(`helper ${env.profile.helper(id)?.name ?? String(id)} is not available to this program`);
    pushUnknownCallbacks(env);
    clearCallerSaved(env, env.regs);
    markNotModelled(env.regs[BPF_REG_0]);
    env.regs[BPF_REG_0].subregDef = 0;
    return;
  }
  const { args, ret } = typesOf(proto);
  meta.reset(proto);
  if (!env.maySleep) env.orAux(env.slot, AUX_FLAGS, FLAG_NON_SLEEPABLE);
  noteAtomicStorageGet(env, proto);
  for (let i = 0; i < 5 && args[i] !== ARG.DONTCARE; i++) checkHelperArg(env, i, meta, proto, args);
  recordMap(env, id, meta.map);
  recordKey(env, id, meta.map);
  for (let i = 0; i < meta.accessSize; i++) accessMemory(env, meta.accessRegno, i, 1, true, -1, false);
  release(env, id);
  // A callback may be entered before the call is done with.
  const { regs } = env;
  let changesPacket = proto.changesPacket;
  let percpuAllocPtr = false;
  switch (id) {
    case BPF_FUNC_tail_call:
      if (leaksReferences(env.frame)) env.refuse('tail call while references are held');
      break;
    case BPF_FUNC_for_each_map_elem:
      pushCallback(env, meta.subprog, setMapElemCallback);
      break;
    case BPF_FUNC_timer_set_callback:
      pushCallback(env, meta.subprog, setTimerCallback);
      break;
    case BPF_FUNC_find_vma:
      pushCallback(env, meta.subprog, setFindVmaCallback);
      break;
    case BPF_FUNC_user_ringbuf_drain:
      pushCallback(env, meta.subprog, setUserRingbufCallback);
      break;
    case BPF_FUNC_loop:
      checkLoop(env);
      break;
    case BPF_FUNC_dynptr_data: {
      const dynptr = env.regs[BPF_REG_1];
      meta.dynptrId = dynptrId(env, dynptr);
      meta.refObjId = dynptrRefObjId(env, dynptr);
      break;
    }
    case BPF_FUNC_dynptr_write:
      if (dynptrKind(env, env.regs[BPF_REG_1]) === DYNPTR_SKB) changesPacket = true;
      break;
    case BPF_FUNC_per_cpu_ptr:
    case BPF_FUNC_this_cpu_ptr:
      if ((env.regs[BPF_REG_1].type & MEM_RCU) !== 0) {
        percpuAllocPtr = true;
        env.orAux(env.slot, AUX_FLAGS, FLAG_PERCPU_ALLOC_PTR);
      }
      break;
    default:
      break;
  }
  clearCallerSaved(env, regs);
  const r0 = regs[BPF_REG_0];
  r0.subregDef = 0;
  setResult(env, proto, ret, r0, percpuAllocPtr);
  if (mayBeNull(r0.type)) r0.id = env.newId();
  if (id === BPF_FUNC_dynptr_data) r0.b = meta.dynptrId;
  if (CASTS.has(id) && env.rules.forksCalls && meta.refObjId !== 0) {
    forkOnNull(env, r0, meta.refObjId);
  } else if (CASTS.has(id) || id === BPF_FUNC_dynptr_data) {
    r0.refObjId = meta.refObjId;
  } else if (ACQUIRES.has(id) || (id === BPF_FUNC_map_lookup_elem && meta.map?.isSockMap === true)) {
    const ref = acquireReference(env);
    r0.id = ref;
    r0.refObjId = ref;
  }
  if (baseType(ret) === RET.INTEGER) refineResult(env, id, r0);
  if (id === BPF_FUNC_tail_call && env.rules.forksCalls) {
    if (env.cur.frames.length > 1) {
      forkOnTailCall(env);
      return;
    }
    changesPacket = false;
  }
  if (changesPacket) clearPacketPointers(env);
}

/** A held pointer's cast: null on a path of its own, and on this one the pointer it was made from. */
function forkOnNull(env: VerifierEnv, r0: Reg, refObjId: number): void {
  markConstZero(env.pushState(env.slot + 1, env.slot).cur.regs[BPF_REG_0]);
  r0.type &= ~PTR_MAYBE_NULL;
  r0.id = refObjId;
  r0.refObjId = refObjId;
}

/** The tail call of a subprogram fails on a path of its own; on this one its program returns to the subprogram's caller. */
function forkOnTailCall(env: VerifierEnv): void {
  if (env.frame.inCallback) env.refuse('tail call in a callback');
  env.pushState(env.slot + 1, env.slot);
  clearPacketPointers(env);
  markUnknown(env.regs[BPF_REG_0]);
  leaveFunction(env);
  env.slot--;
}

function noteAtomicStorageGet(env: VerifierEnv, proto: HelperProto): void {
  const { cur } = env;
  if (cur.activeRcuLocks === 0 && cur.activePreemptLock === 0) return;
  if (proto.mightSleep) env.refuse(`${proto.name} may sleep where that is not allowed`);
  if (env.inSleepable && STORAGE_GET.has(proto.id)) env.orAux(env.slot, AUX_FLAGS, FLAG_STORAGE_GET_ATOMIC);
}

function recordMap(env: VerifierEnv, id: number, map: MapInfo | null): void {
  if (!RECORDS_MAP.has(id)) return;
  if (map === null) {
    env.unknown('the map of a helper call is not known');
    env.mapPoisoned[env.slot] = 1;
    return;
  }
  const prev = env.mapPtrs[env.slot];
  if (prev === 0) {
    env.mapPtrs[env.slot] = map.id;
  } else if (prev !== map.id) {
    env.mapPtrs[env.slot] = map.id;
    env.mapPoisoned[env.slot] = 1;
  } else {
    // The kernel keeps the last word: a map seen again after another one leaves the mark as it is.
  }
}

function recordKey(env: VerifierEnv, id: number, map: MapInfo | null): void {
  if (id !== BPF_FUNC_tail_call) return;
  const { slot } = env;
  const key = env.regs[BPF_REG_3];
  const state = env.aux32(slot, AUX_MAP_KEY_STATE);
  const isConst = key.type === SCALAR_VALUE && key.isConst();
  if (map === null || !isConst || !ult(key.vh, key.vl, 0, map.def.maxEntries | 0)) {
    env.setAux(slot, AUX_MAP_KEY_STATE, MAP_KEY_POISONED);
    return;
  }
  markPrecise(env, BPF_REG_3);
  if (state === MAP_KEY_NONE) {
    env.setAux(slot, AUX_MAP_KEY_STATE, MAP_KEY_CONST);
    env.setAux(slot, AUX_MAP_KEY, key.vl);
  } else if (state === MAP_KEY_CONST && env.aux32(slot, AUX_MAP_KEY) !== key.vl >>> 0) {
    env.setAux(slot, AUX_MAP_KEY_STATE, MAP_KEY_POISONED);
  }
}

/** The helper releases a reference. */
function release(env: VerifierEnv, id: number): void {
  const { releaseRegno, refObjId } = meta;
  if (releaseRegno === 0) return;
  const reg = env.regs[releaseRegno];
  if (meta.releasesDynptr) {
    releaseDynptr(env, reg);
  } else if (id === BPF_FUNC_kptr_xchg && refObjId !== 0) {
    releaseIntoKptr(env, refObjId);
  } else if (refObjId !== 0) {
    if (!releaseReference(env, refObjId)) env.refuse('release of a reference that is not held');
  } else if (!reg.isNull() && reg.type !== NOT_MODELLED) {
    env.refuse('release of a pointer that keeps no reference');
  }
}

/** The reference goes over into a map: per-cpu objects can be used on under RCU. */
function releaseIntoKptr(env: VerifierEnv, refObjId: number): void {
  const { refs } = env.frame;
  const at = refs.findIndex((ref) => ref.id === refObjId);
  if (at < 0) {
    env.refuse('release of a reference that is not held');
    return;
  }
  refs.splice(at, 1);
  const inRcu = env.inRcuCriticalSection;
  const count = collectRegs(env.cur, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if (reg.refObjId !== refObjId) continue;
    if (inRcu && (reg.type & MEM_ALLOC) !== 0 && (reg.type & MEM_PERCPU) !== 0) {
      reg.refObjId = 0;
      reg.type = (reg.type & ~MEM_ALLOC) | MEM_RCU;
    } else {
      markUnknown(reg);
    }
  }
}

/** States of a `bpf_loop` call in `VerifierEnv.loopStates`. */
export const LOOP_UNSEEN = 0;
export const LOOP_FITS = 1;
export const LOOP_DOES_NOT_FIT = 2;

/** Can the call be inlined: no flags, and always the same callback (`update_loop_inline_state`)? */
function noteLoop(env: VerifierEnv): void {
  const { slot } = env;
  const state = env.loopStates[slot];
  if (state === LOOP_DOES_NOT_FIT) return;
  const flagsAreZero = env.regs[BPF_REG_4].isNull();
  if (flagsAreZero) markPrecise(env, BPF_REG_4);
  if (state === LOOP_UNSEEN) {
    env.loopStates[slot] = flagsAreZero ? LOOP_FITS : LOOP_DOES_NOT_FIT;
    env.loopCallbacks[slot] = meta.subprog;
  } else if (!flagsAreZero || env.loopCallbacks[slot] !== meta.subprog) {
    env.loopStates[slot] = LOOP_DOES_NOT_FIT;
  }
}

function checkLoop(env: VerifierEnv): void {
  noteLoop(env);
  if (env.rules.callbacksOnce) {
    pushCallback(env, meta.subprog, setLoopCallback);
    return;
  }
  markPrecise(env, BPF_REG_1);
  const times = env.regs[BPF_REG_1];
  const { frame } = env;
  if (ult(0, frame.callbackDepth, times.umaxH, times.umaxL)) pushCallback(env, meta.subprog, setLoopCallback);
  else frame.callbackDepth = 0;
}

function setResult(
  env: VerifierEnv,
  proto: HelperProto,
  ret: number,
  r0: Reg,
  percpuAllocPtr: boolean,
): void {
  const flags = typeFlags(ret);
  switch (baseType(ret)) {
    case RET.INTEGER:
      markUnknown(r0);
      return;
    case RET.VOID:
      r0.type = NOT_INIT;
      return;
    case RET.PTR_TO_MAP_VALUE: {
      const { map } = meta;
      if (map === null) {
        markNotModelled(r0);
        return;
      }
      markKnownZero(r0);
      r0.a = map.id;
      r0.b = meta.mapUid;
      const found = proto.id === BPF_FUNC_map_lookup_elem && meta.keyIsFound;
      r0.type = PTR_TO_MAP_VALUE | (found ? flags & ~PTR_MAYBE_NULL : flags);
      if (!mayBeNull(r0.type) && hasSpinLock(env, map)) r0.id = env.newId();
      return;
    }
    case RET.PTR_TO_SOCKET:
      setPointer(r0, PTR_TO_SOCKET | flags);
      return;
    case RET.PTR_TO_SOCK_COMMON:
      setPointer(r0, PTR_TO_SOCK_COMMON | flags);
      return;
    case RET.PTR_TO_TCP_SOCK:
      setPointer(r0, PTR_TO_TCP_SOCK | flags);
      return;
    case RET.PTR_TO_MEM:
      setPointer(r0, PTR_TO_MEM | flags);
      r0.a = meta.memSize;
      return;
    case RET.PTR_TO_MEM_OR_BTF_ID:
      setPercpuResult(env, r0, flags, percpuAllocPtr);
      return;
    default:
      if (proto.id === BPF_FUNC_kptr_xchg) {
        setPointer(r0, PTR_TO_BTF_ID | flags);
        if (meta.kptr !== null) setKptrResult(env, meta.kptr, r0);
      } else {
        setKernelPointer(env, r0, proto.retBtf, flags & ~PTR_MAYBE_NULL);
        r0.type |= flags & PTR_MAYBE_NULL;
      }
  }
}

/** The per-cpu variable or object of one CPU. */
function setPercpuResult(env: VerifierEnv, r0: Reg, flags: number, allocated: boolean): void {
  const btf = meta.retBtf === BTF_PROGRAM ? env.btf : env.kernelBtf;
  if (btf === undefined || meta.retBtf === BTF_UNKNOWN) {
    markNotModelled(r0);
    return;
  }
  const type = btf.skipModifiers(meta.retBtfId);
  if (isStruct(btf, type)) {
    setPointer(r0, allocated ? PTR_TO_BTF_ID | MEM_ALLOC | MEM_RCU : PTR_TO_BTF_ID | (flags & ~MEM_RDONLY));
    r0.a = meta.retBtf;
    r0.b = meta.retBtfId;
  } else {
    setPointer(r0, PTR_TO_MEM | flags);
    r0.a = btf.resolveSize(type) ?? 0;
  }
}

function setPointer(r0: Reg, type: number): void {
  markKnownZero(r0);
  r0.type = type;
}

/** What is known of a number that a helper returns (`do_refine_retval_range`). */
function refineResult(env: VerifierEnv, id: number, r0: Reg): void {
  const { numbers } = env;
  if (RETURNS_SIZE.has(id)) numbers.setSigned(r0, -1, -MAX_ERRNO, meta.maxSizeH, meta.maxSizeL);
  else if (id === BPF_FUNC_get_smp_processor_id && env.rules.numbers !== 'early')
    numbers.setSmall(r0, env.cpus - 1);
  numbers.dropContradictions(r0);
}
