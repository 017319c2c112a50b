/** Names for the values that fields of an instruction take: those of the kernel's constants, and what they say. */
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_ATOMIC,
  BPF_B,
  BPF_CMPXCHG,
  BPF_DIV,
  BPF_DW,
  BPF_FETCH,
  BPF_H,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
  BPF_LOAD_ACQ,
  BPF_LSH,
  BPF_MEM,
  BPF_MEMSX,
  BPF_MOD,
  BPF_MOV,
  BPF_MUL,
  BPF_OR,
  BPF_PROBE_ATOMIC,
  BPF_PROBE_MEM,
  BPF_PROBE_MEM32,
  BPF_PROBE_MEM32SX,
  BPF_PROBE_MEMSX,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  BPF_RSH,
  BPF_STORE_REL,
  BPF_SUB,
  BPF_W,
  BPF_XCHG,
  BPF_XOR,
} from './opcodes.js';

/** Operations of ALU and ALU64 on two operands. */
export const ALU_OPS = {
  add: BPF_ADD,
  sub: BPF_SUB,
  mul: BPF_MUL,
  div: BPF_DIV,
  mod: BPF_MOD,
  and: BPF_AND,
  or: BPF_OR,
  xor: BPF_XOR,
  lsh: BPF_LSH,
  rsh: BPF_RSH,
  arsh: BPF_ARSH,
  mov: BPF_MOV,
} as const;

/** Comparisons of JMP and JMP32. */
export const JMP_OPS = {
  jeq: BPF_JEQ,
  jne: BPF_JNE,
  jgt: BPF_JGT,
  jge: BPF_JGE,
  jlt: BPF_JLT,
  jle: BPF_JLE,
  jset: BPF_JSET,
  jsgt: BPF_JSGT,
  jsge: BPF_JSGE,
  jslt: BPF_JSLT,
  jsle: BPF_JSLE,
} as const;

/** Modes of loads; `probe-…`, here and below, are internal. */
export const LDX_MODES = {
  mem: BPF_MEM,
  memsx: BPF_MEMSX,
  'probe-mem': BPF_PROBE_MEM,
  'probe-memsx': BPF_PROBE_MEMSX,
  'probe-mem32': BPF_PROBE_MEM32,
  'probe-mem32sx': BPF_PROBE_MEM32SX,
} as const;
/** Modes of stores. */
export const STORE_MODES = { mem: BPF_MEM, 'probe-mem32': BPF_PROBE_MEM32 } as const;
/** Modes of atomic operations. */
export const ATOMIC_MODES = { atomic: BPF_ATOMIC, 'probe-atomic': BPF_PROBE_ATOMIC } as const;

/** `imm` of atomic operations. */
export const ATOMIC_OPS = {
  add: BPF_ADD,
  and: BPF_AND,
  or: BPF_OR,
  xor: BPF_XOR,
  'fetch-add': BPF_ADD | BPF_FETCH,
  'fetch-and': BPF_AND | BPF_FETCH,
  'fetch-or': BPF_OR | BPF_FETCH,
  'fetch-xor': BPF_XOR | BPF_FETCH,
  xchg: BPF_XCHG,
  cmpxchg: BPF_CMPXCHG,
  'load-acquire': BPF_LOAD_ACQ,
  'store-release': BPF_STORE_REL,
} as const;

/** Source register of a 64-bit immediate load: what the immediate stands for. */
export const SOURCES = {
  value: 0,
  'map-fd': BPF_PSEUDO_MAP_FD,
  'map-value': BPF_PSEUDO_MAP_VALUE,
  'btf-id': BPF_PSEUDO_BTF_ID,
  func: BPF_PSEUDO_FUNC,
  'map-idx': BPF_PSEUDO_MAP_IDX,
  'map-idx-value': BPF_PSEUDO_MAP_IDX_VALUE,
} as const;

/** Source register of a call: what is called. */
export const CALLEES = { helper: 0, subprog: BPF_PSEUDO_CALL, kfunc: BPF_PSEUDO_KFUNC_CALL } as const;

/** Size fields, by the bytes of the access. */
export const SIZES = { 1: BPF_B, 2: BPF_H, 4: BPF_W, 8: BPF_DW } as const;

/**
 * The name a value has in one of the tables above.
 * @throws RangeError when it has none; of what validity.ts lets through all have
 */
export function nameIn<T extends Readonly<Record<string, number>>>(
  table: T,
  value: number,
): keyof T & string {
  for (const name in table) if (table[name] === value) return name;
  throw new RangeError(`no instruction has the field value ${value} here`);
}
