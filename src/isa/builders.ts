/**
 * One function per instruction form, named after the kernel's macros (include/linux/filter.h, Linux 6.12 and 7.2:
 * `BPF_ALU64_REG` is `alu64Reg`, `BPF_LDX_MEM` is `ldxMem`…). Each appends to a sink, so that a pass that builds a patch in
 * a reused `PatchBuffer` allocates nothing; `InsnList` is the sink for everything else.
 *
 * Nothing is checked here: operations, sizes and registers are the constants of opcodes.ts, offsets keep their low 16
 * bits, immediates their low 32. `validityOf` (validity.ts) says whether a pair of words is an instruction.
 */
import { word0 } from './insn.js';
import {
  BPF_ABS,
  BPF_ADD,
  BPF_ADDR_PERCPU,
  BPF_ADDR_SPACE_CAST,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_MAY_GOTO,
  BPF_MEM,
  BPF_MEMSX,
  BPF_MOV,
  BPF_NEG,
  BPF_NOSPEC,
  BPF_OR,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_TAIL_CALL,
  BPF_TO_BE,
  BPF_TO_LE,
  BPF_X,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from './opcodes.js';

/** Whatever takes instructions one by one; `PatchBuffer` of strategies/patch-buffer.ts is one. */
export interface InsnSink {
  push(w0: number, w1: number): unknown;
}

/** A growing list of instructions, as two words per slot. */
export class InsnList implements InsnSink {
  private readonly list: number[] = [];

  push(w0: number, w1: number): this {
    this.list.push(w0 | 0, w1 | 0);
    return this;
  }

  /** Slots so far. */
  get length(): number {
    return this.list.length / 2;
  }

  /** A copy of the words, two per slot. */
  words(): Int32Array {
    return Int32Array.from(this.list);
  }
}

/** The words of what `build` appends: `wordsOf((out) => exit(out))`. For tests and tables, not for hot paths. */
export function wordsOf(build: (out: InsnList) => void): Int32Array {
  const out = new InsnList();
  build(out);
  return out.words();
}

/** Any instruction from its fields (`BPF_RAW_INSN`). */
export function rawInsn(
  out: InsnSink,
  code: number,
  dst: number,
  src: number,
  off: number,
  imm: number,
): void {
  out.push(word0(code, dst, src, off), imm);
}

// ---- ALU: op is BPF_ADD … BPF_ARSH ---------------------------------------------------------------------------------

/** `dst op= src`, 64 bit. */
export function alu64Reg(out: InsnSink, op: number, dst: number, src: number): void {
  out.push(word0(BPF_ALU64 | op | BPF_X, dst, src, 0), 0);
}

/** `dst op= src`, 64 bit, with an offset: 1 makes BPF_DIV and BPF_MOD signed. */
export function alu64RegOff(out: InsnSink, op: number, dst: number, src: number, off: number): void {
  out.push(word0(BPF_ALU64 | op | BPF_X, dst, src, off), 0);
}

/** `dst op= imm`, 64 bit, the immediate sign-extended. */
export function alu64Imm(out: InsnSink, op: number, dst: number, imm: number): void {
  out.push(word0(BPF_ALU64 | op, dst, 0, 0), imm);
}

/** `dst op= imm`, 64 bit, with an offset: 1 makes BPF_DIV and BPF_MOD signed. */
export function alu64ImmOff(out: InsnSink, op: number, dst: number, imm: number, off: number): void {
  out.push(word0(BPF_ALU64 | op, dst, 0, off), imm);
}

/** `dst op= src`, 32 bit. */
export function alu32Reg(out: InsnSink, op: number, dst: number, src: number): void {
  out.push(word0(BPF_ALU | op | BPF_X, dst, src, 0), 0);
}

/** `dst op= src`, 32 bit, with an offset: 1 makes BPF_DIV and BPF_MOD signed. */
export function alu32RegOff(out: InsnSink, op: number, dst: number, src: number, off: number): void {
  out.push(word0(BPF_ALU | op | BPF_X, dst, src, off), 0);
}

/** `dst op= imm`, 32 bit. */
export function alu32Imm(out: InsnSink, op: number, dst: number, imm: number): void {
  out.push(word0(BPF_ALU | op, dst, 0, 0), imm);
}

/** `dst op= imm`, 32 bit, with an offset: 1 makes BPF_DIV and BPF_MOD signed. */
export function alu32ImmOff(out: InsnSink, op: number, dst: number, imm: number, off: number): void {
  out.push(word0(BPF_ALU | op, dst, 0, off), imm);
}

/** `dst = -dst`, 64 bit. */
export function neg64(out: InsnSink, dst: number): void {
  out.push(word0(BPF_ALU64 | BPF_NEG, dst, 0, 0), 0);
}

/** `dst = -dst`, 32 bit. */
export function neg32(out: InsnSink, dst: number): void {
  out.push(word0(BPF_ALU | BPF_NEG, dst, 0, 0), 0);
}

// ---- Moves ---------------------------------------------------------------------------------------------------------

/** `dst = src`, 64 bit. */
export function mov64Reg(out: InsnSink, dst: number, src: number): void {
  out.push(word0(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0), 0);
}

/** `dst = imm`, sign-extended to 64 bit. */
export function mov64Imm(out: InsnSink, dst: number, imm: number): void {
  out.push(word0(BPF_ALU64 | BPF_MOV, dst, 0, 0), imm);
}

/** `dst = src`, 32 bit, the upper half cleared. */
export function mov32Reg(out: InsnSink, dst: number, src: number): void {
  out.push(word0(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0), 0);
}

/** `dst = imm`, 32 bit, the upper half cleared. */
export function mov32Imm(out: InsnSink, dst: number, imm: number): void {
  out.push(word0(BPF_ALU | BPF_MOV, dst, 0, 0), imm);
}

/** `dst = (s8|s16|s32)src`, 64 bit; `bits` is 8, 16 or 32. */
export function movsx64Reg(out: InsnSink, dst: number, src: number, bits: number): void {
  out.push(word0(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, bits), 0);
}

/** `dst = (s8|s16)src`, 32 bit; `bits` is 8 or 16. */
export function movsx32Reg(out: InsnSink, dst: number, src: number, bits: number): void {
  out.push(word0(BPF_ALU | BPF_MOV | BPF_X, dst, src, bits), 0);
}

/** Internal: the 32-bit move onto itself, marked by `imm` 1, that the verifier inserts as a zero extension. */
export function zextReg(out: InsnSink, dst: number): void {
  out.push(word0(BPF_ALU | BPF_MOV | BPF_X, dst, dst, 0), 1);
}

/** `dst = addr_space_cast(src, to, from)`, arena pointers; address spaces are 0 (kernel) and 1 (arena). */
export function addrSpaceCast(out: InsnSink, dst: number, src: number, to: number, from: number): void {
  out.push(word0(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, BPF_ADDR_SPACE_CAST), (to << 16) | (from & 0xffff));
}

/** Internal: `dst = src + this CPU's offset` (`BPF_MOV64_PERCPU_REG`). */
export function movPercpu(out: InsnSink, dst: number, src: number): void {
  out.push(word0(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, BPF_ADDR_PERCPU), 0);
}

/** Byte order conversion to little endian; `bits` is 16, 32 or 64. */
export function toLe(out: InsnSink, dst: number, bits: number): void {
  out.push(word0(BPF_ALU | BPF_END | BPF_TO_LE, dst, 0, 0), bits);
}

/** Byte order conversion to big endian; `bits` is 16, 32 or 64. */
export function toBe(out: InsnSink, dst: number, bits: number): void {
  out.push(word0(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0), bits);
}

/** Unconditional byte swap; `bits` is 16, 32 or 64. */
export function bswap(out: InsnSink, dst: number, bits: number): void {
  out.push(word0(BPF_ALU64 | BPF_END, dst, 0, 0), bits);
}

// ---- Loads and stores: size is BPF_B, BPF_H, BPF_W or BPF_DW -----------------------------------------------------------

/** `dst = *(size *)(src + off)`. */
export function ldxMem(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  out.push(word0(BPF_LDX | BPF_MEM | size, dst, src, off), 0);
}

/** `dst = *(signed size *)(src + off)`; not for BPF_DW. */
export function ldxMemsx(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  out.push(word0(BPF_LDX | BPF_MEMSX | size, dst, src, off), 0);
}

/** Load with one of the internal modes: BPF_PROBE_MEM, _MEMSX, _MEM32, _MEM32SX. */
export function ldxProbe(
  out: InsnSink,
  mode: number,
  size: number,
  dst: number,
  src: number,
  off: number,
): void {
  out.push(word0(BPF_LDX | mode | size, dst, src, off), 0);
}

/** `*(size *)(dst + off) = src`. */
export function stxMem(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  out.push(word0(BPF_STX | BPF_MEM | size, dst, src, off), 0);
}

/** `*(size *)(dst + off) = imm`. */
export function stMem(out: InsnSink, size: number, dst: number, off: number, imm: number): void {
  out.push(word0(BPF_ST | BPF_MEM | size, dst, 0, off), imm);
}

/** Legacy packet load `r0 = ntoh(*(size *)skb[imm])`; not for BPF_DW. */
export function ldAbs(out: InsnSink, size: number, imm: number): void {
  out.push(word0(BPF_LD | BPF_ABS | size, 0, 0, 0), imm);
}

/** Legacy packet load `r0 = ntoh(*(size *)skb[src + imm])`; not for BPF_DW. */
export function ldInd(out: InsnSink, size: number, src: number, imm: number): void {
  out.push(word0(BPF_LD | BPF_IND | size, 0, src, 0), imm);
}

/** Internal: speculation barrier (`BPF_ST_NOSPEC`). */
export function nospec(out: InsnSink): void {
  out.push(word0(BPF_ST | BPF_NOSPEC, 0, 0, 0), 0);
}

// ---- Atomics: size is BPF_W or BPF_DW, for load-acquire and store-release any ------------------------------------------

/** Any atomic by its `imm` (`BPF_ATOMIC_OP`). */
export function atomicOp(
  out: InsnSink,
  size: number,
  op: number,
  dst: number,
  src: number,
  off: number,
): void {
  out.push(word0(BPF_STX | BPF_ATOMIC | size, dst, src, off), op);
}

/** `lock *(size *)(dst + off) += src`. */
export function atomicAdd(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_ADD, dst, src, off);
}

