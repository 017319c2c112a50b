/** Concrete 64-bit numbers against the check's ranges, for tests. */
import fc from 'fast-check';
import { isContradictory, setUnsigned32, setUnsigned64 } from '../arc-bounds.js';
import type { NumberRules } from '../numbers.js';
import { markKnown, markUnknown, Reg } from '../register.js';
import type { Tnum } from '../tnum.js';

export const U64 = (value: bigint): bigint => BigInt.asUintN(64, value);
export const S64 = (value: bigint): bigint => BigInt.asIntN(64, value);

/** The high and low word of a number. */
export function words(value: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value))];
}

/** The unsigned number of two words. */
export function join(h: number, l: number): bigint {
  return (BigInt(h >>> 0) << 32n) | BigInt(l >>> 0);
}

/** Does the tristate number stand for the value, among others? */
export function tnumHolds(tnum: Tnum, value: bigint): boolean {
  return (U64(value) & ~join(tnum.mh, tnum.ml) & 0xffff_ffff_ffff_ffffn) === join(tnum.vh, tnum.vl);
}

/** Which of the register's ranges the value is outside of; empty when it is in all. */
export function violated(reg: Reg, value: bigint): string {
  const u64 = U64(value);
  const s64 = S64(value);
  const u32 = Number(u64 & 0xffff_ffffn);
  const s32 = u32 | 0;
  if (!tnumHolds(reg, value)) return 'known bits';
  if (u64 < join(reg.uminH, reg.uminL) || u64 > join(reg.umaxH, reg.umaxL)) return 'u64';
  if (s64 < S64(join(reg.sminH, reg.sminL)) || s64 > S64(join(reg.smaxH, reg.smaxL))) return 's64';
  if (u32 < reg.u32min >>> 0 || u32 > reg.u32max >>> 0) return 'u32';
  if (s32 < reg.s32min || s32 > reg.s32max) return 's32';
  return '';
}

/** Numbers near which arithmetic goes wrong, and any others. */
export const anyNumber: fc.Arbitrary<bigint> = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    fc.integer({ min: -300, max: 300 }).map(BigInt),
    fc
      .tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: -2, max: 2 }))
      .map(([bit, by]) => (1n << BigInt(bit)) + BigInt(by)),
  )
  .map(U64);

/** A tristate number that holds the value: some of its bits are unknown. */
export function tnumAround(value: bigint, unknown: bigint): Tnum {
  const [mh, ml] = words(unknown);
  const [vh, vl] = words(value & ~unknown);
  return { vh, vl, mh, ml };
}

/** A register whose ranges hold the value: from one known number to none known at all. */
function regAround(numbers: NumberRules, value: bigint, other: bigint, unknown: bigint, shape: number): Reg {
  const reg = new Reg();
  markUnknown(reg);
  const [h, l] = words(value);
  if (shape === 0) {
    markKnown(reg, h, l);
    return reg;
  }
  if (numbers.usesArcs) putArcs(reg, value, other, shape);
  else putRanges(reg, value, other, shape);
  const tnum = tnumAround(value, unknown);
  reg.vh = tnum.vh;
  reg.vl = tnum.vl;
  reg.mh = tnum.mh;
  reg.ml = tnum.ml;
  numbers.sync(reg);
  numbers.dropContradictions(reg);
  return reg;
}

function putRanges(reg: Reg, value: bigint, other: bigint, shape: number): void {
  const [, l] = words(value);
  if (shape >= 2) {
    const ends = [U64(value), U64(other)].sort((a, b) => (a < b ? -1 : 1));
    [reg.uminH, reg.uminL] = words(ends[0]);
    [reg.umaxH, reg.umaxL] = words(ends[1]);
  }
  if (shape >= 3) {
    const ends = [S64(value), S64(other)].sort((a, b) => (a < b ? -1 : 1));
    [reg.sminH, reg.sminL] = words(ends[0]);
    [reg.smaxH, reg.smaxL] = words(ends[1]);
  }
  if (shape >= 4) {
    const [, low] = words(other);
    reg.s32min = Math.min(l, low);
    reg.s32max = Math.max(l, low);
    reg.u32min = Math.min(l >>> 0, low >>> 0) | 0;
    reg.u32max = Math.max(l >>> 0, low >>> 0) | 0;
  }
}

/** Arcs from the value to the other or the other way round, whichever boundaries are in between. */
function putArcs(reg: Reg, value: bigint, other: bigint, shape: number): void {
  const [from, to] = shape % 2 === 0 ? [value, other] : [other, value];
  const [fromH, fromL] = words(from);
  const [toH, toL] = words(to);
  if (shape >= 2) setUnsigned64(reg, fromH, fromL, toH, toL);
  if (shape >= 3) setUnsigned32(reg, fromL, toL);
  // All numbers from the largest on would be none.
  if (isContradictory(reg)) markUnknown(reg);
}

export interface Known {
  readonly value: bigint;
  readonly reg: Reg;
}

/** A number and a register that may hold it. */
export function knownNumber(numbers: NumberRules): fc.Arbitrary<Known> {
  return fc
    .tuple(anyNumber, anyNumber, anyNumber, fc.integer({ min: 0, max: 4 }))
    .map(([value, other, unknown, shape]) => ({
      value,
      reg: regAround(numbers, value, other, unknown, shape),
    }));
}

/** Two numbers of which both may be known, often equal or next to each other: there comparisons are decided. */
export function knownNumbers(numbers: NumberRules): fc.Arbitrary<readonly [Known, Known]> {
  const near = fc.option(fc.integer({ min: -1, max: 1 }), { nil: undefined });
  return fc
    .tuple(
      fc.array(anyNumber, { minLength: 6, maxLength: 6 }),
      near,
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
    )
    .map(([[a, otherA, unknownA, b, otherB, unknownB], by, shapeA, shapeB]) => {
      const value = by === undefined ? b : U64(a + BigInt(by));
      return [
        { value: a, reg: regAround(numbers, a, otherA, unknownA, shapeA) },
        { value, reg: regAround(numbers, value, otherB, unknownB, shapeB) },
      ] as const;
    });
}
