/**
 * Tables as veristat prints them: two spaces between columns, a row of dashes under the headings and another behind
 * the last row, words left and numbers right.
 */
import { columnOf, type Cell, type ColumnName, type Row } from '../bench/columns.js';

export interface TableColumn {
  readonly heading: string;
  /** Alignment of the heading; cells go by their type. */
  readonly align: 'left' | 'right';
}

/** What stands in a cell without a value. */
export const ABSENT = 'N/A';

/** The table, each line ended by a newline. Cells that are strings go left, numbers and what is absent go right. */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = columns.map(({ heading }, at) =>
    texts.reduce((widest, row) => Math.max(widest, row[at].length), heading.length),
  );
  const dashes = widths.map((width) => '-'.repeat(width)).join('  ');
  const headings = columns.map(({ heading, align }, at) => pad(heading, widths[at], align)).join('  ');
  const lines = texts.map((row, line) =>
    row
      .map((text, at) => pad(text, widths[at], typeof rows[line][at] === 'string' ? 'left' : 'right'))
      .join('  '),
  );
  return [headings, dashes, ...lines, dashes].map((line) => `${line.trimEnd()}\n`).join('');
}

/** Rows of a measurement as a table of the named columns. */
export function formatRows(rows: readonly Row[], columns: readonly ColumnName[]): string {
  return formatTable(
    columns.map(columnOf),
    rows.map((row) => columns.map((name) => row[name])),
  );
}

/** A cell as tables show it. */
export function cellText(cell: Cell): string {
  if (cell === null) return ABSENT;
  // Control characters of a stranger's file name must not reach the terminal.
  return typeof cell === 'number' ? String(Math.round(cell * 100) / 100) : cell.replace(/\p{Cc}/gu, '?');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}
