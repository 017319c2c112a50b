/**
 * veristat's small languages for choosing what to show: `-e` names columns, `-s` orders rows, `-n` cuts them; `-f` is in
 * filter.ts. Spellings are those of the column table.
 */
import {
  COLUMN_NAMES,
  columnOf,
  findColumn,
  type Cell,
  type ColumnName,
  type Row,
} from '../bench/columns.js';
import { parseStat, statNamed, withoutSign, type ReadStat, type StatRef } from './stat.js';

/**
 * `name,name,…`: columns in the order given.
 * @throws ColumnError for a name that is no column's
 */
export function parseEmit(spec: string): ColumnName[] {
  return spec.split(',').map(findColumn);
}

/** One key of an order. */
export interface SortKey {
  readonly stat: StatRef;
  readonly descending: boolean;
}

/** Marks behind a name, as veristat takes them. */
const ASCENDING = '^';
const DESCENDING = 'vV.!_';

/**
 * `name[order],…`: `^` ascending; `v`, `V`, `.`, `!` or `_` descending; none is the column's own direction. A name that
 * is spelled out wins over one cut before its last letter.
 * @throws ColumnError for a name that is no column's
 */
export function parseSort(spec: string): SortKey[] {
  return spec.split(',').map((text) => {
    const mark = text.slice(-1);
    const marked = mark !== '' && (ASCENDING + DESCENDING).includes(mark) ? text.slice(0, -1) : '';
    const cut = statNamed(text) === undefined ? statNamed(marked) : undefined;
    if (cut !== undefined) return { stat: cut, descending: mark !== ASCENDING };
    const stat = parseStat(text);
    return { stat, descending: columnOf(stat.column).sort === 'desc' };
  });
}

/** Ties fall to file, then program; what is equal in those too keeps its order. */
const TIE_BREAK: readonly SortKey[] = parseSort('file_name^,prog_name^');

/** The items in the order of the keys; what is absent counts as less than everything. */
export function sortBy<T>(items: readonly T[], keys: readonly SortKey[], read: ReadStat<T>): T[] {
  const all = [...keys, ...TIE_BREAK];
  return [...items].sort((a, b) => {
    for (const { stat, descending } of all) {
      const order = compareCells(withoutSign(read(a, stat), stat), withoutSign(read(b, stat), stat));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}

/** A figure of a row by itself: the variants of comparisons all mean the row's own. */
export function statOfRow(row: Row, { column }: StatRef): Cell {
  return row[column];
}

function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}

/** Columns of a table when none are named. */
export const TABLE_COLUMNS: readonly ColumnName[] = [
  'file_name',
  'prog_name',
  'strategy',
  'verdict',
  'duration',
  'prog_size',
  'prog_size_out',
  'patches',
  'expanding_patches',
  'samples',
  'peak_rss_kb',
];

/** Columns of a CSV when none are named. */
export const CSV_COLUMNS: readonly ColumnName[] = COLUMN_NAMES;
