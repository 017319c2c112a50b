import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { bootstrapInterval, medianOfProcesses, permutationP } from './process-statistics.js';

const anyValues = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 3, maxLength: 9 });

/** Normally distributed by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

describe('the median over processes', () => {
  test('is the middle value, or the mean of the two middle ones', () => {
    expect(medianOfProcesses([5, 1, 9])).toBe(5);
    expect(medianOfProcesses([5, 1, 9, 7])).toBe(6);
    expect(medianOfProcesses([4])).toBe(4);
    expect(() => medianOfProcesses([])).toThrow(RangeError);
  });

  test('leaves the order of its input alone', () => {
    const values = [3, 1, 2];
    medianOfProcesses(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('a bootstrap interval', () => {
  test('of equal values is that value', () => {
    expect(bootstrapInterval([7, 7, 7, 7, 7], 's')).toEqual({ low: 7, high: 7 });
  });

  test('of three values is all of them: each extreme is the median of 7 in 27 resamples', () => {
    expect(bootstrapInterval([10, 20, 40], 's')).toEqual({ low: 10, high: 40 });
  });

  test('of seven values leaves out the extremes, whose chance to be the median is under 2.5 %', () => {
    // The least is the median of a resample when at least four of seven draws are it: 1.0 %; the two least: 9.9 %.
    const interval = bootstrapInterval([1, 2, 3, 4, 5, 6, 7], 's', { resamples: 20_000 });
    expect(interval).toEqual({ low: 2, high: 6 });
  });

  test('of fewer than three values there is none', () => {
    expect(bootstrapInterval([1, 2], 's')).toBeNull();
  });

  test('lies within the values, around their median, and is the same for the same seed', () => {
    fc.assert(
      fc.property(anyValues, fc.string(), (values, seed) => {
        const interval = bootstrapInterval(values, seed, { resamples: 200 })!;
        expect(interval).toEqual(bootstrapInterval(values, seed, { resamples: 200 }));
        expect(interval.low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(interval.high).toBeLessThanOrEqual(Math.max(...values));
        expect(interval.low).toBeLessThanOrEqual(medianOfProcesses(values));
        expect(interval.high).toBeGreaterThanOrEqual(medianOfProcesses(values));
      }),
      { numRuns: 50 },
    );
  });

  test('covers the true median about as often as it says', () => {
    const random = seedrandom.alea('coverage');
    let covered = 0;
    for (let round = 0; round < 300; round++) {
      const values = Array.from({ length: 15 }, () => 100 + normal(random));
      const { low, high } = bootstrapInterval(values, `${round}`, { resamples: 300 })!;
      if (low <= 100 && 100 <= high) covered++;
    }
    expect(covered / 300).toBeGreaterThan(0.88);
    expect(covered / 300).toBeLessThan(0.995);
  });

  test('refuses a level that is no share', () => {
    expect(() => bootstrapInterval([1, 2, 3], 's', { level: 95 })).toThrow(RangeError);
  });
});

describe('a permutation test', () => {
  test('of the same values finds no difference', () => {
    expect(permutationP([5, 6, 7, 8], [5, 6, 7, 8], 's')).toBe(1);
  });

  test('of three against three wholly apart gives 2 of 20 arrangements', () => {
    expect(permutationP([1, 2, 3], [11, 12, 13], 's')).toBe(0.1);
  });

  test('of seven against seven wholly apart gives 2 of 3,432', () => {
    const p = permutationP([1, 2, 3, 4, 5, 6, 7], [11, 12, 13, 14, 15, 16, 17], 's');
    expect(p).toBe(2 / 3432);
  });

  test('is the textbook value on a small case counted by hand', () => {
    // Of the 20 ways to choose three of 1, 2, 3, 4, 5, 9 the difference of sums is at least that of (1,2,5 | 3,4,9), 8,
    // either way: sums of 8 or less or of 16 or more: 123 124 125 134 and their complements, so 8.
    expect(permutationP([1, 2, 5], [3, 4, 9], 's')).toBe(0.4);
  });

  test('of more arrangements than can be counted is never 0', () => {
    const low = Array.from({ length: 12 }, (_, at) => at);
    const p = permutationP(
      low,
      low.map((value) => value + 100),
      's',
    );
    expect(p).toBe(1 / 10_001);
  });

  test('takes neither side for the first, and the same seed for the same p', () => {
    fc.assert(
      fc.property(anyValues, anyValues, (a, b) => {
        const p = permutationP(a, b, 's')!;
        expect(p).toBe(permutationP(a, b, 's'));
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(Math.abs(p - permutationP(b, a, 's')!)).toBeLessThan(0.05);
      }),
      { numRuns: 15 },
    );
  });

  test('rejects equal distributions about as rarely as its level says', () => {
    const random = seedrandom.alea('size');
    let rejected = 0;
    for (let round = 0; round < 40; round++) {
      const draw = () => Array.from({ length: 7 }, () => normal(random));
      if (permutationP(draw(), draw(), `${round}`)! <= 0.05) rejected++;
    }
    expect(rejected).toBeLessThanOrEqual(7);
  });

  test('of a single process there is none', () => {
    expect(permutationP([1], [2, 3], 's')).toBeNull();
  });
});
