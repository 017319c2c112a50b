/**
 * Which pairs of words are instructions. The rules are those of the kernel's `bpf_opcode_in_insntable()`
 * (kernel/bpf/core.c) and `check_insn_fields()` (kernel/bpf/verifier.c; both Linux 7.2, in 6.12 spread over `do_check()`):
 * known opcode, registers in range, unused fields zero. What a program means is not looked at: a shift by 99, a division
 * by the constant 0 and a jump out of the program are instructions.
 */
import { classOf, codeOf, dstOf, modeOf, offOf, opOf, sizeOf, srcOf } from './insn.js';
import {
  BPF_ABS,
  BPF_ADD,
  BPF_ADDR_PERCPU,
  BPF_ADDR_SPACE_CAST,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_DIV,
  BPF_DW,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_JSLE,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_MAY_GOTO,
  BPF_MEM,
  BPF_MEMSX,
  BPF_MOD,
  BPF_MOV,
  BPF_NEG,
  BPF_NOSPEC,
  BPF_OR,
  BPF_PROBE_ATOMIC,
  BPF_PROBE_MEM,
  BPF_PROBE_MEM32,
  BPF_PROBE_MEM32SX,
  BPF_PROBE_MEMSX,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_REG_10,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_TAIL_CALL,
  BPF_W,
  BPF_X,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from './opcodes.js';

/** What a pair of words is. */
export type Validity = 0 | 1 | 2;
/** No instruction. */
export const INVALID: Validity = 0;
/** A program handed to the kernel may hold it. */
export const LOADABLE: Validity = 1;
/** Only the kernel's own rewriting brings it in (probe loads, tail calls, nospec, per-cpu moves, R11 and R12…). */
export const INTERNAL: Validity = 2;

/**
 * Registers that only rewriting or stack arguments name: the verifier's scratch register is R11 up to 6.x and
 * R12 in 7.2, where R11 addresses stack arguments.
 */
const LAST_INTERNAL_REG = 12;
const STACK_ARGUMENTS_REG = 11;

/**
 * Is the pair of words an instruction of the current set? Of a 64-bit immediate load this judges the first slot; see
 * `isLdImm64Half` for the second. An opcode of 0 (the second half's) is no instruction.
 */
export function validityOf(w0: number, w1: number): Validity {
  const shape = shapeOf(w0, w1);
  if (shape === INVALID) return INVALID;
  const dst = dstOf(w0);
  const src = srcOf(w0);
  if (dst <= BPF_REG_10 && src <= BPF_REG_10) return shape;
  if (dst > LAST_INTERNAL_REG || src > LAST_INTERNAL_REG) return INVALID;
  return isStackArgument(w0) ? shape : INTERNAL;
}

/** Can the pair of words be the second slot of the 64-bit immediate load whose first slot begins with `first0`? */
export function isLdImm64Half(first0: number, w0: number, w1: number): boolean {
  if (w0 !== 0) return false;
  const source = srcOf(first0);
  return (source !== BPF_PSEUDO_MAP_FD && source !== BPF_PSEUDO_MAP_IDX) || w1 === 0;
}

/** Is it an access to a stack argument through R11 (`is_stack_arg_ldx()` and others, include/linux/filter.h, 7.2)? */
function isStackArgument(w0: number): boolean {
  const off = offOf(w0);
  if (off % 8 !== 0) return false;
  switch (codeOf(w0)) {
    case BPF_LDX | BPF_MEM | BPF_DW:
      return srcOf(w0) === STACK_ARGUMENTS_REG && dstOf(w0) <= BPF_REG_10 && off > 0;
    case BPF_STX | BPF_MEM | BPF_DW:
      return dstOf(w0) === STACK_ARGUMENTS_REG && srcOf(w0) <= BPF_REG_10 && off < 0;
    case BPF_ST | BPF_MEM | BPF_DW:
      return dstOf(w0) === STACK_ARGUMENTS_REG && off < 0;
    default:
      return false;
  }
}

/** Opcode and fields, whatever the register numbers. */
function shapeOf(w0: number, w1: number): Validity {
  switch (classOf(codeOf(w0))) {
    case BPF_LD:
      return shapeOfLd(w0);
    case BPF_LDX:
      return w1 === 0 ? shapeOfLdx(codeOf(w0)) : INVALID;
    case BPF_ST:
      return shapeOfSt(w0, w1);
    case BPF_STX:
      return shapeOfStx(codeOf(w0), w1);
    case BPF_JMP:
    case BPF_JMP32:
      return shapeOfJmp(w0, w1);
    default:
      return shapeOfAlu(w0, w1);
  }
}

function when(holds: boolean, validity: Validity): Validity {
  return holds ? validity : INVALID;
}

function shapeOfLd(w0: number): Validity {
  const code = codeOf(w0);
  if (code === LD_IMM64) return when(offOf(w0) === 0 && srcOf(w0) <= BPF_PSEUDO_MAP_IDX_VALUE, LOADABLE);
  const mode = modeOf(code);
  if ((mode !== BPF_ABS && mode !== BPF_IND) || sizeOf(code) === BPF_DW) return INVALID;
  return when(dstOf(w0) === 0 && offOf(w0) === 0 && (mode === BPF_IND || srcOf(w0) === 0), LOADABLE);
}

function shapeOfLdx(code: number): Validity {
  switch (modeOf(code)) {
    case BPF_MEM:
      return LOADABLE;
    case BPF_MEMSX:
      return when(sizeOf(code) !== BPF_DW, LOADABLE);
    case BPF_PROBE_MEM:
    case BPF_PROBE_MEM32:
      return INTERNAL;
    case BPF_PROBE_MEMSX:
    case BPF_PROBE_MEM32SX:
      return when(sizeOf(code) !== BPF_DW, INTERNAL);
    default:
      return INVALID;
  }
}

function shapeOfSt(w0: number, w1: number): Validity {
  if (srcOf(w0) !== 0) return INVALID;
  switch (modeOf(codeOf(w0))) {
    case BPF_MEM:
      return LOADABLE;
    case BPF_PROBE_MEM32:
      return INTERNAL;
    case BPF_NOSPEC:
      return when(w0 === (BPF_ST | BPF_NOSPEC) && w1 === 0, INTERNAL);
    default:
      return INVALID;
  }
}

function shapeOfStx(code: number, imm: number): Validity {
  switch (modeOf(code)) {
    case BPF_MEM:
      return when(imm === 0, LOADABLE);
    case BPF_PROBE_MEM32:
      return when(imm === 0, INTERNAL);
    case BPF_ATOMIC:
      return when(isAtomic(sizeOf(code), imm), LOADABLE);
    case BPF_PROBE_ATOMIC:
      return when(isAtomic(sizeOf(code), imm), INTERNAL);
    default:
      return INVALID;
  }
}

/** `check_atomic()`: load-acquire and store-release take any size, read-modify-write words and double words. */
function isAtomic(size: number, imm: number): boolean {
  switch (imm) {
    case BPF_LOAD_ACQ:
    case BPF_STORE_REL:
      return true;
    case BPF_ADD:
    case BPF_ADD | BPF_FETCH:
    case BPF_AND:
    case BPF_AND | BPF_FETCH:
    case BPF_OR:
    case BPF_OR | BPF_FETCH:
    case BPF_XOR:
    case BPF_XOR | BPF_FETCH:
    case BPF_XCHG:
    case BPF_CMPXCHG:
      return size === BPF_W || size === BPF_DW;
    default:
      return false;
  }
}

function shapeOfAlu(w0: number, w1: number): Validity {
  const code = codeOf(w0);
  const off = offOf(w0);
  const fromRegister = (code & BPF_X) !== 0;
  switch (opOf(code)) {
    case BPF_NEG:
      return when(!fromRegister && srcOf(w0) === 0 && off === 0 && w1 === 0, LOADABLE);
    case BPF_END:
      return when(
        srcOf(w0) === 0 &&
          off === 0 &&
          (w1 === 16 || w1 === 32 || w1 === 64) &&
          (classOf(code) === BPF_ALU || !fromRegister),
        LOADABLE,
      );
    case BPF_MOV:
      return fromRegister ? shapeOfMovReg(code, off, w1) : when(srcOf(w0) === 0 && off === 0, LOADABLE);
    case BPF_DIV:
    case BPF_MOD:
      return when((fromRegister ? w1 === 0 : srcOf(w0) === 0) && (off === 0 || off === 1), LOADABLE);
    default:
      return when(
        opOf(code) <= BPF_ARSH && (fromRegister ? w1 === 0 : srcOf(w0) === 0) && off === 0,
        LOADABLE,
      );
  }
}

function shapeOfMovReg(code: number, off: number, imm: number): Validity {
  const wide = classOf(code) === BPF_ALU64;
  // `imm` 1 marks the zero extensions that the verifier inserts (insn_is_zext(), include/linux/filter.h).
  if (!wide && off === 0 && imm === 1) return INTERNAL;
  if (wide && off === BPF_ADDR_SPACE_CAST) return when(imm === 1 || imm === 1 << 16, LOADABLE);
  if (imm !== 0) return INVALID;
  if (wide && off === BPF_ADDR_PERCPU) return INTERNAL;
  return when(off === 0 || off === 8 || off === 16 || (wide && off === 32), LOADABLE);
}

function shapeOfJmp(w0: number, w1: number): Validity {
  const code = codeOf(w0);
  const off = offOf(w0);
  const dst = dstOf(w0);
  const src = srcOf(w0);
  const wide = classOf(code) === BPF_JMP;
  const op = opOf(code);
  switch (op) {
    case BPF_CALL:
      return shapeOfCall(w0);
    case BPF_JA:
      if ((code & BPF_X) !== 0) return when(wide && src === 0 && off === 0 && w1 === 0, LOADABLE);
      return when(src === 0 && dst === 0 && (wide ? w1 === 0 : off === 0), LOADABLE);
    case BPF_EXIT:
      // The offset is the one unused field that no kernel looks at.
      return when(code === (BPF_JMP | BPF_EXIT) && src === 0 && dst === 0 && w1 === 0, LOADABLE);
    case BPF_JCOND:
      return when(code === (BPF_JMP | BPF_JCOND) && src === BPF_MAY_GOTO && dst === 0 && w1 === 0, LOADABLE);
    case BPF_TAIL_CALL:
      return when(w0 === (BPF_JMP | BPF_TAIL_CALL), INTERNAL);
    default:
      return when(op <= BPF_JSLE && ((code & BPF_X) !== 0 ? w1 === 0 : src === 0), LOADABLE);
  }
}

function shapeOfCall(w0: number): Validity {
  if (codeOf(w0) !== (BPF_JMP | BPF_CALL) || dstOf(w0) !== 0) return INVALID;
  const src = srcOf(w0);
  if (src === BPF_PSEUDO_KFUNC_CALL) return LOADABLE;
  if (src !== 0 && src !== BPF_PSEUDO_CALL) return INVALID;
  if (offOf(w0) === 0) return LOADABLE;
  // While subprograms are compiled, the offset of a call holds its target's number (jit_subprogs()).
  return src === BPF_PSEUDO_CALL ? INTERNAL : INVALID;
}
