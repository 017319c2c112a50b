/**
 * An instruction as two 32-bit words, byte for byte `struct bpf_insn` on a little-endian machine:
 *
 *     word0:  31       16 15   12 11    8 7      0        word1:  31        0
 *            +-----------+-------+-------+--------+              +-----------+
 *            |    off    |  src  |  dst  |  code  |              |    imm    |
 *            +-----------+-------+-------+--------+              +-----------+
 *
 * A program is an `Int32Array` of `2 * slots` words: slot `i` is words `2i` and `2i + 1`. A 64-bit immediate load takes
 * two slots. There is never an object per instruction on a hot path.
 */
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_B,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_DW,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_H,
  BPF_JA,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_IMM,
  BPF_MEMSX,
  BPF_PROBE_ATOMIC,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_ST,
  BPF_STX,
  BPF_TAIL_CALL,
  BPF_X,
  LD_IMM64,
} from './opcodes.js';

/** Index of an 8-byte instruction slot of the program as it was loaded. */
export type OriginalSlot = number;
/** Index of an 8-byte instruction slot of the program as it is at some moment of the rewriting. */
export type CurrentSlot = number;

/** Packs the fields of word 0; `off` is signed 16 bit, registers are 0..15. */
export function word0(code: number, dst: number, src: number, off: number): number {
  return (code & 0xff) | ((dst & 0xf) << 8) | ((src & 0xf) << 12) | (off << 16);
}

/** Opcode byte of word 0. */
export function codeOf(w0: number): number {
  return w0 & 0xff;
}

/** Destination register of word 0. */
export function dstOf(w0: number): number {
  return (w0 >>> 8) & 0xf;
}

/** Source register of word 0. */
export function srcOf(w0: number): number {
  return (w0 >>> 12) & 0xf;
}

/** Signed 16-bit offset of word 0. */
export function offOf(w0: number): number {
  return w0 >> 16;
}

/** Word 0 with another offset; only the low 16 bits of `off` are kept. */
export function withOff(w0: number, off: number): number {
  return (w0 & 0xffff) | (off << 16);
}

/** Word 0 with another opcode. */
export function withCode(w0: number, code: number): number {
  return (w0 & ~0xff) | code;
}

/** Word 0 with another source register. */
export function withSrc(w0: number, src: number): number {
  return (w0 & ~0xf000) | (src << 12);
}

/** Instruction class (`BPF_CLASS`). */
export function classOf(code: number): number {
  return code & 0x07;
}

/** Operation of an ALU or JMP class opcode (`BPF_OP`). */
export function opOf(code: number): number {
  return code & 0xf0;
}

/** Addressing mode of a load or store class opcode (`BPF_MODE`). */
export function modeOf(code: number): number {
  return code & 0xe0;
}

/** Access size of a load or store class opcode (`BPF_SIZE`). */
export function sizeOf(code: number): number {
  return code & 0x18;
}

/** Bytes of an access. */
export type AccessSize = 1 | 2 | 4 | 8;

/** Bytes of an access, of which the opcode has the size field. */
export function accessSize(code: number): AccessSize {
  switch (sizeOf(code)) {
    case BPF_B:
      return 1;
    case BPF_H:
      return 2;
    case BPF_DW:
      return 8;
    default:
      return 4;
  }
}

/** How a branch holds its distance: not a branch, in the 16-bit offset, or in the 32-bit immediate. */
export const NOT_BRANCH = 0;
export const BRANCH_OFF = 1;
export const BRANCH_IMM = 2;
/** A call of a subprogram or the address of one: in the immediate, and not moved by `skipPrologue`. */
export const BRANCH_SUBPROG = 3;

/**
 * Branch kind by opcode, for loops that look at every instruction; `BRANCH_SUBPROG` where the source register decides between
 * that and no branch, which `branchKind` knows.
 */
export const BRANCH_KINDS = Uint8Array.from({ length: 256 }, (_, code) => kindByOpcode(code));

