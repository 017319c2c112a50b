/**
 * A whole measurement: every strategy on every workload, the reference first; one strategy a process, on a group of
 * small workloads or a large one alone. What is not the same as the reference's output ends the run; what cannot be run at
 * all is a problem of that workload only.
 */
import seedrandom from 'seedrandom';
import type { Answer, MeasureItem, ReferenceAnswer, WorkloadSpec } from './child-protocol.js';
import type { Execute } from './child-process.js';
import type { Row } from './columns.js';
import { groupsOf } from './groups.js';
import { failureRow, rowsOf, withFloorRatios, type RowKeys } from './result-rows.js';
import { TOTAL } from './phase-log.js';
import type { SamplingOptions } from './sampling.js';
import type { Walk } from './walk.js';

/** A workload under the names that its rows carry. */
export interface Target {
  readonly fileName: string;
  readonly progName: string;
  readonly workload: WorkloadSpec;
  /** Instructions before the rewriting: small ones share processes. When absent it has its processes to itself. */
  readonly slots?: number;
  /** Those of the plan's strategies that are measured on it; all when absent. */
  readonly strategies?: readonly string[];
  /** Processes of each strategy; as many as the plan says when absent. */
  readonly processes?: number | ((strategy: string) => number);
  /** Rows for `total` only, none for the phases. */
  readonly onlyTotals?: boolean;
}

export interface MeasurePlan {
  readonly targets: readonly Target[];
  /** Names in the order of the registry, which is the order of the rows. */
  readonly strategies: readonly string[];
  readonly sampling: SamplingOptions;
  /**
   * Processes per strategy and target, default 1. With more than one they are run in rounds, a process of each strategy
   * and group in every round, in an order drawn from the seed.
   */
  readonly processes?: number;
  /** Children at a time. More than one disturb each other's figures. */
  readonly jobs: number;
  /** Reference runs at a time: nothing is timed in them. Default 1. */
  readonly referenceJobs?: number;
  /** Values of the columns `kernel` and `seed`. */
  readonly kernel: string;
  readonly seed: string;
}

/** A finished (target, strategy, process). */
export interface Finished {
  /** How many are finished, this one included, and how many there are. */
  readonly done: number;
  readonly of: number;
  readonly target: Target;
  readonly strategy: string;
  /** From 1. */
  readonly process: number;
  /** Median total in ns; undefined when there is none. */
  readonly totalNs: number | undefined;
  /** Estimate of the time in ms that the rest takes, by what the finished ones took. */
  readonly leftMs: number;
}

export interface MeasureEvents {
  finished(item: Finished): void;
  /** Something that went wrong with one target, one line: `FILE: PROGRAM: STRATEGY: what`. */
  problem(line: string): void;
  /** Now and then, as `CHECKPOINT_MS` says: the rows so far, in their order. */
  checkpoint?(rows: readonly Row[]): void;
}

/** So much work, in ms, is lost at most when the machine stops. */
export const CHECKPOINT_MS = 120_000;

export interface Outcome {
  /** In the order of the targets' names, then strategy, then process, then phase as run, `total` last. */
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

/** A target at its place in the plan. */
interface Place {
  readonly target: Target;
  readonly at: number;
  /** Processes by strategy, in the plan's order. */
  readonly processes: ReadonlyMap<string, number>;
}

/** A place whose reference output is known. */
interface Referenced extends Place {
  readonly walk: Walk;
  readonly item: MeasureItem;
}

/** One process. */
interface Run {
  readonly group: readonly Referenced[];
  readonly strategy: string;
  readonly process: number;
}

/**
 * Targets whose references are run before their strategies are measured: enough to keep all cores busy and to spread
 * the processes of a strategy over time, few enough that the facts of a batch fit in memory and that an interrupted run
 * has rows.
 */
const BATCH_TARGETS = 256;
const BATCH_SLOTS = 500_000;

class Measurement {
  private readonly places: readonly Place[];
  private readonly rows = new Map<string, Row[]>();
  /** Those (target, strategy) that failed in a process: not tried again. */
  private readonly given = new Set<string>();
  private readonly difference = new AbortController();
  private readonly stop: AbortSignal;
  private readonly of: number;
  /** Time in ms spent on measuring (references not counted) in batches that are done, and when this one began. */
  private measuredMs = 0;
  private measuringSince = Date.now();
  private checkpointAt = Date.now();
  private problems = 0;
  private done = 0;

