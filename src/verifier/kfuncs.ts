/**
 * Calls of kernel functions: arguments, effects and results by the kernel's BTF, the flags of the function, and for some
 * by their names (`check_kfunc_call()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { BPF_REG_0, BPF_REG_1, BPF_REG_2, BPF_REG_5 } from '../isa/opcodes.js';
import { BTF_KIND_PTR, BTF_KIND_STRUCT, BTF_KIND_VOID } from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import { BTF_KERNEL, BTF_PROGRAM, setBtfPointer } from './btf-pointers.js';
import {
  pushCallback,
  pushUnknownCallbacks,
  setRbtreeAddCallback,
  setTaskWorkCallback,
  setTimerCallback,
} from './callbacks.js';
import { ITER_NEXT } from './env.js';
import type { VerifierEnv } from './env.js';
import { AUX_FLAGS, AUX_KFUNC_ARG, AUX_KFUNC_META, FLAG_NON_SLEEPABLE } from './facts.js';
import { collectRegs } from './frames.js';
import { setGraphNode, setNonOwning } from './graph-fields.js';
import { iteratorIn, stepIterator } from './iterators.js';
import { isScalarType, isStruct } from './kernel-types.js';
import { checkKfuncArgs, KfuncCall } from './kfunc-args.js';
import { kfuncAt, plainName } from './kfunc-meta.js';
import type { Kfunc } from './kfunc-meta.js';
import { markRegRead } from './liveness.js';
import { clearCallerSaved, markInsnZext } from './operands.js';
import { mayPointToSpinLock } from './pointers.js';
import { hasField, hasStructMeta, recordOf } from './records.js';
import { acquireReference, releaseReference } from './references.js';
import { checkReturnValue } from './returns.js';
import {
  DYNPTR_SKB,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_XDP,
  DYNPTR_XDP,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  PTR_MAYBE_NULL,
  PTR_TO_MEM,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
} from './reg-types.js';
import {
  LIVE_READ32,
  LIVE_READ64,
  LIVE_WRITTEN,
  markKnownZero,
  markNotInit,
  markNotModelled,
  markUnknown,
} from './register.js';
import type { Reg } from './register.js';
import { clearPacketPointers, endRcuProtection } from './invalidation.js';
import { mayAccessPacket } from './packets.js';
import { KF_ACQUIRE, KF_ITER_NEXT, KF_RET_NULL } from './tables/kfunc-flags.js';

/** Kernel functions that may move the packet. */
const CHANGE_PACKETS: ReadonlySet<string> = new Set(['bpf_xdp_pull_data']);

const call = new KfuncCall();

/** Checks the call of a kernel function at the current slot; false when the path ends with it. */
export function checkKfuncCall(env: VerifierEnv): boolean {
  const { slot } = env;
  // A call of function 0 stands for one that the kernel does not have: it must be on no live path.
  if (env.imm(slot) === 0) {
    env.refuse('call of a kernel function that does not exist');
    setUnknownResult(env);
    return true;
  }
  const kfunc = kfuncAt(env, slot);
  if (kfunc === null) {
    env.unknown(`call of kernel function ${env.imm(slot)} is not modelled`);
    pushUnknownCallbacks(env);
    setUnknownResult(env);
    return true;
  }
  if ((kfunc.flags & KF_ITER_NEXT) !== 0) env.marks[slot] |= ITER_NEXT;
  if (!env.maySleep) env.orAux(slot, AUX_FLAGS, FLAG_NON_SLEEPABLE);
  call.reset(kfunc);
  checkKfuncArgs(env, call);
  const name = plainName(kfunc);
  pushCallbackOf(env, name);
  enterOrLeaveSections(env, name);
  if (call.releaseRegno !== 0 && !releaseReference(env, env.regs[call.releaseRegno].refObjId)) {
    env.refuse('release of a reference that is not held');
  }
  if (name.startsWith('bpf_list_push') || name === 'bpf_rbtree_add') insertNode(env);
  const { regs } = env;
  const throws = name === 'bpf_throw';
  if (throws) {
    env.seenException = true;
    if (!env.subprogs.some(({ isExceptionCallback }) => isExceptionCallback))
      checkReturnValue(env, BPF_REG_1);
  }
  for (let i = 0; i <= BPF_REG_5; i++) markNotInit(regs[i]);
  setResult(env, kfunc, name);
  markArgumentsRead(env, kfunc);
  if ((kfunc.flags & KF_ITER_NEXT) !== 0 && call.iter !== null) stepIterator(env, call.iter);
  if (CHANGE_PACKETS.has(name)) clearPacketPointers(env);
  return !throws;
}

