import { describe, expect, it } from 'vitest';
import * as b from './builders.js';
import { disassemble } from './disassembler.js';
import { word0 } from './insn.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_B,
  BPF_DIV,
  BPF_DW,
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
  BPF_LSH,
  BPF_MOD,
  BPF_MUL,
  BPF_OR,
  BPF_PROBE_MEM,
  BPF_PROBE_MEM32,
  BPF_PROBE_MEM32SX,
  BPF_PROBE_MEMSX,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_RSH,
  BPF_SUB,
  BPF_W,
  BPF_XOR,
} from './opcodes.js';

interface Row {
  readonly words: Int32Array;
  readonly bytes: string;
  readonly text: string;
}

/** Builder and its arguments, bytes (a bar between slots) and text of the instruction, all written down by hand. */
function row<A extends readonly number[]>(
  build: (out: b.InsnSink, ...args: A) => void,
  args: A,
  bytes: string,
  text: string,
): Row {
  const out = new b.InsnList();
  build(out, ...args);
  return { words: out.words(), bytes, text };
}

const ALU: readonly Row[] = [
  row(b.alu64Imm, [BPF_ADD, 1, 5], '07 01 00 00 05 00 00 00', '(07) r1 += 5'),
  row(b.alu64Imm, [BPF_ADD, 10, -8], '07 0a 00 00 f8 ff ff ff', '(07) r10 += -8'),
  row(b.alu64Reg, [BPF_SUB, 1, 2], '1f 21 00 00 00 00 00 00', '(1f) r1 -= r2'),
  row(b.alu32Imm, [BPF_MUL, 3, 7], '24 03 00 00 07 00 00 00', '(24) w3 *= 7'),
  row(b.alu32Reg, [BPF_DIV, 3, 4], '3c 43 00 00 00 00 00 00', '(3c) w3 /= w4'),
  row(b.alu64RegOff, [BPF_DIV, 3, 4, 1], '3f 43 01 00 00 00 00 00', '(3f) r3 s/= r4'),
  row(b.alu32ImmOff, [BPF_DIV, 3, -1, 1], '34 03 01 00 ff ff ff ff', '(34) w3 s/= -1'),
  row(b.alu64Reg, [BPF_MOD, 3, 4], '9f 43 00 00 00 00 00 00', '(9f) r3 %= r4'),
  row(b.alu32RegOff, [BPF_MOD, 3, 4, 1], '9c 43 01 00 00 00 00 00', '(9c) w3 s%= w4'),
  row(b.alu64ImmOff, [BPF_MOD, 3, 10, 1], '97 03 01 00 0a 00 00 00', '(97) r3 s%= 10'),
  row(b.alu64Imm, [BPF_OR, 0, 255], '47 00 00 00 ff 00 00 00', '(47) r0 |= 255'),
  row(b.alu32Imm, [BPF_AND, 0, -256], '54 00 00 00 00 ff ff ff', '(54) w0 &= -256'),
  row(b.alu64Imm, [BPF_LSH, 2, 32], '67 02 00 00 20 00 00 00', '(67) r2 <<= 32'),
  row(b.alu64Reg, [BPF_RSH, 2, 3], '7f 32 00 00 00 00 00 00', '(7f) r2 >>= r3'),
  row(b.alu64Imm, [BPF_ARSH, 2, 63], 'c7 02 00 00 3f 00 00 00', '(c7) r2 s>>= 63'),
  row(b.alu32Reg, [BPF_XOR, 2, 2], 'ac 22 00 00 00 00 00 00', '(ac) w2 ^= w2'),
  row(b.neg64, [6], '87 06 00 00 00 00 00 00', '(87) r6 = -r6'),
  row(b.neg32, [6], '84 06 00 00 00 00 00 00', '(84) w6 = -w6'),
  row(b.toBe, [1, 16], 'dc 01 00 00 10 00 00 00', '(dc) r1 = be16 r1'),
  row(b.toLe, [1, 64], 'd4 01 00 00 40 00 00 00', '(d4) r1 = le64 r1'),
  row(b.bswap, [1, 32], 'd7 01 00 00 20 00 00 00', '(d7) r1 = bswap32 r1'),
];

