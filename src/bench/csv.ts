/** Rows as CSV and back, both by the column table. */
import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import {
  COLUMN_NAMES,
  ColumnError,
  emptyRow,
  findColumn,
  formatCell,
  parseCell,
  type ColumnName,
  type Row,
} from './columns.js';

/** The rows as CSV with a header line, all columns unless told which. Absent values are empty cells. */
export function rowsToCsv(rows: readonly Row[], columns: readonly ColumnName[] = COLUMN_NAMES): string {
  return stringify(
    rows.map((row) => columns.map((name) => formatCell(name, row[name]))),
    { header: true, columns: [...columns], record_delimiter: 'unix' },
  );
}

/**
 * The rows of a CSV text. The header may name the columns in any order and by any spelling; columns it does not name
 * are absent (`null`) in the rows.
 * @throws ColumnError naming the line and what is wrong there: an unknown or repeated column, a cell that does not
 *   fit, too many or too few cells, a broken quote
 */
export function rowsFromCsv(text: string): Row[] {
  const records = parseRecords(text);
  const header = records.shift();
  if (header === undefined) throw new ColumnError('line 1: no header');
  const names = atLine(header.line, () => header.cells.map((spelling) => findColumn(spelling)));
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) throw new ColumnError(`line ${header.line}: column '${repeated}' named twice`);
  return records.map(({ line, cells }) =>
    atLine(line, () => ({
      ...emptyRow(),
      ...Object.fromEntries(names.map((name, at) => [name, parseCell(name, cells[at])])),
    })),
  );
}

/**
 * The rows of a CSV file.
 * @throws ColumnError as `rowsFromCsv`, with the file's name in front
 * @throws Error (node:fs) when the file cannot be read
 */
export function readCsv(path: string): Row[] {
  const text = readFileSync(path, 'utf8');
  try {
    return rowsFromCsv(text);
  } catch (error) {
    if (error instanceof ColumnError) throw new ColumnError(`${path}: ${error.message}`);
    throw error;
  }
}

/** A record and the line it ends on. */
interface NumberedRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

function parseRecords(text: string): NumberedRecord[] {
  try {
    const parsed: unknown = parse(text, { bom: true, info: true, record_delimiter: ['\n', '\r\n'] });
    return (parsed as { info: { lines: number }; record: string[] }[]).map(({ info, record }) => ({
      line: info.lines,
      cells: record,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    const what =
      error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH'
        ? 'too many or too few cells'
        : 'not well-formed CSV';
    throw new ColumnError(`line ${line}: ${what}`);
  }
}

/** Runs `read` and puts the line in front of what it finds wrong. */
function atLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ColumnError) throw new ColumnError(`line ${line}: ${error.message}`);
    throw error;
  }
}