/** `lock *(size *)(dst + off) &= src`. */
export function atomicAnd(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_AND, dst, src, off);
}

/** `lock *(size *)(dst + off) |= src`. */
export function atomicOr(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_OR, dst, src, off);
}

/** `lock *(size *)(dst + off) ^= src`. */
export function atomicXor(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_XOR, dst, src, off);
}

/** `src = atomic_fetch_op(dst + off, src)`; op is BPF_ADD, BPF_AND, BPF_OR or BPF_XOR. */
export function atomicFetch(
  out: InsnSink,
  size: number,
  op: number,
  dst: number,
  src: number,
  off: number,
): void {
  atomicOp(out, size, op | BPF_FETCH, dst, src, off);
}

/** `src = atomic_xchg(dst + off, src)`. */
export function atomicXchg(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_XCHG, dst, src, off);
}

/** `r0 = atomic_cmpxchg(dst + off, r0, src)`. */
export function atomicCmpxchg(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_CMPXCHG, dst, src, off);
}

/** `dst = load_acquire(src + off)` (6.15). */
export function loadAcquire(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_LOAD_ACQ, dst, src, off);
}

/** `store_release(dst + off, src)` (6.15). */
export function storeRelease(out: InsnSink, size: number, dst: number, src: number, off: number): void {
  atomicOp(out, size, BPF_STORE_REL, dst, src, off);
}

