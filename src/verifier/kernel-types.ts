/**
 * The kernel's types as the check asks for them: structures by name, the layout behind an access, per-cpu variables.
 * `btf_struct_walk()`, kernel/bpf/btf.c, Linux 6.12.
 */
import {
  BTF_KIND_ARRAY,
  BTF_KIND_DATASEC,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_UNION,
} from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import { MEM_PERCPU, MEM_RCU, MEM_USER, PTR_UNTRUSTED } from './reg-types.js';

/** Structures within structures that an access is followed through. */
const MAX_DEPTH = 64;

/** What an access to a structure finds. */
export type WalkKind = 'scalar' | 'pointer' | 'struct' | 'error';

/** Result of a walk; filled anew by each. */
export interface Walk {
  kind: WalkKind;
  /** Of a pointer: the structure it points to; of a structure: itself. */
  id: number;
  /** Of a pointer: `MEM_USER`, `MEM_PERCPU`, `MEM_RCU`, `PTR_UNTRUSTED`. */
  flags: number;
  /** Of a pointer: the member's name. */
  field: string;
}

/** `struct` or `union`. */
export function isStruct(btf: Btf, id: number): boolean {
  const kind = btf.kind(id);
  return kind === BTF_KIND_STRUCT || kind === BTF_KIND_UNION;
}

/** Flag of a pointer by the type tag that its target has. */
export function flagOfTag(btf: Btf, pointee: number): number {
  if (btf.kind(pointee) !== BTF_KIND_TYPE_TAG) return 0;
  switch (btf.typeName(pointee)) {
    case 'user':
      return MEM_USER;
    case 'percpu':
      return MEM_PERCPU;
    case 'rcu':
      return MEM_RCU;
    default:
      return 0;
  }
}

const walk: Walk = { kind: 'error', id: 0, flags: 0, field: '' };

function result(kind: WalkKind): Walk {
  walk.kind = kind;
  return walk;
}

/**
 * What an access of `size` bytes at byte `off` of structure `id` reads: follows nested structures to the innermost
 * member. With `stopAtStruct`, a nested structure that begins there is the result. The result is valid until the next call.
 */
export function walkStruct(btf: Btf, id: number, off: number, size: number, stopAtStruct = false): Walk {
  walk.id = 0;
  walk.flags = 0;
  walk.field = '';
  let type = id;
  let at = off;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    type = btf.skipModifiers(type);
    if (!isStruct(btf, type)) return result('error');
    if (btf.kind(type) === BTF_KIND_UNION && btf.vlen(type) !== 1) walk.flags |= PTR_UNTRUSTED;
    if (at + size > btf.size(type)) {
      const next = behindFlexibleArray(btf, type, at);
      if (next === null) return result('error');
      if (next.scalar) return result('scalar');
      type = next.type;
      at = next.off;
      continue;
    }
    const found = findMember(btf, type, at, size);
    if (found.kind !== 'nested') return result(found.kind);
    type = found.id;
    at = found.off;
    if (stopAtStruct && found.off === 0) {
      walk.id = type;
      return result('struct');
    }
  }
  return result('error');
}

/** An access past the end goes into the flexible array at the end, if there is one. */
function behindFlexibleArray(
  btf: Btf,
  type: number,
  off: number,
): { readonly scalar: boolean; readonly type: number; readonly off: number } | null {
  const count = btf.vlen(type);
  if (count === 0) return null;
  const last = btf.skipModifiers(btf.elementType(type, count - 1));
  if (btf.kind(last) !== BTF_KIND_ARRAY) return null;
  const { type: element, length } = btf.array(last);
  const start = Math.floor(btf.memberBitOffset(type, count - 1) / 8);
  if (length !== 0 || off < start) return null;
  const inner = btf.skipModifiers(element);
  if (btf.kind(inner) === BTF_KIND_INT) return { scalar: true, type: 0, off: 0 };
  if (!isStruct(btf, inner) || btf.size(inner) === 0) return null;
  return { scalar: false, type: inner, off: (off - start) % btf.size(inner) };
}

interface Found {
  readonly kind: 'scalar' | 'pointer' | 'error' | 'nested';
  readonly id: number;
  readonly off: number;
}

const SCALAR: Found = { kind: 'scalar', id: 0, off: 0 };
const ERROR: Found = { kind: 'error', id: 0, off: 0 };
const POINTER: Found = { kind: 'pointer', id: 0, off: 0 };

function findMember(btf: Btf, struct: number, off: number, size: number): Found {
  const count = btf.vlen(struct);
  for (let i = 0; i < count; i++) {
    const bits = btf.memberBitOffset(struct, i);
    const start = Math.floor(bits / 8);
    if (off + size <= start) break;
    const width = btf.memberBitSize(struct, i);
    if (width !== 0) {
      // Bit fields are read as a whole word that holds them.
      if (off <= start && Math.ceil((bits + width) / 8) <= off + size) return SCALAR;
      continue;
    }
    if (off < start) break;
    const member = btf.skipModifiers(btf.elementType(struct, i));
    const length = btf.resolveSize(member);
    if (length === undefined) return ERROR;
    const end = start + length;
    if (off >= end) continue;
    return accessMember(btf, struct, i, member, start, end, off, size);
  }
  return ERROR;
}

function accessMember(
  btf: Btf,
  struct: number,
  index: number,
  member: number,
  memberStart: number,
  end: number,
  off: number,
  size: number,
): Found {
  let start = memberStart;
  let type = member;
  // Arrays of arrays are one array of their innermost elements.
  while (btf.kind(type) === BTF_KIND_ARRAY) type = btf.skipModifiers(btf.array(type).type);
  if (type !== member) {
    const step = btf.resolveSize(type);
    if (step === undefined || step === 0) return ERROR;
    start += Math.floor((off - start) / step) * step;
  }
  if (isStruct(btf, type)) return { kind: 'nested', id: type, off: off - start };
  if (btf.kind(type) === BTF_KIND_PTR) {
    if (size !== 8 || off !== start) return ERROR;
    const pointee = btf.type(type);
    const target = btf.skipModifiers(pointee);
    if (isStruct(btf, target)) {
      walk.id = target;
      walk.flags |= flagOfTag(btf, pointee);
      walk.field = btf.elementName(struct, index);
      return POINTER;
    }
  }
  if (off + size > end && (walk.flags & PTR_UNTRUSTED) === 0) return ERROR;
  return SCALAR;
}

/** Is the type a number: integer, enum or floating point? */
export function isScalarType(btf: Btf, id: number): boolean {
  const kind = btf.kind(id);
  return (
    kind === BTF_KIND_INT || kind === BTF_KIND_ENUM || kind === BTF_KIND_ENUM64 || kind === BTF_KIND_FLOAT
  );
}

const percpuOf = new WeakMap<Btf, ReadonlySet<number>>();

/** Is the variable one that each CPU has of its own? */
export function isPercpu(btf: Btf, variable: number): boolean {
  let variables = percpuOf.get(btf);
  if (variables === undefined) {
    const found = new Set<number>();
    const section = btf.findByName('.data..percpu', BTF_KIND_DATASEC);
    if (section !== 0) for (let i = 0; i < btf.vlen(section); i++) found.add(btf.secInfo(section, i).type);
    variables = found;
    percpuOf.set(btf, variables);
  }
  return variables.has(variable);
}
