/**
 * Instructions as typed records, for tests and tools; passes and stores work on the words. `decodeInsn` and `encodeInsn`
 * are inverse to each other for everything that validity.ts calls an instruction.
 */
import {
  ALU_OPS,
  ATOMIC_MODES,
  ATOMIC_OPS,
  CALLEES,
  JMP_OPS,
  LDX_MODES,
  nameIn,
  SIZES,
  SOURCES,
  STORE_MODES,
} from './field-names.js';
import { accessSize, classOf, codeOf, dstOf, modeOf, offOf, opOf, srcOf, word0 } from './insn.js';
import type { AccessSize } from './insn.js';
import {
  BPF_ABS,
  BPF_ADDR_PERCPU,
  BPF_ADDR_SPACE_CAST,
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_END,
  BPF_EXIT,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_MAY_GOTO,
  BPF_MOV,
  BPF_NEG,
  BPF_NOSPEC,
  BPF_PROBE_ATOMIC,
  BPF_ST,
  BPF_STX,
  BPF_TAIL_CALL,
  BPF_TO_BE,
  BPF_TO_LE,
  BPF_X,
  LD_IMM64,
} from './opcodes.js';
import { INVALID, isLdImm64Half, validityOf } from './validity.js';

/** The second operand: the immediate (K) or a register (X). */
export type Operand = { readonly imm: number } | { readonly reg: number };

/** One instruction; a 64-bit immediate load is one of two slots. `bits` is the width of the operation. */
export type Decoded =
  | {
      readonly form: 'alu';
      readonly op: keyof typeof ALU_OPS;
      readonly bits: 32 | 64;
      /** Division and modulo only: `off` 1. */
      readonly signed: boolean;
      readonly dst: number;
      readonly operand: Operand;
    }
  | { readonly form: 'neg'; readonly bits: 32 | 64; readonly dst: number }
  | {
      readonly form: 'movsx';
      readonly bits: 32 | 64;
      /** Bits of the source that are extended. */
      readonly from: 8 | 16 | 32;
      readonly dst: number;
      readonly src: number;
    }
  /** Internal: the verifier's zero extension, a 32-bit move marked by `imm` 1. */
  | { readonly form: 'zext'; readonly dst: number; readonly src: number }
  | {
      readonly form: 'addr-space-cast';
      readonly dst: number;
      readonly src: number;
      readonly to: number;
      readonly from: number;
    }
  /** Internal. */
  | { readonly form: 'mov-percpu'; readonly dst: number; readonly src: number }
  | {
      readonly form: 'end';
      readonly order: 'le' | 'be' | 'swap';
      readonly width: 16 | 32 | 64;
      readonly dst: number;
    }
  | {
      readonly form: 'ldx';
      readonly mode: keyof typeof LDX_MODES;
      readonly size: AccessSize;
      readonly dst: number;
      readonly src: number;
      readonly off: number;
    }
  | {
      readonly form: 'stx';
      readonly mode: keyof typeof STORE_MODES;
      readonly size: AccessSize;
      readonly dst: number;
      readonly src: number;
      readonly off: number;
    }
  | {
      readonly form: 'st';
      readonly mode: keyof typeof STORE_MODES;
      readonly size: AccessSize;
      readonly dst: number;
      readonly off: number;
      readonly imm: number;
    }
  | {
      readonly form: 'atomic';
      readonly mode: keyof typeof ATOMIC_MODES;
      readonly op: keyof typeof ATOMIC_OPS;
      readonly size: AccessSize;
      readonly dst: number;
      readonly src: number;
      readonly off: number;
    }
  /** Internal. */
  | { readonly form: 'nospec' }
  | { readonly form: 'ld-abs'; readonly size: AccessSize; readonly imm: number }
  | { readonly form: 'ld-ind'; readonly size: AccessSize; readonly src: number; readonly imm: number }
  | {
      readonly form: 'ld-imm64';
      readonly source: keyof typeof SOURCES;
      readonly dst: number;
      /** Immediate of the first slot: the low half. */
      readonly imm: number;
      /** Immediate of the second slot: the high half. */
      readonly imm2: number;
    }
  | {
      readonly form: 'jmp';
      readonly op: keyof typeof JMP_OPS;
      readonly bits: 32 | 64;
      readonly dst: number;
      readonly operand: Operand;
      readonly off: number;
    }
  | { readonly form: 'goto'; readonly off: number }
  | { readonly form: 'gotol'; readonly imm: number }
  | { readonly form: 'gotox'; readonly dst: number }
  | { readonly form: 'may-goto'; readonly off: number }
  | {
      readonly form: 'call';
      readonly callee: keyof typeof CALLEES;
      readonly imm: number;
      readonly off: number;
    }
  /** Internal. */
  | { readonly form: 'tail-call'; readonly imm: number }
  /** `off` means nothing, but the kernel accepts any. */
  | { readonly form: 'exit'; readonly off: number };

