/** The table of every total: what a reader sorts and filters. */
import { columnOf, COLUMN_NAMES, type ColumnName, type Row } from '../../bench/columns.js';
import { TOTAL } from '../../bench/phase-log.js';
import { strategiesOf } from '../totals.js';
import { escapeHtml, htmlTable } from './markup.js';

/** `duration` is `duration_p50_ns` in whole microseconds. */
const LEFT_OUT: ReadonlySet<ColumnName> = new Set<ColumnName>(['pass', 'duration']);

/** What is read first: names, then times. */
const FIRST: readonly ColumnName[] = ['file_name', 'prog_name', 'strategy', 'process', 'duration_p50_ns'];

/** Names a row however many columns there are. */
const ALWAYS: ReadonlySet<ColumnName> = new Set<ColumnName>(['file_name', 'prog_name', 'strategy']);

/** Longest value above the table, in characters. */
const LONGEST_VALUE = 60;

/** Rows that the page’s script shows before it is asked for all. */
export const FIRST_ROWS = 200;

/**
 * The totals with their filter box and choice of strategy, which the page’s script brings to life. Columns that say the same
 * in every row stand above the table instead.
 */
export function rowsTable(rows: readonly Row[]): string {
  const totals = rows.filter(({ pass }) => pass === TOTAL);
  if (totals.length === 0) return '<p>Not measured.</p>\n';
  const shown = [...FIRST, ...COLUMN_NAMES.filter((name) => !LEFT_OUT.has(name) && !FIRST.includes(name))];
  const varied = shown.filter(
    (name) => ALWAYS.has(name) || totals.some((row) => row[name] !== totals[0][name]),
  );
  const constant = shown.filter((name) => !varied.includes(name) && totals[0][name] !== null);
  const columns = varied.map((name) => {
    const { heading, align } = columnOf(name);
    return { heading, align };
  });
  const cells = totals.map((row) => varied.map((name) => row[name]));
  const same = constant.map((name) => {
    const value = String(totals[0][name]).slice(0, LONGEST_VALUE);
    return `${escapeHtml(columnOf(name).heading)}: <code>${escapeHtml(value)}</code>`;
  });
  return [
    same.length === 0 ? '' : `<p>The same in every row: ${same.join(', ')}.</p>`,
    controls(strategiesOf(totals), totals.length),
    htmlTable({ columns, cells }, 'Every total', {
      id: 'rows',
      sortable: true,
      cellClass: (cell, at) => (varied[at] === 'timer_warning' && cell !== 'none' ? 'warned' : ''),
    }),
    glossary(varied),
  ].join('\n');
}

/** Hidden until there is a script that listens to them. */
function controls(strategies: readonly string[], rows: number): string {
  const options = strategies.map(
    (name) => `<option value="${escapeHtml(name)}">${escapeHtml(name)}</option>`,
  );
  return [
    '<form id="rows-filter" role="search" aria-label="Filter of the rows" hidden>',
    '<label>Filter <input type="search" id="filter-text" autocomplete="off" spellcheck="false"',
    ' aria-describedby="filter-help"></label>',
    `<label>Strategy <select id="filter-strategy"><option value="">all</option>${options.join('')}</select></label>`,
    `<label><input type="checkbox" id="filter-all" data-most="${FIRST_ROWS}"> Show all rows found</label>`,
    `<output id="filter-count" aria-live="polite">${rows} of ${rows} rows</output>`,
    '<p id="filter-help">Words of a file, program or strategy; a row must have all of them. Headings sort.</p>',
    '</form>',
  ].join('\n');
}

function glossary(names: readonly ColumnName[]): string {
  const entries = names.map((name) => {
    const { heading, meaning, unit } = columnOf(name);
    return `<dt>${escapeHtml(heading)}</dt><dd>${escapeHtml(meaning)}${unit === '-' ? '' : ` (${escapeHtml(unit)})`}.</dd>`;
  });
  return `<details><summary>What the columns mean</summary><dl>${entries.join('\n')}</dl></details>\n`;
}