function kindByOpcode(code: number): number {
  if (code === LD_IMM64) return BRANCH_SUBPROG;
  const cls = code & 0x07;
  if (cls !== BPF_JMP && cls !== BPF_JMP32) return NOT_BRANCH;
  const op = code & 0xf0;
  if (op === BPF_CALL) return BRANCH_SUBPROG;
  if (op === BPF_EXIT) return NOT_BRANCH;
  if (code === (BPF_JMP | BPF_TAIL_CALL) || code === (BPF_JMP | BPF_JA | BPF_X)) return NOT_BRANCH;
  return code === (BPF_JMP32 | BPF_JA) ? BRANCH_IMM : BRANCH_OFF;
}

/**
 * Which kind of branch an instruction is for `bpf_adj_branches()` (kernel/bpf/core.c, 6.12): jumps and `may_goto` have
 * a 16-bit distance; `gotol`, calls of subprograms and 64-bit loads of a subprogram's address a 32-bit one. Distances
 * count slots from the next instruction. Helper calls, kernel function calls, tail calls, `gotox` and exit are no branches.
 */
export function branchKind(w0: number): number {
  const kind = BRANCH_KINDS[w0 & 0xff];
  return kind !== BRANCH_SUBPROG || namesSubprog(w0) ? kind : NOT_BRANCH;
}

/** Whether a call, or a 64-bit load of an immediate, is one of a subprogram: of what `BRANCH_KINDS` leaves open. */
export function namesSubprog(w0: number): boolean {
  const pseudo = (w0 & 0xff) === LD_IMM64 ? BPF_PSEUDO_FUNC : BPF_PSEUDO_CALL;
  return ((w0 >>> 12) & 0xf) === pseudo;
}

/** The distance a branch of the given kind holds (slots, from the next instruction). */
export function branchDistance(kind: number, w0: number, w1: number): number {
  return kind === BRANCH_OFF ? w0 >> 16 : w1;
}

/**
 * The register an instruction defines, or -1 (`insn_def_regno()`, kernel/bpf/verifier.c, 6.12, and
 * `bpf_atomic_load_reg()`, include/linux/filter.h, 7.2, for load-acquire). Jumps and calls define none here.
 */
export function definedRegister(w0: number, imm: number): number {
  const code = w0 & 0xff;
  switch (code & 0x07) {
    case BPF_JMP:
    case BPF_JMP32:
    case BPF_ST:
      return -1;
    case BPF_STX: {
      const mode = code & 0xe0;
      if (mode !== BPF_ATOMIC && mode !== BPF_PROBE_ATOMIC) return -1;
      if (imm === BPF_LOAD_ACQ) return (w0 >>> 8) & 0xf;
      if ((imm & BPF_FETCH) === 0) return -1;
      return imm === BPF_CMPXCHG ? 0 : (w0 >>> 12) & 0xf;
    }
    default:
      return (w0 >>> 8) & 0xf;
  }
}

/**
 * Does the instruction define a register of which only the low 32 bits are written (`insn_has_def32()`,
 * kernel/bpf/verifier.c, 6.12)? This is what `zext_dst` in the aux record is set to for every instruction of a patch.
 */
export function definesSubregister(w0: number, imm: number): boolean {
  const answer = SUBREGISTERS[w0 & 0xff];
  return answer === ASK ? definesLowHalf(w0, imm) : answer === YES;
}

const YES = 1;
const ASK = 2;

/** The answer by opcode: 0, `YES`, or `ASK` where it depends on the immediate. */
const SUBREGISTERS = Uint8Array.from({ length: 256 }, (_, code) => {
  const cls = code & 0x07;
  const isSwap = (cls === BPF_ALU || cls === BPF_ALU64) && (code & 0xf0) === BPF_END;
  if (isSwap || cls === BPF_STX) return ASK;
  return definesLowHalf(code, 0) ? YES : 0;
});

function definesLowHalf(w0: number, imm: number): boolean {
  if (definedRegister(w0, imm) === -1) return false;
  const code = w0 & 0xff;
  switch (code & 0x07) {
    case BPF_ALU64:
      return (code & 0xf0) === BPF_END && (imm === 16 || imm === 32);
    case BPF_ALU:
      return (code & 0xf0) !== BPF_END || imm !== 64;
    case BPF_LDX:
      return (code & 0x18) !== BPF_DW && (code & 0xe0) !== BPF_MEMSX;
    case BPF_LD:
      return (code & 0xe0) !== BPF_IMM;
    case BPF_STX:
      return (code & 0x18) !== BPF_DW;
    default:
      return false;
  }
}
