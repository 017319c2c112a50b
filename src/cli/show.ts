/** What a user asks to see of rows, and the rows so: `-e -s -f -o -n`, the same for measuring, replaying and comparing. */
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { ColumnError, type ColumnName, type Row } from '../bench/columns.js';
import { rowsToCsv } from '../bench/csv.js';
import { TOTAL } from '../bench/phase-log.js';
import { COMPARE_COLUMNS, formatPairs, pairsToCsv, statOfPair, type Pair } from '../report/compare.js';
import { parseFilter, parseFilterLines, passesNames, passesValues, type Filter } from '../report/filter.js';
import {
  CSV_COLUMNS,
  parseEmit,
  parseSort,
  sortBy,
  statOfRow,
  TABLE_COLUMNS,
  type SortKey,
} from '../report/select.js';
import type { ReadStat } from '../report/stat.js';
import { formatRows } from '../report/table.js';
import { integerFrom, listOf, specOf } from './option-values.js';

/** How stdout is written. */
export type OutputFormat = 'table' | 'csv' | 'json';

export interface ShowOptions {
  readonly emit?: readonly ColumnName[];
  readonly sort?: readonly SortKey[];
  readonly filter?: readonly Filter[];
  readonly topN?: number;
  readonly outputFormat: OutputFormat;
  /** Parts of the run to show. */
  readonly pass?: readonly string[];
}

/** Adds the options to a command. */
export function addShowOptions(command: Command): Command {
  return command
    .option('-e, --emit <columns>', 'columns to show, in this order: name,name,…', specOf(parseEmit))
    .option('-s, --sort <spec>', 'order of the rows: name[^|v],…', specOf(parseSort))
    .option(
      '-f, --filter <filter>',
      'rows to show: FILE/PROG with *, or NAME=VALUE (also != < <= > >=); ! in front denies; @FILE reads filters',
      specOf(filtersOf),
    )
    .option('-n, --top-n <n>', 'show only the first rows', integerFrom(1))
    .addOption(
      new Option('-o, --output-format <format>', 'what stdout gets')
        .choices(['table', 'csv', 'json'])
        .default('table'),
    )
    .option(
      '--pass <names>',
      'phases to show (default: total; all where the output is CSV or JSON with the column pass)',
      listOf,
    );
}

/** One filter, or with `@` those of a file. */
function filtersOf(text: string): Filter[] {
  if (!text.startsWith('@')) return [parseFilter(text)];
  const path = text.slice(1);
  const lines = readFileSync(path, 'utf8');
  try {
    return parseFilterLines(lines);
  } catch (error) {
    if (error instanceof ColumnError) throw new ColumnError(`${path}: ${error.message}`);
    throw error;
  }
}

/** Rows of a measurement as asked for. */
export function showRows(rows: readonly Row[], options: ShowOptions): string {
  const { emit, outputFormat, pass } = options;
  const wanted = ofPasses(rows, options);
  const shown = chosen(wanted, options, nameOfRow, statOfRow);
  switch (outputFormat) {
    case 'csv':
      return rowsToCsv(shown, emit ?? CSV_COLUMNS);
    case 'json':
      return json(shown.map((row) => pick(row, emit ?? CSV_COLUMNS)));
    case 'table':
      return formatRows(shown, emit ?? withPass(TABLE_COLUMNS, pass !== undefined));
  }
}

/** Pairs of a comparison as asked for. */
export function showPairs(pairs: readonly Pair[], options: ShowOptions): string {
  const columns = options.emit ?? withPass(COMPARE_COLUMNS, options.pass !== undefined);
  const shown = chosen(pairs, options, nameOfPair, statOfPair);
  switch (options.outputFormat) {
    case 'csv':
      return pairsToCsv(shown, columns);
    case 'json':
      return json(
        shown.map(({ a, b }) => ({
          a: a === undefined ? null : pick(a, columns),
          b: b === undefined ? null : pick(b, columns),
        })),
      );
    case 'table':
      return formatPairs(shown, columns);
  }
}

/** Rows of the phases asked for: without a choice the totals, but all in CSV and JSON whose rows name their phase. */
export function ofPasses(
  rows: readonly Row[],
  { pass, emit, outputFormat }: Pick<ShowOptions, 'pass' | 'emit' | 'outputFormat'>,
): readonly Row[] {
  const named = outputFormat !== 'table' && (emit === undefined || emit.includes('pass'));
  const passes = pass ?? (named ? undefined : [TOTAL]);
  return passes === undefined ? rows : rows.filter((row) => passes.includes(row.pass ?? ''));
}

function chosen<T>(
  items: readonly T[],
  { filter = [], sort, topN }: ShowOptions,
  nameOf: (item: T) => readonly [file: string, prog: string],
  read: ReadStat<T>,
): T[] {
  const kept = items.filter(
    (item) => passesNames(filter, ...nameOf(item)) && passesValues(filter, item, read),
  );
  const sorted = sort === undefined ? kept : sortBy(kept, sort, read);
  return sorted.slice(0, topN);
}

function nameOfRow({ file_name, prog_name }: Row): readonly [string, string] {
  return [file_name ?? '', prog_name ?? ''];
}

function nameOfPair({ a, b }: Pair): readonly [string, string] {
  return nameOfRow((a ?? b)!);
}

function pick(row: Row, columns: readonly ColumnName[]): Partial<Row> {
  return Object.fromEntries(columns.map((name) => [name, row[name]]));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}

/** Tables of several phases name the phase. */
function withPass(columns: readonly ColumnName[], several: boolean): readonly ColumnName[] {
  return several ? columns.flatMap((name) => (name === 'verdict' ? ['pass', name] : [name])) : columns;
}
