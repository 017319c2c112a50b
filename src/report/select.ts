/**
 * veristat's small languages for choosing what to show: `-e` names columns, `-s` orders rows, `-n` cuts them. Spellings
 * are those of the column table.
 */
import {
  COLUMN_NAMES,
  ColumnError,
  columnOf,
  findColumn,
  type Cell,
  type ColumnName,
  type Row,
} from '../bench/columns.js';

/**
 * `name,name,…`: columns in the order given.
 * @throws ColumnError for a name that is no column's
 */
export function parseEmit(spec: string): ColumnName[] {
  return spec.split(',').map(findColumn);
}

/** One key of an order. */
export interface SortKey {
  readonly column: ColumnName;
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
    const marked = text.slice(0, -1);
    if (mark !== '' && (ASCENDING + DESCENDING).includes(mark) && !isColumn(text) && isColumn(marked))
      return { column: findColumn(marked), descending: mark !== ASCENDING };
    const column = findColumn(text);
    return { column, descending: columnOf(column).sort === 'desc' };
  });
}

function isColumn(spelling: string): boolean {
  try {
    findColumn(spelling);
    return true;
  } catch (error) {
    if (error instanceof ColumnError) return false;
    throw error;
  }
}

/** Ties fall to file, then program; rows equal in those too keep their order. */
const TIE_BREAK: readonly SortKey[] = [
  { column: 'file_name', descending: false },
  { column: 'prog_name', descending: false },
];

/** The rows in the order of the keys; what is absent counts as less than everything. */
export function sortRows(rows: readonly Row[], keys: readonly SortKey[]): Row[] {
  const all = [...keys, ...TIE_BREAK];
  return [...rows].sort((a, b) => {
    for (const { column, descending } of all) {
      const order = compareCells(a[column], b[column]);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
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
