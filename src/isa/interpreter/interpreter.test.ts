import { describe, expect, it } from 'vitest';
import {
  alu32Imm,
  alu32RegOff,
  alu64Imm,
  alu64Reg,
  alu64RegOff,
  atomicCmpxchg,
  atomicFetch,
  bswap,
  callHelper,
  callSubprog,
  exit,
  InsnList,
  jmp32Imm,
  jmpA,
  ldFunc,
  ldImm64,
  ldxMem,
  ldxMemsx,
  mayGoto,
  mov32Imm,
  mov32Reg,
  mov64Imm,
  mov64Reg,
  movsx32Reg,
  movsx64Reg,
  stMem,
  stxMem,
  toBe,
  zextReg,
} from '../builders.js';
import {
  BPF_ADD,
  BPF_ARSH,
  BPF_B,
  BPF_DIV,
  BPF_DW,
  BPF_H,
  BPF_JSLT,
  BPF_LSH,
  BPF_MOD,
  BPF_W,
} from '../opcodes.js';
import { AS_COMPILED, AS_SPECIFIED, Fault, Machine, Memory, type Behaviour, type Host } from './index.js';

/** Helper 1 returns R1 + R2; helper 2 calls the function at R1 with R2. */
const HOST: Host = {
  pseudoImmediate: (source, low, high) => BigInt(1000 * source + 10 * low + high),
  call: (machine, number) =>
    number === 1
      ? machine.registers[1] + machine.registers[2]
      : machine.invoke(machine.registers[1], [machine.registers[2]]),
  tailCall: () => 0n,
  percpu: (address) => address + 1n,
};

function result(build: (out: InsnList) => void, behaviour: Partial<Behaviour> = {}): bigint {
  const out = new InsnList();
  build(out);
  exit(out);
  return new Machine(out.words(), new Memory(), HOST, { ...AS_SPECIFIED, ...behaviour }).run(0n);
}

