/**
 * Fields of map values that are more than data: spin locks, timers, work queues and kernel pointers, found through the
 * value's BTF (`btf_parse_fields()`, kernel/bpf/btf.c; their use in kernel/bpf/verifier.c; Linux 6.12).
 */
import { MAP_TYPE } from '../kernel/types.js';
import {
  BTF_KIND_ARRAY,
  BTF_KIND_DATASEC,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_VAR,
} from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import { helperId } from '../kernel/helper-ids.js';
import type { HelperProto } from '../kernel/profile.js';
import { classOf, codeOf } from '../isa/insn.js';
import { BPF_LDX } from '../isa/opcodes.js';
import type { VerifierEnv } from './env.js';
import type { CallMeta } from './helper-args.js';
import { toNumber } from './int64.js';
import type { MapInfo } from './maps.js';
import {
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_UNTRUSTED,
} from './reg-types.js';
import { markKnownZero } from './register.js';
import type { Reg } from './register.js';

/** What a field is. */
export type FieldKind =
  | 'spin-lock'
  | 'timer'
  | 'wq'
  | 'kptr-unref'
  | 'kptr-ref'
  | 'kptr-percpu'
  | 'list-head'
  | 'list-node'
  | 'rb-root'
  | 'rb-node'
  | 'refcount';

export interface SpecialField {
  readonly kind: FieldKind;
  /** Byte offset in the value. */
  readonly offset: number;
  readonly size: number;
  /** Type id, in the object's BTF, of what a kernel pointer points to; 0 for others. */
  readonly pointee: number;
}

export type KptrField = SpecialField;

const STRUCT_KINDS: Readonly<Partial<Record<string, FieldKind>>> = {
  bpf_spin_lock: 'spin-lock',
  bpf_timer: 'timer',
  bpf_wq: 'wq',
  bpf_list_head: 'list-head',
  bpf_list_node: 'list-node',
  bpf_rb_root: 'rb-root',
  bpf_rb_node: 'rb-node',
  bpf_refcount: 'refcount',
};
const TAG_KINDS: Readonly<Partial<Record<string, FieldKind>>> = {
  kptr_untrusted: 'kptr-unref',
  kptr: 'kptr-ref',
  percpu_kptr: 'kptr-percpu',
};

/** Fields in structures within structures are found down to this depth (`MAX_RESOLVE_DEPTH`). */
const MAX_DEPTH = 32;
/** Most special fields a value has (`BTF_FIELDS_MAX`). */
const MAX_FIELDS = 11;

const BPF_FUNC_spin_lock = helperId('spin_lock');

const cache = new WeakMap<MapInfo, readonly SpecialField[]>();

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

/** Special fields of the map's value, by ascending offset. */
export function fieldsOf(env: VerifierEnv, map: MapInfo): readonly SpecialField[] {
  let fields = cache.get(map);
  if (fields === undefined) {
    const found: SpecialField[] = [];
    const { btf } = env;
    const type = map.def.valueTypeId;
    if (btf !== undefined && type > 0 && type < btf.typeCount && canHaveFields(map))
      findFields(btf, type, 0, found, 0);
    fields = found.sort((a, b) => a.offset - b.offset);
    cache.set(map, fields);
  }
  return fields;
}

function findFields(btf: Btf, typeId: number, at: number, found: SpecialField[], depth: number): void {
  if (depth > MAX_DEPTH || found.length >= MAX_FIELDS) return;
  const type = btf.skipModifiers(typeId);
  if (btf.kind(type) === BTF_KIND_DATASEC) {
    for (let i = 0; i < btf.vlen(type); i++) {
      const { type: variable, offset } = btf.secInfo(type, i);
      if (btf.kind(variable) === BTF_KIND_VAR)
        findField(btf, btf.type(variable), at + offset, found, depth + 1);
    }
  } else if (btf.kind(type) === BTF_KIND_STRUCT) {
    for (let i = 0; i < btf.vlen(type); i++) {
      const bits = btf.memberBitOffset(type, i);
      if (bits % 8 === 0) findField(btf, btf.elementType(type, i), at + bits / 8, found, depth + 1);
    }
  }
}

function findField(btf: Btf, typeId: number, at: number, found: SpecialField[], depth: number): void {
  if (found.length >= MAX_FIELDS || depth > MAX_DEPTH) return;
  const type = btf.skipModifiers(typeId);
  switch (btf.kind(type)) {
    case BTF_KIND_ARRAY: {
      const { type: element, length } = btf.array(type);
      const size = btf.resolveSize(element);
      if (size === undefined || size === 0) return;
      for (let i = 0; i < length && found.length < MAX_FIELDS; i++) {
        const before = found.length;
        findField(btf, element, at + i * size, found, depth + 1);
        // Elements without special fields have none anywhere.
        if (found.length === before) return;
      }
      return;
    }
    case BTF_KIND_STRUCT: {
      const kind = STRUCT_KINDS[btf.typeName(type)];
      if (kind === undefined) findFields(btf, type, at, found, depth);
      else found.push({ kind, offset: at, size: btf.size(type), pointee: 0 });
      return;
    }
    case BTF_KIND_PTR: {
      const tag = btf.type(type);
      if (btf.kind(tag) !== BTF_KIND_TYPE_TAG) return;
      const kind = TAG_KINDS[btf.typeName(tag)];
      if (kind !== undefined)
        found.push({ kind, offset: at, size: 8, pointee: btf.skipModifiers(btf.type(tag)) });
      return;
    }
    default:
  }
}