  constructor(
    private readonly plan: MeasurePlan,
    private readonly execute: Execute,
    private readonly events: MeasureEvents,
    private readonly interrupt: AbortSignal,
  ) {
    this.stop = AbortSignal.any([interrupt, this.difference.signal]);
    this.places = plan.targets.map((target, at) => ({
      target,
      at,
      processes: processesOf(target, plan),
    }));
    this.of = this.places.reduce((sum, place) => sum + runsAt(place).length, 0);
  }

  async run(): Promise<Outcome> {
    for (const batch of batchesOf(this.places)) {
      if (this.stop.aborted) break;
      await this.runBatch(batch);
    }
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

  /** The references of a batch, then its strategies, so that no reference disturbs a sample. */
  private async runBatch(batch: readonly Place[]): Promise<void> {
    const { jobs, referenceJobs = 1 } = this.plan;
    const groups = groupsOf(batch, slotsOf);
    const referenced = await this.inParallel(groups, referenceJobs, (group) => this.runReferences(group));
    const runs = this.runsOf(referenced.flat().sort((a, b) => a.at - b.at));
    this.measuringSince = Date.now();
    await this.inParallel(runs, jobs, (run) => this.measure(run));
    this.measuredMs += Date.now() - this.measuringSince;
  }

  /** All processes of the batch in the order they are started. */
  private runsOf(places: readonly Referenced[]): Run[] {
    const groups = groupsOf(places, slotsOf, ({ processes }) => JSON.stringify([...processes]));
    const most = Math.max(0, ...places.flatMap(({ processes }) => [...processes.values()]));
    const random = seedrandom.alea(`processes/${this.plan.seed}/${places.at(0)?.at ?? 0}`);
    const runs: Run[] = [];
    for (let process = 1; process <= most; process++) {
      const round = groups.flatMap((group) =>
        [...group[0].processes]
          .filter(([, count]) => process <= count)
          .map(([strategy]) => ({ group, strategy, process })),
      );
      runs.push(...(most === 1 ? round : shuffled(round, random)));
    }
    return runs;
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

  /** Those of the group that the reference could run, with its output. */
  private async runReferences(group: readonly Place[]): Promise<Referenced[]> {
    const items = group.map(({ target }) => ({ workload: target.workload }));
    const answers = await this.execute({ kind: 'reference', items }, this.stop);
    return group.flatMap((place, k) => {
      const answer = referenceOf(answers.at(k));
      if (answer.kind === 'reference') {
        const { digest, facts, walk } = answer;
        return { ...place, walk, item: { workload: place.target.workload, expected: digest, facts } };
      }
      if (!this.stop.aborted) this.problem(`${nameOf(place.target)}: ${answer.reason}`);
      for (const [strategy, process] of runsAt(place))
        this.finished(place.target, strategy, process, undefined);
      return [];
    });
  }

  private async measure({ group, strategy, process }: Run): Promise<void> {
    const wanted = group.filter((place) => !this.given.has(`${place.at} ${strategy}`));
    const answers =
      wanted.length === 0
        ? []
        : await this.execute(
            {
              kind: 'measure',
              strategy,
              sampling: this.plan.sampling,
              items: wanted.map(({ item }) => item),
            },
            this.stop,
          );
    for (const place of group) {
      const answer = answers.at(wanted.indexOf(place));
      if (!wanted.includes(place)) this.finished(place.target, strategy, process, undefined);
      else if (answer !== undefined) this.take(place, strategy, process, answer);
    }
    if (this.events.checkpoint === undefined || Date.now() < this.checkpointAt + CHECKPOINT_MS) return;
    this.checkpointAt = Date.now();
    this.events.checkpoint(this.orderedRows());
  }

  private take({ at, target, walk }: Referenced, strategy: string, process: number, answer: Answer): void {
    const keys = this.keysOf(target, strategy, process);
    const key = rowKey(at, strategy, process);
    switch (answer.kind) {
      case 'measured':
        this.rows.set(
          key,
          rowsOf(keys, answer, walk).filter(({ pass }) => target.onlyTotals !== true || pass === TOTAL),
        );
        this.finished(target, strategy, process, answer.phases.at(-1)?.summary.p50Ns);
        break;
      case 'differs':
        this.rows.set(key, [failureRow(keys)]);
        this.problem(`${nameOf(target)}: ${strategy}: ${answer.difference}`);
        this.finished(target, strategy, process, undefined);
        this.difference.abort();
        break;
      case 'failed':
        if (this.stop.aborted) break;
        this.given.add(`${at} ${strategy}`);
        this.problem(`${nameOf(target)}: ${strategy}: ${answer.reason}`);
        this.finished(target, strategy, process, undefined);
        break;
      case 'reference':
        throw new Error('a measuring child answered with a reference');
    }
  }

  private problem(line: string): void {
    this.problems++;
    this.events.problem(line);
  }

  private finished(target: Target, strategy: string, process: number, totalNs: number | undefined): void {
    if (this.stop.aborted) return;
    this.done++;
    const spentMs = this.measuredMs + Date.now() - this.measuringSince;
    const leftMs = (spentMs / this.done) * (this.of - this.done);
    this.events.finished({ done: this.done, of: this.of, target, strategy, process, totalNs, leftMs });
  }

  private keysOf({ fileName, progName }: Target, strategy: string, process: number): RowKeys {
    const { kernel, seed } = this.plan;
    return { fileName, progName, strategy, process, kernel, seed };
  }

  /** Rows by file, program, strategy, process; equal names stay in the order of the targets. */
  private orderedRows(): Row[] {
    const order = [...this.places].sort(
      ({ target: a, at: i }, { target: b, at: k }) =>
        compareText(a.fileName, b.fileName) || compareText(a.progName, b.progName) || i - k,
    );
    return order.flatMap((place) =>
      withFloorRatios(
        runsAt(place).flatMap(
          ([strategy, process]) => this.rows.get(rowKey(place.at, strategy, process)) ?? [],
        ),
      ),
    );
  }
}

function slotsOf({ target }: Place): number | undefined {
  return target.slots;
}

function processesOf(target: Target, plan: MeasurePlan): Map<string, number> {
  const strategies = plan.strategies.filter((name) => target.strategies?.includes(name) ?? true);
  const { processes = plan.processes ?? 1 } = target;
  return new Map(
    strategies.map((name) => [name, typeof processes === 'number' ? processes : processes(name)]),
  );
}

/** Strategy and number of every process of a place, in the order of the rows. */
function runsAt({ processes }: Place): (readonly [string, number])[] {
  return [...processes].flatMap(([strategy, count]) =>
    Array.from({ length: count }, (_, k) => [strategy, k + 1] as const),
  );
}

/** Parts the places, in their order. */
function batchesOf(places: readonly Place[]): Place[][] {
  const batches: Place[][] = [];
  let slots = 0;
  for (const place of places) {
    const own = place.target.slots ?? 0;
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === BATCH_TARGETS || slots + own > BATCH_SLOTS) {
      batches.push([place]);
      slots = own;
    } else {
      batch.push(place);
      slots += own;
    }
  }
  return batches;
}

/** A new order, drawn by Fisher and Yates. */
function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const order = [...list];
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}

function referenceOf(answer: Answer | undefined): ReferenceAnswer | { kind: 'failed'; reason: string } {
  return answer?.kind === 'reference' || answer?.kind === 'failed'
    ? answer
    : { kind: 'failed', reason: 'its process gave no reference' };
}

function rowKey(target: number, strategy: string, process: number): string {
  return `${target} ${strategy} ${process}`;
}

function nameOf(target: Target): string {
  return `${target.fileName}: ${target.progName}`;
}

/** By code unit: the same order on every machine, whatever its language. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
