/** One row an item: what several processes measured of it becomes the median of each figure. */
import { median } from 'simple-statistics';
import { COLUMNS, type Cell, type ColumnName, type Row } from '../bench/columns.js';
import { KEY_COLUMNS, keyOf } from './compare.js';

/** The rows with those of one item (file, program, strategy, pass) made one, in the order of first occurrence. */
export function overProcesses(rows: readonly Row[]): Row[] {
  const items = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row, KEY_COLUMNS);
    const item = items.get(key);
    if (item === undefined) items.set(key, [row]);
    else item.push(row);
  }
  return [...items.values()].map((item) => (item.length === 1 ? item[0] : medianRow(item)));
}

function medianRow(rows: readonly Row[]): Row {
  const cells = COLUMNS.map(({ name, type }): [ColumnName, Cell] => {
    if (type === 'integer') return [name, rounded(medianOf(rows, name))];
    if (type === 'real') return [name, medianOf(rows, name)];
    return [name, wordOf(rows, name)];
  });
  return Object.fromEntries(cells) as unknown as Row;
}

function medianOf(rows: readonly Row[], name: ColumnName): number | null {
  const values = rows.map((row) => row[name]).filter((cell) => typeof cell === 'number');
  return values.length === 0 ? null : median(values);
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

/** The word all agree on; of verdicts and warnings the one that is not the usual. */
function wordOf(rows: readonly Row[], name: ColumnName): Cell {
  const usual = name === 'verdict' ? 'success' : 'none';
  const words = rows.map((row) => row[name]).filter((cell) => cell !== null);
  return words.find((word) => word !== usual) ?? words.at(0) ?? null;
}
