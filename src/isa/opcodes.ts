/**
 * The opcode byte of a BPF instruction and the names of its parts, as in RFC 9669 section 3 and the kernel's
 * `include/uapi/linux/bpf.h` and `include/linux/filter.h` (Linux 7.2 for the internal ones).
 *
 *     ALU, ALU64, JMP, JMP32        LD, LDX, ST, STX
 *     +------+---+-------+          +------+----+-------+
 *     |  op  | s | class |          | mode | sz | class |
 *     +------+---+-------+          +------+----+-------+
 *      7    4  3  2     0            7    5 4  3 2     0
 */

/** Instruction classes: the low three bits of the opcode. */
export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_JMP32 = 0x06;
export const BPF_ALU64 = 0x07;

/** Access sizes of the load and store classes. */
export const BPF_W = 0x00;
export const BPF_H = 0x08;
export const BPF_B = 0x10;
export const BPF_DW = 0x18;

/** Addressing modes of the load and store classes. */
export const BPF_IMM = 0x00;
export const BPF_ABS = 0x20;
export const BPF_IND = 0x40;
export const BPF_MEM = 0x60;
export const BPF_MEMSX = 0x80;
export const BPF_ATOMIC = 0xc0;

/** Internal addressing modes: only the kernel's own rewriting brings them in, no loaded program has them. */
export const BPF_PROBE_MEM = 0x20;
export const BPF_PROBE_MEMSX = 0x40;
export const BPF_PROBE_MEM32 = 0xa0;
export const BPF_PROBE_MEM32SX = 0xc0;
export const BPF_PROBE_ATOMIC = 0xe0;
/** Speculation barrier (`BPF_ST | BPF_NOSPEC`), internal. */
export const BPF_NOSPEC = 0xc0;

/** Where the second operand comes from: the immediate (K) or the source register (X). */
export const BPF_K = 0x00;
export const BPF_X = 0x08;

/** Operations of ALU and ALU64. */
export const BPF_ADD = 0x00;
export const BPF_SUB = 0x10;
export const BPF_MUL = 0x20;
export const BPF_DIV = 0x30;
export const BPF_OR = 0x40;
export const BPF_AND = 0x50;
export const BPF_LSH = 0x60;
export const BPF_RSH = 0x70;
export const BPF_NEG = 0x80;
export const BPF_MOD = 0x90;
export const BPF_XOR = 0xa0;
export const BPF_MOV = 0xb0;
export const BPF_ARSH = 0xc0;
export const BPF_END = 0xd0;

/** Byte orders of `BPF_ALU | BPF_END`; with ALU64 the pair is `bswap`. */
export const BPF_TO_LE = 0x00;
export const BPF_TO_BE = 0x08;

/** Operations of JMP and JMP32. */
export const BPF_JA = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;
export const BPF_JNE = 0x50;
export const BPF_JSGT = 0x60;
export const BPF_JSGE = 0x70;
export const BPF_CALL = 0x80;
export const BPF_EXIT = 0x90;
export const BPF_JLT = 0xa0;
export const BPF_JLE = 0xb0;
export const BPF_JSLT = 0xc0;
export const BPF_JSLE = 0xd0;
/** `may_goto` (class JMP, source register 0). */
export const BPF_JCOND = 0xe0;
export const BPF_MAY_GOTO = 0;
/** Internal: a tail call, `BPF_JMP | BPF_TAIL_CALL`. */
export const BPF_TAIL_CALL = 0xf0;

/** `imm` of atomic operations. */
export const BPF_FETCH = 0x01;
export const BPF_XCHG = 0xe0 | BPF_FETCH;
export const BPF_CMPXCHG = 0xf0 | BPF_FETCH;
export const BPF_LOAD_ACQ = 0x100;
export const BPF_STORE_REL = 0x110;

/** Source register of a 64-bit immediate load: what the immediate stands for. */
export const BPF_PSEUDO_MAP_FD = 1;
export const BPF_PSEUDO_MAP_VALUE = 2;
export const BPF_PSEUDO_BTF_ID = 3;
export const BPF_PSEUDO_FUNC = 4;
export const BPF_PSEUDO_MAP_IDX = 5;
export const BPF_PSEUDO_MAP_IDX_VALUE = 6;

/** Source register of a call: a helper (0), a BPF subprogram or a kernel function. */
export const BPF_PSEUDO_CALL = 1;
export const BPF_PSEUDO_KFUNC_CALL = 2;

/** `off` of `BPF_ALU64 | BPF_MOV | BPF_X` that makes it an address space cast (arena). */
export const BPF_ADDR_SPACE_CAST = 1;
/** `off` of `BPF_ALU64 | BPF_MOV | BPF_X` that makes it a per-cpu address, internal. */
export const BPF_ADDR_PERCPU = -1;

/** Registers with a role of their own. AX is the verifier's scratch register, no program can name it; in 7.2 it is R12. */
export const BPF_REG_0 = 0;
export const BPF_REG_1 = 1;
export const BPF_REG_2 = 2;
export const BPF_REG_3 = 3;
export const BPF_REG_4 = 4;
export const BPF_REG_5 = 5;
export const BPF_REG_6 = 6;
export const BPF_REG_7 = 7;
export const BPF_REG_8 = 8;
export const BPF_REG_9 = 9;
export const BPF_REG_10 = 10;
export const BPF_REG_FP = 10;
export const BPF_REG_AX = 11;

/** The opcode of the first half of a 64-bit immediate load; the second half has opcode 0. */
export const LD_IMM64 = BPF_LD | BPF_IMM | BPF_DW;
