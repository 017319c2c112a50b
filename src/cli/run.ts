/** `patchbench run OBJECTS…`: measures every program of the given objects. */
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { TOTAL } from '../bench/phase-log.js';
import { rowsToCsv } from '../bench/csv.js';
import { STRATEGIES, strategyOf } from '../../strategies/index.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import type { ColumnName, Row } from '../bench/columns.js';
import {
  CSV_COLUMNS,
  parseEmit,
  parseSort,
  sortRows,
  TABLE_COLUMNS,
  type SortKey,
} from '../report/select.js';
import { formatRows } from '../report/table.js';
import { runMeasurement } from './measurement.js';
import { expandLists, openObjects } from './objects.js';
import { integerFrom, listOf, specOf } from './option-values.js';
import { EXIT_FAILURE, say, UsageError } from './outcome.js';

interface RunOptions {
  emit?: ColumnName[];
  sort?: SortKey[];
  topN?: number;
  outputFormat: 'table' | 'csv';
  quiet: boolean;
  pass?: string[];
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

/** Adds the command, which also answers to bare object files. */
export function registerRun(program: Command): void {
  program
    .command('run', { isDefault: true })
    .description('measure the rewriting of BPF objects over every strategy (also without "run")')
    .argument('<objects...>', 'object files; @LIST reads names from a file')
    .option('-e, --emit <columns>', 'columns to show, in this order: name,name,…', specOf(parseEmit))
    .option('-s, --sort <spec>', 'order of the rows: name[^|v],…', specOf(parseSort))
    .option('-n, --top-n <n>', 'show only the first rows', integerFrom(1))
    .addOption(
      new Option('-o, --output-format <format>', 'what stdout gets')
        .choices(['table', 'csv'])
        .default('table'),
    )
    .option('-q, --quiet', 'no progress lines', false)
    .option('--pass <names>', 'phases to show (default: total in tables, all in CSV)', listOf)
    .option('--strategy <names>', 'strategies to measure (default: all)', listOf)
    .option('--kernel <release>', 'release whose rewriting is run', DEFAULT_RELEASE)
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
  patchbench run --strategy array,linked-list -s 'duration^' corpus/xdp_balancer.bpf.o
  patchbench -o csv -e file_name,prog_name,strategy,pass,duration_p50_ns corpus/xdp_balancer.bpf.o

Exit code 0: all well; 1: an output differed from the reference's, or an input was bad; 2: wrong usage.`,
    )
    .action(run);
}

async function run(objects: string[], options: RunOptions): Promise<void> {
  const strategies = chosenStrategies(options.strategy);
  checkKernel(options.kernel);
  const { kernel, btf, seed, rndHi32, blindConstants } = options;
  const load = { kernel, seed, rndHi32, blindConstants, ...(btf === undefined ? {} : { btf }) };
  const paths = expandLists(objects);
  const opened = openObjects(paths, load);
  for (const line of opened.problems) say(line);
  if (paths.length === 0) throw new UsageError('no object files given');

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
  process.stdout.write(render(ended.rows, options));
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
  for (const name of names) asUsage(() => strategyOf(name));
  return STRATEGIES.map((strategy) => strategy.name).filter((name) => names.includes(name));
}

function checkKernel(release: string): void {
  asUsage(() => profileOf(release));
}

/** A name that a registry does not know is a matter of usage. */
function asUsage(look: () => unknown): void {
  try {
    look();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The rows as the user wants to see them. */
function render(rows: readonly Row[], options: RunOptions): string {
  const csv = options.outputFormat === 'csv';
  const passes = options.pass ?? (csv ? undefined : [TOTAL]);
  const kept = passes === undefined ? rows : rows.filter((row) => passes.includes(row.pass ?? ''));
  const sorted = options.sort === undefined ? kept : sortRows(kept, options.sort);
  const shown = sorted.slice(0, options.topN);
  if (csv) return rowsToCsv(shown, options.emit ?? CSV_COLUMNS);
  return formatRows(shown, options.emit ?? defaultColumns(options.pass !== undefined));
}

/** Tables of several phases name the phase. */
function defaultColumns(withPass: boolean): readonly ColumnName[] {
  return withPass
    ? TABLE_COLUMNS.flatMap((name) => (name === 'verdict' ? ['pass', name] : [name]))
    : TABLE_COLUMNS;
}