/** Explores the function that the kernel function calls back. */
function pushCallbackOf(env: VerifierEnv, name: string): void {
  if (name === 'bpf_rbtree_add') {
    pushCallback(env, call.subprog, setRbtreeAddCallback(call.root));
  } else if (name === 'bpf_wq_set_callback') {
    pushCallback(env, call.subprog, setTimerCallback, true);
  } else if (name.startsWith('bpf_task_work_schedule_')) {
    pushCallback(env, call.subprog, setTaskWorkCallback, true);
  } else {
    pushUnknownCallbacks(env);
  }
}

function setUnknownResult(env: VerifierEnv): void {
  clearCallerSaved(env, env.regs);
  const r0 = env.regs[BPF_REG_0];
  markNotModelled(r0);
  r0.subregDef = 0;
}

/** RCU and preemption sections. */
function enterOrLeaveSections(env: VerifierEnv, name: string): void {
  const { cur } = env;
  switch (name) {
    case 'bpf_rcu_read_lock':
      if (cur.activeRcuLocks !== 0 && !env.rules.nestedRcu) env.refuse('a second RCU section');
      cur.activeRcuLocks++;
      break;
    case 'bpf_rcu_read_unlock':
      if (cur.activeRcuLocks === 0) env.refuse('the end of an RCU section that is not there');
      endRcuSection(env);
      break;
    case 'bpf_preempt_disable':
      cur.activePreemptLock++;
      break;
    case 'bpf_preempt_enable':
      if (cur.activePreemptLock === 0)
        env.refuse('the end of a section without preemption that is not there');
      else cur.activePreemptLock--;
      break;
    default:
      break;
  }
}

/** What RCU protected is protected no more, unless by a section around this one. */
function endRcuSection(env: VerifierEnv): void {
  if (env.cur.activeRcuLocks > 0) env.cur.activeRcuLocks--;
  if (env.cur.activeRcuLocks === 0) endRcuProtection(env);
}

/** A node goes into a list or tree, which owns it from then on. */
function insertNode(env: VerifierEnv): void {
  const node = env.regs[BPF_REG_2];
  const { refObjId } = node;
  env.setAux(env.slot, AUX_KFUNC_ARG, node.off);
  env.setAux(env.slot, AUX_KFUNC_META, metaOf(env, call.argBtf, call.argBtfId));
  if (refObjId === 0 || !env.frame.refs.some(({ id }) => id === refObjId)) {
    env.refuse('a node is inserted that the program does not own');
    return;
  }
  const isRefcounted = hasField(recordOf(env.btf, node.b), 'refcount');
  const count = collectRegs(env.cur, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if (reg.refObjId !== refObjId) continue;
    reg.refObjId = 0;
    setNonOwning(reg, isRefcounted);
  }
  releaseReference(env, refObjId);
}

/** BTF id of a structure whose fields the kernel describes, 0 for others. */
function metaOf(env: VerifierEnv, btf: number, id: number): number {
  return btf === BTF_PROGRAM && hasStructMeta(env.btf, id) ? id : 0;
}

function setResult(env: VerifierEnv, kfunc: Kfunc, name: string): void {
  const { btf, proto } = kfunc;
  const r0 = env.regs[BPF_REG_0];
  const type = btf.skipModifiers(btf.type(proto));
  if (btf.kind(type) === BTF_KIND_PTR) {
    setPointerResult(env, kfunc, name, btf.type(type), r0);
    r0.live |= LIVE_WRITTEN;
    r0.subregDef = 0;
  } else if (btf.kind(type) === BTF_KIND_VOID) {
    if (name === 'bpf_obj_drop' || name === 'bpf_percpu_obj_drop') {
      env.setAux(env.slot, AUX_KFUNC_META, metaOf(env, call.argBtf, call.argBtfId));
    }
  } else {
    markUnknown(r0);
    r0.live |= LIVE_WRITTEN;
    r0.subregDef = btf.resolveSize(type) === 8 ? 0 : env.slot + 1;
    if (!isScalarType(btf, type)) env.refuse(`${name} returns no number`);
  }
}

function setPointerResult(env: VerifierEnv, kfunc: Kfunc, name: string, pointee: number, r0: Reg): void {
  const { btf, flags } = kfunc;
  const target = btf.skipModifiers(pointee);
  if (!setSpecialResult(env, name, r0)) {
    if (btf.kind(target) === BTF_KIND_VOID) {
      markUnknown(r0);
    } else if (!isStruct(btf, target)) {
      setMemoryResult(btf, target, name, r0);
    } else {
      setBtfPointer(env, r0, BTF_KERNEL, target, 0);
      if (call.iter !== null && (flags & KF_ITER_NEXT) !== 0) {
        r0.type |= (iteratorIn(env.cur, call.iter).type & MEM_RCU) !== 0 ? MEM_RCU : PTR_TRUSTED;
      }
    }
  }
  const mayBeNull = (flags & KF_RET_NULL) !== 0 && !(name === 'bpf_refcount_acquire' && call.ownsArgument);
  if (mayBeNull) {
    r0.type |= PTR_MAYBE_NULL;
    r0.id = env.newId();
  }
  if ((flags & KF_ACQUIRE) !== 0) {
    const ref = acquireReference(env);
    if (mayBeNull) r0.id = ref;
    r0.refObjId = ref;
  } else if (name === 'bpf_rbtree_first') {
    setNonOwning(r0, hasField(recordOf(env.btf, r0.b), 'refcount'));
  }
  if (r0.id === 0 && mayPointToSpinLock(env, r0)) r0.id = env.newId();
}

