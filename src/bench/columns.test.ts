import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  COLUMN_NAMES,
  COLUMNS,
  ColumnError,
  emptyRow,
  findColumn,
  type Cell,
  type ColumnType,
  type Row,
} from './columns.js';
import { rowsFromCsv, rowsToCsv } from './csv.js';

const ANY_CELL: Readonly<Record<ColumnType, fc.Arbitrary<Cell>>> = {
  text: fc.string({ minLength: 1, unit: 'grapheme' }),
  verdict: fc.constantFrom('success', 'failure'),
  integer: fc.maxSafeInteger(),
  real: fc.integer({ min: -1_000_000, max: 1_000_000 }).map((hundredths) => hundredths / 100),
};

/** Any row the table allows. */
const anyRow: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(COLUMNS.map((column) => [column.name, fc.option(ANY_CELL[column.type])])),
) as unknown as fc.Arbitrary<Row>;

describe('the column table', () => {
  test('has no spelling twice', () => {
    const spellings = COLUMNS.flatMap((column) => [column.name, ...column.aliases]);
    expect(new Set(spellings).size).toBe(spellings.length);
    expect(new Set(COLUMNS.map((column) => column.heading)).size).toBe(COLUMNS.length);
  });

  test('says of every column what it means and in which unit', () => {
    for (const column of COLUMNS) {
      expect(column.meaning, column.name).not.toBe('');
      expect(column.unit, column.name).not.toBe('');
    }
  });

  test("takes veristat's spellings and refuses others", () => {
    expect(['file', 'progname', 'dur', 'verdict', 'prog_size'].map(findColumn)).toEqual([
      'file_name',
      'prog_name',
      'duration',
      'verdict',
      'prog_size',
    ]);
    expect(() => findColumn('Duration')).toThrow(new ColumnError("unknown column 'Duration'"));
  });
});

describe('rows as CSV', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 5 }), (rows) => {
        expect(rowsFromCsv(rowsToCsv(rows))).toEqual(rows);
      }),
    );
  });

  test('have one header line with the first spellings', () => {
    expect(rowsToCsv([])).toBe(`${COLUMN_NAMES.join(',')}\n`);
  });

  test('keep what is absent absent, not 0', () => {
    const [row] = rowsFromCsv('file,prog,dur\na.o,p,\n');
    expect(row).toEqual({ ...emptyRow(), file_name: 'a.o', prog_name: 'p' });
  });

  test('never hold a cell that a spreadsheet would run', () => {
    const csv = rowsToCsv([{ ...emptyRow(), file_name: '=1+1', prog_name: '@x', strategy: "'=x" }]);
    expect(csv.split('\n')[1]).toMatch(/^'=1\+1,'@x,''=x,/);
  });

  test.each([
    ['', 'line 1: no header'],
    ['file,what\n', "line 1: unknown column 'what'"],
    ['file,file_name\n', "line 1: column 'file_name' named twice"],
    ['file,dur\na,1\nb,1.5\n', "line 3: column duration: '1.5' is not an integer"],
    ['file,verdict\na,maybe\n', "line 2: column verdict: 'maybe' is neither 'success' nor 'failure'"],
    ['file,dur\na\n', 'line 2: too many or too few cells'],
    ['file,dur\n"a,1\n', 'line 2: not well-formed CSV'],
  ])('are refused with line and cause: %j', (text, message) => {
    expect(() => rowsFromCsv(text)).toThrow(new ColumnError(message));
  });

  test('of any text give rows or a ColumnError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(file|dur|[",\n\r0-9']){0,20}$/)), (text) => {
        try {
          expect(Array.isArray(rowsFromCsv(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ColumnError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
    );
  });
});
