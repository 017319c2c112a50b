/**
 * What a CO-RE relocation does to its instruction: an immediate, the offset of a load or store (and its width, when the
 * kernel's field has another), or a 64-bit immediate. Source: `bpf_core_patch_insn()`, tools/lib/bpf/relo_core.c, Linux
 * 6.12.
 */
import { classOf, codeOf, modeOf, offOf, sizeOf, srcOf, withCode, withOff } from '../isa/insn.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_B,
  BPF_CALL,
  BPF_DW,
  BPF_H,
  BPF_JMP,
  BPF_LD,
  BPF_LDX,
  BPF_ST,
  BPF_STX,
  BPF_W,
  BPF_X,
  LD_IMM64,
} from '../isa/opcodes.js';

/** Helper number of the call that stands for what could not be relocated (`bad relo`, 0xbad2310). */
const POISON_HELPER = 195_896_080;

/** What a relocation does to its instruction. */
export interface Resolution {
  /** The value expected in the instruction, when `validate`. */
  readonly before: bigint;
  readonly after: bigint;
  /** The field, type or value is not there: the instruction becomes an invalid one. */
  readonly poison: boolean;
  readonly validate: boolean;
  /** Bytes of the field in the object and in the kernel; 0 when they do not matter. */
  readonly sizeBefore: number;
  readonly sizeAfter: number;
  /** The sizes differ in a way that a load or store cannot follow. */
  readonly badSize: boolean;
}

function poisonSlot(words: Int32Array, slot: number): void {
  words[2 * slot] = BPF_JMP | BPF_CALL;
  words[2 * slot + 1] = POISON_HELPER;
}

function poison(words: Int32Array, slot: number): void {
  if (codeOf(words[2 * slot]) === LD_IMM64 && 2 * slot + 3 < words.length) poisonSlot(words, slot + 1);
  poisonSlot(words, slot);
}

/** The low 32 bits as a signed number, as they stand in an immediate. */
function low32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** Writes a resolution into the instruction at `slot`; returns what is wrong, or undefined. */
export function patch(words: Int32Array, slot: number, resolution: Resolution): string | undefined {
  const { before, after, validate } = resolution;
  if (resolution.poison) {
    poison(words, slot);
    return undefined;
  }
  const w0 = words[2 * slot];
  const opcode = codeOf(w0);
  const differs = (value: bigint): boolean => validate && BigInt.asUintN(64, value) !== before;
  switch (classOf(opcode)) {
    case BPF_ALU:
    case BPF_ALU64:
      if ((opcode & BPF_X) !== 0) return 'the instruction has no immediate';
      if (differs(BigInt(words[2 * slot + 1]))) return `the instruction does not hold ${before}`;
      words[2 * slot + 1] = low32(after);
      return undefined;
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
      if (differs(BigInt(offOf(w0)))) return `the instruction does not hold ${before}`;
      if (after > 0x7fffn) return `offset ${after} does not fit the instruction`;
      if (resolution.badSize) {
        poison(words, slot);
        return undefined;
      }
      words[2 * slot] = withOff(w0, Number(after));
      return resolution.sizeBefore === resolution.sizeAfter ? undefined : resize(words, slot, resolution);
    case BPF_LD: {
      const isWhole =
        opcode === LD_IMM64 &&
        2 * slot + 3 < words.length &&
        srcOf(w0) === 0 &&
        offOf(w0) === 0 &&
        words[2 * slot + 2] === 0;
      if (!isWhole) return 'the 64-bit load has an unexpected form';
      const value = (BigInt(words[2 * slot + 3]) << 32n) | BigInt(words[2 * slot + 1] >>> 0);
      if (differs(value)) return `the instruction does not hold ${before}`;
      words[2 * slot + 1] = low32(after);
      words[2 * slot + 3] = low32(after >> 32n);
      return undefined;
    }
    default:
      return `the instruction with opcode 0x${opcode.toString(16)} cannot be relocated`;
  }
}

const BYTES_OF_SIZE = new Map([
  [BPF_B, 1],
  [BPF_H, 2],
  [BPF_W, 4],
  [BPF_DW, 8],
]);
const SIZE_OF_BYTES = new Map([...BYTES_OF_SIZE].map(([size, bytes]) => [bytes, size]));

function resize(words: Int32Array, slot: number, { sizeBefore, sizeAfter }: Resolution): string | undefined {
  const w0 = words[2 * slot];
  const opcode = codeOf(w0);
  if (BYTES_OF_SIZE.get(sizeOf(opcode)) !== sizeBefore)
    return `the instruction does not access ${sizeBefore} bytes`;
  const size = SIZE_OF_BYTES.get(sizeAfter);
  if (size === undefined) return `no instruction accesses ${sizeAfter} bytes`;
  words[2 * slot] = withCode(w0, modeOf(opcode) | size | classOf(opcode));
  return undefined;
}
