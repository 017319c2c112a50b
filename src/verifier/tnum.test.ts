import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as tnum from './tnum.js';
import type { Tnum } from './tnum.js';
import { anyNumber, join, S64, tnumAround, tnumHolds, U64, words } from './testing/ranges.js';

const out = tnum.newTnum();

/** A number and a tristate number that holds it. */
const held = fc
  .tuple(anyNumber, anyNumber)
  .map(([value, unknown]) => ({ value, tnum: tnumAround(value, unknown) }));

function isNormal({ vh, vl, mh, ml }: Tnum): boolean {
  return (vh & mh) === 0 && (vl & ml) === 0;
}

function isSound(
  operation: (out: Tnum, a: Tnum, b: Tnum) => void,
  exact: (a: bigint, b: bigint) => bigint,
): void {
  fc.assert(
    fc.property(held, held, (a, b) => {
      operation(out, a.tnum, b.tnum);
      expect(isNormal(out)).toBe(true);
      expect(tnumHolds(out, exact(a.value, b.value))).toBe(true);
    }),
  );
}

describe('a tristate number', () => {
  test('holds the result of every operation on numbers its operands hold', () => {
    isSound(tnum.tnumAdd, (a, b) => a + b);
    isSound(tnum.tnumSub, (a, b) => a - b);
    isSound(tnum.tnumMul, (a, b) => a * b);
    isSound(tnum.tnumAnd, (a, b) => a & b);
    isSound(tnum.tnumOr, (a, b) => a | b);
    isSound(tnum.tnumXor, (a, b) => a ^ b);
  });

  test('is exact on constants', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        tnum.tnumMul(out, tnumAround(a, 0n), tnumAround(b, 0n));
        expect(tnum.tnumIsConst(out)).toBe(true);
        expect(join(out.vh, out.vl)).toBe(U64(a * b));
      }),
    );
  });

  test('shifts as the numbers it holds', () => {
    fc.assert(
      fc.property(held, fc.integer({ min: 0, max: 63 }), (a, n) => {
        tnum.tnumLshift(out, a.tnum, n);
        expect(tnumHolds(out, a.value << BigInt(n))).toBe(true);
        tnum.tnumRshift(out, a.tnum, n);
        expect(tnumHolds(out, a.value >> BigInt(n))).toBe(true);
        tnum.tnumArshift(out, a.tnum, n, false);
        expect(tnumHolds(out, S64(a.value) >> BigInt(n))).toBe(true);
        if (n < 32) {
          tnum.tnumArshift(out, a.tnum, n, true);
          expect(tnumHolds(out, BigInt.asUintN(32, BigInt.asIntN(32, a.value) >> BigInt(n)))).toBe(true);
        }
      }),
    );
  });

  test('holds every number of the range it is made from', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, anyNumber, (a, b, c) => {
        const [min, value, max] = [a, b, c].sort((x, y) => (x < y ? -1 : 1));
        tnum.tnumRange(out, ...words(min), ...words(max));
        expect(isNormal(out)).toBe(true);
        expect([min, value, max].every((number) => tnumHolds(out, number))).toBe(true);
      }),
    );
  });

  test('holds, intersected with another, what both hold', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, anyNumber, (value, unknown, unknown2) => {
        const a = tnumAround(value, unknown);
        const b = tnumAround(value, unknown2);
        expect(tnum.tnumOverlap(a, b)).toBe(true);
        tnum.tnumIntersect(out, a, b);
        expect(tnumHolds(out, value)).toBe(true);
        expect(tnum.tnumIn(a, out) && tnum.tnumIn(b, out)).toBe(true);
      }),
    );
  });

  test('does not overlap with one that holds none of its numbers', () => {
    fc.assert(
      fc.property(held, held, (a, b) => {
        if (tnum.tnumOverlap(a.tnum, b.tnum)) {
          expect(tnum.tnumIn(a.tnum, b.tnum) ? tnumHolds(a.tnum, b.value) : true).toBe(true);
        } else {
          expect(tnumHolds(a.tnum, b.value)).toBe(false);
        }
      }),
    );
  });
});
