/**
 * What a tracing program is attached to: the prototype of the kernel function, tracepoint, iterator or hook, which says what
 * its context holds (`bpf_check_attach_target()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { ATTACH_TYPE, PROG_TYPE } from '../kernel/types.js';
import {
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
} from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import { operationOf } from '../object/index.js';
import type { BpfProgram } from '../object/program.js';
import { ITERATOR_FIELDS, UNTRUSTED_LSM_HOOKS } from './tables/attach-points.js';
import type { IteratorField } from './tables/attach-points.js';

export interface AttachTarget {
  /** Function, tracepoint, iterator target or hook, without the kernel's prefix. */
  readonly name: string;
  /** Type id of the FUNC_PROTO in the kernel's BTF. */
  readonly proto: number;
  /** Parameters in front that programs do not see. */
  readonly hidden: number;
  /** Pointers among the arguments are trusted. */
  readonly trusted: boolean;
  /** Numbers of the arguments that may be null, counted as programs see them. */
  readonly nullable?: readonly number[];
  /** Fields of an iterator's context that are more than their types say. */
  readonly iteratorFields: readonly IteratorField[];
}

function protoOfFunc(btf: Btf, name: string): number {
  const func = btf.findByName(name, BTF_KIND_FUNC);
  return func === 0 ? 0 : btf.type(func);
}

/** Tracepoints have no function but a typedef of a pointer to one. */
function protoOfTracepoint(btf: Btf, name: string): number {
  const typedef = btf.findByName(`btf_trace_${name}`, BTF_KIND_TYPEDEF);
  if (typedef === 0) return 0;
  const pointer = btf.type(typedef);
  if (btf.kind(pointer) !== BTF_KIND_PTR) return 0;
  const proto = btf.type(pointer);
  return btf.kind(proto) === BTF_KIND_FUNC_PROTO ? proto : 0;
}

/**
 * The operation of a structure that a program implements. What may be null, the parameters of the stub say that the
 * kernel has for it (`prepare_arg_info()`, kernel/bpf/bpf_struct_ops.c, Linux 6.12).
 */
function operation(btf: Btf, structure: string, member: number): AttachTarget | null {
  const id = btf.findByName(structure, BTF_KIND_STRUCT);
  const proto = id === 0 ? 0 : operationOf(btf, id, member);
  if (proto === 0) return null;
  const name = btf.elementName(id, member);
  const stub = protoOfFunc(btf, `${structure}__${name}`);
  const nullable: number[] = [];
  for (let arg = 0; stub !== 0 && arg < btf.vlen(stub); arg++) {
    if (btf.elementName(stub, arg).endsWith('__nullable')) nullable.push(arg);
  }
  return { name, proto, hidden: 0, trusted: true, nullable, iteratorFields: [] };
}

/** What the program is attached to; null when that is nothing in the kernel's BTF. */
export function attachTargetOf(btf: Btf, program: BpfProgram): AttachTarget | null {
  const { type, attachType, attachTarget: name } = program;
  if (name === '') return null;
  if (type === PROG_TYPE.LSM) {
    const proto = protoOfFunc(btf, `bpf_lsm_${name}`);
    const trusted = !UNTRUSTED_LSM_HOOKS.has(name);
    return proto === 0 ? null : { name, proto, hidden: 0, trusted, iteratorFields: [] };
  }
  if (type === PROG_TYPE.STRUCT_OPS) return operation(btf, name, attachType);
  if (type !== PROG_TYPE.TRACING) return null;
  switch (attachType) {
    case ATTACH_TYPE.TRACE_RAW_TP: {
      const proto = protoOfTracepoint(btf, name);
      return proto === 0 ? null : { name, proto, hidden: 1, trusted: true, iteratorFields: [] };
    }
    case ATTACH_TYPE.TRACE_ITER: {
      const proto = protoOfFunc(btf, `bpf_iter_${name}`);
      const iteratorFields = ITERATOR_FIELDS.get(name) ?? [];
      return proto === 0 ? null : { name, proto, hidden: 0, trusted: true, iteratorFields };
    }
    default: {
      const proto = protoOfFunc(btf, name);
      return proto === 0 ? null : { name, proto, hidden: 0, trusted: false, iteratorFields: [] };
    }
  }
}