/**
 * The instruction at `slot` of a program in words (two per slot); undefined when there is none: no instruction by
 * validity.ts, a 64-bit immediate load without its second half, or a slot past the end.
 */
export function decodeInsn(words: ArrayLike<number>, slot: number): Decoded | undefined {
  if (slot < 0 || 2 * slot + 1 >= words.length) return undefined;
  const w0 = words[2 * slot];
  const w1 = words[2 * slot + 1];
  if (validityOf(w0, w1) === INVALID) return undefined;
  if (codeOf(w0) !== LD_IMM64) return decodeSlot(w0, w1);
  if (2 * slot + 3 >= words.length) return undefined;
  const half1 = words[2 * slot + 3];
  if (!isLdImm64Half(w0, words[2 * slot + 2], half1)) return undefined;
  return { form: 'ld-imm64', source: nameIn(SOURCES, srcOf(w0)), dst: dstOf(w0), imm: w1, imm2: half1 };
}

/** Slots the instruction takes: 2 for a 64-bit immediate load, otherwise 1. */
export function slotsOf(insn: Decoded): 1 | 2 {
  return insn.form === 'ld-imm64' ? 2 : 1;
}

/** The words of an instruction, two per slot. Fields out of range lose their upper bits. */
export function encodeInsn(insn: Decoded): Int32Array {
  const [code, dst, src, off, imm] = fieldsOf(insn);
  const first = word0(code, dst, src, off);
  return insn.form === 'ld-imm64' ? Int32Array.of(first, imm, 0, insn.imm2) : Int32Array.of(first, imm);
}

type Fields = readonly [code: number, dst: number, src: number, off: number, imm: number];

function fieldsOf(insn: Decoded): Fields {
  switch (insn.form) {
    case 'alu': {
      const code = (insn.bits === 64 ? BPF_ALU64 : BPF_ALU) | ALU_OPS[insn.op];
      return withOperand(code, insn.dst, insn.operand, insn.signed ? 1 : 0);
    }
    case 'neg':
      return [(insn.bits === 64 ? BPF_ALU64 : BPF_ALU) | BPF_NEG, insn.dst, 0, 0, 0];
    case 'movsx':
      return [(insn.bits === 64 ? BPF_ALU64 : BPF_ALU) | BPF_MOV | BPF_X, insn.dst, insn.src, insn.from, 0];
    case 'zext':
      return [BPF_ALU | BPF_MOV | BPF_X, insn.dst, insn.src, 0, 1];
    case 'addr-space-cast':
      return [
        BPF_ALU64 | BPF_MOV | BPF_X,
        insn.dst,
        insn.src,
        BPF_ADDR_SPACE_CAST,
        (insn.to << 16) | insn.from,
      ];
    case 'mov-percpu':
      return [BPF_ALU64 | BPF_MOV | BPF_X, insn.dst, insn.src, BPF_ADDR_PERCPU, 0];
    case 'end':
      if (insn.order === 'swap') return [BPF_ALU64 | BPF_END, insn.dst, 0, 0, insn.width];
      return [BPF_ALU | BPF_END | (insn.order === 'be' ? BPF_TO_BE : BPF_TO_LE), insn.dst, 0, 0, insn.width];
    case 'ldx':
      return [BPF_LDX | LDX_MODES[insn.mode] | SIZES[insn.size], insn.dst, insn.src, insn.off, 0];
    case 'stx':
      return [BPF_STX | STORE_MODES[insn.mode] | SIZES[insn.size], insn.dst, insn.src, insn.off, 0];
    case 'st':
      return [BPF_ST | STORE_MODES[insn.mode] | SIZES[insn.size], insn.dst, 0, insn.off, insn.imm];
    case 'atomic': {
      const code = BPF_STX | ATOMIC_MODES[insn.mode] | SIZES[insn.size];
      return [code, insn.dst, insn.src, insn.off, ATOMIC_OPS[insn.op]];
    }
    case 'nospec':
      return [BPF_ST | BPF_NOSPEC, 0, 0, 0, 0];
    case 'ld-abs':
      return [BPF_LD | BPF_ABS | SIZES[insn.size], 0, 0, 0, insn.imm];
    case 'ld-ind':
      return [BPF_LD | BPF_IND | SIZES[insn.size], 0, insn.src, 0, insn.imm];
    case 'ld-imm64':
      return [LD_IMM64, insn.dst, SOURCES[insn.source], 0, insn.imm];
    case 'jmp': {
      const code = (insn.bits === 64 ? BPF_JMP : BPF_JMP32) | JMP_OPS[insn.op];
      return withOperand(code, insn.dst, insn.operand, insn.off);
    }
    case 'goto':
      return [BPF_JMP | BPF_JA, 0, 0, insn.off, 0];
    case 'gotol':
      return [BPF_JMP32 | BPF_JA, 0, 0, 0, insn.imm];
    case 'gotox':
      return [BPF_JMP | BPF_JA | BPF_X, insn.dst, 0, 0, 0];
    case 'may-goto':
      return [BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, insn.off, 0];
    case 'call':
      return [BPF_JMP | BPF_CALL, 0, CALLEES[insn.callee], insn.off, insn.imm];
    case 'tail-call':
      return [BPF_JMP | BPF_TAIL_CALL, 0, 0, 0, insn.imm];
    case 'exit':
      return [BPF_JMP | BPF_EXIT, 0, 0, insn.off, 0];
  }
}