const MOVES: readonly Row[] = [
  row(b.mov64Reg, [6, 1], 'bf 16 00 00 00 00 00 00', '(bf) r6 = r1'),
  row(b.mov64Imm, [0, -1], 'b7 00 00 00 ff ff ff ff', '(b7) r0 = -1'),
  row(b.mov32Reg, [6, 1], 'bc 16 00 00 00 00 00 00', '(bc) w6 = w1'),
  row(b.mov32Imm, [0, 2], 'b4 00 00 00 02 00 00 00', '(b4) w0 = 2'),
  row(b.movsx64Reg, [1, 2, 8], 'bf 21 08 00 00 00 00 00', '(bf) r1 = (s8)r2'),
  row(b.movsx64Reg, [1, 2, 32], 'bf 21 20 00 00 00 00 00', '(bf) r1 = (s32)r2'),
  row(b.movsx32Reg, [1, 2, 16], 'bc 21 10 00 00 00 00 00', '(bc) w1 = (s16)w2'),
  row(b.zextReg, [4], 'bc 44 00 00 01 00 00 00', '(bc) w4 = w4'),
  row(b.addrSpaceCast, [1, 2, 0, 1], 'bf 21 01 00 01 00 00 00', '(bf) r1 = addr_space_cast(r2, 0, 1)'),
  row(b.addrSpaceCast, [1, 2, 1, 0], 'bf 21 01 00 00 00 01 00', '(bf) r1 = addr_space_cast(r2, 1, 0)'),
  row(b.movPercpu, [0, 0], 'bf 00 ff ff 00 00 00 00', '(bf) r0 = &(void __percpu *)(r0)'),
];

const MEMORY: readonly Row[] = [
  row(b.ldxMem, [BPF_B, 1, 2, 3], '71 21 03 00 00 00 00 00', '(71) r1 = *(u8 *)(r2 +3)'),
  row(b.ldxMem, [BPF_H, 1, 2, -3], '69 21 fd ff 00 00 00 00', '(69) r1 = *(u16 *)(r2 -3)'),
  row(b.ldxMem, [BPF_W, 1, 2, 0], '61 21 00 00 00 00 00 00', '(61) r1 = *(u32 *)(r2 +0)'),
  row(b.ldxMem, [BPF_DW, 1, 10, -8], '79 a1 f8 ff 00 00 00 00', '(79) r1 = *(u64 *)(r10 -8)'),
  row(b.ldxMemsx, [BPF_B, 1, 2, 4], '91 21 04 00 00 00 00 00', '(91) r1 = *(s8 *)(r2 +4)'),
  row(b.ldxMemsx, [BPF_H, 1, 2, 4], '89 21 04 00 00 00 00 00', '(89) r1 = *(s16 *)(r2 +4)'),
  row(b.ldxMemsx, [BPF_W, 1, 2, 4], '81 21 04 00 00 00 00 00', '(81) r1 = *(s32 *)(r2 +4)'),
  row(b.stxMem, [BPF_H, 10, 1, -2], '6b 1a fe ff 00 00 00 00', '(6b) *(u16 *)(r10 -2) = r1'),
  row(b.stxMem, [BPF_DW, 10, 1, -8], '7b 1a f8 ff 00 00 00 00', '(7b) *(u64 *)(r10 -8) = r1'),
  row(b.stMem, [BPF_W, 1, 12, -5], '62 01 0c 00 fb ff ff ff', '(62) *(u32 *)(r1 +12) = -5'),
  row(b.stMem, [BPF_B, 1, 0, 9], '72 01 00 00 09 00 00 00', '(72) *(u8 *)(r1 +0) = 9'),
  row(b.nospec, [], 'c2 00 00 00 00 00 00 00', '(c2) nospec'),
  row(b.ldAbs, [BPF_H, 12], '28 00 00 00 0c 00 00 00', '(28) r0 = *(u16 *)skb[12]'),
  row(b.ldAbs, [BPF_W, -0xff000], '20 00 00 00 00 10 f0 ff', '(20) r0 = *(u32 *)skb[-1044480]'),
  row(b.ldInd, [BPF_B, 7, 14], '50 70 00 00 0e 00 00 00', '(50) r0 = *(u8 *)skb[r7 + 14]'),
  row(b.ldInd, [BPF_B, 7, -14], '50 70 00 00 f2 ff ff ff', '(50) r0 = *(u8 *)skb[r7 + -14]'),
  // bpftool has no text for these; the first two never reach it, a dump shows them as plain loads.
  row(b.ldxProbe, [BPF_PROBE_MEM, BPF_W, 1, 2, 0], '21 21 00 00 00 00 00 00', 'BUG_ldx_21'),
  row(b.ldxProbe, [BPF_PROBE_MEM32, BPF_DW, 1, 2, 0], 'b9 21 00 00 00 00 00 00', 'BUG_ldx_b9'),
  row(b.ldxProbe, [BPF_PROBE_MEMSX, BPF_H, 1, 2, 0], '49 21 00 00 00 00 00 00', 'BUG_ldx_49'),
  row(b.ldxProbe, [BPF_PROBE_MEM32SX, BPF_W, 1, 2, 0], 'c1 21 00 00 00 00 00 00', 'BUG_ldx_c1'),
  row(b.rawInsn, [0xa2, 1, 0, 0, 0], 'a2 01 00 00 00 00 00 00', 'BUG_st_a2'),
  row(b.rawInsn, [0xe3, 1, 2, 0, 0], 'e3 21 00 00 00 00 00 00', 'BUG_e3'),
];

