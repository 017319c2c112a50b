/**
 * A whole measurement: every strategy on every workload, one process each, the reference first. What is not the same
 * as the reference's output ends the run; what cannot be run at all is a problem of that workload only.
 */
import type { PhaseResult, SamplingOptions } from './sampling.js';
import type { Answer, DifferentAnswer, MeasuredAnswer, WorkloadSpec } from './child-protocol.js';
import type { Execute } from './child-process.js';
import { emptyRow, type Row } from './columns.js';
import { TOTAL } from './phase-log.js';

/** A workload under the names that its rows carry. */
export interface Target {
  readonly fileName: string;
  readonly progName: string;
  readonly workload: WorkloadSpec;
}

export interface MeasurePlan {
  readonly targets: readonly Target[];
  /** Names in the order of the registry, which is the order of the rows. */
  readonly strategies: readonly string[];
  readonly sampling: SamplingOptions;
  /** Children at a time. More than one disturb each other's figures. */
  readonly jobs: number;
  /** Reference runs at a time: nothing is timed in them. Default 1. */
  readonly referenceJobs?: number;
  /** Values of the columns `kernel` and `seed`. */
  readonly kernel: string;
  readonly seed: string;
}

/** A finished (target, strategy). */
export interface Finished {
  /** How many are finished, this one included, and how many there are. */
  readonly done: number;
  readonly of: number;
  readonly target: Target;
  readonly strategy: string;
  /** Median total in ns; undefined when there is none. */
  readonly totalNs: number | undefined;
}

export interface MeasureEvents {
  finished(item: Finished): void;
  /** Something that went wrong with one target, one line: `FILE: PROGRAM: STRATEGY: what`. */
  problem(line: string): void;
}

export interface Outcome {
  /** In the order of the targets' names, then strategy, then phase as run, `total` last. */
  readonly rows: Row[];
  /** Number of problems, differences among them. */
  readonly problems: number;
  /** `difference`: a strategy's output was not the reference's and the run ended there. */
  readonly ended: 'complete' | 'difference' | 'interrupted';
}

/** Measures all of `plan`; `stop` ends it early with the rows that are finished. */
export async function measureAll(
  plan: MeasurePlan,
  execute: Execute,
  events: MeasureEvents,
  stop: AbortSignal,
): Promise<Outcome> {
  return new Measurement(plan, execute, events, stop).run();
}

/** What came of the reference's process. */
type Reference = Exclude<Answer, MeasuredAnswer | DifferentAnswer>;

/**
 * Targets whose references are run before their strategies are measured: enough to keep all cores busy, few enough that
 * the facts of a batch fit in memory.
 */
const BATCH = 16;

class Measurement {
  private readonly rows = new Map<string, Row[]>();
  private readonly difference = new AbortController();
  private readonly stop: AbortSignal;
  private problems = 0;
  private done = 0;

  constructor(
    private readonly plan: MeasurePlan,
    private readonly execute: Execute,
    private readonly events: MeasureEvents,
    private readonly interrupt: AbortSignal,
  ) {
    this.stop = AbortSignal.any([interrupt, this.difference.signal]);
  }

  async run(): Promise<Outcome> {
    for (let at = 0; at < this.plan.targets.length && !this.stop.aborted; at += BATCH)
      await this.runBatch(at);
    return {
      rows: this.orderedRows(),
      problems: this.problems,
      ended: this.difference.signal.aborted
        ? 'difference'
        : this.interrupt.aborted
          ? 'interrupted'
          : 'complete',
    };
  }

  /** The references of up to `BATCH` targets from `first` on, then their strategies, so that no reference disturbs a sample. */
  private async runBatch(first: number): Promise<void> {
    const { targets, strategies, jobs, referenceJobs = 1 } = this.plan;
    const batch = targets.slice(first, first + BATCH);
    const references = await this.inParallel(batch, referenceJobs, (target) => this.runReference(target));
    const items = batch.flatMap((target, at) =>
      strategies.map((strategy) => ({ target, at, strategy, reference: references[at] })),
    );
    await this.inParallel(items, jobs, async ({ target, at, strategy, reference }) => {
      const rows = await this.measure(target, strategy, reference, strategy === strategies[0]);
      this.rows.set(rowKey(first + at, strategy), rows);
    });
  }

