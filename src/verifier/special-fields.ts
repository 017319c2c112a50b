/**
 * Use of the special fields of map values and of a program's own objects: locks, timers, kernel pointers
 * (kernel/bpf/verifier.c, Linux 6.12).
 */
import { classOf, codeOf } from '../isa/insn.js';
import { BPF_LDX } from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import type { HelperProto } from '../kernel/profile.js';
import { MAP_TYPE } from '../kernel/types.js';
import { BTF_KIND_STRUCT } from '../object/btf.js';
import { BTF_KERNEL, BTF_PROGRAM, BTF_UNKNOWN, setBtfPointer } from './btf-pointers.js';
import type { VerifierEnv } from './env.js';
import { endRcuProtection } from './invalidation.js';
import { endNonOwning } from './graph-fields.js';
import type { CallMeta } from './helper-args.js';
import { toNumber } from './int64.js';
import type { MapInfo } from './maps.js';
import { fieldAt, hasField, recordOf } from './records.js';
import type { Record, SpecialField } from './records.js';
import {
  isAllocatedObject,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  NON_OWN_REF,
  PTR_MAYBE_NULL,
  PTR_TO_MAP_VALUE,
  PTR_UNTRUSTED,
} from './reg-types.js';
import type { Reg } from './register.js';

const BPF_FUNC_spin_lock = helperId('spin_lock');

/** Whose lock is held when it is one of an allocated object; maps have positive ids. */
const LOCK_OF_OBJECT = -1;

/** Map types whose values can have special fields. */
function canHaveFields(map: MapInfo): boolean {
  switch (map.type) {
    case MAP_TYPE.HASH:
    case MAP_TYPE.ARRAY:
    case MAP_TYPE.LRU_HASH:
    case MAP_TYPE.PERCPU_HASH:
    case MAP_TYPE.PERCPU_ARRAY:
    case MAP_TYPE.LRU_PERCPU_HASH:
    case MAP_TYPE.SK_STORAGE:
    case MAP_TYPE.INODE_STORAGE:
    case MAP_TYPE.TASK_STORAGE:
    case MAP_TYPE.CGRP_STORAGE:
    case MAP_TYPE.CGROUP_STORAGE:
      return true;
    default:
      return false;
  }
}

/** Special fields of the map's value. */
export function recordOfMap(env: VerifierEnv, map: MapInfo): Record {
  return canHaveFields(map) ? recordOf(env.btf, map.def.valueTypeId, map.def.variables) : [];
}

/** Special fields of what a register points to (`reg_btf_record`). */
export function recordOfReg(env: VerifierEnv, reg: Reg): Record {
  if (reg.type === PTR_TO_MAP_VALUE) return recordOfMap(env, env.map(reg.a));
  return isAllocatedObject(reg.type) && reg.a === BTF_PROGRAM ? recordOf(env.btf, reg.b) : [];
}

/** Has the map's value a spin lock? */
export function hasSpinLock(env: VerifierEnv, map: MapInfo): boolean {
  return hasField(recordOfMap(env, map), 'spin-lock');
}

/** Has the map's value a timer or a work queue? */
export function hasAsyncField(env: VerifierEnv, map: MapInfo): boolean {
  const record = recordOfMap(env, map);
  return hasField(record, 'timer') || hasField(record, 'wq');
}

function kptrAt(record: Record, at: number): SpecialField | undefined {
  return fieldAt(record, at, 'kptr-unref', 'kptr-ref', 'kptr-percpu');
}

/** Type of what a kernel pointer points to: the kernel's of that name, or else the program's own. */
interface Pointee {
  readonly btf: number;
  readonly id: number;
}

function pointeeOf(env: VerifierEnv, field: SpecialField): Pointee {
  const name = env.btf?.typeName(field.pointee) ?? '';
  const id = env.kernelBtf?.findByName(name, BTF_KIND_STRUCT) ?? 0;
  if (id !== 0) return { btf: BTF_KERNEL, id };
  // Without the kernel's BTF only a structure with special fields is certain to be the program's.
  const isOwn = env.kernelBtf !== undefined || recordOf(env.btf, field.pointee).length > 0;
  return isOwn ? { btf: BTF_PROGRAM, id: field.pointee } : { btf: BTF_UNKNOWN, id: 0 };
}

