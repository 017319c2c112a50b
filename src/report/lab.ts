/**
 * A measurement as a report reads it: figures over processes for any (workload, strategy, phase), and which of them there
 * are. A *workload* is named as tables name it: a shape by its name, a program by its file without the ending, with
 * `/program` where the file has several.
 */
import type { Row } from '../bench/columns.js';
import { TOTAL } from '../bench/phase-log.js';
import { bootstrapInterval, medianOfProcesses, permutationP } from '../bench/process-statistics.js';
import { BASELINE } from './totals.js';

/** The strategy that knows all patches beforehand, in rows beside the others. */
export const FLOOR_NAME = 'floor';

/** Processes that disagree: the interval is wider than half of the median. */
export const SCATTERED = 'scattered';

/** Times of one (workload, strategy, phase), in ns. */
export interface Times {
  /** Median over the processes' medians. */
  readonly median: number;
  /** 95 % bootstrap interval of the median; null for fewer than three processes. */
  readonly low: number | null;
  readonly high: number | null;
  readonly processes: number;
  /**
   * Why the times are not to be trusted: what a process said of its own (`timer_warning`), or `SCATTERED`; null when there is no
   * such reason.
   */
  readonly warning: string | null;
  /** The processes' own medians, for tests of difference. */
  readonly values: readonly number[];
}

/** All rows of one run, found by name. */
export class Lab {
  /** Names of workloads in the order of the rows. */
  readonly workloads: readonly string[];
  private readonly byKey = new Map<string, Row[]>();
  private readonly strategiesBy = new Map<string, string[]>();
  private readonly passesBy = new Map<string, string[]>();

  constructor(readonly rows: readonly Row[]) {
    const nameOf = workloadNames(rows);
    for (const row of rows) {
      if (row.strategy === null || row.pass === null) continue;
      const workload = nameOf(row);
      push(this.byKey, key(workload, row.strategy, row.pass), row);
      pushNew(this.strategiesBy, workload, row.strategy);
      pushNew(this.passesBy, key(workload, row.strategy), row.pass);
    }
    this.workloads = [...this.strategiesBy.keys()];
  }

  /** Strategies measured on a workload, in the order of the rows; the floor and the ablation's cells among them. */
  strategies(workload: string): readonly string[] {
    return this.strategiesBy.get(workload) ?? [];
  }

  /** Parts of the run that there are rows of, in the order they ran. */
  passes(workload: string, strategy: string): readonly string[] {
    return this.passesBy.get(key(workload, strategy)) ?? [];
  }

  /** A row of the first process; its counters are those of all. Undefined when it was not measured. */
  row(workload: string, strategy: string, pass: string = TOTAL): Row | undefined {
    return this.byKey.get(key(workload, strategy, pass))?.[0];
  }

  /** Times over processes; undefined when it was not measured. The interval's seed is made of the names. */
  times(workload: string, strategy: string, pass: string = TOTAL): Times | undefined {
    const rows = this.byKey.get(key(workload, strategy, pass)) ?? [];
    const values = rows.flatMap((row) => row.duration_p50_ns ?? []);
    if (values.length === 0) return undefined;
    const median = medianOfProcesses(values);
    const interval = bootstrapInterval(values, key(workload, strategy, pass));
    const scattered = interval !== null && interval.high - interval.low > median / 2;
    const warned = rows.find(({ timer_warning }) => timer_warning !== null && timer_warning !== 'none');
    return {
      median,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      processes: values.length,
      warning: warned?.timer_warning ?? (scattered ? SCATTERED : null),
      values,
    };
  }

  /** How many times faster than the kernel's way; undefined when either was not measured. */
  timesFaster(workload: string, strategy: string): number | undefined {
    return ratio(this.times(workload, BASELINE), this.times(workload, strategy));
  }

  /** How many floors a strategy takes; undefined when either was not measured. */
  floors(workload: string, strategy: string): number | undefined {
    return ratio(this.times(workload, strategy), this.times(workload, FLOOR_NAME));
  }

  /** Probability of a difference to the kernel's way at least as large by chance; null when there are too few processes. */
  difference(workload: string, strategy: string): number | null {
    const a = this.times(workload, BASELINE);
    const b = this.times(workload, strategy);
    if (a === undefined || b === undefined || strategy === BASELINE) return null;
    return permutationP(a.values, b.values, key(workload, strategy));
  }

  /** The most memory that any process had resident, in bytes; undefined when it was not measured. */
  peakBytes(workload: string, strategy: string): number | undefined {
    const rows = this.byKey.get(key(workload, strategy, TOTAL)) ?? [];
    const peaks = rows.flatMap((row) => row.peak_rss_kb ?? []);
    return peaks.length === 0 ? undefined : 1024 * Math.max(...peaks);
  }
}

function ratio(a: Times | undefined, b: Times | undefined): number | undefined {
  return a === undefined || b === undefined || b.median === 0 ? undefined : a.median / b.median;
}

function key(...names: readonly string[]): string {
  return names.join('\u0000');
}

function push<T>(lists: Map<string, T[]>, at: string, item: T): void {
  const list = lists.get(at);
  if (list === undefined) lists.set(at, [item]);
  else list.push(item);
}

function pushNew(lists: Map<string, string[]>, at: string, item: string): void {
  if (lists.get(at)?.includes(item) !== true) push(lists, at, item);
}

/** Short names: see the head of this file. */
function workloadNames(rows: readonly Row[]): (row: Row) => string {
  const programs = new Map<string, Set<string>>();
  for (const { file_name, prog_name } of rows) {
    const known = programs.get(file_name ?? '') ?? new Set();
    programs.set(file_name ?? '', known.add(plainName(prog_name ?? '')));
  }
  return ({ file_name, prog_name }) => {
    const file = file_name ?? '';
    const prog = prog_name ?? '';
    if (file === 'synthetic') return prog;
    const base = file.replace(/(\.bpf)?\.o$/, '');
    return programs.get(file)!.size > 1 ? `${base}/${prog}` : base + prog.slice(plainName(prog).length);
  };
}

/** The program's name without how it was loaded. */
function plainName(prog: string): string {
  return prog.replace(/\+.*$/, '');
}
