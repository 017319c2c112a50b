/** CSV files that `npm run results` derives from the measured ones, for every number on a page to be found in a file. */
import { stringify } from 'csv-stringify/sync';
import type { Cell } from '../bench/columns.js';

/** A derived file: its columns and lines. */
export interface Derived {
  /** File name in results/. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly lines: readonly (readonly Cell[])[];
}

/** The file's text; absent values are empty cells. */
export function derivedToCsv({ columns, lines }: Derived): string {
  return stringify(
    lines.map((line) => line.map((cell) => (cell === null ? '' : String(cell)))),
    { header: true, columns: [...columns], record_delimiter: 'unix' },
  );
}
