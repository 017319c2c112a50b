/**
 * `npm run bench`: every strategy on every program of the committed corpus and on the synthetic shape, into
 * results/bench.csv with its sidecar, and the totals as a table.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../src/bench/checkout.js';
import { corpusFolder, readManifest } from '../src/bench/manifest.js';
import { syntheticTarget } from '../src/bench/targets.js';
import { SHAPES } from '../src/bench/synthetic.js';
import { runMeasurement } from '../src/cli/measurement.js';
import { openObjects } from '../src/cli/objects.js';
import { integerFrom, listOf } from '../src/cli/option-values.js';
import { oneLineErrors, quietWhenReaderLeaves, runCommandLine, say } from '../src/cli/outcome.js';
import { chosenStrategies } from '../src/cli/run.js';
import { DEFAULT_RELEASE } from '../src/kernel/index.js';
import { formatTable } from '../src/report/table.js';
import { totalsTable } from '../src/report/totals.js';

interface BenchOptions {
  time: number;
  samples: number;
  jobs: number;
  timeout: number;
  seed: string;
  strategy?: string[];
  out: string;
  quiet: boolean;
}

async function bench(options: BenchOptions): Promise<void> {
  const { seed, time, samples, jobs } = options;
  const strategies = chosenStrategies(options.strategy);
  const paths = readManifest().map(({ file }) => join(corpusFolder(), file));
  const load = { kernel: DEFAULT_RELEASE, seed, rndHi32: false, blindConstants: false };
  const opened = openObjects(paths, load);
  if (opened.targets.length === 0) throw new Error('the corpus holds no program that can be measured');
  for (const line of opened.problems) say(line);
  const ended = await runMeasurement(
    {
      targets: [...opened.targets, ...SHAPES.map(({ name }) => syntheticTarget(name, seed))],
      strategies,
      sampling: { budgetMs: time, minSamples: samples },
      jobs,
      referenceJobs: availableParallelism(),
      kernel: DEFAULT_RELEASE,
      seed,
    },
    {
      timeoutMs: options.timeout * 1000,
      quiet: options.quiet,
      out: options.out,
      command: commandLine(process.argv.slice(2)),
      problems: opened.problems,
    },
  );
  const { columns, cells } = totalsTable(ended.rows);
  process.stdout.write(formatTable(columns, cells));
  process.exitCode = ended.exitCode;
}

/** The command as typed. */
function commandLine(args: readonly string[]): string {
  return args.length === 0 ? 'npm run bench' : `npm run bench -- ${args.join(' ')}`;
}

const program = new Command('bench')
  .description('measure every strategy on the committed corpus')
  .option('--time <ms>', 'time for the samples of one strategy on one program', integerFrom(1), 30)
  .option('--samples <n>', 'fewest samples, however long they take', integerFrom(1), 3)
  .option('--jobs <n>', 'measuring processes at a time; more than one disturb each other', integerFrom(1), 1)
  .option('--timeout <s>', 'longest time for one process', integerFrom(1), 300)
  .option('--seed <seed>', 'seed of all random numbers', 'patchbench')
  .option('--strategy <names>', 'strategies to measure (default: all)', listOf)
  .option('--out <file>', 'the CSV to write', join(packageRoot(), 'results', 'bench.csv'))
  .option('-q, --quiet', 'no progress lines', false)
  .action(bench);

quietWhenReaderLeaves();
await runCommandLine(oneLineErrors(program), process.argv.slice(2));
