/** Runs a measurement for a command: progress on stderr, Ctrl-C keeps what is finished, the result written whole. */
import { CHILD_ENTRY, inChildProcess, type Execute } from '../bench/child-process.js';
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
  /** What could not be measured before this began, e.g. files that are no objects. */
  readonly problems: readonly string[];
  /** Where jobs are done; a process each unless a test says otherwise. */
  readonly execute?: Execute;
}

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
  let outcome: Outcome;
  try {
    outcome = await measureAll(
      plan,
      execute,
      {
        finished: ({ done, of, target, strategy, totalNs }) => {
          if (quiet) return;
          const time = totalNs === undefined ? 'failed' : formatDuration(totalNs);
          process.stderr.write(`[${done}/${of}] ${target.fileName} ${target.progName} ${strategy} ${time}\n`);
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
  if (out !== undefined)
    writeResult(
      out,
      {
        command,
        ended: outcome.ended,
        problems,
        kernel: plan.kernel,
        seed: plan.seed,
        sampling: {
          budget_ms: plan.sampling.budgetMs,
          min_samples: plan.sampling.minSamples,
          jobs: plan.jobs,
        },
      },
      outcome.rows,
    );
  return { ...outcome, exitCode: exitCodeOf(outcome, problems.length) };
}

function exitCodeOf({ ended }: Outcome, problems: number): number {
  if (ended === 'interrupted') return EXIT_INTERRUPTED;
  return ended === 'difference' || problems > 0 ? EXIT_FAILURE : EXIT_OK;
}
