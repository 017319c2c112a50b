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
  BPF_MUL,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_XOR,
} from '../isa/opcodes.js';
import {
  coerceSubregToSizeSigned,
  coerceToSize,
  coerceToSizeSigned,
  dropContradictions,
  syncBounds,
  zeroExtend,
} from './bounds.js';
import { branchTaken, NOT_TAKEN, TAKEN } from './branch-taken.js';
import { refineBranch } from './refine.js';
import { cloneReg } from './register.js';
import { applyScalarOp } from './scalars.js';
import { knownNumber, S64, U64, violated } from './testing/ranges.js';

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
  ];

describe('ranges after arithmetic', () => {
  test.each(operations)('%s: hold the exact result', (_name, op, exact) => {
    fc.assert(
      fc.property(knownNumber, knownNumber, fc.boolean(), (a, b, is32) => {
        const dst = cloneReg(a.reg);
        applyScalarOp(op, is32, dst, b.reg);
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
      fc.property(knownNumber, knownNumber, fc.boolean(), (a, b, is32) => {
        const dst = cloneReg(a.reg);
        applyScalarOp(op, is32, dst, b.reg);
        const n = b.value & (is32 ? 31n : 63n);
        expect(violated(dst, is32 ? narrow(a.value, n) : U64(wide(a.value, n)))).toBe('');
      }),
    );
  });

  test('hold a value cut to some bytes, with or without its sign', () => {
    fc.assert(
      fc.property(knownNumber, fc.constantFrom(1, 2, 4), (a, size) => {
        const cut = cloneReg(a.reg);
        coerceToSize(cut, size);
        expect(violated(cut, BigInt.asUintN(8 * size, a.value))).toBe('');
        const signed = cloneReg(a.reg);
        coerceToSizeSigned(signed, size);
        expect(violated(signed, U64(BigInt.asIntN(8 * size, a.value)))).toBe('');
        if (size === 4) return;
        const half = cloneReg(a.reg);
        coerceSubregToSizeSigned(half, size);
        zeroExtend(half);
        syncBounds(half);
        expect(violated(half, low(BigInt.asIntN(8 * size, a.value)))).toBe('');
      }),
    );
  });

  test('lose no value when they are brought in step', () => {
    fc.assert(
      fc.property(knownNumber, (a) => {
        expect(violated(a.reg, a.value)).toBe('');
        syncBounds(a.reg);
        dropContradictions(a.reg);
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

describe('a branch on numbers', () => {
  test.each(comparisons)(
    '%s goes where it is said to go, and keeps the numbers in range',
    (_name, op, holds, signed) => {
      fc.assert(
        fc.property(knownNumber, knownNumber, fc.boolean(), (a, b, is32) => {
          const bits = is32 ? 32 : 64;
          const view = signed
            ? (value: bigint): bigint => BigInt.asIntN(bits, value)
            : (value: bigint): bigint => BigInt.asUintN(bits, value);
          const taken = holds(view(a.value), view(b.value));
          const said = branchTaken(a.reg, b.reg, op, is32);
          if (said === TAKEN) expect(taken).toBe(true);
          if (said === NOT_TAKEN) expect(taken).toBe(false);
          const [taken1, taken2, not1, not2] = [a.reg, b.reg, a.reg, b.reg].map(cloneReg);
          refineBranch(taken1, taken2, not1, not2, op, is32);
          expect(violated(taken ? taken1 : not1, a.value)).toBe('');
          expect(violated(taken ? taken2 : not2, b.value)).toBe('');
        }),
      );
    },
  );
});
