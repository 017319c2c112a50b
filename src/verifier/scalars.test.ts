import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JMP_OPS } from '../isa/field-names.js';
import { arithmetic, compares } from '../isa/interpreter/index.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_DIV,
  BPF_LSH,
  BPF_MOD,
  BPF_MUL,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_XOR,
} from '../isa/opcodes.js';
import { arcNumbers } from './arc-numbers.js';
import { NOT_TAKEN, TAKEN } from './branch-taken.js';
import { earlyNumbers } from './early-numbers.js';
import { rangeNumbers } from './range-numbers.js';
import { cloneReg } from './register.js';
import { knownNumber, knownNumbers, U64, violated } from './testing/ranges.js';

const releases = [
  ['6.1', earlyNumbers],
  ['6.12', rangeNumbers],
  ['7.2', arcNumbers],
] as const;

const low = (value: bigint): bigint => value & 0xffff_ffffn;

const operations = [
  ['add', BPF_ADD, false],
  ['subtract', BPF_SUB, false],
  ['multiply', BPF_MUL, false],
  ['and', BPF_AND, false],
  ['or', BPF_OR, false],
  ['xor', BPF_XOR, false],
  ['divide', BPF_DIV, false],
  ['divide, signed', BPF_DIV, true],
  ['take the remainder', BPF_MOD, false],
  ['take the remainder, signed', BPF_MOD, true],
  ['shift left', BPF_LSH, false],
  ['shift right', BPF_RSH, false],
  ['shift right, signed', BPF_ARSH, false],
] as const;

describe.each(releases)('%s: ranges after arithmetic', (_release, numbers) => {
  test.each(operations)('%s: hold the exact result', (_name, op, signed) => {
    fc.assert(
      fc.property(knownNumbers(numbers), fc.boolean(), ([a, b], is32) => {
        const dst = cloneReg(a.reg);
        numbers.applyOp(op, is32, signed, dst, b.reg);
        const bits = is32 ? 32 : 64;
        const [left, right] = [a, b].map(({ value }) => BigInt.asUintN(bits, value));
        expect(violated(dst, arithmetic(op, left, right, bits, signed))).toBe('');
      }),
    );
  });

  test('hold a value negated or with its bytes in reverse order', () => {
    fc.assert(
      fc.property(knownNumber(numbers), fc.boolean(), fc.constantFrom(16, 32, 64), (a, is32, bits) => {
        const negated = cloneReg(a.reg);
        numbers.negate?.(negated, is32);
        if (numbers.negate !== undefined) {
          expect(violated(negated, is32 ? low(U64(-low(a.value))) : U64(-a.value))).toBe('');
        }
        const swapped = cloneReg(a.reg);
        numbers.swapBytes?.(swapped, bits, is32);
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(BigInt.asUintN(bits, a.value));
        const result = is32 ? bytes.readBigUInt64BE() >> BigInt(64 - bits) : bytes.readBigUInt64LE();
        if (numbers.swapBytes !== undefined) expect(violated(swapped, result)).toBe('');
        expect(violated(a.reg, a.value)).toBe('');
      }),
    );
  });

  test('hold a value cut to some bytes, with or without its sign', () => {
    fc.assert(
      fc.property(knownNumber(numbers), fc.constantFrom(1, 2, 4), (a, size) => {
        const cut = cloneReg(a.reg);
        numbers.coerceToSize(cut, size);
        expect(violated(cut, BigInt.asUintN(8 * size, a.value))).toBe('');
        const signed = cloneReg(a.reg);
        numbers.coerceToSizeSigned(signed, size);
        expect(violated(signed, U64(BigInt.asIntN(8 * size, a.value)))).toBe('');
        if (size === 4) return;
        const half = cloneReg(a.reg);
        numbers.coerceSubregToSizeSigned(half, size);
        numbers.zeroExtend(half);
        numbers.sync(half);
        expect(violated(half, low(BigInt.asIntN(8 * size, a.value)))).toBe('');
      }),
    );
  });

  test('lose no value when they are brought in step', () => {
    fc.assert(
      fc.property(knownNumber(numbers), (a) => {
        expect(violated(a.reg, a.value)).toBe('');
        numbers.sync(a.reg);
        numbers.dropContradictions(a.reg);
        expect(violated(a.reg, a.value)).toBe('');
      }),
    );
  });
});

describe.each(releases)('%s: a branch on numbers', (_release, numbers) => {
  test.each(Object.entries(JMP_OPS))(
    '%s goes where it is said to go, and keeps the numbers in range',
    (_name, op) => {
      fc.assert(
        fc.property(knownNumbers(numbers), fc.boolean(), ([a, b], is32) => {
          const bits = is32 ? 32 : 64;
          const [left, right] = [a, b].map(({ value }) => BigInt.asUintN(bits, value));
          const taken = compares(op, left, right, bits);
          const said = numbers.taken(a.reg, b.reg, op, is32);
          if (said === TAKEN) expect(taken).toBe(true);
          if (said === NOT_TAKEN) expect(taken).toBe(false);
          const [taken1, taken2, not1, not2] = [a.reg, b.reg, a.reg, b.reg].map(cloneReg);
          numbers.refine(taken1, taken2, not1, not2, op, is32);
          expect(violated(taken ? taken1 : not1, a.value)).toBe('');
          expect(violated(taken ? taken2 : not2, b.value)).toBe('');
        }),
      );
    },
  );
});