const ATOMICS: readonly Row[] = [
  row(b.atomicAdd, [BPF_DW, 1, 2, 8], 'db 21 08 00 00 00 00 00', '(db) lock *(u64 *)(r1 +8) += r2'),
  row(b.atomicAnd, [BPF_W, 1, 2, 8], 'c3 21 08 00 50 00 00 00', '(c3) lock *(u32 *)(r1 +8) &= r2'),
  row(b.atomicOr, [BPF_DW, 1, 2, 8], 'db 21 08 00 40 00 00 00', '(db) lock *(u64 *)(r1 +8) |= r2'),
  row(b.atomicXor, [BPF_W, 1, 2, 8], 'c3 21 08 00 a0 00 00 00', '(c3) lock *(u32 *)(r1 +8) ^= r2'),
  row(
    b.atomicFetch,
    [BPF_DW, BPF_ADD, 1, 2, 8],
    'db 21 08 00 01 00 00 00',
    '(db) r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)',
  ),
  row(
    b.atomicFetch,
    [BPF_W, BPF_AND, 1, 2, 8],
    'c3 21 08 00 51 00 00 00',
    '(c3) r2 = atomic_fetch_and((u32 *)(r1 +8), r2)',
  ),
  row(
    b.atomicFetch,
    [BPF_DW, BPF_OR, 1, 2, 8],
    'db 21 08 00 41 00 00 00',
    '(db) r2 = atomic64_fetch_or((u64 *)(r1 +8), r2)',
  ),
  row(
    b.atomicFetch,
    [BPF_W, BPF_XOR, 1, 2, 8],
    'c3 21 08 00 a1 00 00 00',
    '(c3) r2 = atomic_fetch_xor((u32 *)(r1 +8), r2)',
  ),
  row(
    b.atomicXchg,
    [BPF_DW, 1, 2, 0],
    'db 21 00 00 e1 00 00 00',
    '(db) r2 = atomic64_xchg((u64 *)(r1 +0), r2)',
  ),
  row(
    b.atomicCmpxchg,
    [BPF_W, 1, 2, -4],
    'c3 21 fc ff f1 00 00 00',
    '(c3) r0 = atomic_cmpxchg((u32 *)(r1 -4), r0, r2)',
  ),
  row(b.loadAcquire, [BPF_B, 1, 2, 8], 'd3 21 08 00 00 01 00 00', '(d3) r1 = load_acquire((u8 *)(r2 +8))'),
  row(b.loadAcquire, [BPF_DW, 1, 2, 8], 'db 21 08 00 00 01 00 00', '(db) r1 = load_acquire((u64 *)(r2 +8))'),
  row(b.storeRelease, [BPF_H, 1, 2, 8], 'cb 21 08 00 10 01 00 00', '(cb) store_release((u16 *)(r1 +8), r2)'),
  row(b.atomicOp, [BPF_DW, 0x99, 1, 2, 8], 'db 21 08 00 99 00 00 00', 'BUG_db'),
];