// ---- 64-bit immediates: two slots ----------------------------------------------------------------------------------

/** `dst = high:low`, a constant. */
export function ldImm64(out: InsnSink, dst: number, low: number, high: number): void {
  ldImm64Pseudo(out, 0, dst, low, high);
}

/** A 64-bit load of what pseudo source `src` (BPF_PSEUDO_…) says (`BPF_LD_IMM64_RAW`). */
export function ldImm64Pseudo(out: InsnSink, src: number, dst: number, imm: number, imm2: number): void {
  out.push(word0(LD_IMM64, dst, src, 0), imm);
  out.push(0, imm2);
}

/** `dst = map[imm]` (`BPF_LD_MAP_FD`); in this project `map` is the map's index in the object. */
export function ldMapFd(out: InsnSink, dst: number, map: number): void {
  ldImm64Pseudo(out, BPF_PSEUDO_MAP_FD, dst, map, 0);
}

/** `dst = address of byte off of the map's first value` (`BPF_LD_MAP_VALUE`); `map` as in `ldMapFd`. */
export function ldMapValue(out: InsnSink, dst: number, map: number, off: number): void {
  ldImm64Pseudo(out, BPF_PSEUDO_MAP_VALUE, dst, map, off);
}

/** `dst = address of the subprogram` at `distance` slots from the load's second slot. */
export function ldFunc(out: InsnSink, dst: number, distance: number): void {
  ldImm64Pseudo(out, BPF_PSEUDO_FUNC, dst, distance, 0);
}

