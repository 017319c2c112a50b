/**
 * Measures one strategy inside this process, on one workload or on several small ones: first, untimed runs whose outputs
 * are compared with the reference's digests and whose counters are kept; warming up, all workloads by turns; then
 * tinybench's samples, each on a fresh store and each compared with the first output. Two strategies must never be
 * measured in one process: call sites that have seen several store classes are some ten times slower.
 */
import { Bench } from 'tinybench';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { Garbage } from './garbage.js';
import { digestOf, firstDifference, sameProgram } from './linear-compare.js';
import { nowNs, PhaseLog, TOTAL, type PhaseWork } from './phase-log.js';
import { clockStep, summarise, type Summary } from './statistics.js';
import { walkOver, type Walk } from './walk.js';
import type { MeasuredStrategy, Workload } from './workload.js';

export interface SamplingOptions {
  /** Time in ms to spend on samples, comparing and collecting garbage included. */
  readonly budgetMs: number;
  /** Fewest samples, however long they take. */
  readonly minSamples: number;
}

/** One phase, or the total of all. */
export interface PhaseResult {
  readonly name: string;
  readonly work: PhaseWork;
  readonly summary: Summary;
}

/** The strategy's output is not the reference's; `message` says where in one line. */
export class DifferenceError extends Error {
  override readonly name = 'DifferenceError';
}

/** The digest that every strategy's output must have, from one run over the reference store. */
export function referenceDigest(workload: Workload, reference: MeasuredStrategy): string {
  return digestOf(workload.run(reference, new PhaseLog(false)));
}

/** One run over the reference store: the digest that every strategy's output must have, and how far the passes walk. */
export function runReference(
  workload: Workload,
  reference: MeasuredStrategy,
): { readonly digest: string; readonly walk: Walk } {
  const { linear, walk } = walkOver(workload, reference);
  return { digest: digestOf(linear), walk };
}

/** The first run; its output is compared with the reference's. */
function runCompared(
  workload: Workload,
  strategy: MeasuredStrategy,
  log: PhaseLog,
  expected: string,
  reference: MeasuredStrategy,
): LinearProgram {
  let got: LinearProgram;
  try {
    got = workload.run(strategy, log);
  } catch (error) {
    throw new DifferenceError(`fails where the reference does not: ${messageOf(error)}`, { cause: error });
  }
  if (digestOf(got) === expected) return got;
  const again = workload.run(reference, new PhaseLog(false));
  throw new DifferenceError(
    firstDifference(got, again) ?? 'the reference gives another output on every run: not deterministic',
  );
}

/**
 * Measures one workload alone, in the order the phases ran, `total` last.
 * @param expected the reference's digest
 * @param reference run again to find the first difference when the digests differ
 * @throws DifferenceError when any run's output is not the reference's
 */
export function measureStrategy(
  workload: Workload,
  strategy: MeasuredStrategy,
  expected: string,
  reference: MeasuredStrategy,
  options: SamplingOptions,
): PhaseResult[] {
  const sampler = new Sampler(reference, options);
  const started = sampler.start(workload, strategy, expected);
  sampler.warmUp([started]);
  return sampler.measure(started);
}

/** A workload after its first run. */
export interface Started {
  readonly workload: Workload;
  readonly strategy: MeasuredStrategy;
  /** The reference's digest, which the first run's output has. */
  readonly expected: string;
  /** The first run's output; absent when it is too long to be kept beside another run. */
  readonly first: LinearProgram | undefined;
  /** Words of an aux record. */
  readonly auxWords: number;
  /** The first run's phases, durations and counters. */
  readonly counting: PhaseLog;
  /** Everything about the first run, comparing included. */
  readonly firstMs: number;
  /** The same of the last run. */
  lastMs: number;
  /** Time in ms that warming up took so far. */
  warmingMs: number;
  /** What went wrong while warming up. */
  trouble?: unknown;
}

/** Durations in ns: per phase, and their sum per sample. */
interface Recorded {
  readonly phases: readonly number[][];
  readonly totals: readonly number[];
}

/** The passes over 45,000 instructions stop getting faster at about the tenth run: then all of them are compiled. */
const WARM_UP_RUNS = 9;
/**
 * Warming up takes so many times the budget of one workload's samples at least, all workloads of the process together, and
 * no longer than so many ms: `dense-10k` over the overlay took 3.3 ms in its tenth to twentieth run and 1.6 ms from some
 * hundred ms on, when the optimised code of all it calls had come.
 */
const WARM_UP_BUDGETS = 14;
const WARM_UP_MS = 400;
/** Medians of fewer samples say little. */
const SAMPLES = 10;
/**
 * Where so many runs or samples would take longer than so many ms, fewer do: long runs are compiled within one, and the
 * least number of samples is the user's.
 */
const ENOUGH_MS = 1000;

/**
 * A first run of this many ms is a sample too: compiling is lost in it, and a few more of its kind would take longer than
 * all the rest of a benchmark.
 */