function hasField(env: VerifierEnv, map: MapInfo, kind: FieldKind): boolean {
  return fieldsOf(env, map).some((field) => field.kind === kind);
}

/** Has the map's value a spin lock? */
export function hasSpinLock(env: VerifierEnv, map: MapInfo): boolean {
  return hasField(env, map, 'spin-lock');
}

/** Has the map's value a timer or a work queue? */
export function hasAsyncField(env: VerifierEnv, map: MapInfo): boolean {
  return hasField(env, map, 'timer') || hasField(env, map, 'wq');
}

function kptrAt(env: VerifierEnv, map: MapInfo, at: number): KptrField | undefined {
  return fieldsOf(env, map).find((field) => field.offset === at && field.kind.startsWith('kptr'));
}

/** Handles an access to a kernel pointer field at byte `at` of the map's value; false when there is none. */
export function loadKptr(
  env: VerifierEnv,
  map: MapInfo,
  at: number,
  size: number,
  write: boolean,
  valueRegno: number,
): boolean {
  const field = kptrAt(env, map, at);
  if (field === undefined) return false;
  if (size !== 8 || (write && field.kind !== 'kptr-unref')) env.refuse('access to a kernel pointer in a map');
  if (write || valueRegno < 0 || classOf(codeOf(env.word0(env.slot))) !== BPF_LDX) return true;
  const value = env.regs[valueRegno];
  markKnownZero(value);
  const isSafe = field.kind === 'kptr-percpu' || (field.kind === 'kptr-ref' && isRcuProtected(env, field));
  if (isSafe && env.inRcuCriticalSection) {
    value.type = PTR_TO_BTF_ID | PTR_MAYBE_NULL | MEM_RCU;
    if (field.kind === 'kptr-percpu') value.type |= MEM_PERCPU;
    else if (isLocal(env, field)) value.type |= MEM_ALLOC;
  } else {
    value.type = PTR_TO_BTF_ID | PTR_MAYBE_NULL | PTR_UNTRUSTED;
  }
  value.id = env.newId();
  return true;
}

/** Structures of the kernel that RCU protects (`rcu_protected_types`). */
const RCU_PROTECTED: ReadonlySet<string> = new Set([
  'prog_test_ref_kfunc',
  'cgroup',
  'bpf_cpumask',
  'task_struct',
  'bpf_crypto_ctx',
]);

/**
 * Is the pointed-to structure the program's own? One with a name that the kernel's BTF has not; without that BTF, one
 * with special fields of its own.
 */
function isLocal(env: VerifierEnv, field: KptrField): boolean {
  const { btf } = env;
  if (btf === undefined) return false;
  const fields: SpecialField[] = [];
  findFields(btf, field.pointee, 0, fields, 0);
  return fields.length > 0;
}

function isRcuProtected(env: VerifierEnv, field: KptrField): boolean {
  return RCU_PROTECTED.has(env.btf?.typeName(field.pointee) ?? '') || isLocal(env, field);
}

/** `bpf_spin_lock()` and `bpf_spin_unlock()` (`process_spin_lock`). */
export function processSpinLockArg(env: VerifierEnv, reg: Reg, helper: HelperProto): void {
  const { cur } = env;
  const ptr = reg.type === PTR_TO_MAP_VALUE ? reg.a : -1;
  if (helper.id === BPF_FUNC_spin_lock) {
    cur.lockPtr = ptr;
    cur.lockId = reg.id;
    return;
  }
  if (cur.lockPtr === 0) env.refuse('a lock is released that is not held');
  cur.lockPtr = 0;
  cur.lockId = 0;
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
  if (reg.type !== PTR_TO_MAP_VALUE) return;
  const map = env.map(reg.a);
  meta.map = map;
  meta.kptr = kptrAt(env, map, reg.off + toNumber(reg.vh, reg.vl)) ?? null;
  if (meta.kptr === null) env.refuse('no kernel pointer is there to exchange');
}

/** What `bpf_kptr_xchg()` returns points to what the field does. */
export function kptrTarget(env: VerifierEnv, meta: CallMeta, r0: Reg): void {
  const { kptr } = meta;
  if (kptr === null || !isLocal(env, kptr)) return;
  r0.type |= MEM_ALLOC;
  if (kptr.kind === 'kptr-percpu') r0.type |= MEM_PERCPU;
}
