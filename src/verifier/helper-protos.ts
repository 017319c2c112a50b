/**
 * Helper prototypes in numbers: the profile's strings (`enum bpf_arg_type`, `enum bpf_return_type` with flags) read once per
 * prototype.
 */
import type { HelperProto } from '../kernel/profile.js';
import {
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_XDP,
  MEM_ALIGNED,
  MEM_ALLOC,
  MEM_FIXED_SIZE,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_RINGBUF,
  MEM_UNINIT,
  MEM_USER,
  MEM_WRITE,
  NON_OWN_REF,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
} from './reg-types.js';

const ARG_NAMES = [
  'DONTCARE',
  'CONST_MAP_PTR',
  'PTR_TO_MAP_KEY',
  'PTR_TO_MAP_VALUE',
  'PTR_TO_MEM',
  'PTR_TO_ARENA',
  'CONST_SIZE',
  'CONST_SIZE_OR_ZERO',
  'PTR_TO_CTX',
  'ANYTHING',
  'SCALAR',
  'PTR_TO_SPIN_LOCK',
  'PTR_TO_SOCK_COMMON',
  'PTR_TO_SOCKET',
  'PTR_TO_BTF_ID',
  'PTR_TO_RINGBUF_MEM',
  'CONST_ALLOC_SIZE_OR_ZERO',
  'PTR_TO_BTF_ID_SOCK_COMMON',
  'PTR_TO_PERCPU_BTF_ID',
  'PTR_TO_FUNC',
  'PTR_TO_STACK',
  'PTR_TO_CONST_STR',
  'PTR_TO_TIMER',
  'KPTR_XCHG_DEST',
  'PTR_TO_DYNPTR',
] as const;

const RET_NAMES = [
  'INTEGER',
  'VOID',
  'PTR_TO_MAP_VALUE',
  'PTR_TO_SOCKET',
  'PTR_TO_TCP_SOCK',
  'PTR_TO_SOCK_COMMON',
  'PTR_TO_MEM',
  'PTR_TO_MEM_OR_BTF_ID',
  'PTR_TO_BTF_ID',
] as const;

function numbersOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, number) => [name, number])) as Record<Name, number>;
}

/** Base types of arguments, `ARG.CONST_MAP_PTR`…; flags of reg-types.ts lie above the low 8 bits. */
export const ARG = numbersOf(ARG_NAMES);
/** Base types of results. */
export const RET = numbersOf(RET_NAMES);

const FLAGS: Readonly<Partial<Record<string, number>>> = {
  PTR_MAYBE_NULL,
  MEM_RDONLY,
  MEM_RINGBUF,
  MEM_USER,
  MEM_PERCPU,
  OBJ_RELEASE,
  PTR_UNTRUSTED,
  MEM_UNINIT,
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  MEM_FIXED_SIZE,
  MEM_ALLOC,
  PTR_TRUSTED,
  MEM_RCU,
  NON_OWN_REF,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_XDP,
  MEM_ALIGNED,
  MEM_WRITE,
};

/** Names of the kernel's that stand for a type with flags. */
const COMPOSED: Readonly<Partial<Record<string, string>>> = {
  PTR_TO_UNINIT_MEM: 'PTR_TO_MEM|MEM_UNINIT|MEM_WRITE',
  PTR_TO_FIXED_SIZE_MEM: 'PTR_TO_MEM|MEM_FIXED_SIZE',
  PTR_TO_RINGBUF_MEM_OR_NULL: 'PTR_TO_MEM|MEM_RINGBUF|PTR_MAYBE_NULL',
  PTR_TO_DYNPTR_MEM_OR_NULL: 'PTR_TO_MEM|PTR_MAYBE_NULL',
  PTR_TO_BTF_ID_TRUSTED: 'PTR_TO_BTF_ID|PTR_TRUSTED',
  PTR_TO_KPTR: 'KPTR_XCHG_DEST',
};

/** Memory of a ring buffer as 6.1 names it, for arguments and for results. */
const ALLOCATED = 'PTR_TO_ALLOC_MEM';

function parseType(text: string, bases: Readonly<Partial<Record<string, number>>>): number {
  let type = 0;
  for (const word of text.split('|')) {
    const base = bases[word];
    const flag = FLAGS[word];
    const composed = COMPOSED[word];
    if (base !== undefined) type |= base;
    else if (flag !== undefined) type |= flag;
    else if (composed !== undefined) type |= parseType(composed, bases);
    else if (word === ALLOCATED)
      type |= bases === ARG ? ARG.PTR_TO_RINGBUF_MEM : RET.PTR_TO_MEM | MEM_RINGBUF;
    else if (word.endsWith('_OR_NULL'))
      type |= parseType(word.slice(0, -'_OR_NULL'.length), bases) | PTR_MAYBE_NULL;
    else throw new Error(`unknown helper argument or result type: ${text}`);
  }
  return type;
}

export interface HelperTypes {
  readonly args: readonly number[];
  readonly ret: number;
}

const parsed = new WeakMap<HelperProto, HelperTypes>();

/** The types of a helper's five arguments (`ARG.DONTCARE` for those it has not) and of its result. */
export function typesOf(proto: HelperProto): HelperTypes {
  let types = parsed.get(proto);
  if (types === undefined) {
    const args = [0, 1, 2, 3, 4].map((i) => parseType(proto.args[i] ?? 'DONTCARE', ARG));
    types = { args, ret: parseType(proto.ret, RET) };
    parsed.set(proto, types);
  }
  return types;
}
