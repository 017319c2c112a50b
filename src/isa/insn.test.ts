import { describe, expect, it } from 'vitest';
import * as b from './builders.js';
import {
  BRANCH_IMM,
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  definedRegister,
  definesSubregister,
  dstOf,
  NOT_BRANCH,
  offOf,
  srcOf,
  withCode,
  withOff,
  withSrc,
  word0,
} from './insn.js';
import { BPF_ADD, BPF_B, BPF_DW, BPF_H, BPF_JEQ, BPF_PROBE_MEMSX, BPF_W } from './opcodes.js';

function built<A extends readonly number[]>(
  build: (out: b.InsnSink, ...args: A) => void,
  ...args: A
): readonly [number, number] {
  const words = b.wordsOf((out) => {
    build(out, ...args);
  });
  return [words[0], words[1]];
}

describe('word 0', () => {
  it('keeps every field apart, offsets with their sign', () => {
    const w0 = word0(0x7b, 10, 15, -32768);
    expect([dstOf(w0), srcOf(w0), offOf(w0)]).toEqual([10, 15, -32768]);
    expect(withOff(w0, 32767)).toBe(word0(0x7b, 10, 15, 32767));
    expect(withSrc(w0, 1)).toBe(word0(0x7b, 10, 1, -32768));
    expect(withCode(w0, 0xff)).toBe(word0(0xff, 10, 15, -32768));
    expect(offOf(withOff(w0, 65537))).toBe(1);
  });
});

describe('branches', () => {
  it('hold their distance in the offset or the immediate', () => {
    for (const [[w0, w1], kind, distance] of [
      [built(b.jmpImm, BPF_JEQ, 1, 9, -4), BRANCH_OFF, -4],
      [built(b.jmp32Reg, BPF_JEQ, 1, 2, 4), BRANCH_OFF, 4],
      [built(b.jmpA, 7), BRANCH_OFF, 7],
      [built(b.mayGoto, 7), BRANCH_OFF, 7],
      [built(b.gotol, -70000), BRANCH_IMM, -70000],
      [built(b.callSubprog, 70000), BRANCH_SUBPROG, 70000],
      [built(b.ldFunc, 1, 5), BRANCH_SUBPROG, 5],
    ] as const) {
      expect(branchKind(w0)).toBe(kind);
      expect(branchDistance(kind, w0, w1)).toBe(distance);
    }
  });

  it('are not the calls and jumps whose target no patch moves', () => {
    for (const [w0] of [
      built(b.callHelper, 1),
      built(b.callKfunc, 1, 0),
      built(b.tailCall, 0),
      built(b.gotox, 1),
      built(b.exit),
      built(b.ldMapFd, 1, 2),
      built(b.ldImm64, 1, 2, 3),
      built(b.mov64Imm, 1, 2),
    ])
      expect(branchKind(w0)).toBe(NOT_BRANCH);
  });
});

describe('definitions', () => {
  it.each([
    ['64-bit arithmetic defines all of its register', built(b.alu64Imm, BPF_ADD, 3, 1), 3, false],
    ['32-bit arithmetic defines the low half', built(b.alu32Imm, BPF_ADD, 3, 1), 3, true],
    ['bswap64 defines all', built(b.bswap, 3, 64), 3, false],
    ['bswap16 defines the low half', built(b.bswap, 3, 16), 3, true],
    ['be64 defines all', built(b.toBe, 3, 64), 3, false],
    ['be32 defines the low half', built(b.toBe, 3, 32), 3, true],
    ['a load of 8 bytes defines all', built(b.ldxMem, BPF_DW, 3, 1, 0), 3, false],
    ['a load of a byte defines the low half', built(b.ldxMem, BPF_B, 3, 1, 0), 3, true],
    ['a sign-extending load defines all', built(b.ldxMemsx, BPF_B, 3, 1, 0), 3, false],
    [
      'a sign-extending probe load counts as the low half',
      built(b.ldxProbe, BPF_PROBE_MEMSX, BPF_B, 3, 1, 0),
      3,
      true,
    ],
    ['a 64-bit immediate defines all', built(b.ldImm64, 3, 1, 0), 3, false],
    ['a packet load defines the low half of R0', built(b.ldAbs, BPF_H, 12), 0, true],
    ['a store defines nothing', built(b.stxMem, BPF_W, 3, 1, 0), -1, false],
    ['an atomic without fetch defines nothing', built(b.atomicAdd, BPF_W, 3, 1, 0), -1, false],
    ['a fetching atomic defines its source', built(b.atomicFetch, BPF_W, BPF_ADD, 3, 1, 0), 1, true],
    ['a compare-and-exchange defines R0', built(b.atomicCmpxchg, BPF_DW, 3, 1, 0), 0, false],
    ['a load-acquire defines its destination', built(b.loadAcquire, BPF_W, 3, 1, 0), 3, true],
    ['a store-release defines nothing', built(b.storeRelease, BPF_W, 3, 1, 0), -1, false],
    ['a jump defines nothing', built(b.jmpImm, BPF_JEQ, 3, 1, 0), -1, false],
  ] as const)('%s', (_, [w0, w1], register, low) => {
    expect(definedRegister(w0, w1)).toBe(register);
    expect(definesSubregister(w0, w1)).toBe(low);
  });
});