const IMM64: readonly Row[] = [
  row(b.ldImm64, [1, 5, 0], '18 01 00 00 05 00 00 00|00 00 00 00 00 00 00 00', '(18) r1 = 0x5'),
  row(
    b.ldImm64,
    [1, -1, -1],
    '18 01 00 00 ff ff ff ff|00 00 00 00 ff ff ff ff',
    '(18) r1 = 0xffffffffffffffff',
  ),
  row(b.ldImm64, [1, 0x12, 0x1], '18 01 00 00 12 00 00 00|00 00 00 00 01 00 00 00', '(18) r1 = 0x100000012'),
  row(b.ldMapFd, [1, 3], '18 11 00 00 03 00 00 00|00 00 00 00 00 00 00 00', '(18) r1 = map[id:3]'),
  row(
    b.ldMapValue,
    [2, 3, 40],
    '18 22 00 00 03 00 00 00|00 00 00 00 28 00 00 00',
    '(18) r2 = map[id:3][0]+40',
  ),
  row(
    b.ldImm64Pseudo,
    [BPF_PSEUDO_BTF_ID, 2, 77, 0],
    '18 32 00 00 4d 00 00 00|00 00 00 00 00 00 00 00',
    '(18) r2 = 0x4d',
  ),
  row(b.ldFunc, [2, 9], '18 42 00 00 09 00 00 00|00 00 00 00 00 00 00 00', '(18) r2 = subprog[+9]'),
  row(b.ldFunc, [2, -9], '18 42 00 00 f7 ff ff ff|00 00 00 00 00 00 00 00', '(18) r2 = subprog[-9]'),
  row(
    b.ldImm64Pseudo,
    [BPF_PSEUDO_MAP_IDX, 2, 1, 0],
    '18 52 00 00 01 00 00 00|00 00 00 00 00 00 00 00',
    '(18) r2 = 0x1',
  ),
  row(
    b.ldImm64Pseudo,
    [BPF_PSEUDO_MAP_IDX_VALUE, 2, 1, 4],
    '18 62 00 00 01 00 00 00|00 00 00 00 04 00 00 00',
    '(18) r2 = map[idx:1]+4',
  ),
];