// ---- Jumps: op is BPF_JEQ … BPF_JSLE; distances count slots from the next instruction ------------------------------------

/** `if dst op src goto +off`, 64 bit. */
export function jmpReg(out: InsnSink, op: number, dst: number, src: number, off: number): void {
  out.push(word0(BPF_JMP | op | BPF_X, dst, src, off), 0);
}

/** `if dst op imm goto +off`, 64 bit. */
export function jmpImm(out: InsnSink, op: number, dst: number, imm: number, off: number): void {
  out.push(word0(BPF_JMP | op, dst, 0, off), imm);
}

/** `if dst op src goto +off`, 32 bit. */
export function jmp32Reg(out: InsnSink, op: number, dst: number, src: number, off: number): void {
  out.push(word0(BPF_JMP32 | op | BPF_X, dst, src, off), 0);
}

/** `if dst op imm goto +off`, 32 bit. */
export function jmp32Imm(out: InsnSink, op: number, dst: number, imm: number, off: number): void {
  out.push(word0(BPF_JMP32 | op, dst, 0, off), imm);
}

/** `goto +off` (`BPF_JMP_A`). */
export function jmpA(out: InsnSink, off: number): void {
  out.push(word0(BPF_JMP | BPF_JA, 0, 0, off), 0);
}

/** `gotol +imm`: the jump with a 32-bit distance (`BPF_JMP32_A`). */
export function gotol(out: InsnSink, imm: number): void {
  out.push(word0(BPF_JMP32 | BPF_JA, 0, 0, 0), imm);
}

/** `gotox dst`: jump to the address in a register, one of an insn array's (7.0). */
export function gotox(out: InsnSink, dst: number): void {
  out.push(word0(BPF_JMP | BPF_JA | BPF_X, dst, 0, 0), 0);
}

/** `may_goto +off`: jumps when the loop budget is used up (6.9). */
export function mayGoto(out: InsnSink, off: number): void {
  out.push(word0(BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, off), 0);
}

/** Call of a helper: its `BPF_FUNC_…` number before the fixups, a symbol's number after (`BPF_EMIT_CALL`). */
export function callHelper(out: InsnSink, imm: number): void {
  out.push(word0(BPF_JMP | BPF_CALL, 0, 0, 0), imm);
}

/** Call of the subprogram at `distance` slots from the next one (`BPF_CALL_REL`). */
export function callSubprog(out: InsnSink, distance: number): void {
  out.push(word0(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0), distance);
}

/** Call of a kernel function: BTF type id and, for modules, index of the BTF's descriptor in `off`. */
export function callKfunc(out: InsnSink, imm: number, off: number): void {
  out.push(word0(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, off), imm);
}

/** Internal: a tail call (`BPF_JMP | BPF_TAIL_CALL`); `imm` is the index of its poke descriptor plus one, or 0. */
export function tailCall(out: InsnSink, imm: number): void {
  out.push(word0(BPF_JMP | BPF_TAIL_CALL, 0, 0, 0), imm);
}

/** `exit`. */
export function exit(out: InsnSink): void {
  out.push(word0(BPF_JMP | BPF_EXIT, 0, 0, 0), 0);
}
