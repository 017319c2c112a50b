import { describe, expect, test } from 'vitest';
import { clockStep, summarise } from './statistics.js';

describe('a summary of durations', () => {
  test('of five samples is what a hand computes', () => {
    // Median 400; distances from it 300 100 0 100 600, their median 100; mean 460, variance 113,000, standard error
    // 150.33, Student's t for 4 degrees of freedom 2.776: half width 417.4, 90.74 % of the mean. 99th percentile: rank
    // 3.96, so 500 + 0.96 * 500.
    expect(
      summarise(
        [500, 100, 1000, 300, 400].map((us) => us * 1000),
        1,
      ),
    ).toEqual({
      p50Ns: 400_000,
      madNs: 100_000,
      p99Ns: 980_000,
      minNs: 100_000,
      samples: 5,
      rmePct: expect.closeTo(90.74, 2) as number,
      warning: 'none',
    });
  });

  test('takes the mean of the two middle samples when their number is even', () => {
    expect(summarise([10_000, 20_000, 40_000, 80_000], 1).p50Ns).toBe(30_000);
  });

  test('of one sample has no margin of error', () => {
    expect(summarise([7000], 1)).toMatchObject({ p50Ns: 7000, madNs: 0, rmePct: null, samples: 1 });
  });

  test('of zeros only has no relative margin and says that the clock shows nothing', () => {
    expect(summarise(Array(20).fill(0) as number[], 1)).toMatchObject({
      p50Ns: 0,
      rmePct: null,
      warning: 'zero-dominated',
    });
  });

  test('warns of few samples and of medians near the step of the clock', () => {
    expect(summarise([5000, 5100, 5200], 1).warning).toBe('few-samples');
    expect(summarise([500, 510, 520, 530, 540, 550], 100).warning).toBe('low-resolution');
    expect(summarise([5000, 5100, 5200, 5300, 5400, 5500], 100).warning).toBe('none');
  });

  test('of no samples is refused', () => {
    expect(() => summarise([], 1)).toThrow(RangeError);
  });
});

test('the step of a clock is its smallest positive difference', () => {
  let calls = 0;
  expect(clockStep(() => 40 * Math.floor(calls++ / 3))).toBe(40);
  expect(clockStep(() => 1)).toBe(0);
});
