/** Text as HTML: everything that comes from a file or a measurement goes through here on its way to a page. */
import type { Cell } from '../../bench/columns.js';
import { grouped } from '../markdown.js';
import { cellText, type TableColumn } from '../table.js';
import type { Table } from '../tables.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for between tags and inside of quoted attributes; control characters become `?`. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (char) => (char === '\n' ? char : '?'))
    .replace(/[&<>"']/g, (char) => ENTITIES[char]);
}

/** Our own words with Markdown’s `code`, **bold** and *italic*; never for text from a file. */
export function inlineMarkup(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*]+)\*/g, '<em>$1</em>');
}

/** How a table is shown. */
export interface TableStyle {
  /** Id of the table, for its script; none when left out. */
  readonly id?: string;
  /** Classes of a cell by its text, without what a stranger could choose. */
  readonly cellClass?: (cell: Cell, at: number) => string;
  /** Can the headings sort it? */
  readonly sortable?: boolean;
}

/** Lines from which on a table scrolls in its box, with its headings in sight. */
const TALL = 60;

/**
 * A table in a box of its own that scrolls sideways, reached by the keyboard; its caption is the box’s name.
 * The first column of words names the line.
 */
export function htmlTable({ columns, cells }: Table, caption: string, style: TableStyle = {}): string {
  const { id, cellClass = () => '', sortable = false } = style;
  const label = escapeHtml(caption);
  const head = columns.map(
    (column) => `<th scope="col"${alignment(column)}>${escapeHtml(column.heading)}</th>`,
  );
  const lines = cells.map(
    (line) =>
      `<tr>${line.map((cell, at) => htmlCell(cell, at, columns[at], cellClass(cell, at))).join('')}</tr>`,
  );
  return [
    `<div class="scroll${cells.length > TALL ? ' tall' : ''}" role="region" aria-label="Table: ${label}" tabindex="0">`,
    `<table${id === undefined ? '' : ` id="${id}"`}${sortable ? ' class="sortable"' : ''}>`,
    `<caption>${label}</caption>`,
    `<thead><tr>${head.join('')}</tr></thead>`,
    `<tbody>`,
    ...lines,
    '</tbody></table></div>\n',
  ].join('\n');
}

function htmlCell(cell: Cell, at: number, column: TableColumn, classes: string): string {
  const text = escapeHtml(htmlCellText(cell));
  if (at === 0) return `<th scope="row">${text}</th>`;
  const numeric = typeof cell === 'number' || column.align === 'right';
  const names = [numeric ? 'n' : '', classes].filter((name) => name !== '').join(' ');
  return `<td${names === '' ? '' : ` class="${names}"`}>${text}</td>`;
}

function htmlCellText(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'number' ? grouped(cell) : cellText(cell);
}

function alignment({ align }: TableColumn): string {
  return align === 'right' ? ' class="n"' : '';
}
