/**
 * `npm run bench`: every strategy on every program of the committed corpus and on synthetic shapes, into
 * results/bench.csv with its sidecar, and the totals as a table. `--full` is the lab: every workload, several processes
 * each, into results/lab.csv, or one of n parts of it on each of n machines.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { currentCommit, packageRoot } from '../src/bench/checkout.js';
import {
  fullTargets,
  labNames,
  measuredNames,
  shardOf,
  shortTargets,
  type Shard,
} from '../src/bench/lab-plan.js';
import { corpusFolder, readManifest } from '../src/bench/manifest.js';
import type { Target } from '../src/bench/measure.js';
import { PROGRAM_VARIANTS } from '../src/bench/workloads/index.js';
import { runMeasurement } from '../src/cli/measurement.js';
import { openObjects } from '../src/cli/objects.js';
import { integerFrom, listOf } from '../src/cli/option-values.js';
import { oneLineErrors, quietWhenReaderLeaves, runCommandLine, say, UsageError } from '../src/cli/outcome.js';
import { chosenStrategies } from '../src/cli/run.js';
import { DEFAULT_RELEASE } from '../src/kernel/index.js';
import { overProcesses } from '../src/report/over-processes.js';
import { formatTable } from '../src/report/table.js';
import { totalsTable } from '../src/report/totals.js';

interface BenchOptions {
  full: boolean;
  shard?: Shard;
  processes?: number;
  time?: number;
  samples: number;
  jobs: number;
  timeout: number;
  seed: string;
  strategy?: string[];
  out?: string;
  allowDirty: boolean;
  quiet: boolean;
}

async function bench(options: BenchOptions): Promise<void> {
  const { seed, samples, jobs, full, shard, processes, time = full ? 30 : 10 } = options;
  if (shard !== undefined && !full) throw new UsageError('--shard needs --full');
  if (full && !options.allowDirty && currentCommit().dirty === true)
    throw new Error(
      'the checkout has changes: commit them, so that the results name what was measured (or --allow-dirty)',
    );
  const chosen = chosenStrategies(options.strategy);
  const strategies = full && options.strategy === undefined ? labNames() : measuredNames(chosen);
  const { targets, problems } = openTargets(full, seed);
  for (const line of problems) say(line);
  const part = shard === undefined ? targets : shardOf(targets, shard);
  const ended = await runMeasurement(
    {
      targets: part.map((target) => (processes === undefined ? target : { ...target, processes })),
      strategies,
      sampling: { budgetMs: time, minSamples: samples },
      processes: processes ?? 1,
      jobs,
      referenceJobs: availableParallelism(),
      kernel: DEFAULT_RELEASE,
      seed,
    },
    {
      timeoutMs: options.timeout * 1000,
      quiet: options.quiet,
      out: options.out ?? join(packageRoot(), 'results', `${resultName(options)}.csv`),
      command: commandLine(process.argv.slice(2)),
      ...(shard === undefined ? {} : { shard: `${shard.index}/${shard.of}` }),
      problems,
    },
  );
  const { columns, cells } = totalsTable(overProcesses(ended.rows));
  process.stdout.write(formatTable(columns, cells));
  process.exitCode = ended.exitCode;
}

/** The workloads, and what of the corpus cannot be measured. */
function openTargets(full: boolean, seed: string): { targets: Target[]; problems: readonly string[] } {
  const load = { kernel: DEFAULT_RELEASE, seed, rndHi32: false, blindConstants: false };
  const pathOf = (file: string) => join(corpusFolder(), file);
  const corpus = openObjects(
    readManifest().map(({ file }) => pathOf(file)),
    load,
  );
  if (corpus.targets.length === 0) throw new Error('the corpus holds no program that can be measured');
  if (!full) return { targets: shortTargets(corpus.targets, seed), problems: corpus.problems };
  const variants = PROGRAM_VARIANTS.map(({ file, ...how }) =>
    openObjects([pathOf(file)], { ...load, ...how }),
  );
  return {
    targets: fullTargets(
      corpus.targets,
      variants.flatMap(({ targets }) => targets),
      seed,
    ),
    problems: [...corpus.problems, ...variants.flatMap(({ problems }) => problems)],
  };
}

/** Of the CSV, without its ending. */
function resultName({ full, shard }: BenchOptions): string {
  if (!full) return 'bench';
  return shard === undefined ? 'lab' : `lab-${shard.index}-of-${shard.of}`;
}

function shardFrom(text: string): Shard {
  const [, index, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text)?.map(Number) ?? [0, 0, 0];
  if (index < 1 || index > of) throw new InvalidArgumentError('Not a part like 2/3.');
  return { index, of };
}

/** The command as typed. */
function commandLine(args: readonly string[]): string {
  return args.length === 0 ? 'npm run bench' : `npm run bench -- ${args.join(' ')}`;
}

const program = new Command('bench')
  .description('measure every strategy on the committed corpus')
  .option('--full', 'everything: all workloads, several processes each (an hour, more or less)', false)
  .option('--shard <i/n>', 'with --full: the i-th of n parts, so that n machines share the work', shardFrom)
  .option(
    '--processes <n>',
    'measuring processes per strategy and program (default: 1; 7 or 3 with --full)',
    integerFrom(1),
  )
  .option(
    '--time <ms>',
    'time for the samples of one strategy on one program (default: 10; 30 with --full)',
    integerFrom(1),
  )
  .option('--samples <n>', 'fewest samples, however long they take', integerFrom(1), 3)
  .option('--jobs <n>', 'measuring processes at a time; more than one disturb each other', integerFrom(1), 1)
  .option('--timeout <s>', 'longest time for one program in a process', integerFrom(1), 300)
  .option('--seed <seed>', 'seed of all random numbers', 'patchbench')
  .option('--strategy <names>', 'strategies to measure besides the floor (default: all)', listOf)
  .option(
    '--out <file>',
    'the CSV to write (default: results/bench.csv, results/lab.csv, results/lab-I-of-N.csv)',
  )
  .option('--allow-dirty', 'with --full: measure a checkout that has changes; the result says so', false)
  .option('-q, --quiet', 'no progress lines', false)
  .action(bench);

quietWhenReaderLeaves();
await runCommandLine(oneLineErrors(program), process.argv.slice(2));
