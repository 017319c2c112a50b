import { describe, expect, test } from 'vitest';
import { emptyRow } from '../bench/columns.js';
import { formatDuration } from './duration.js';
import { formatRows, formatTable } from './table.js';
import { programTotals, speedup, totalsTable } from './totals.js';

const ARRAY = {
  ...emptyRow(),
  file_name: 'a.bpf.o',
  prog_name: 'xdp',
  strategy: 'array',
  pass: 'total',
  verdict: 'success' as const,
  duration: 100,
  duration_p50_ns: 100_000,
  prog_size: 50,
  patches: 7,
  expanding_patches: 3,
};
const LIST = { ...ARRAY, strategy: 'linked-list', duration: 8, duration_p50_ns: 8000 };

describe('a table', () => {
  test('is laid out as veristat does it', () => {
    expect(formatRows([ARRAY, LIST], ['file_name', 'strategy', 'duration', 'verdict'])).toBe(
      [
        'File     Strategy     Duration (us)  Verdict',
        '-------  -----------  -------------  -------',
        'a.bpf.o  array                  100  success',
        'a.bpf.o  linked-list              8  success',
        '-------  -----------  -------------  -------',
        '',
      ].join('\n'),
    );
  });

  test('shows what is absent as N/A and no control characters', () => {
    expect(formatRows([{ ...emptyRow(), file_name: 'a\u001b[2J\n' }], ['file_name', 'duration'])).toBe(
      'File    Duration (us)\n------  -------------\na?[2J?            N/A\n------  -------------\n',
    );
  });

  test('of no rows is its headings', () => {
    expect(formatTable([{ heading: 'A', align: 'left' }], [])).toBe('A\n-\n-\n');
  });
});

describe('totals', () => {
  test('put the strategies of a program side by side, with the speed-up over the array', () => {
    const phase = { ...LIST, pass: 'init', duration_p50_ns: 1 };
    const { columns, cells } = totalsTable([ARRAY, phase, LIST]);
    expect(columns.map((column) => column.heading).slice(5)).toEqual(['array (us)', 'linked-list (us)', 'x']);
    expect(cells).toEqual([['a.bpf.o', 'xdp', 50, 7, 3, 100, 8, 12.5]]);
  });

  test('leave out what was not measured', () => {
    const other = { ...LIST, file_name: 'b.bpf.o' };
    const [, b] = programTotals([ARRAY, other]);
    expect(speedup(b, 'linked-list')).toBeUndefined();
    expect(totalsTable([ARRAY, other]).cells[1].slice(5)).toEqual([null, 8, null]);
  });
});

test.each([
  [8_123_456, '8.12 ms'],
  [812_345_678, '812 ms'],
  [1_500_000_000, '1.5 s'],
  [999, '999 ns'],
  [0, '0 ns'],
  [340_000_000_000, '340 s'],
])('%d ns read as %s', (ns, text) => {
  expect(formatDuration(ns)).toBe(text);
});
