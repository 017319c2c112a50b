/**
 * Pointers into kernel structures, and into objects a program allocated: what loads through them give, and how far they are
 * trusted (`btf_ctx_access()`, kernel/bpf/btf.c; `check_ptr_to_btf_access()`, kernel/bpf/verifier.c; Linux 6.12). Where the
 * kernel's BTF is not at hand, a pointer-sized field is something not modelled and everything smaller a number.
 */
import { ATTACH_TYPE, MAP_TYPE_NAMES, PROG_TYPE } from '../kernel/types.js';
import type { ContextAccess } from '../kernel/contexts/index.js';
import { BTF_KIND_INT, BTF_KIND_PTR, BTF_KIND_STRUCT, BTF_KIND_VOID } from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import { isTrusted } from './branch-taken.js';
import type { VerifierEnv } from './env.js';
import { flagOfTag, isScalarType, isStruct, walkStruct } from './kernel-types.js';
import {
  isAllocatedObject,
  mayBeNull,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_USER,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  TRUSTED_MODIFIERS,
} from './reg-types.js';
import { markKnownZero, markNotModelled, markUnknown } from './register.js';
import type { Reg } from './register.js';
import { BOOL_LSM_HOOKS, mayBeErrorArgument, mayBeNullArgument } from './tables/attach-points.js';
import {
  isRcuField,
  isRcuOrNullField,
  isTrustedField,
  isTrustedOrNullField,
} from './tables/trusted-fields.js';

/** `Reg.a` of a BTF pointer: whose BTF its type id is of; 0 when the type is not known. */
export const BTF_UNKNOWN = 0;
export const BTF_KERNEL = 1;
export const BTF_PROGRAM = 2;

/** Errors that kernel functions return (`MAX_ERRNO`). */
const MAX_ERRNO = 4095;

/** The BTF a pointer's type is of. */
export function btfOf(env: VerifierEnv, reg: Reg): Btf | undefined {
  if (reg.a === BTF_KERNEL) return env.kernelBtf;
  return reg.a === BTF_PROGRAM ? env.btf : undefined;
}

/** Makes a register a pointer to a structure (`mark_btf_ld_reg`). */
export function setBtfPointer(env: VerifierEnv, reg: Reg, btf: number, id: number, flags: number): void {
  markKnownZero(reg);
  reg.type = PTR_TO_BTF_ID | flags;
  reg.a = btf;
  reg.b = id;
  if (mayBeNull(flags)) reg.id = env.newId();
}

/** A pointer to a kernel structure by name; of unknown type where the name is not to be found. */
export function setKernelPointer(env: VerifierEnv, reg: Reg, struct: string, flags: number): void {
  const id = env.kernelBtf?.findByName(struct, BTF_KIND_STRUCT) ?? 0;
  setBtfPointer(env, reg, id === 0 ? BTF_UNKNOWN : BTF_KERNEL, id, flags);
}

/** What a load of `size` bytes of unknown type gives. */
export function markLoaded(value: Reg, size: number): void {
  if (size === 8) markNotModelled(value);
  else markUnknown(value);
}

/** A load from, or a store to, a structure (`check_ptr_to_btf_access`). */
export function loadBtfField(
  env: VerifierEnv,
  reg: Reg,
  off: number,
  size: number,
  write: boolean,
  value: Reg | null,
): void {
  if (off < 0 || (reg.mh | reg.ml | reg.vh | reg.vl) !== 0)
    env.refuse(`access to a kernel structure at offset ${off}`);
  if ((reg.type & (MEM_USER | MEM_PERCPU)) !== 0) env.refuse('access to user or per-cpu memory');
  if (write || value === null) return;
  const btf = btfOf(env, reg);
  if (btf === undefined) {
    markLoaded(value, size);
    return;
  }
  const walk = walkStruct(btf, reg.b, off, size);
  switch (walk.kind) {
    case 'scalar':
      markUnknown(value);
      return;
    case 'pointer': {
      // What an object of the program's own points to is nothing the kernel vouches for.
      if (isAllocatedObject(reg.type)) {
        markUnknown(value);
        return;
      }
      const flags = flagsOfField(env, reg, btf.typeName(reg.b), walk.field, walk.flags);
      setBtfPointer(env, value, reg.a, walk.id, flags);
      return;
    }
    default:
      env.refuse(`access of ${size} bytes at offset ${off} of ${btf.typeName(reg.b)}`);
      markLoaded(value, size);
  }
}

function withoutTrust(flags: number): number {
  return flags & ~(TRUSTED_MODIFIERS | MEM_RCU);
}

