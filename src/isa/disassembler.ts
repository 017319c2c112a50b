/**
 * Text of instructions, byte for byte what `bpftool prog dump xlated` prints: `print_bpf_insn()` of kernel/bpf/disasm.c
 * (Linux 7.2, which adds load-acquire, store-release and gotox to 6.12's) and the immediates as `print_imm()` of
 * tools/bpf/bpftool/xlated_dumper.c (6.12) writes them. What is no instruction gets the text it gets there (`BUG_…`, `(null)`).
 * Layout of a whole program is listing.ts's.
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
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_TO_BE,
  BPF_X,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from './opcodes.js';

/**
 * Names for what instructions hold as numbers, as `struct bpf_insn_cbs` has them. A callback that is absent or returns
 * undefined leaves the text that a dump without kernel symbols has.
 */
export interface DisasmNames {
  /**
   * What a call calls. For helpers and kernel functions the text before `#imm`, by default `unknown` and
   * `kernel-function`; for subprograms the text after `pc`, by default the signed immediate.
   */
  call?(slot: number, w0: number, imm: number): string | undefined;
  /** The value of a 64-bit immediate load, by default the constant in hexadecimal or what its source says. */
  imm64?(slot: number, w0: number, imm: number, imm2: number): string | undefined;
}

const NO_NAMES: DisasmNames = {};

/** What the C library prints for the missing string of an operation that does not exist. */
const NULL_TEXT = '(null)';
const ALU_TEXT = [
  ...['+=', '-=', '*=', '/=', '|=', '&=', '<<=', '>>=', 'neg', '%=', '^=', '=', 's>>=', 'endian'],
  ...[NULL_TEXT, NULL_TEXT],
];
const JMP_TEXT = [
  ...['jmp', '==', '>', '>=', '&', '!=', 's>', 's>=', 'call', 'exit', '<', '<=', 's<', 's<='],
  ...[NULL_TEXT, NULL_TEXT],
];
/** By `sizeOf(code) >> 3`: word, half word, byte, double word. */
const UNSIGNED_TEXT = ['u32', 'u16', 'u8', 'u64'];
const SIGNED_TEXT = ['s32', 's16', 's8', NULL_TEXT];

/**
 * Text of the instruction at `slot` of a program in words (two per slot), without slot number and line end:
 * `(b7) r0 = 0`. A 64-bit immediate load whose second slot lies past the end is taken for one whose upper half is 0.
 */
export function disassemble(words: ArrayLike<number>, slot: number, names: DisasmNames = NO_NAMES): string {
  const w0 = words[2 * slot];
  const imm = words[2 * slot + 1];
  const code = codeOf(w0);
  switch (classOf(code)) {
    case BPF_ALU:
    case BPF_ALU64:
      return aluText(w0, imm);
    case BPF_STX:
      return stxText(w0, imm);
    case BPF_ST:
      return stText(w0, imm);
    case BPF_LDX:
      return ldxText(w0);
    case BPF_LD: {
      const imm2 = 2 * slot + 3 < words.length ? words[2 * slot + 3] : 0;
      return ldText(slot, w0, imm, imm2, names);
    }
    default:
      return opOf(code) === BPF_CALL ? callText(slot, w0, imm, names) : jmpText(w0, imm);
  }
}