const JUMPS: readonly Row[] = [
  row(b.jmpImm, [BPF_JEQ, 1, 0, 5], '15 01 05 00 00 00 00 00', '(15) if r1 == 0x0 goto pc+5'),
  row(b.jmpImm, [BPF_JNE, 1, -1, -5], '55 01 fb ff ff ff ff ff', '(55) if r1 != 0xffffffff goto pc-5'),
  row(b.jmpReg, [BPF_JGT, 1, 2, 1], '2d 21 01 00 00 00 00 00', '(2d) if r1 > r2 goto pc+1'),
  row(b.jmpReg, [BPF_JGE, 1, 2, 1], '3d 21 01 00 00 00 00 00', '(3d) if r1 >= r2 goto pc+1'),
  row(b.jmpImm, [BPF_JSET, 1, 6, 1], '45 01 01 00 06 00 00 00', '(45) if r1 & 0x6 goto pc+1'),
  row(b.jmpReg, [BPF_JSGT, 1, 2, 1], '6d 21 01 00 00 00 00 00', '(6d) if r1 s> r2 goto pc+1'),
  row(b.jmpReg, [BPF_JSGE, 1, 2, 1], '7d 21 01 00 00 00 00 00', '(7d) if r1 s>= r2 goto pc+1'),
  row(b.jmp32Imm, [BPF_JLT, 1, 16, 1], 'a6 01 01 00 10 00 00 00', '(a6) if w1 < 0x10 goto pc+1'),
  row(b.jmp32Reg, [BPF_JLE, 1, 2, 1], 'be 21 01 00 00 00 00 00', '(be) if w1 <= w2 goto pc+1'),
  row(b.jmp32Reg, [BPF_JSLT, 1, 2, 0], 'ce 21 00 00 00 00 00 00', '(ce) if w1 s< w2 goto pc+0'),
  row(b.jmpImm, [BPF_JSLE, 1, -2, 1], 'd5 01 01 00 fe ff ff ff', '(d5) if r1 s<= 0xfffffffe goto pc+1'),
  row(b.jmpA, [-3], '05 00 fd ff 00 00 00 00', '(05) goto pc-3'),
  row(b.gotol, [100000], '06 00 00 00 a0 86 01 00', '(06) gotol pc+100000'),
  row(b.gotox, [3], '0d 03 00 00 00 00 00 00', '(0d) gotox r3'),
  row(b.mayGoto, [4], 'e5 00 04 00 00 00 00 00', '(e5) may_goto pc+4'),
  row(b.exit, [], '95 00 00 00 00 00 00 00', '(95) exit'),
  row(b.callHelper, [245616], '85 00 00 00 70 bf 03 00', '(85) call unknown#245616'),
  row(b.callSubprog, [12], '85 10 00 00 0c 00 00 00', '(85) call pc+12'),
  row(b.callSubprog, [-12], '85 10 00 00 f4 ff ff ff', '(85) call pc-12'),
  row(b.callKfunc, [5000, 0], '85 20 00 00 88 13 00 00', '(85) call kernel-function#5000'),
  // A dump shows a tail call as a call; this is what the kernel's printer makes of the internal form.
  row(b.tailCall, [1], 'f5 00 00 00 01 00 00 00', '(f5) if r0 (null) 0x1 goto pc+0'),
];

function bytesOf(words: Int32Array): string {
  const bytes = [...new Uint8Array(words.buffer)].map((byte) => byte.toString(16).padStart(2, '0'));
  const slots: string[] = [];
  for (let at = 0; at < bytes.length; at += 8) slots.push(bytes.slice(at, at + 8).join(' '));
  return slots.join('|');
}

describe('the disassembler', () => {
  it.each([
    ['arithmetic', ALU],
    ['moves', MOVES],
    ['loads and stores', MEMORY],
    ['atomics', ATOMICS],
    ['64-bit immediates', IMM64],
    ['jumps and calls', JUMPS],
  ] as const)('writes %s as bpftool does, from the bytes the kernel has for them', (_, rows) => {
    expect(rows.length).toBeGreaterThan(0);
    for (const { words, bytes, text } of rows)
      expect({ bytes: bytesOf(words), text: disassemble(words, 0) }).toEqual({ bytes, text });
  });

  it('names calls and immediates through callbacks', () => {
    const names = {
      call: (slot: number, _: number, imm: number) => `name${slot}_${imm}`,
      imm64: (_: number, __: number, imm: number, imm2: number) => `value ${imm} ${imm2}`,
    };
    const words = b.wordsOf((out) => {
      b.callHelper(out, 1);
      b.callSubprog(out, 2);
      b.callKfunc(out, 3, 0);
      b.ldMapFd(out, 1, 4);
    });
    expect([0, 1, 2, 3].map((slot) => disassemble(words, slot, names))).toEqual([
      '(85) call name0_1#1',
      '(85) call pcname1_2',
      '(85) call name2_3#3',
      '(18) r1 = value 4 0',
    ]);
  });

  it('has a text for every pair of words', () => {
    for (let code = 0; code < 256; code++)
      expect(disassemble(Int32Array.of(word0(code, 15, 15, -32768), -1), 0)).toMatch(
        /^(\([0-9a-f]{2}\) |BUG_(st_|ldx_|ld_)?[0-9a-f]{2}$)/,
      );
  });
});