/** How far the pointer loaded from a field is trusted, by how far the structure's own pointer is. */
function flagsOfField(env: VerifierEnv, reg: Reg, struct: string, field: string, flags: number): number {
  if ((reg.type & PTR_UNTRUSTED) !== 0) return PTR_UNTRUSTED;
  const isRcu = (reg.type & MEM_RCU) !== 0;
  if (!isTrusted(reg) && !isRcu) return withoutTrust(flags);
  if (isTrustedField(struct, field)) return flags | PTR_TRUSTED;
  if (isTrustedOrNullField(struct, field)) return flags | PTR_TRUSTED | PTR_MAYBE_NULL;
  if (!env.inRcuCriticalSection || mayBeNull(reg.type)) return PTR_UNTRUSTED;
  if (isRcuField(struct, field)) return flags | MEM_RCU;
  const orNull = isRcuOrNullField(struct, field);
  if ((flags & MEM_RCU) !== 0 || orNull) {
    const rcu = flags | MEM_RCU | PTR_MAYBE_NULL;
    return orNull ? rcu & ~PTR_UNTRUSTED : rcu;
  }
  return (flags & (MEM_PERCPU | MEM_USER)) !== 0 ? flags : withoutTrust(flags);
}

/** A load of an argument of the traced function, or of a context field that is a pointer into the kernel. */
export function loadContextArgument(
  env: VerifierEnv,
  access: ContextAccess,
  off: number,
  size: number,
  value: Reg,
): void {
  value.subregDef = size === 8 ? 0 : value.subregDef;
  if (access.struct !== '') {
    setKernelPointer(env, value, access.struct, PTR_TRUSTED);
    return;
  }
  const btf = env.kernelBtf;
  const target = env.attachTarget;
  if (btf === undefined || target === null) {
    markLoaded(value, size);
    return;
  }
  const count = btf.vlen(target.proto) - target.hidden;
  const arg = argumentAt(btf, target.proto, target.hidden, off);
  if (arg > count || (arg === count && !returnIsVisible(env))) {
    env.refuse(`the context has no argument at offset ${off}`);
    markLoaded(value, size);
    return;
  }
  if (arg === count) {
    loadReturnValue(env, btf, btf.type(target.proto), size, value);
    return;
  }
  loadArgument(env, btf, arg, size, value);
}

/** Number of the argument at a byte offset: structures take as many words as they have. */
function argumentAt(btf: Btf, proto: number, hidden: number, off: number): number {
  const count = btf.vlen(proto);
  let end = 0;
  for (let i = hidden; i < count; i++) {
    end += wordsOf(btf, btf.elementType(proto, i)) * 8;
    if (off < end) return i - hidden;
  }
  end += Math.max(wordsOf(btf, btf.type(proto)), 1) * 8;
  return off < end ? count - hidden : count - hidden + 1;
}

function wordsOf(btf: Btf, id: number): number {
  const type = btf.skipModifiers(id);
  return btf.kind(type) === BTF_KIND_VOID ? 0 : Math.ceil((btf.resolveSize(type) ?? 8) / 8);
}

/** Can a program of this attach type read the return value behind the arguments? */
function returnIsVisible({ program }: VerifierEnv): boolean {
  switch (program.attachType) {
    case ATTACH_TYPE.LSM_MAC:
    case ATTACH_TYPE.LSM_CGROUP:
    case ATTACH_TYPE.TRACE_FEXIT:
    case ATTACH_TYPE.MODIFY_RETURN:
    case ATTACH_TYPE.TRACE_FSESSION:
      return true;
    default:
      return false;
  }
}

function loadReturnValue(env: VerifierEnv, btf: Btf, typeId: number, size: number, value: Reg): void {
  const type = btf.skipModifiers(typeId);
  if (btf.kind(type) === BTF_KIND_PTR) {
    loadPointer(env, btf, btf.type(type), 0, size, value);
    return;
  }
  markUnknown(value);
  if (env.program.attachType !== ATTACH_TYPE.LSM_MAC || btf.kind(type) === BTF_KIND_VOID) return;
  const isBool = BOOL_LSM_HOOKS.has(env.program.attachTarget);
  const min = isBool ? 0 : -MAX_ERRNO;
  env.numbers.setSigned(value, min >> 31, min, 0, isBool ? 1 : 0);
}

function loadArgument(env: VerifierEnv, btf: Btf, arg: number, size: number, value: Reg): void {
  const target = env.attachTarget!;
  const param = target.hidden + arg;
  const type = btf.skipModifiers(btf.elementType(target.proto, param));
  if (btf.kind(type) !== BTF_KIND_PTR) {
    if (!isScalarType(btf, type) && !isStruct(btf, type))
      env.refuse(`argument ${arg} is no pointer and no number`);
    markUnknown(value);
    return;
  }
  if (size !== 8) {
    env.refuse(`argument ${arg} is a pointer, and ${size} bytes of it are read`);
    markUnknown(value);
    return;
  }
  const name = btf.elementName(target.proto, param);
  const field = target.iteratorFields.find((known) => known.field === name);
  if (field?.struct === '') {
    markKnownZero(value);
    value.type = PTR_TO_BUF | PTR_MAYBE_NULL | (field.readOnly ? MEM_RDONLY : 0);
    value.id = env.newId();
    return;
  }
  const pointee = btf.type(type);
  if (btf.kind(pointee) === BTF_KIND_VOID || btf.kind(btf.skipModifiers(pointee)) === BTF_KIND_INT) {
    markUnknown(value);
    return;
  }
  if (field !== undefined) {
    setKernelPointer(env, value, field.struct, PTR_MAYBE_NULL | (field.trusted ? PTR_TRUSTED : 0));
    return;
  }
  const isTracepoint =
    env.program.attachType === ATTACH_TYPE.TRACE_RAW_TP && env.program.type === PROG_TYPE.TRACING;
  if (isTracepoint && mayBeErrorArgument(target.name, arg)) {
    markUnknown(value);
    return;
  }
  let flags = target.trusted ? PTR_TRUSTED : 0;
  if (
    name.endsWith('__nullable') ||
    target.nullable?.includes(arg) === true ||
    (isTracepoint && mayBeNullArgument(target.name, arg))
  )
    flags |= PTR_MAYBE_NULL;
  loadPointer(env, btf, pointee, flags, size, value);
}