/** Text of the opcode byte as all lines begin. */
function opcodeText(code: number): string {
  return `(${hexByte(code)})`;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** A number with its sign (`%+d`). */
export function signed(value: number): string {
  return value < 0 ? `${value}` : `+${value}`;
}

/** `*(u32 *)(r1 +8)` of a load or store. */
function memoryText(type: string, base: number, off: number): string {
  return `*(${type} *)(r${base} ${signed(off)})`;
}

function aluText(w0: number, imm: number): string {
  const code = codeOf(w0);
  const dst = dstOf(w0);
  const src = srcOf(w0);
  const off = offOf(w0);
  const op = opOf(code);
  const narrow = classOf(code) === BPF_ALU;
  const prefix = opcodeText(code);
  if (op === BPF_END) {
    const kind = narrow ? ((code & BPF_X) === BPF_TO_BE ? 'be' : 'le') : 'bswap';
    return `${prefix} r${dst} = ${kind}${imm} r${dst}`;
  }
  const reg = narrow ? 'w' : 'r';
  if (op === BPF_NEG) return `${prefix} ${reg}${dst} = -${reg}${dst}`;
  const opText =
    off === 1 && (op === BPF_DIV || op === BPF_MOD) ? `s${ALU_TEXT[op >> 4]}` : ALU_TEXT[op >> 4];
  if ((code & BPF_X) === 0) return `${prefix} ${reg}${dst} ${opText} ${imm}`;
  if (op === BPF_MOV) {
    if (!narrow && off === BPF_ADDR_SPACE_CAST)
      return `${prefix} r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
    if (!narrow && off === BPF_ADDR_PERCPU) return `${prefix} r${dst} = &(void __percpu *)(r${src})`;
    if (off === 8 || off === 16 || off === 32)
      return `${prefix} ${reg}${dst} ${opText} (s${off})${reg}${src}`;
  }
  return `${prefix} ${reg}${dst} ${opText} ${reg}${src}`;
}

function stxText(w0: number, imm: number): string {
  const code = codeOf(w0);
  const src = srcOf(w0);
  const type = UNSIGNED_TEXT[sizeOf(code) >> 3];
  const memory = memoryText(type, dstOf(w0), offOf(w0));
  const prefix = opcodeText(code);
  const mode = modeOf(code);
  if (mode === BPF_MEM) return `${prefix} ${memory} = r${src}`;
  // The one text without parentheses around the opcode.
  if (mode !== BPF_ATOMIC) return `BUG_${hexByte(code)}`;
  const address = `(${type} *)(r${dstOf(w0)} ${signed(offOf(w0))})`;
  const atomic = sizeOf(code) === BPF_DW ? 'atomic64' : 'atomic';
  switch (imm) {
    case BPF_ADD:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      return `${prefix} lock ${memory} ${ALU_TEXT[opOf(imm) >> 4]} r${src}`;
    case BPF_ADD | BPF_FETCH:
      return `${prefix} r${src} = ${atomic}_fetch_add(${address}, r${src})`;
    case BPF_AND | BPF_FETCH:
      return `${prefix} r${src} = ${atomic}_fetch_and(${address}, r${src})`;
    case BPF_OR | BPF_FETCH:
      return `${prefix} r${src} = ${atomic}_fetch_or(${address}, r${src})`;
    case BPF_XOR | BPF_FETCH:
      return `${prefix} r${src} = ${atomic}_fetch_xor(${address}, r${src})`;
    case BPF_CMPXCHG:
      return `${prefix} r0 = ${atomic}_cmpxchg(${address}, r0, r${src})`;
    case BPF_XCHG:
      return `${prefix} r${src} = ${atomic}_xchg(${address}, r${src})`;
    case BPF_LOAD_ACQ:
      return `${prefix} r${dstOf(w0)} = load_acquire((${type} *)(r${src} ${signed(offOf(w0))}))`;
    case BPF_STORE_REL:
      return `${prefix} store_release(${address}, r${src})`;
    default:
      return `BUG_${hexByte(code)}`;
  }
}

function stText(w0: number, imm: number): string {
  const code = codeOf(w0);
  switch (modeOf(code)) {
    case BPF_MEM: {
      const type = UNSIGNED_TEXT[sizeOf(code) >> 3];
      return `${opcodeText(code)} ${memoryText(type, dstOf(w0), offOf(w0))} = ${imm}`;
    }
    case BPF_NOSPEC:
      return `${opcodeText(code)} nospec`;
    default:
      return `BUG_st_${hexByte(code)}`;
  }
}

function ldxText(w0: number): string {
  const code = codeOf(w0);
  const mode = modeOf(code);
  if (mode !== BPF_MEM && mode !== BPF_MEMSX) return `BUG_ldx_${hexByte(code)}`;
  const type = (mode === BPF_MEM ? UNSIGNED_TEXT : SIGNED_TEXT)[sizeOf(code) >> 3];
  return `${opcodeText(code)} r${dstOf(w0)} = ${memoryText(type, srcOf(w0), offOf(w0))}`;
}

function ldText(slot: number, w0: number, imm: number, imm2: number, names: DisasmNames): string {
  const code = codeOf(w0);
  const type = UNSIGNED_TEXT[sizeOf(code) >> 3];
  switch (modeOf(code)) {
    case BPF_ABS:
      return `${opcodeText(code)} r0 = *(${type} *)skb[${imm}]`;
    case BPF_IND:
      return `${opcodeText(code)} r0 = *(${type} *)skb[r${srcOf(w0)} + ${imm}]`;
    default: {
      if (code !== LD_IMM64) return `BUG_ld_${hexByte(code)}`;
      const value = names.imm64?.(slot, w0, imm, imm2) ?? imm64Text(w0, imm, imm2);
      return `${opcodeText(code)} r${dstOf(w0)} = ${value}`;
    }
  }
}

/** The value of a 64-bit immediate load as bpftool's `print_imm()` writes it. */
function imm64Text(w0: number, imm: number, imm2: number): string {
  switch (srcOf(w0)) {
    case BPF_PSEUDO_MAP_FD:
      return `map[id:${imm >>> 0}]`;
    case BPF_PSEUDO_MAP_VALUE:
      return `map[id:${imm >>> 0}][0]+${imm2 >>> 0}`;
    case BPF_PSEUDO_MAP_IDX_VALUE:
      return `map[idx:${imm >>> 0}]+${imm2 >>> 0}`;
    case BPF_PSEUDO_FUNC:
      return `subprog[${signed(imm)}]`;
    default: {
      const low = (imm >>> 0).toString(16);
      return imm2 === 0 ? `0x${low}` : `0x${(imm2 >>> 0).toString(16)}${low.padStart(8, '0')}`;
    }
  }
}

function callText(slot: number, w0: number, imm: number, names: DisasmNames): string {
  const prefix = opcodeText(codeOf(w0));
  const named = names.call?.(slot, w0, imm);
  switch (srcOf(w0)) {
    case BPF_PSEUDO_CALL:
      return `${prefix} call pc${named ?? signed(imm)}`;
    case BPF_PSEUDO_KFUNC_CALL:
      return `${prefix} call ${named ?? 'kernel-function'}#${imm}`;
    default:
      return `${prefix} call ${named ?? 'unknown'}#${imm}`;
  }
}

function jmpText(w0: number, imm: number): string {
  const code = codeOf(w0);
  const dst = dstOf(w0);
  const off = signed(offOf(w0));
  const prefix = opcodeText(code);
  switch (code) {
    case BPF_JMP | BPF_JA:
      return `${prefix} goto pc${off}`;
    case BPF_JMP | BPF_JA | BPF_X:
      return `${prefix} gotox r${dst}`;
    case BPF_JMP32 | BPF_JA:
      return `${prefix} gotol pc${signed(imm)}`;
    case BPF_JMP | BPF_EXIT:
      return `${prefix} exit`;
    case BPF_JMP | BPF_JCOND:
      if (srcOf(w0) === BPF_MAY_GOTO) return `${prefix} may_goto pc${off}`;
      break;
  }
  const reg = classOf(code) === BPF_JMP32 ? 'w' : 'r';
  const operand = (code & BPF_X) !== 0 ? `${reg}${srcOf(w0)}` : `0x${(imm >>> 0).toString(16)}`;
  return `${prefix} if ${reg}${dst} ${JMP_TEXT[opOf(code) >> 4]} ${operand} goto pc${off}`;
}
