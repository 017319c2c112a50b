/** `patchbench [run]`: measures objects, or with `-R` and `-C` shows what was measured before. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { ColumnName } from '../bench/columns.js';
import { formatRows } from '../report/table.js';
import { STRATEGIES, strategyOf } from '../../strategies/index.js';
import { DEFAULT_RELEASE } from '../kernel/index.js';
import { runMeasurement } from './measurement.js';
import { expandObjects, openObjects } from './objects.js';
import { integerFrom, listOf } from './option-values.js';
import { EXIT_FAILURE, say, UsageError } from './outcome.js';
import { kernelRelease } from './release.js';
import { compareFiles, replayFile } from './replay.js';
import { addShowOptions, showRows, type ShowOptions } from './show.js';

interface RunOptions extends ShowOptions {
  compare: boolean;
  replay: boolean;
  quiet: boolean;
  verbose: boolean;
  strategy?: string[];
  kernel: string;
  btf?: string;
  seed: string;
  time: number;
  samples: number;
  jobs: number;
  timeout: number;
  rndHi32: boolean;
  blindConstants: boolean;
  out?: string;
}

/** What `-v` says of each phase. */
const PHASE_COLUMNS = [
  'file_name',
  'prog_name',
  'strategy',
  'pass',
  'duration_p50_ns',
  'patches',
  'insn_moved_bytes',
  'aux_moved_bytes',
  'branch_visits',
] as const satisfies readonly ColumnName[];

/** Adds the command, which also answers to bare object files. */
export function registerRun(program: Command): void {
  const command = program
    .command('run', { isDefault: true })
    .description('measure the rewriting of BPF objects over every strategy (also without "run")')
    .argument(
      '<objects...>',
      'object files, folders of them, @LIST reads names from a file; CSV files with -R, -C',
    );
  addShowOptions(command)
    .option('-R, --replay', 'show the rows of a CSV instead of measuring', false)
    .option(
      '-C, --compare',
      'show two CSV files side by side, or two strategies (--strategy A,B) of one',
      false,
    )
    .option('-q, --quiet', 'no progress lines', false)
    .option('-v, --verbose', 'also say what each program took, phase by phase', false)
    .option('--strategy <names>', 'strategies to measure or show (default: all)', listOf)
    .option('--kernel <release>', 'release whose rewriting is run', kernelRelease, DEFAULT_RELEASE)
    .option('--btf <file>', 'kernel types to relocate against (default: those of the release)')
    .option('--seed <seed>', 'seed of all random numbers', 'patchbench')
    .option('--time <ms>', 'time for the samples of one strategy on one program', integerFrom(1), 100)
    .option('--samples <n>', 'fewest samples, however long they take', integerFrom(1), 3)
    .option(
      '--jobs <n>',
      'measuring processes at a time; more than one disturb each other',
      integerFrom(1),
      1,
    )
    .option('--timeout <s>', 'longest time for one process', integerFrom(1), 300)
    .option('--rnd-hi32', 'load with BPF_F_TEST_RND_HI32', false)
    .option('--blind-constants', 'blind constants afterwards, as bpf_jit_harden does', false)
    .option('--out <file>', 'also write all rows to this CSV, with a JSON beside it')
    .addHelpText(
      'after',
      `
Examples:
  patchbench corpus/tc_classifier.bpf.o
  patchbench run --strategy array,linked-list -s 'duration^' corpus/divisions.bpf.o
  patchbench -o csv -e file_name,prog_name,verdict,duration,prog_size corpus/divisions.bpf.o --strategy array
  patchbench -R results/bench.csv -f 'pystacks*/' -f 'duration>1000' --strategy array,rope
  patchbench -C results/bench.csv --strategy array,linked-list -s '|duration_pct|v' -n 10

Exit code 0: all well; 1: an output differed from the reference's, or an input was bad; 2: wrong usage.`,
    )
    .action(run);
}

async function run(paths: string[], options: RunOptions): Promise<void> {
  if (options.compare && options.replay) throw new UsageError('-C and -R exclude each other');
  if (options.quiet && options.verbose) throw new UsageError('-q and -v exclude each other');
  if (options.replay) process.stdout.write(replayFile(paths, options));
  else if (options.compare) process.stdout.write(compareFiles(paths, options));
  else await measure(paths, options);
}

async function measure(objects: string[], options: RunOptions): Promise<void> {
  const strategies = chosenStrategies(options.strategy);
  const { kernel, btf, seed, rndHi32, blindConstants } = options;
  const load = { kernel, seed, rndHi32, blindConstants, ...(btf === undefined ? {} : { btf }) };
  const paths = expandObjects(objects);
  if (paths.length === 0) throw new UsageError('no object files given');
  const opened = openObjects(paths, load);
  for (const line of opened.problems) say(line);

  const ended = await runMeasurement(
    {
      targets: opened.targets,
      strategies,
      sampling: { budgetMs: options.time, minSamples: options.samples },
      jobs: options.jobs,
      referenceJobs: availableParallelism(),
      kernel,
      seed,
    },
    {
      timeoutMs: options.timeout * 1000,
      quiet: options.quiet,
      out: options.out,
      command: `patchbench ${process.argv.slice(2).join(' ')}`,
      problems: opened.problems,
    },
  );
  if (options.verbose) process.stderr.write(formatRows(ended.rows, PHASE_COLUMNS));
  process.stdout.write(showRows(ended.rows, options));
  if (options.outputFormat === 'table' && options.topN === undefined)
    process.stdout.write(
      `Done. Processed ${paths.length - opened.skippedFiles} files, ${opened.targets.length} programs. ` +
        `Skipped ${opened.skippedFiles} files, ${opened.skippedPrograms} programs.\n`,
    );
  process.exitCode = Math.max(ended.exitCode, opened.problems.length > 0 ? EXIT_FAILURE : 0);
}

/**
 * The strategies to measure, in the registry's order; all when none are named.
 * @throws UsageError for a name that is no strategy's
 */
export function chosenStrategies(names: readonly string[] | undefined): string[] {
  if (names === undefined) return STRATEGIES.map((strategy) => strategy.name);
  for (const name of names) {
    try {
      strategyOf(name);
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
  }
  return STRATEGIES.map((strategy) => strategy.name).filter((name) => names.includes(name));
}