/** A pointer of the context, to what `pointee` says. */
function loadPointer(
  env: VerifierEnv,
  btf: Btf,
  pointee: number,
  flags: number,
  size: number,
  value: Reg,
): void {
  const target = btf.skipModifiers(pointee);
  const kind = btf.kind(target);
  if (kind === BTF_KIND_VOID || kind === BTF_KIND_INT) {
    markUnknown(value);
    return;
  }
  if (!isStruct(btf, target)) {
    env.refuse('an argument points to no structure');
    markLoaded(value, size);
    return;
  }
  const tag = flagOfTag(btf, pointee) & (MEM_USER | MEM_PERCPU);
  setBtfPointer(env, value, BTF_KERNEL, promoted(env, btf, target), flags | tag);
}

/** Congestion control gets its sockets as the TCP sockets they are (`bpf_tcp_ca_is_valid_access()`, net/ipv4/bpf_tcp_ca.c). */
function promoted({ program }: VerifierEnv, btf: Btf, id: number): number {
  if (program.type !== PROG_TYPE.STRUCT_OPS || program.attachTarget !== 'tcp_congestion_ops') return id;
  return btf.typeName(id) === 'sock' ? btf.findByName('tcp_sock', BTF_KIND_STRUCT) : id;
}

/** Kernel structures behind maps, by map type (`map_btf_id`). */
const MAP_STRUCTS: Readonly<Partial<Record<(typeof MAP_TYPE_NAMES)[number], string>>> = {
  HASH: 'bpf_htab',
  PERCPU_HASH: 'bpf_htab',
  LRU_HASH: 'bpf_htab',
  LRU_PERCPU_HASH: 'bpf_htab',
  HASH_OF_MAPS: 'bpf_htab',
  ARRAY: 'bpf_array',
  PERCPU_ARRAY: 'bpf_array',
  PROG_ARRAY: 'bpf_array',
  PERF_EVENT_ARRAY: 'bpf_array',
  CGROUP_ARRAY: 'bpf_array',
  ARRAY_OF_MAPS: 'bpf_array',
  STACK_TRACE: 'bpf_stack_map',
  LPM_TRIE: 'lpm_trie',
  DEVMAP: 'bpf_dtab',
  DEVMAP_HASH: 'bpf_dtab',
  CPUMAP: 'bpf_cpu_map',
  XSKMAP: 'xsk_map',
  SOCKMAP: 'bpf_stab',
  SOCKHASH: 'bpf_shtab',
  CGROUP_STORAGE: 'bpf_cgroup_storage_map',
  PERCPU_CGROUP_STORAGE: 'bpf_cgroup_storage_map',
  REUSEPORT_SOCKARRAY: 'reuseport_array',
  QUEUE: 'bpf_queue_stack',
  STACK: 'bpf_queue_stack',
  SK_STORAGE: 'bpf_local_storage_map',
  INODE_STORAGE: 'bpf_local_storage_map',
  TASK_STORAGE: 'bpf_local_storage_map',
  CGRP_STORAGE: 'bpf_local_storage_map',
  RINGBUF: 'bpf_ringbuf_map',
  USER_RINGBUF: 'bpf_ringbuf_map',
  BLOOM_FILTER: 'bpf_bloom_filter',
  ARENA: 'bpf_arena',
};

/** A load from the kernel's structure behind a map (`check_ptr_to_map_access`). */
export function loadMapField(env: VerifierEnv, reg: Reg, off: number, size: number, value: Reg): void {
  const name = MAP_TYPE_NAMES.at(env.map(reg.a).type);
  const struct = name === undefined ? undefined : MAP_STRUCTS[name];
  const btf = env.kernelBtf;
  const id = struct === undefined ? 0 : (btf?.findByName(struct, BTF_KIND_STRUCT) ?? 0);
  if (btf === undefined || id === 0) {
    markLoaded(value, size);
    return;
  }
  const walk = walkStruct(btf, id, off, size);
  if (walk.kind === 'pointer') {
    setBtfPointer(env, value, BTF_KERNEL, walk.id, walk.flags);
  } else {
    if (walk.kind !== 'scalar') env.refuse(`access of ${size} bytes at offset ${off} of a map`);
    markUnknown(value);
  }
}
