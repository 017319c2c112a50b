/**
 * What a set of durations says: tinybench's own statistics, so that phases, whose durations are recorded inside one
 * sample, and the total, which is the sample, are summarised alike.
 */
import { Bench, classifyTimerSaturation } from 'tinybench';

/** Times in ns; see the columns `duration_…` and `rme_pct`. */
export interface Summary {
  readonly p50Ns: number;
  readonly madNs: number;
  readonly p99Ns: number;
  readonly minNs: number;
  readonly samples: number;
  /** In percent; null for a single sample or when the mean is 0. */
  readonly rmePct: number | null;
  /** Value of the column `timer_warning`. */
  readonly warning: TimerWarning;
}

export type TimerWarning =
  'none' | 'few-samples' | 'low-resolution' | 'zero-dominated' | 'low-distinct' | 'zero-mad';

/** Below this many samples a median says little. */
const FEW_SAMPLES = 5;
/** A median should be this many steps of the clock. */
const CLOCK_STEPS = 20;

/**
 * Summarises durations in ns, in any order.
 * @param clockStepNs smallest difference the clock can show, see `clockStep`
 * @throws RangeError for no samples at all
 */
export function summarise(durationsNs: readonly number[], clockStepNs: number): Summary {
  if (durationsNs.length === 0) throw new RangeError('no samples to summarise');
  const { latency } = replay(durationsNs);
  const p50Ns = latency.p50 * NS_PER_MS;
  const saturation = classifyTimerSaturation(latency.samples!, latency.mad);
  return {
    p50Ns: Math.round(p50Ns),
    madNs: Math.round(latency.mad * NS_PER_MS),
    p99Ns: Math.round(latency.p99 * NS_PER_MS),
    minNs: Math.round(latency.min * NS_PER_MS),
    samples: latency.samplesCount,
    rmePct: latency.samplesCount > 1 && Number.isFinite(latency.rme) ? latency.rme : null,
    warning:
      saturation ??
      (p50Ns < CLOCK_STEPS * clockStepNs
        ? 'low-resolution'
        : durationsNs.length < FEW_SAMPLES
          ? 'few-samples'
          : 'none'),
  };
}

const NS_PER_MS = 1e6;

/** Runs a task of given durations: tinybench computes its statistics from samples only. */
function replay(durationsNs: readonly number[]) {
  let at = 0;
  const bench = new Bench({
    iterations: durationsNs.length,
    time: 0,
    warmup: false,
    retainSamples: true,
    throws: true,
  });
  bench.add('recorded', () => ({ overriddenDuration: durationsNs[at++] / NS_PER_MS }), { async: false });
  const result = bench.runSync()[0].result;
  if (result.state !== 'completed') throw new Error(`replaying samples ended as '${result.state}'`);
  return result;
}

/** The smallest step that `now` (ns) shows within a few thousand calls: its resolution, or the cost of one call. */
export function clockStep(now: () => number): number {
  let smallest = Infinity;
  for (let i = 0; i < 5000; i++) {
    const start = now();
    const step = now() - start;
    if (step > 0 && step < smallest) smallest = step;
  }
  return smallest === Infinity ? 0 : smallest;
}