/** Structures of the kernel that RCU protects (`rcu_protected_types`). */
const RCU_PROTECTED: ReadonlySet<string> = new Set([
  'prog_test_ref_kfunc',
  'cgroup',
  'bpf_cpumask',
  'task_struct',
  'bpf_crypto_ctx',
]);

/** Handles an access to a kernel pointer field at byte `at` of the map's value; false when there is none. */
export function loadKptr(
  env: VerifierEnv,
  map: MapInfo,
  at: number,
  size: number,
  write: boolean,
  valueRegno: number,
): boolean {
  const field = kptrAt(recordOfMap(env, map), at);
  if (field === undefined) return false;
  if (size !== 8 || (write && field.kind !== 'kptr-unref')) env.refuse('access to a kernel pointer in a map');
  if (write || valueRegno < 0 || classOf(codeOf(env.word0(env.slot))) !== BPF_LDX) return true;
  const { btf, id } = pointeeOf(env, field);
  setBtfPointer(env, env.regs[valueRegno], btf, id, flagsOfKptr(env, field, btf));
  return true;
}

/** How far a kernel pointer loaded from a map is trusted (`btf_ld_kptr_type`). */
function flagsOfKptr(env: VerifierEnv, field: SpecialField, btf: number): number {
  const isOwn = btf === BTF_PROGRAM;
  const isSafe =
    field.kind === 'kptr-percpu' ||
    (field.kind === 'kptr-ref' && (isOwn || RCU_PROTECTED.has(env.btf?.typeName(field.pointee) ?? '')));
  if (!isSafe || !env.inRcuCriticalSection) return PTR_MAYBE_NULL | PTR_UNTRUSTED;
  let flags = PTR_MAYBE_NULL | MEM_RCU;
  if (field.kind === 'kptr-percpu') flags |= MEM_PERCPU;
  else if (isOwn) flags |= MEM_ALLOC;
  if (isOwn && isGraphNode(env, field.pointee)) flags |= NON_OWN_REF;
  return flags;
}

function isGraphNode(env: VerifierEnv, type: number): boolean {
  const record = recordOf(env.btf, type);
  return hasField(record, 'list-node') || hasField(record, 'rb-node');
}

/** Is the lock that guards a list or tree in what the register points to? */
export function lockOwner(reg: Reg): number {
  return reg.type === PTR_TO_MAP_VALUE ? reg.a : LOCK_OF_OBJECT;
}

/** `bpf_spin_lock()` and `bpf_spin_unlock()` (`process_spin_lock`). */
export function processSpinLockArg(env: VerifierEnv, reg: Reg, helper: HelperProto): void {
  const { cur } = env;
  if (helper.id === BPF_FUNC_spin_lock) {
    if (cur.lockPtr !== 0) env.refuse('a second lock is taken');
    cur.lockPtr = lockOwner(reg);
    cur.lockId = reg.id;
    return;
  }
  if (cur.lockPtr === 0) env.refuse('a lock is released that is not held');
  endNonOwning(env);
  cur.lockPtr = 0;
  cur.lockId = 0;
  if (env.rules.nestedRcu && !env.inRcuCriticalSection) endRcuProtection(env);
}

/** The timer of a map's value (`process_timer_func`). */
export function processTimerArg(env: VerifierEnv, reg: Reg, meta: CallMeta): void {
  if (reg.type !== PTR_TO_MAP_VALUE) {
    env.refuse('a timer outside a map');
    return;
  }
  meta.map = env.map(reg.a);
  meta.mapUid = reg.b;
}

/** The kernel pointer that `bpf_kptr_xchg()` exchanges (`process_kptr_func`). */
export function processKptrArg(env: VerifierEnv, reg: Reg, meta: CallMeta): void {
  if (reg.type === PTR_TO_MAP_VALUE) meta.map = env.map(reg.a);
  meta.kptr = kptrAt(recordOfReg(env, reg), reg.off + toNumber(reg.vh, reg.vl)) ?? null;
  if (meta.kptr === null) env.refuse('no kernel pointer is there to exchange');
}

/** What `bpf_kptr_xchg()` returns points to what the field does. */
export function setKptrResult(env: VerifierEnv, field: SpecialField, r0: Reg): void {
  const { btf, id } = pointeeOf(env, field);
  r0.a = btf;
  r0.b = id;
  if (btf !== BTF_PROGRAM) return;
  r0.type |= MEM_ALLOC;
  if (field.kind === 'kptr-percpu') r0.type |= MEM_PERCPU;
}
