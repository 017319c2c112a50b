/**
 * Two measurements side by side, as veristat's `-C` has them: A is the baseline, B what is compared with it, DIFF is
 * B - A with its share of A. What only one side has is kept; its other side and the difference are absent.
 */
import { stringify } from 'csv-stringify/sync';
import { columnOf, formatCell, type Cell, type ColumnName, type Row } from '../bench/columns.js';
import type { StatRef } from './stat.js';
import { ABSENT, cellText, formatTable, type TableColumn } from './table.js';

/** What makes two rows the same item. Comparing two strategies leaves `strategy` out. */
export type KeyColumn = 'file_name' | 'prog_name' | 'strategy' | 'pass';

export const KEY_COLUMNS: readonly KeyColumn[] = ['file_name', 'prog_name', 'strategy', 'pass'];

/** An item of a comparison: at least one side is there. */
export interface Pair {
  readonly a: Row | undefined;
  readonly b: Row | undefined;
}

/**
 * Joins two lists of rows; each key occurs at most once on either side (`onePerKey`).
 * @returns the pairs in A's order, then what only B has
 */
export function joinRows(a: readonly Row[], b: readonly Row[], keys: readonly KeyColumn[]): Pair[] {
  const ofB = new Map(b.map((row) => [keyOf(row, keys), row]));
  const pairs: Pair[] = a.map((row) => {
    const key = keyOf(row, keys);
    const other = ofB.get(key);
    ofB.delete(key);
    return { a: row, b: other };
  });
  return [...pairs, ...[...ofB.values()].map((row) => ({ a: undefined, b: row }))];
}

/** Text that is equal for rows of the same item. */
export function keyOf(row: Row, keys: readonly KeyColumn[]): string {
  return JSON.stringify(keys.map((key) => row[key]));
}

/** A figure of a pair; key columns are the same on both sides. */
export function statOfPair({ a, b }: Pair, { column, variant }: StatRef): Cell {
  if (isKey(column)) return (b ?? a)?.[column] ?? null;
  const cellA = a?.[column] ?? null;
  const cellB = b?.[column] ?? null;
  switch (variant) {
    case 'a':
      return cellA;
    case 'b':
      return cellB;
    case 'diff':
      return differenceOf(cellA, cellB);
    case 'pct':
      return typeof cellA === 'number' && typeof cellB === 'number' ? percentOf(cellA, cellB) : null;
  }
}

function isKey(column: ColumnName): boolean {
  return (KEY_COLUMNS as readonly string[]).includes(column);
}

/** B - A; of words whether they agree; absent when a side is. */
function differenceOf(a: Cell, b: Cell): Cell {
  if (a === null || b === null) return null;
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return a === b ? 'MATCH' : 'MISMATCH';
}

/** The difference in percent of A; where A is 0 it is 0 or 100 with the difference's sign. */
function percentOf(a: number, b: number): number {
  if (a === 0) return Math.sign(b) * 100;
  return ((b - a) / Math.abs(a)) * 100;
}

/** A difference as tables show it: `-627 (-2.91%)`. */
function differenceText(pair: Pair, column: ColumnName): string {
  const difference = statOfPair(pair, { column, variant: 'diff', absolute: false });
  if (difference === null) return ABSENT;
  if (typeof difference === 'string') return difference;
  const percent = statOfPair(pair, { column, variant: 'pct', absolute: false }) as number;
  return `${signed(difference, cellText(Math.abs(difference)))} (${signed(percent, Math.abs(percent).toFixed(2))}%)`;
}

function signed(value: number, size: string): string {
  return `${value < 0 ? '-' : '+'}${size}`;
}

/** The pairs as a table: key columns once, every other column as A, B and DIFF. */
export function formatPairs(pairs: readonly Pair[], columns: readonly ColumnName[]): string {
  const headings = columns.flatMap((name): TableColumn[] => {
    const { heading, align } = columnOf(name);
    if (isKey(name)) return [{ heading, align }];
    return ['(A)', '(B)', '(DIFF)'].map((side) => ({ heading: `${heading} ${side}`, align }));
  });
  const cells = pairs.map((pair) =>
    columns.flatMap((column): Cell[] => {
      if (isKey(column)) return [statOfPair(pair, { column, variant: 'b', absolute: false })];
      return [
        ...(['a', 'b'] as const).map((variant) => statOfPair(pair, { column, variant, absolute: false })),
        differenceText(pair, column),
      ];
    }),
  );
  return formatTable(headings, cells);
}

/**
 * The pairs as CSV. Unlike veristat's, whose difference is one cell for people, `_diff` and `_pct` are numbers of their
 * own; of words `_diff` says MATCH or MISMATCH and there is no `_pct`.
 */
export function pairsToCsv(pairs: readonly Pair[], columns: readonly ColumnName[]): string {
  const header = columns.flatMap((name) => {
    if (isKey(name)) return [name];
    const sides = [`${name}_base`, `${name}_comp`, `${name}_diff`];
    return isNumeric(name) ? [...sides, `${name}_pct`] : sides;
  });
  const lines = pairs.map((pair) =>
    columns.flatMap((column) => {
      const cell = (variant: StatRef['variant']) =>
        formatCell(column, statOfPair(pair, { column, variant, absolute: false }));
      if (isKey(column)) return [cell('b')];
      const sides = [cell('a'), cell('b'), difference(pair, column)];
      return isNumeric(column) ? [...sides, percent(pair, column)] : sides;
    }),
  );
  return stringify(lines, { header: true, columns: header, record_delimiter: 'unix' });
}

function isNumeric(column: ColumnName): boolean {
  const { type } = columnOf(column);
  return type === 'integer' || type === 'real';
}

function difference(pair: Pair, column: ColumnName): string {
  const cell = statOfPair(pair, { column, variant: 'diff', absolute: false });
  return cell === null ? '' : cellText(cell);
}

function percent(pair: Pair, column: ColumnName): string {
  const cell = statOfPair(pair, { column, variant: 'pct', absolute: false });
  return cell === null ? '' : cellText(cell);
}

/** Columns of a comparison when none are named. */
export const COMPARE_COLUMNS: readonly ColumnName[] = [
  'file_name',
  'prog_name',
  'strategy',
  'verdict',
  'duration',
  'prog_size_out',
];
