import { describe, expect, it } from 'vitest';
import * as b from '../isa/builders.js';
import * as op from '../isa/opcodes.js';
import { AUX_ZEXT } from '../../strategies/store.js';
import { listing, runPass, type Listing, type PassResult } from '../testing/fixup-harness.js';
import { AUX_PTR_TYPE, PTR_OTHER, PTR_TO_CTX } from '../verifier/facts.js';
import { blindConstants } from './blind-constants.js';
import { zextRndHi32 } from './zext-rnd-hi32.js';

const AX = op.BPF_REG_AX;

function blinded(insns: Listing): PassResult {
  return runPass(blindConstants, { insns, options: { blindConstants: true } });
}

/** The value of the constant that two blinding instructions from `slot` on put into AX. */
function unblinded({ linear }: PassResult, slot: number): number {
  return linear.insns[2 * slot + 1] ^ linear.insns[2 * slot + 3];
}

describe('constant blinding', () => {
  it('hides the immediate of arithmetic behind a random number', () => {
    const result = blinded((out) => b.alu64ImmOff(out, op.BPF_DIV, 3, 77, 1));
    expect(unblinded(result, 0)).toBe(77);
    expect(result.linear.insns[1]).not.toBe(77);
    expect(result.insns[2]).toBe(listing((out) => b.alu64RegOff(out, op.BPF_DIV, 3, AX, 1))[0]);
  });

  it('clears a register instead of moving 0', () => {
    expect(blinded((out) => b.mov32Imm(out, 4, 0)).insns).toEqual(
      listing((out) => b.alu64Reg(out, op.BPF_XOR, 4, 4)),
    );
  });

  it('keeps the targets of forward and backward jumps', () => {
    const { insns } = blinded((out) => {
      b.jmpImm(out, op.BPF_JEQ, 1, 5, 1);
      b.jmp32Imm(out, op.BPF_JSGT, 1, 5, -2);
      b.exit(out);
    });
    expect(insns[2]).toBe(listing((out) => b.jmpReg(out, op.BPF_JEQ, 1, AX, 3))[0]);
    expect(insns[5]).toBe(listing((out) => b.jmp32Reg(out, op.BPF_JSGT, 1, AX, -6))[0]);
  });

  it('splits a 64-bit load in two halves joined by or', () => {
    const result = blinded((out) => b.ldImm64(out, 2, 0x1234, 0x5678));
    expect(unblinded(result, 0)).toBe(0x5678);
    expect(unblinded(result, 4)).toBe(0x1234);
    expect([result.insns[2], result.insns[3], result.insns[6]]).toEqual(
      listing((out) => {
        b.alu64Imm(out, op.BPF_LSH, AX, 32);
        b.mov64Reg(out, 2, AX);
        b.alu64Reg(out, op.BPF_OR, 2, AX);
      }),
    );
  });

  it('stores a constant by way of the scratch register', () => {
    const result = blinded((out) => b.stMem(out, op.BPF_H, 10, -8, 9));
    expect(unblinded(result, 0)).toBe(9);
    expect(result.insns[2]).toBe(listing((out) => b.stxMem(out, op.BPF_H, 10, AX, -8))[0]);
  });

  it('leaves shifts, calls, registers, and addresses of subprograms alone', () => {
    const insns: Listing = (out) => {
      b.alu64Imm(out, op.BPF_LSH, 1, 3);
      b.ldFunc(out, 2, 1);
      b.callHelper(out, 5);
      b.exit(out);
    };
    expect(
      runPass(blindConstants, { insns, subprogs: [0, 4], options: { blindConstants: true } }).insns,
    ).toEqual(listing(insns));
  });

  it('does not run unless it is asked for', () => {
    const insns: Listing = (out) => b.mov64Imm(out, 1, 42);
    expect(runPass(blindConstants, { insns }).insns).toEqual(listing(insns));
  });
});

describe('zero extension', () => {
  it('follows a 32-bit compare-and-exchange with a move that the JIT knows', () => {
    const { insns } = runPass(zextRndHi32, {
      insns: (out) => {
        b.atomicCmpxchg(out, op.BPF_W, 10, 2, -8);
        b.exit(out);
      },
      aux: { 0: { [AUX_ZEXT]: 1 } },
    });
    expect(insns[1]).toBe(listing((out) => b.zextReg(out, 0))[0]);
  });

  it('is left to the JIT for all else', () => {
    const insns: Listing = (out) => b.mov32Imm(out, 1, 1);
    expect(runPass(zextRndHi32, { insns, aux: { 0: { [AUX_ZEXT]: 1 } } }).insns).toEqual(listing(insns));
  });
});

describe('random upper halves', () => {
  const options = { rndHi32: true };

  it('follow each 32-bit definition nobody reads in full', () => {
    const { insns, linear } = runPass(zextRndHi32, {
      insns: (out) => {
        b.mov32Imm(out, 3, 1);
        b.mov64Imm(out, 4, 1);
        b.ldImm64(out, 5, 1, 1);
        b.exit(out);
      },
      options,
    });
    expect(insns).toHaveLength(8);
    expect(insns.slice(2, 4)).toEqual(
      listing((out) => {
        b.alu64Imm(out, op.BPF_LSH, AX, 32);
        b.alu64Reg(out, op.BPF_OR, 3, AX);
      }),
    );
    expect(linear.insns[3]).not.toBe(0);
  });

  it('spare definitions that are read in full, and context loads, which may have grown', () => {
    const load: Listing = (out) => b.ldxMem(out, op.BPF_W, 1, 6, 0);
    expect(
      runPass(zextRndHi32, { insns: load, aux: { 0: { [AUX_PTR_TYPE]: PTR_TO_CTX } }, options }).insns,
    ).toHaveLength(1);
    expect(runPass(zextRndHi32, { insns: load, aux: { 0: { [AUX_ZEXT]: 1 } }, options }).insns).toHaveLength(
      1,
    );
    expect(
      runPass(zextRndHi32, { insns: load, aux: { 0: { [AUX_PTR_TYPE]: PTR_OTHER } }, options }).insns,
    ).toHaveLength(4);
  });

  it('are the same for the same seed', () => {
    const insns: Listing = (out) => b.mov32Imm(out, 3, 1);
    const random = (seed: string): string[] => [
      ...runPass(zextRndHi32, { insns, options: { rndHi32: true, seed } }).insns,
    ];
    expect(random('a')).toEqual(random('a'));
    expect(random('a')).not.toEqual(random('b'));
  });
});
