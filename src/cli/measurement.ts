/** Runs a measurement for a command: progress on stderr, Ctrl-C keeps what is finished, the result written whole. */
import { CHILD_ENTRY, inChildProcess, type Execute } from '../bench/child-process.js';
import type { Row } from '../bench/columns.js';
import { measureAll, type MeasurePlan, type Outcome } from '../bench/measure.js';
import { writeResult } from '../bench/sidecar.js';
import { formatDuration } from '../report/duration.js';
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, say } from './outcome.js';

export interface MeasurementOptions {
  /** A child that takes longer is killed. */
  readonly timeoutMs: number;
  /** No progress lines. */
  readonly quiet: boolean;
  /** The CSV to write, its sidecar beside it; undefined for none. */
  readonly out: string | undefined;
  /** Command line that the sidecar names. */
  readonly command: string;
  /** `i/n` when this is one of n parts. */
  readonly shard?: string;
  /** What could not be measured before this began, e.g. files that are no objects. */
  readonly problems: readonly string[];
  /** Where jobs are done; a process each unless a test says otherwise. */
  readonly execute?: Execute;
}

const MINUTE_MS = 60_000;

/** A measurement and the exit code it asks for. */
export interface Ended extends Outcome {
  readonly exitCode: number;
}

/** Measures the plan and writes the result when told where. */
export async function runMeasurement(plan: MeasurePlan, options: MeasurementOptions): Promise<Ended> {
  const { timeoutMs, quiet, out, command } = options;
  const execute = options.execute ?? inChildProcess({ entry: CHILD_ENTRY, timeoutMs });
  const problems = [...options.problems];
  const interrupt = new AbortController();
  const onInterrupt = () => {
    interrupt.abort();
  };
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onInterrupt);
  const write = (ended: Outcome['ended'], rows: readonly Row[]) => {
    // Who stops at once has nothing to keep, and perhaps a result of yesterday to lose.
    if (out === undefined || (ended === 'interrupted' && rows.length === 0)) return;
    const { kernel, seed, sampling, jobs, processes = 1 } = plan;
    writeResult(
      out,
      {
        command,
        ended,
        problems,
        kernel,
        seed,
        sampling: { budget_ms: sampling.budgetMs, min_samples: sampling.minSamples, jobs, processes },
        ...(options.shard === undefined ? {} : { shard: options.shard }),
      },
      rows,
    );
  };
  let outcome: Outcome;
  try {
    outcome = await measureAll(
      plan,
      execute,
      {
        finished: ({ done, of, target, strategy, totalNs, leftMs }) => {
          if (quiet) return;
          const time = totalNs === undefined ? 'failed' : formatDuration(totalNs);
          const left = leftMs < MINUTE_MS ? '' : `, ${Math.ceil(leftMs / MINUTE_MS)} min left`;
          process.stderr.write(
            `[${done}/${of}${left}] ${target.fileName} ${target.progName} ${strategy} ${time}\n`,
          );
        },
        checkpoint: (rows) => {
          write('interrupted', rows);
        },
        problem: (line) => {
          problems.push(line);
          say(line);
        },
      },
      interrupt.signal,
    );
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
  write(outcome.ended, outcome.rows);
  return { ...outcome, exitCode: exitCodeOf(outcome, problems.length) };
}

function exitCodeOf({ ended }: Outcome, problems: number): number {
  if (ended === 'interrupted') return EXIT_INTERRUPTED;
  return ended === 'difference' || problems > 0 ? EXIT_FAILURE : EXIT_OK;
}
