/**
 * Types of register contents and of helper arguments and results: `enum bpf_reg_type`, `enum bpf_type_flag`
 * (include/linux/bpf.h, Linux 6.12). A type is a base in the low 8 bits and flags above.
 */

/** Nothing was written into the register. */
export const NOT_INIT = 0;
/** A number: no pointer. */
export const SCALAR_VALUE = 1;
export const PTR_TO_CTX = 2;
export const CONST_PTR_TO_MAP = 3;
export const PTR_TO_MAP_VALUE = 4;
export const PTR_TO_MAP_KEY = 5;
export const PTR_TO_STACK = 6;
export const PTR_TO_PACKET_META = 7;
export const PTR_TO_PACKET = 8;
export const PTR_TO_PACKET_END = 9;
export const PTR_TO_FLOW_KEYS = 10;
export const PTR_TO_SOCKET = 11;
export const PTR_TO_SOCK_COMMON = 12;
export const PTR_TO_TCP_SOCK = 13;
export const PTR_TO_TP_BUFFER = 14;
export const PTR_TO_XDP_SOCK = 15;
/** A kernel structure with a BTF type. */
export const PTR_TO_BTF_ID = 16;
export const PTR_TO_MEM = 17;
export const PTR_TO_ARENA = 18;
export const PTR_TO_BUF = 19;
export const PTR_TO_FUNC = 20;
export const CONST_PTR_TO_DYNPTR = 21;
/**
 * Not a type of the kernel: the analysis does not know what the kernel would have here, a number or a pointer. Where
 * it matters, `Facts.unknowns` has a line.
 */
export const NOT_MODELLED = 31;

const flag = (bit: number): number => 1 << (bit + 8);
export const PTR_MAYBE_NULL = flag(0);
export const MEM_RDONLY = flag(1);
export const MEM_RINGBUF = flag(2);
export const MEM_USER = flag(3);
export const MEM_PERCPU = flag(4);
export const OBJ_RELEASE = flag(5);
export const PTR_UNTRUSTED = flag(6);
export const MEM_UNINIT = flag(7);
export const DYNPTR_TYPE_LOCAL = flag(8);
export const DYNPTR_TYPE_RINGBUF = flag(9);
export const MEM_FIXED_SIZE = flag(10);
export const MEM_ALLOC = flag(11);
export const PTR_TRUSTED = flag(12);
export const MEM_RCU = flag(13);
export const NON_OWN_REF = flag(14);
export const DYNPTR_TYPE_SKB = flag(15);
export const DYNPTR_TYPE_XDP = flag(16);
export const MEM_ALIGNED = flag(17);
export const MEM_WRITE = flag(18);

export const DYNPTR_TYPE_FLAG_MASK =
  DYNPTR_TYPE_LOCAL | DYNPTR_TYPE_RINGBUF | DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP;
/** Flags that make a pointer trusted (`BPF_REG_TRUSTED_MODIFIERS`). */
export const TRUSTED_MODIFIERS = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

/** The type without its flags. */
export function baseType(type: number): number {
  return type & 0xff;
}

/** The flags of the type. */
export function typeFlags(type: number): number {
  return type & ~0xff;
}

export function mayBeNull(type: number): boolean {
  return (type & PTR_MAYBE_NULL) !== 0;
}

/** A packet pointer that can be read through: not the end. */
export function isPacketPointer(type: number): boolean {
  return type === PTR_TO_PACKET || type === PTR_TO_PACKET_META;
}

export function isPacketPointerOrEnd(type: number): boolean {
  return type === PTR_TO_PACKET || type === PTR_TO_PACKET_META || type === PTR_TO_PACKET_END;
}

/** A pointer to one of the socket structures with an access table of its own. */
export function isSockPointer(type: number): boolean {
  return (
    type === PTR_TO_SOCKET ||
    type === PTR_TO_SOCK_COMMON ||
    type === PTR_TO_TCP_SOCK ||
    type === PTR_TO_XDP_SOCK
  );
}

/** An object allocated by the program (`bpf_obj_new()`), owned or not. */
export function isAllocatedObject(type: number): boolean {
  return baseType(type) === PTR_TO_BTF_ID && (type & MEM_ALLOC) !== 0;
}

/** Can a register of this type be spilled whole (`is_spillable_regtype`)? */
export function isSpillable(type: number): boolean {
  const base = baseType(type);
  return (base >= PTR_TO_CTX && base <= PTR_TO_FUNC && base !== PTR_TO_TP_BUFFER) || base === NOT_MODELLED;
}

/** Dynamic pointers' kinds, `enum bpf_dynptr_type`. */
export const DYNPTR_INVALID = 0;
export const DYNPTR_LOCAL = 1;
export const DYNPTR_RINGBUF = 2;
export const DYNPTR_SKB = 3;
export const DYNPTR_XDP = 4;