  /** Works through the list, `workers` at a time, until it is done or the run is stopped. */
  private async inParallel<T, R>(
    list: readonly T[],
    workers: number,
    work: (item: T) => Promise<R>,
  ): Promise<R[]> {
    const results: R[] = [];
    let next = 0;
    const worker = async () => {
      while (next < list.length && !this.stop.aborted) {
        const at = next++;
        results[at] = await work(list[at]);
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, workers) }, worker));
    return results;
  }

  /**
   * The rows of one strategy on one target; none when it could not be run.
   * @param first whether to say what kept the reference from running
   */
  private async measure(
    target: Target,
    strategy: string,
    reference: Reference,
    first: boolean,
  ): Promise<Row[]> {
    if (reference.kind === 'failed') {
      if (first) this.problem(`${nameOf(target)}: ${reference.reason}`);
      this.finished(target, strategy, undefined);
      return [];
    }
    const answer = await this.execute(
      {
        kind: 'measure',
        workload: target.workload,
        strategy,
        expected: reference.digest,
        facts: reference.facts,
        sampling: this.plan.sampling,
      },
      this.stop,
    );
    switch (answer.kind) {
      case 'measured':
        this.finished(target, strategy, answer.phases.at(-1)?.summary.p50Ns);
        return answer.phases.map((phase) => this.rowOf(target, strategy, phase, answer));
      case 'differs':
        this.problem(`${nameOf(target)}: ${strategy}: ${answer.difference}`);
        this.finished(target, strategy, undefined);
        this.difference.abort();
        return [{ ...this.keysOf(target, strategy, TOTAL), verdict: 'failure' }];
      case 'failed':
        if (!this.stop.aborted) {
          this.problem(`${nameOf(target)}: ${strategy}: ${answer.reason}`);
          this.finished(target, strategy, undefined);
        }
        return [];
      case 'reference':
        throw new Error('a measuring child answered with a reference');
    }
  }

  private async runReference(target: Target): Promise<Reference> {
    const answer = await this.execute({ kind: 'reference', workload: target.workload }, this.stop);
    return answer.kind === 'reference' || answer.kind === 'failed'
      ? answer
      : { kind: 'failed', reason: 'its process gave no reference' };
  }

  private problem(line: string): void {
    this.problems++;
    this.events.problem(line);
  }

  private finished(target: Target, strategy: string, totalNs: number | undefined): void {
    if (this.stop.aborted) return;
    this.done++;
    const of = this.plan.targets.length * this.plan.strategies.length;
    this.events.finished({ done: this.done, of, target, strategy, totalNs });
  }

  private keysOf(target: Target, strategy: string, pass: string): Row {
    const { kernel, seed } = this.plan;
    return {
      ...emptyRow(),
      file_name: target.fileName,
      prog_name: target.progName,
      strategy,
      pass,
      kernel,
      seed,
    };
  }

  private rowOf(target: Target, strategy: string, phase: PhaseResult, answer: MeasuredAnswer): Row {
    const { summary, work } = phase;
    const { counts, counters } = work;
    return {
      ...this.keysOf(target, strategy, phase.name),
      verdict: 'success',
      duration: Math.round(summary.p50Ns / 1000),
      prog_size: work.slotsBefore,
      prog_size_out: work.slotsAfter,
      patches: counts.patches,
      expanding_patches: counts.expandingPatches,
      insns_added: counts.insnsAdded,
      insns_removed: counts.insnsRemoved,
      insn_moved_bytes: counters.insnBytesMoved,
      aux_moved_bytes: counters.auxBytesMoved,
      branch_visits: counters.branchVisits,
      probe_visits: counters.probeVisits,
      node_visits: counters.nodeVisits,
      metadata_visits: counters.metadataVisits,
      allocations: counters.allocations,
      allocated_bytes: counters.bytesAllocated,
      duration_p50_ns: summary.p50Ns,
      duration_mad_ns: summary.madNs,
      duration_p99_ns: summary.p99Ns,
      duration_min_ns: summary.minNs,
      samples: summary.samples,
      rme_pct: summary.rmePct,
      peak_rss_kb: answer.peakRssKb,
      timer_warning: summary.warning,
    };
  }

  /** Rows by file, program, strategy; equal names stay in the order of the targets. */
  private orderedRows(): Row[] {
    const { targets, strategies } = this.plan;
    const order = targets.map((_, at) => at);
    order.sort(
      (a, b) =>
        compareText(targets[a].fileName, targets[b].fileName) ||
        compareText(targets[a].progName, targets[b].progName) ||
        a - b,
    );
    return order.flatMap((at) => strategies.flatMap((strategy) => this.rows.get(rowKey(at, strategy)) ?? []));
  }
}

function rowKey(target: number, strategy: string): string {
  return `${target} ${strategy}`;
}

function nameOf(target: Target): string {
  return `${target.fileName}: ${target.progName}`;
}

/** By code unit: the same order on every machine, whatever its language. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