function withOperand(code: number, dst: number, operand: Operand, off: number): Fields {
  return 'reg' in operand ? [code | BPF_X, dst, operand.reg, off, 0] : [code, dst, 0, off, operand.imm];
}

/** Decodes a valid one-slot instruction. */
function decodeSlot(w0: number, w1: number): Decoded {
  const code = codeOf(w0);
  const dst = dstOf(w0);
  const src = srcOf(w0);
  const off = offOf(w0);
  switch (classOf(code)) {
    case BPF_LD: {
      const size = accessSize(code);
      return modeOf(code) === BPF_ABS
        ? { form: 'ld-abs', size, imm: w1 }
        : { form: 'ld-ind', size, src, imm: w1 };
    }
    case BPF_LDX:
      return { form: 'ldx', mode: nameIn(LDX_MODES, modeOf(code)), size: accessSize(code), dst, src, off };
    case BPF_ST:
      if (modeOf(code) === BPF_NOSPEC) return { form: 'nospec' };
      return {
        form: 'st',
        mode: nameIn(STORE_MODES, modeOf(code)),
        size: accessSize(code),
        dst,
        off,
        imm: w1,
      };
    case BPF_STX: {
      const mode = modeOf(code);
      const size = accessSize(code);
      if (mode !== BPF_ATOMIC && mode !== BPF_PROBE_ATOMIC)
        return { form: 'stx', mode: nameIn(STORE_MODES, mode), size, dst, src, off };
      return {
        form: 'atomic',
        mode: nameIn(ATOMIC_MODES, mode),
        op: nameIn(ATOMIC_OPS, w1),
        size,
        dst,
        src,
        off,
      };
    }
    case BPF_JMP:
    case BPF_JMP32:
      return decodeJmp(w0, w1);
    default:
      return decodeAlu(w0, w1);
  }
}

function decodeAlu(w0: number, w1: number): Decoded {
  const code = codeOf(w0);
  const dst = dstOf(w0);
  const src = srcOf(w0);
  const off = offOf(w0);
  const bits = classOf(code) === BPF_ALU64 ? 64 : 32;
  const op = opOf(code);
  if (op === BPF_NEG) return { form: 'neg', bits, dst };
  if (op === BPF_END) {
    const order = bits === 64 ? 'swap' : (code & BPF_TO_BE) !== 0 ? 'be' : 'le';
    return { form: 'end', order, width: w1 as 16 | 32 | 64, dst };
  }
  const fromRegister = (code & BPF_X) !== 0;
  if (op === BPF_MOV && fromRegister) {
    if (bits === 64 && off === BPF_ADDR_SPACE_CAST)
      return { form: 'addr-space-cast', dst, src, to: w1 >>> 16, from: w1 & 0xffff };
    if (off === BPF_ADDR_PERCPU) return { form: 'mov-percpu', dst, src };
    if (off !== 0) return { form: 'movsx', bits, from: off as 8 | 16 | 32, dst, src };
    if (w1 === 1) return { form: 'zext', dst, src };
  }
  const operand = fromRegister ? { reg: src } : { imm: w1 };
  return { form: 'alu', op: nameIn(ALU_OPS, op), bits, signed: off === 1, dst, operand };
}

function decodeJmp(w0: number, w1: number): Decoded {
  const code = codeOf(w0);
  const dst = dstOf(w0);
  const src = srcOf(w0);
  const off = offOf(w0);
  switch (code) {
    case BPF_JMP | BPF_CALL:
      return { form: 'call', callee: nameIn(CALLEES, src), imm: w1, off };
    case BPF_JMP | BPF_EXIT:
      return { form: 'exit', off };
    case BPF_JMP | BPF_JA:
      return { form: 'goto', off };
    case BPF_JMP | BPF_JA | BPF_X:
      return { form: 'gotox', dst };
    case BPF_JMP32 | BPF_JA:
      return { form: 'gotol', imm: w1 };
    case BPF_JMP | BPF_JCOND:
      return { form: 'may-goto', off };
    case BPF_JMP | BPF_TAIL_CALL:
      return { form: 'tail-call', imm: w1 };
    default: {
      const operand = (code & BPF_X) !== 0 ? { reg: src } : { imm: w1 };
      const bits = classOf(code) === BPF_JMP ? 64 : 32;
      return { form: 'jmp', op: nameIn(JMP_OPS, opOf(code)), bits, dst, operand, off };
    }
  }
}
