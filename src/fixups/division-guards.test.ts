import { describe, expect, it } from 'vitest';
import * as b from '../isa/builders.js';
import * as op from '../isa/opcodes.js';
import { listing, runPass, type Listing } from '../testing/fixup-harness.js';
import { AUX_FLAGS, FLAG_NEEDS_ZEXT } from '../verifier/facts.js';
import { doMiscFixups } from './misc-fixups.js';

const [DST, SRC, AX] = [op.BPF_REG_1, op.BPF_REG_2, op.BPF_REG_AX];

/** `insns`, then `r0 = 0; exit`, through the misc fixups. */
function fixed(insns: Listing): string[] {
  const result = runPass(doMiscFixups, {
    insns: (out) => {
      insns(out);
      b.mov64Imm(out, 0, 0);
      b.exit(out);
    },
  });
  return result.insns.slice(0, -2);
}

describe('division guards', () => {
  it('make a 64-bit division by zero give 0', () => {
    expect(fixed((out) => b.alu64Reg(out, op.BPF_DIV, DST, SRC))).toEqual(
      listing((out) => {
        b.jmpImm(out, op.BPF_JNE, SRC, 0, 2);
        b.alu32Reg(out, op.BPF_XOR, DST, DST);
        b.jmpA(out, 1);
        b.alu64Reg(out, op.BPF_DIV, DST, SRC);
      }),
    );
  });

  it('compare only the low half of the divisor for a 32-bit division', () => {
    expect(fixed((out) => b.alu32Reg(out, op.BPF_DIV, DST, SRC))[0]).toBe(
      listing((out) => b.jmp32Imm(out, op.BPF_JNE, SRC, 0, 2))[0],
    );
  });

  it('leave the dividend as the remainder of a 64-bit division by zero', () => {
    expect(fixed((out) => b.alu64Reg(out, op.BPF_MOD, DST, SRC))).toEqual(
      listing((out) => {
        b.jmpImm(out, op.BPF_JEQ, SRC, 0, 1);
        b.alu64Reg(out, op.BPF_MOD, DST, SRC);
      }),
    );
  });

  it('zero-extend the dividend as the remainder of a 32-bit division by zero', () => {
    expect(fixed((out) => b.alu32Reg(out, op.BPF_MOD, DST, SRC))).toEqual(
      listing((out) => {
        b.jmp32Imm(out, op.BPF_JEQ, SRC, 0, 2);
        b.alu32Reg(out, op.BPF_MOD, DST, SRC);
        b.jmpA(out, 1);
        b.mov32Reg(out, DST, DST);
      }),
    );
  });

  it('tell 0 and -1 apart from all other divisors of a signed division', () => {
    expect(fixed((out) => b.alu64RegOff(out, op.BPF_DIV, DST, SRC, 1))).toEqual(
      listing((out) => {
        b.mov64Reg(out, AX, SRC);
        b.alu64Imm(out, op.BPF_ADD, AX, 1);
        b.jmpImm(out, op.BPF_JGT, AX, 1, 4);
        b.jmpImm(out, op.BPF_JEQ, AX, 0, 1);
        b.mov64Imm(out, DST, 0);
        b.neg64(out, DST);
        b.jmpA(out, 1);
        b.alu64RegOff(out, op.BPF_DIV, DST, SRC, 1);
      }),
    );
  });

  it('give 0 for a signed 32-bit remainder by -1 and the zero-extended dividend by 0', () => {
    expect(fixed((out) => b.alu32RegOff(out, op.BPF_MOD, DST, SRC, 1))).toEqual(
      listing((out) => {
        b.mov64Reg(out, AX, SRC);
        b.alu32Imm(out, op.BPF_ADD, AX, 1);
        b.jmp32Imm(out, op.BPF_JGT, AX, 1, 3);
        b.jmp32Imm(out, op.BPF_JEQ, AX, 1, 4);
        b.mov32Imm(out, DST, 0);
        b.jmpA(out, 1);
        b.alu32RegOff(out, op.BPF_MOD, DST, SRC, 1);
        b.jmpA(out, 1);
        b.mov32Reg(out, DST, DST);
      }),
    );
  });

  it('make a signed division by the constant -1 a negation, and its remainder 0', () => {
    expect(fixed((out) => b.alu64ImmOff(out, op.BPF_DIV, DST, -1, 1))).toEqual(
      listing((out) => b.neg64(out, DST)),
    );
    expect(fixed((out) => b.alu32ImmOff(out, op.BPF_MOD, DST, -1, 1))).toEqual(
      listing((out) => b.mov32Imm(out, DST, 0)),
    );
  });

  it('leave divisions by other constants alone', () => {
    const insns: Listing = (out) => {
      b.alu64Imm(out, op.BPF_DIV, DST, -1);
      b.alu64ImmOff(out, op.BPF_DIV, DST, 7, 1);
      b.alu32Imm(out, op.BPF_MOD, DST, 3);
    };
    expect(fixed(insns)).toEqual(listing(insns));
  });

  it('guard the narrowed form of a division that needs no upper half', () => {
    const { insns } = runPass(doMiscFixups, {
      insns: (out) => {
        b.alu64Reg(out, op.BPF_DIV, DST, SRC);
        b.exit(out);
      },
      aux: { 0: { [AUX_FLAGS]: FLAG_NEEDS_ZEXT } },
    });
    expect(insns.slice(0, 4)).toEqual(
      listing((out) => {
        b.jmp32Imm(out, op.BPF_JNE, SRC, 0, 2);
        b.alu32Reg(out, op.BPF_XOR, DST, DST);
        b.jmpA(out, 1);
        b.alu32Reg(out, op.BPF_DIV, DST, SRC);
      }),
    );
  });
});