describe('the interpreter', () => {
  it.each<[string, bigint, r0: number, r1: number, (out: InsnList) => void]>([
    ['wraps at 64 bits', 4n, -1, 0, (out) => alu64Imm(out, BPF_ADD, 0, 5)],
    ['masks shift counts', 2n, 1, 65, (out) => alu64Reg(out, BPF_LSH, 0, 1)],
    ['shifts 32-bit numbers by their own sign', 0xffff_ffffn, -8, 0, (out) => alu32Imm(out, BPF_ARSH, 0, 4)],
    ['divides by 0 to 0', 0n, 7, 0, (out) => alu64Reg(out, BPF_DIV, 0, 1)],
    ['leaves the remainder of a division by 0', 7n, 7, 0, (out) => alu64Reg(out, BPF_MOD, 0, 1)],
    ['divides signed towards 0', -3n, -7, 2, (out) => alu64RegOff(out, BPF_DIV, 0, 1, 1)],
    [
      'divides the most negative number by -1 to itself',
      0x8000_0000n,
      -0x8000_0000,
      -1,
      (out) => alu32RegOff(out, BPF_DIV, 0, 1, 1),
    ],
    ['extends signs', 0xffff_ffff_ffff_ff80n, 0, 0x80, (out) => movsx64Reg(out, 0, 1, 8)],
    ['extends signs within 32 bits', 0xffff_ff80n, 0, 0x80, (out) => movsx32Reg(out, 0, 1, 8)],
    ['swaps bytes', 0x0201n, 0x3_0102, 0, (out) => bswap(out, 0, 16)],
  ])('%s', (_, expected, r0, r1, operate) => {
    const value = result((out) => {
      mov64Imm(out, 0, r0);
      mov64Imm(out, 1, r1);
      operate(out);
    });
    expect(value).toBe(BigInt.asUintN(64, expected));
  });

  it.each<[string, bigint, (out: InsnList) => void]>([
    ['sign-extends 64-bit immediates', 0xffff_ffff_ffff_fffen, (out) => mov64Imm(out, 0, -2)],
    ['clears the upper half of 32-bit results', 0xffff_fffen, (out) => mov32Imm(out, 0, -2)],
    [
      'makes big-endian of little-endian',
      0x0403_0201n,
      (out) => {
        ldImm64(out, 0, 0x0102_0304, 9);
        toBe(out, 0, 32);
      },
    ],
    ['joins both halves of a 64-bit load', 0x0000_0009_ffff_fffen, (out) => ldImm64(out, 0, -2, 9)],
    [
      'loads what was stored, with signs where asked for',
      0xffff_ffff_ffff_fff0n + 0xfff0n,
      (out) => {
        stMem(out, BPF_W, 10, -4, -16);
        ldxMemsx(out, BPF_B, 1, 10, -4);
        ldxMem(out, BPF_H, 2, 10, -4);
        mov64Reg(out, 0, 1);
        alu64Reg(out, BPF_ADD, 0, 2);
      },
    ],
    [
      'fetches the old number',
      5n * 100n + 12n,
      (out) => {
        stMem(out, BPF_DW, 10, -8, 5);
        mov64Imm(out, 1, 7);
        atomicFetch(out, BPF_DW, BPF_ADD, 10, 1, -8);
        ldxMem(out, BPF_DW, 0, 10, -8);
        for (let times = 0; times < 100; times++) alu64Reg(out, BPF_ADD, 0, 1);
      },
    ],
    [
      'calls functions that keep R6',
      13n,
      (out) => {
        mov64Imm(out, 6, 9);
        mov64Imm(out, 1, 4);
        callSubprog(out, 2);
        alu64Reg(out, BPF_ADD, 0, 6);
        exit(out);
        mov64Reg(out, 6, 1);
        mov64Reg(out, 0, 6);
      },
    ],
    [
      'lets helpers call functions by their address',
      6n,
      (out) => {
        ldFunc(out, 1, 4);
        mov64Imm(out, 2, 3);
        callHelper(out, 2);
        exit(out);
        mov64Reg(out, 2, 1);
        callHelper(out, 1);
      },
    ],
    [
      'compares 32 bits with their sign',
      1n,
      (out) => {
        ldImm64(out, 1, -1, 5);
        mov64Imm(out, 0, 1);
        jmp32Imm(out, BPF_JSLT, 1, 0, 1);
        mov64Imm(out, 0, 2);
      },
    ],
  ])('%s', (_, expected, build) => {
    expect(result(build)).toBe(BigInt.asUintN(64, expected));
  });

  it('gives may_goto so many turns in each call of a function', () => {
    const loop = (out: InsnList): void => {
      mov64Imm(out, 0, 0);
      mayGoto(out, 2);
      alu64Imm(out, BPF_ADD, 0, 1);
      jmpA(out, -3);
    };
    expect(result(loop, { mayGotoTurns: 5 })).toBe(5n);
  });

  it.each<[string, RegExp, (out: InsnList) => void]>([
    ['a load next to the frame', /^insn 0: 8 bytes at/, (out) => ldxMem(out, BPF_DW, 0, 10, 0)],
    ['a store below the frame', /^insn 0: /, (out) => stMem(out, BPF_B, 10, -600, 1)],
    [
      'a load through a number',
      /^insn 1: /,
      (out) => {
        mov64Imm(out, 1, 64);
        ldxMem(out, BPF_W, 0, 1, 0);
      },
    ],
    ['a program without end', /does not end/, (out) => jmpA(out, -1)],
    ['calls without end', /too deep/, (out) => callSubprog(out, -1)],
    ['a jump out of the program', /no such instruction/, (out) => jmpA(out, 7)],
  ])('stops at %s', (_, message, build) => {
    expect(() => result(build)).toThrow(message);
    expect(() => result(build)).toThrow(Fault);
  });

  it('traps divisions as processors do, when asked', () => {
    const divide = (out: InsnList): void => {
      mov64Imm(out, 0, 7);
      mov64Imm(out, 1, 0);
      alu64Reg(out, BPF_DIV, 0, 1);
    };
    expect(() => result(divide, AS_COMPILED)).toThrow('insn 2: division of 7 by 0 traps');
  });

  it('keeps the upper half of R0 over a successful 32-bit exchange, when compiled', () => {
    const exchange = (out: InsnList): void => {
      stMem(out, BPF_DW, 10, -8, 5);
      ldImm64(out, 0, 5, 9);
      atomicCmpxchg(out, BPF_W, 10, 0, -8);
    };
    expect(result(exchange)).toBe(5n);
    expect(result(exchange, AS_COMPILED)).toBe(0x9_0000_0005n);
    expect(
      result((out) => {
        exchange(out);
        zextReg(out, 0);
      }, AS_COMPILED),
    ).toBe(5n);
  });

  it('leaves garbage above 32-bit definitions that nobody extends', () => {
    const define = (out: InsnList): void => {
      mov32Imm(out, 1, 5);
      mov32Reg(out, 0, 1);
      stxMem(out, BPF_DW, 10, 1, -8);
    };
    const clearsUpperHalf = (slot: number): boolean => slot === 0;
    const value = result(define, { clearsUpperHalf });
    expect(BigInt.asUintN(32, value)).toBe(5n);
    expect(value).not.toBe(5n);
    expect(result(define, { clearsUpperHalf: (slot) => slot === 1 })).toBe(5n);
  });
});
