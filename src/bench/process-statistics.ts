/**
 * Statistics over processes: the unit that is repeated is the process, whose one figure is the median of its samples.
 * Samples of one process are not independent of each other (they share its compiled code and its memory layout), so
 * intervals and tests are never taken over samples.
 *
 * Every random number comes from a seed: the same CSV gives the same interval and the same p.
 */
import seedrandom from 'seedrandom';
import { median, medianSorted, permutationTest, quantileSorted } from 'simple-statistics';

/** Below this many processes an interval would say nothing that the values themselves do not. */
export const FEWEST_FOR_INTERVAL = 3;
const RESAMPLES = 2_000;
const PERMUTATIONS = 10_000;

/**
 * The middle of one figure per process, the mean of the two middle ones when their number is even.
 * @throws RangeError for none at all
 */
export function medianOfProcesses(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no processes to take the median of');
  return median([...values]);
}

/** Between these two the median lies. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Share of the resamples' medians that lies in the interval; default 0.95. */
  readonly level?: number;
  /** Default 2,000. */
  readonly resamples?: number;
}

/**
 * Confidence interval of the median over processes, by the percentile bootstrap: as many values are drawn, with
 * repetition, many times over, and the middle `level` of those medians is taken. With few processes (3 to 7) it is at
 * most as wide as the values themselves and somewhat too narrow, as percentile intervals are.
 * @returns null for fewer than `FEWEST_FOR_INTERVAL` values
 * @throws RangeError when the level is not between 0 and 1
 */
export function bootstrapInterval(
  values: readonly number[],
  seed: string,
  { level = 0.95, resamples = RESAMPLES }: BootstrapOptions = {},
): Interval | null {
  if (!(level > 0 && level < 1)) throw new RangeError(`a level of ${level} is not between 0 and 1`);
  if (values.length < FEWEST_FOR_INTERVAL) return null;
  const random = seedrandom.alea(`bootstrap/${seed}`);
  const medians = new Float64Array(resamples);
  const drawn: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    for (let count = 0; count < values.length; count++) {
      const value = values[Math.floor(random() * values.length)];
      // Sorting as they are drawn is by far the cheapest for so few.
      let at = count;
      for (; at > 0 && drawn[at - 1] > value; at--) drawn[at] = drawn[at - 1];
      drawn[at] = value;
    }
    medians[resample] = medianSorted(drawn);
  }
  const sorted = Array.from(medians.sort());
  return {
    low: quantileSorted(sorted, (1 - level) / 2),
    high: quantileSorted(sorted, (1 + level) / 2),
  };
}

/**
 * How probable a difference of the means at least as large as this one, either way, would be if it did not matter which
 * of the two a process belonged to: permutation test over all arrangements, or, where these are more than 10,000, over so
 * many drawn ones and the one found, so that it is never 0. Few processes cannot show much: 3 against 3 have 20 arrangements
 * and never get below 0.1, 7 against 7 reach 0.0006.
 * @param seed for the draw
 * @returns null when one side has fewer than two values
 */
export function permutationP(a: readonly number[], b: readonly number[], seed: string): number | null {
  if (a.length < 2 || b.length < 2) return null;
  if (arrangements(a.length, b.length) <= PERMUTATIONS) return exactP(a, b);
  const random = seedrandom.alea(`permutation/${seed}`);
  const extreme = permutationTest([...a], [...b], 'two_side', PERMUTATIONS, random) * PERMUTATIONS;
  return (extreme + 1) / (PERMUTATIONS + 1);
}

/** In how many ways `n + m` processes can be parted into `n` and `m`. */
function arrangements(n: number, m: number): number {
  let ways = 1;
  for (let k = 1; k <= n; k++) ways = (ways * (m + k)) / k;
  return ways;
}

function exactP(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b];
  const sum = (values: readonly number[]) => values.reduce((before, value) => before + value, 0);
  const total = sum(all);
  // Of sums of nanoseconds none is ever rounded: equal differences are found equal.
  const difference = (one: number) => Math.abs(one / a.length - (total - one) / b.length);
  const found = difference(sum(a));
  let ways = 0;
  let extreme = 0;
  const choose = (from: number, left: number, chosen: number): void => {
    if (left === 0) {
      ways++;
      if (difference(chosen) >= found) extreme++;
      return;
    }
    for (let at = from; at <= all.length - left; at++) choose(at + 1, left - 1, chosen + all[at]);
  };
  choose(0, a.length, 0);
  return extreme / ways;
}