const FIRST_RUN_COUNTS_MS = 2000;

/**
 * A longer output is compared by its digest, which takes some hundred times longer than with the first run's: `ladder-1M` has
 * 137 MiB of it, of the 1 GiB that a process may take.
 */
const KEPT_BYTES = 64 << 20;

/** Everything that is measured in one process. */
export class Sampler {
  private readonly garbage = new Garbage();

  /** @param reference run again to find the first difference when a digest differs */
  constructor(
    private readonly reference: MeasuredStrategy,
    private readonly options: SamplingOptions,
  ) {}

  /**
   * The first run of a workload.
   * @param expected the reference's digest
   * @throws DifferenceError when the output is not the reference's
   */
  start(workload: Workload, strategy: MeasuredStrategy, expected: string): Started {
    const counting = new PhaseLog(true);
    const startedAt = nowNs();
    const first = runCompared(workload, strategy, counting, expected, this.reference);
    const firstMs = (nowNs() - startedAt) / 1e6;
    const kept = first.insns.byteLength + first.aux.byteLength <= KEPT_BYTES ? first : undefined;
    const { auxWords } = first;
    return {
      workload,
      strategy,
      expected,
      first: kept,
      auxWords,
      counting,
      firstMs,
      lastMs: firstMs,
      warmingMs: 0,
    };
  }

  /** Runs them by turns until all code they need is compiled. What goes wrong is thrown by `measure`. */
  warmUp(started: readonly Started[]): void {
    let cold = started.filter((each) => !firstCounts(each));
    const { budgetMs } = this.options;
    const least = Math.min(WARM_UP_MS, WARM_UP_BUDGETS * budgetMs);
    const endsAt = nowNs() + Math.max(least, (cold.length * budgetMs) / 4) * 1e6;
    for (let round = 0; cold.length > 0 && (round < WARM_UP_RUNS || nowNs() < endsAt); round++) {
      for (const each of cold) {
        try {
          this.sample(each);
        } catch (error) {
          each.trouble = error;
        }
        each.warmingMs += each.lastMs;
      }
      cold = cold.filter(({ trouble, warmingMs }) => trouble === undefined && warmingMs < ENOUGH_MS);
    }
  }

  /**
   * Measures, in the order the phases ran, `total` last.
   * @throws DifferenceError when any run's output is not the reference's
   */
  measure(started: Started): PhaseResult[] {
    if (started.trouble !== undefined) throw started.trouble as Error;
    const { counting } = started;
    const recorded = this.takeSamples(started);
    const step = clockStep(nowNs);
    const phases = counting.names.map((name, at) => ({
      name,
      work: counting.work[at],
      summary: summarise(recorded.phases[at], step),
    }));
    return [
      ...phases,
      { name: TOTAL, work: counting.totalWork(), summary: summarise(recorded.totals, step) },
    ];
  }

  private takeSamples(started: Started): Recorded {
    const { counting, lastMs, strategy } = started;
    const { budgetMs, minSamples } = this.options;
    const withFirst = firstCounts(started) && minSamples > 1;
    const phases = counting.durations.map((duration) => (withFirst ? [duration] : []));
    const totals = withFirst ? [counting.total()] : [];
    const affordable = Math.min(SAMPLES, Math.ceil(ENOUGH_MS / lastMs));
    const bench = new Bench({
      time: budgetMs,
      iterations: Math.max(minSamples - totals.length, affordable),
      warmup: false,
      timestampProvider: 'hrtimeNow',
      throws: true,
    });
    const sample = () => {
      const log = this.sample(started);
      const total = log.total();
      totals.push(total);
      log.durations.forEach((duration, at) => phases[at].push(duration));
      return { overriddenDuration: total / 1e6, overriddenIterationCost: started.lastMs };
    };
    bench.add(strategy.name, sample, { async: false });
    bench.runSync();
    return { phases, totals };
  }

  /**
   * One run on a fresh store.
   * @throws DifferenceError when its output is not that of the first run
   */
  private sample(started: Started): PhaseLog {
    const { workload, strategy, expected, first, counting } = started;
    const startedAt = nowNs();
    this.garbage.beforeRun(counting.totalWork().counters.bytesAllocated);
    const log = new PhaseLog(false);
    const got = workload.run(strategy, log);
    const same = first === undefined ? digestOf(got) === expected : sameProgram(got, first);
    if (!same) throw new DifferenceError(unsteady(got, first));
    started.lastMs = (nowNs() - startedAt) / 1e6;
    return log;
  }
}

function firstCounts({ firstMs }: Started): boolean {
  return firstMs >= FIRST_RUN_COUNTS_MS;
}

function unsteady(got: LinearProgram, first: LinearProgram | undefined): string {
  const what = 'differs from its own first run';
  if (first === undefined) return `${what}, which was not kept`;
  return `${what}: ${firstDifference(got, first) ?? 'beyond the instructions in use'}`;
}

/** First line of an error's message. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0];
}
