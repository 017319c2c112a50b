/** `-R` and `-C`: rows that were measured before, shown anew or side by side. */
import type { Row } from '../bench/columns.js';
import { readCsv } from '../bench/csv.js';
import { joinRows, KEY_COLUMNS, type Pair } from '../report/compare.js';
import { overProcesses } from '../report/over-processes.js';
import { UsageError } from './outcome.js';
import { ofPasses, showPairs, showRows, type ShowOptions } from './show.js';

interface ReplayOptions extends ShowOptions {
  readonly strategy?: readonly string[];
}

/**
 * The rows of one CSV as asked for.
 * @throws UsageError when it is not one file
 * @throws ColumnError when the file is no CSV of rows
 */
export function replayFile(paths: readonly string[], options: ReplayOptions): string {
  if (paths.length !== 1) throw new UsageError(`-R takes one CSV file, not ${paths.length}`);
  const rows = readNamed(paths[0]);
  const { strategy } = options;
  return showRows(
    strategy === undefined ? rows : rows.filter((row) => strategy.includes(row.strategy ?? '')),
    options,
  );
}

/**
 * Two CSV files side by side, or two strategies of one file, the first named the baseline.
 * @throws UsageError when it is neither
 * @throws ColumnError when a file is no CSV of rows
 */
export function compareFiles(paths: readonly string[], options: ReplayOptions): string {
  const { strategy } = options;
  if (paths.length === 2) {
    const [a, b] = paths.map((path) => {
      const rows = comparable(path, options);
      return strategy === undefined ? rows : rows.filter((row) => strategy.includes(row.strategy ?? ''));
    });
    return showPairs(joinRows(a, b, KEY_COLUMNS), options);
  }
  if (paths.length !== 1) throw new UsageError(`-C takes two CSV files, not ${paths.length}`);
  if (strategy?.length !== 2) throw new UsageError('-C on one CSV file takes two strategies: --strategy A,B');
  return showPairs(twoStrategies(comparable(paths[0], options), strategy), options);
}

function twoStrategies(rows: readonly Row[], [a, b]: readonly string[]): Pair[] {
  const of = (name: string) => {
    const own = rows.filter((row) => row.strategy === name);
    if (own.length === 0) throw new UsageError(`no rows of strategy '${name}'`);
    return own;
  };
  const keys = KEY_COLUMNS.filter((key) => key !== 'strategy');
  const both = `${a} / ${b}`;
  return joinRows(of(a), of(b), keys).map((pair) => ({
    a: pair.a && { ...pair.a, strategy: both },
    b: pair.b && { ...pair.b, strategy: both },
  }));
}

/** Rows of the phases that are compared, one per item: several processes of one become their median. */
function comparable(path: string, { pass }: ReplayOptions): Row[] {
  return overProcesses(ofPasses(readNamed(path), { outputFormat: 'table', ...(pass && { pass }) }));
}

/** Rows that name what they are of. */
function readNamed(path: string): Row[] {
  const rows = readCsv(path);
  const nameless = rows.findIndex((row) => row.file_name === null || row.prog_name === null);
  if (nameless >= 0) throw new UsageError(`${path}: row ${nameless + 1} names no file or no program`);
  return rows;
}