/** A pointer to memory of a known size: a buffer's, or a number's that may only be read. */
function setMemoryResult(btf: Btf, target: number, name: string, r0: Reg): void {
  markKnownZero(r0);
  r0.type = PTR_TO_MEM;
  if (name === 'bpf_session_cookie') {
    r0.a = 8;
  } else if (call.bufferSize >= 0) {
    r0.a = call.bufferSize;
    if (call.bufferReadOnly) r0.type |= MEM_RDONLY;
  } else {
    r0.a = btf.resolveSize(target) ?? 0;
    r0.type |= MEM_RDONLY;
  }
  r0.refObjId = call.refObjId;
}

/** Functions whose results are not what their prototypes say; false for all others. */
function setSpecialResult(env: VerifierEnv, name: string, r0: Reg): boolean {
  switch (name) {
    case 'bpf_obj_new':
    case 'bpf_percpu_obj_new':
      setNewObject(env, name, r0);
      return true;
    case 'bpf_refcount_acquire':
      setBtfPointer(env, r0, call.argBtf, call.argBtfId, MEM_ALLOC);
      env.setAux(env.slot, AUX_KFUNC_META, metaOf(env, call.argBtf, call.argBtfId));
      return true;
    case 'bpf_list_pop_front':
    case 'bpf_list_pop_back':
    case 'bpf_list_front':
    case 'bpf_list_back':
    case 'bpf_rbtree_remove':
    case 'bpf_rbtree_first':
    case 'bpf_rbtree_root':
    case 'bpf_rbtree_left':
    case 'bpf_rbtree_right':
      setGraphNode(env, r0, call.root);
      return true;
    case 'bpf_cast_to_kern_ctx':
      setBtfPointer(env, r0, BTF_KERNEL, call.contextType, PTR_TRUSTED);
      return true;
    case 'bpf_rdonly_cast':
      setBtfPointer(env, r0, BTF_KERNEL, call.constant, PTR_UNTRUSTED);
      return true;
    case 'bpf_dynptr_slice':
    case 'bpf_dynptr_slice_rdwr':
      markKnownZero(r0);
      r0.type = PTR_TO_MEM | sliceFlag(call.dynptrKind);
      r0.a = call.constant;
      r0.b = call.dynptrId;
      if (name === 'bpf_dynptr_slice') r0.type |= MEM_RDONLY;
      else if (!mayAccessPacket(env, true)) env.refuse('the packet may not be written');
      return true;
    default:
      return false;
  }
}

function sliceFlag(kind: number): number {
  if (kind === DYNPTR_SKB) return DYNPTR_TYPE_SKB;
  return kind === DYNPTR_XDP ? DYNPTR_TYPE_XDP : 0;
}

function setNewObject(env: VerifierEnv, name: string, r0: Reg): void {
  const id = call.constant;
  const isStructure =
    env.btf !== undefined && id > 0 && id < env.btf.typeCount && env.btf.kind(id) === BTF_KIND_STRUCT;
  if (!isStructure) env.refuse('a new object of no structure');
  setBtfPointer(
    env,
    r0,
    BTF_PROGRAM,
    isStructure ? id : 0,
    MEM_ALLOC | (name === 'bpf_percpu_obj_new' ? MEM_PERCPU : 0),
  );
  if (!isStructure) return;
  env.setAux(env.slot, AUX_KFUNC_ARG, env.btf.size(id));
  env.setAux(env.slot, AUX_KFUNC_META, metaOf(env, BTF_PROGRAM, id));
}

/** The call has read its arguments, as wide as their types are (`mark_btf_func_reg_size`). */
function markArgumentsRead(env: VerifierEnv, { btf, proto }: Kfunc): void {
  const count = Math.min(btf.vlen(proto), BPF_REG_5);
  for (let i = 0; i < count; i++) {
    const reg = env.regs[BPF_REG_1 + i];
    const type = btf.skipModifiers(btf.elementType(proto, i));
    if (btf.kind(type) === BTF_KIND_PTR || btf.resolveSize(type) === 8) {
      markInsnZext(env, reg);
      markRegRead(reg, reg.parent, LIVE_READ64);
    } else {
      markRegRead(reg, reg.parent, LIVE_READ32);
    }
  }
}
