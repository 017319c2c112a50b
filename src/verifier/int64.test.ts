import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as int64 from './int64.js';
import { anyNumber, join, S64, U64, words } from './testing/ranges.js';

const { r } = int64;

type Binary = (ah: number, al: number, bh: number, bl: number) => void;

function holdsForAll(operation: Binary, exact: (a: bigint, b: bigint) => bigint): void {
  fc.assert(
    fc.property(anyNumber, anyNumber, (a, b) => {
      operation(...words(a), ...words(b));
      expect(join(r.h, r.l)).toBe(U64(exact(a, b)));
    }),
  );
}

describe('64-bit numbers in two words', () => {
  test('add, subtract and multiply as 64-bit integers do', () => {
    holdsForAll(int64.add, (a, b) => a + b);
    holdsForAll(int64.sub, (a, b) => a - b);
    holdsForAll(int64.mul, (a, b) => a * b);
    holdsForAll(
      (_ah, al, _bh, bl) => {
        int64.mul32(al, bl);
      },
      (a, b) => (a & 0xffff_ffffn) * (b & 0xffff_ffffn),
    );
  });

  test('shift by any amount below 64', () => {
    fc.assert(
      fc.property(anyNumber, fc.integer({ min: 0, max: 63 }), (a, n) => {
        const [h, l] = words(a);
        int64.shl(h, l, n);
        expect(join(r.h, r.l)).toBe(U64(a << BigInt(n)));
        int64.shr(h, l, n);
        expect(join(r.h, r.l)).toBe(a >> BigInt(n));
        int64.sar(h, l, n);
        expect(join(r.h, r.l)).toBe(U64(S64(a) >> BigInt(n)));
        expect(Object.is(r.h, r.h | 0) && Object.is(r.l, r.l | 0)).toBe(true);
      }),
    );
  });

  test('compare signed and unsigned', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        const args = [...words(a), ...words(b)] as const;
        expect(int64.ult(...args)).toBe(a < b);
        expect(int64.ule(...args)).toBe(a <= b);
        expect(int64.slt(...args)).toBe(S64(a) < S64(b));
        expect(int64.sle(...args)).toBe(S64(a) <= S64(b));
      }),
    );
  });

  test('tell when a sum or difference does not fit', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        const args = [...words(a), ...words(b)] as const;
        expect(int64.uaddOverflows(...args)).toBe(a + b !== U64(a + b));
        expect(int64.saddOverflows(...args)).toBe(S64(a) + S64(b) !== S64(a + b));
        expect(int64.ssubOverflows(...args)).toBe(S64(a) - S64(b) !== S64(a - b));
      }),
    );
  });

  test('are doubles where they are safe integers', () => {
    fc.assert(
      fc.property(anyNumber, (a) => {
        const signed = S64(a);
        const isSafe = signed >= -(2n ** 53n) && signed < 2n ** 53n;
        expect(int64.toNumber(...words(a))).toBe(isSafe ? Number(signed) : Number.NaN);
        expect(int64.bitLength(...words(a))).toBe(a === 0n ? 0 : a.toString(2).length);
      }),
    );
  });
});
