import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_DIV,
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
  BPF_RSH,
  BPF_SUB,
  BPF_XOR,
} from '../isa/opcodes.js';
import { arcNumbers } from './arc-numbers.js';
import { NOT_TAKEN, TAKEN } from './branch-taken.js';
import { earlyNumbers } from './early-numbers.js';
import { rangeNumbers } from './range-numbers.js';
import { cloneReg } from './register.js';
import { knownNumber, S64, U64, violated } from './testing/ranges.js';

const releases = [
  ['6.1', earlyNumbers],
  ['6.12', rangeNumbers],
  ['7.2', arcNumbers],
] as const;

const low = (value: bigint): bigint => value & 0xffff_ffffn;

const operations: readonly (readonly [name: string, op: number, exact: (a: bigint, b: bigint) => bigint])[] =
  [
    ['add', BPF_ADD, (a, b) => a + b],
    ['subtract', BPF_SUB, (a, b) => a - b],
    ['multiply', BPF_MUL, (a, b) => a * b],
    ['and', BPF_AND, (a, b) => a & b],
    ['or', BPF_OR, (a, b) => a | b],
    ['xor', BPF_XOR, (a, b) => a ^ b],
    ['divide', BPF_DIV, (a, b) => (b === 0n ? 0n : a / b)],
    ['take the remainder', BPF_MOD, (a, b) => (b === 0n ? a : a % b)],
  ];

describe.each(releases)('%s: ranges after arithmetic', (_release, numbers) => {
  test.each(operations)('%s: hold the exact result', (_name, op, exact) => {
    fc.assert(
      fc.property(knownNumber(numbers), knownNumber(numbers), fc.boolean(), (a, b, is32) => {
        const dst = cloneReg(a.reg);
        numbers.applyOp(op, is32, false, dst, b.reg);
        const result = is32 ? low(U64(exact(low(a.value), low(b.value)))) : U64(exact(a.value, b.value));
        expect(violated(dst, result)).toBe('');
      }),
    );
  });

  test.each([
    ['left', BPF_LSH, (a: bigint, n: bigint) => a << n, (a: bigint, n: bigint) => low(a << n)],
    ['right', BPF_RSH, (a: bigint, n: bigint) => a >> n, (a: bigint, n: bigint) => low(a) >> n],
    [
      'right, signed',
      BPF_ARSH,
      (a: bigint, n: bigint) => S64(a) >> n,
      (a: bigint, n: bigint) => low(BigInt.asIntN(32, a) >> n),
    ],
  ] as const)('shifted %s hold the exact result', (_name, op, wide, narrow) => {
    fc.assert(
      fc.property(knownNumber(numbers), knownNumber(numbers), fc.boolean(), (a, b, is32) => {
        const dst = cloneReg(a.reg);
        numbers.applyOp(op, is32, false, dst, b.reg);
        const n = b.value & (is32 ? 31n : 63n);
        expect(violated(dst, is32 ? narrow(a.value, n) : U64(wide(a.value, n)))).toBe('');
      }),
    );
  });

  test.each([
    ['divide', BPF_DIV, (a: bigint, b: bigint) => (b === 0n ? 0n : a / b)],
    ['take the remainder', BPF_MOD, (a: bigint, b: bigint) => (b === 0n ? a : a % b)],
  ] as const)('%s, signed: hold the exact result', (_name, op, exact) => {
    fc.assert(
      fc.property(knownNumber(numbers), knownNumber(numbers), fc.boolean(), (a, b, is32) => {
        const dst = cloneReg(a.reg);
        numbers.applyOp(op, is32, true, dst, b.reg);
        const bits = is32 ? 32 : 64;
        const result = exact(BigInt.asIntN(bits, a.value), BigInt.asIntN(bits, b.value));
        expect(violated(dst, BigInt.asUintN(bits, result))).toBe('');
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

const comparisons: readonly (readonly [
  name: string,
  op: number,
  holds: (a: bigint, b: bigint) => boolean,
  signed: boolean,
])[] = [
  ['==', BPF_JEQ, (a, b) => a === b, false],
  ['!=', BPF_JNE, (a, b) => a !== b, false],
  ['&', BPF_JSET, (a, b) => (a & b) !== 0n, false],
  ['>', BPF_JGT, (a, b) => a > b, false],
  ['>=', BPF_JGE, (a, b) => a >= b, false],
  ['<', BPF_JLT, (a, b) => a < b, false],
  ['<=', BPF_JLE, (a, b) => a <= b, false],
  ['s>', BPF_JSGT, (a, b) => a > b, true],
  ['s>=', BPF_JSGE, (a, b) => a >= b, true],
  ['s<', BPF_JSLT, (a, b) => a < b, true],
  ['s<=', BPF_JSLE, (a, b) => a <= b, true],
];

describe.each(releases)('%s: a branch on numbers', (_release, numbers) => {
  test.each(comparisons)(
    '%s goes where it is said to go, and keeps the numbers in range',
    (_name, op, holds, signed) => {
      fc.assert(
        fc.property(knownNumber(numbers), knownNumber(numbers), fc.boolean(), (a, b, is32) => {
          const bits = is32 ? 32 : 64;
          const view = signed
            ? (value: bigint): bigint => BigInt.asIntN(bits, value)
            : (value: bigint): bigint => BigInt.asUintN(bits, value);
          const taken = holds(view(a.value), view(b.value));
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
