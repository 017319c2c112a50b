/** Tables in Markdown, aligned in the source as well, so that a diff of two results can be read. */
import type { Cell } from '../bench/columns.js';
import { cellText, type TableColumn } from './table.js';

/** The table; `|` in a cell is escaped. Numbers of four digits and more are grouped by commas. */
export function markdownTable(columns: readonly TableColumn[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(markdownCell));
  const widths = columns.map(({ heading }, at) =>
    texts.reduce((widest, row) => Math.max(widest, row[at].length), Math.max(3, heading.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells
      .map((cell, at) => (columns[at].align === 'left' ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join(' | ')} |\n`;
  const rule = columns.map(({ align }, at) =>
    align === 'left' ? '-'.repeat(widths[at]) : `${'-'.repeat(widths[at] - 1)}:`,
  );
  return line(columns.map(({ heading }) => heading)) + line(rule) + texts.map(line).join('');
}

function markdownCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return grouped(cell);
  return cellText(cell).replaceAll('|', '\\|');
}

/** `1234567.8` as `1,234,567.8`: the same in every language of the machine. */
export function grouped(value: number): string {
  const text = String(Math.abs(value) < 1 ? Number(value.toPrecision(3)) : Math.round(value * 100) / 100);
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + text.slice(whole.length);
}
