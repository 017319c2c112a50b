import { describe, expect, test } from 'vitest';
import { emptyRow, type Row } from '../bench/columns.js';
import { formatPairs, joinRows, KEY_COLUMNS, pairsToCsv, statOfPair } from './compare.js';
import { overProcesses } from './over-processes.js';
import { parseSort, sortBy } from './select.js';
import { parseStat } from './stat.js';

function row(prog: string, duration: number | null, more: Partial<Row> = {}): Row {
  return {
    ...emptyRow(),
    file_name: 'a.o',
    prog_name: prog,
    strategy: 'array',
    pass: 'total',
    verdict: 'success',
    duration,
    ...more,
  };
}

const PAIRS = joinRows(
  [row('p', 1000), row('q', 0), row('gone', 5)],
  [row('q', 7, { verdict: 'failure' }), row('p', 973), row('new', 6)],
  KEY_COLUMNS,
);

describe('a comparison', () => {
  test('joins by file, program, strategy and pass, and keeps what one side lacks', () => {
    expect(PAIRS.map(({ a, b }) => [a?.prog_name, b?.prog_name])).toEqual([
      ['p', 'p'],
      ['q', 'q'],
      ['gone', undefined],
      [undefined, 'new'],
    ]);
  });

  test('shows A, B and the signed difference with its percentage', () => {
    expect(formatPairs(PAIRS, ['prog_name', 'verdict', 'duration'])).toBe(
      [
        'Program  Verdict (A)  Verdict (B)  Verdict (DIFF)  Duration (us) (A)  Duration (us) (B)  Duration (us) (DIFF)',
        '-------  -----------  -----------  --------------  -----------------  -----------------  --------------------',
        'p        success      success      MATCH                        1000                973  -27 (-2.70%)',
        'q        success      failure      MISMATCH                        0                  7  +7 (+100.00%)',
        'gone     success              N/A  N/A                             5                N/A  N/A',
        'new              N/A  success      N/A                           N/A                  6  N/A',
        '-------  -----------  -----------  --------------  -----------------  -----------------  --------------------',
        '',
      ].join('\n'),
    );
  });

  test('as CSV has numbers for difference and percentage, and empty cells for what is absent', () => {
    expect(pairsToCsv(PAIRS, ['prog_name', 'verdict', 'duration'])).toBe(
      [
        'prog_name,verdict_base,verdict_comp,verdict_diff,duration_base,duration_comp,duration_diff,duration_pct',
        'p,success,success,MATCH,1000,973,-27,-2.7',
        'q,success,failure,MISMATCH,0,7,7,100',
        'gone,success,,,5,,,',
        'new,,success,,,6,,',
        '',
      ].join('\n'),
    );
  });

  test('orders by variants; bars order by the size of a change', () => {
    const order = (spec: string) =>
      sortBy(PAIRS, parseSort(spec), statOfPair).map(({ a, b }) => (b ?? a)!.prog_name);
    expect(order('duration_diff^')).toEqual(['gone', 'new', 'p', 'q']);
    expect(order('|duration_diff|v')).toEqual(['p', 'q', 'gone', 'new']);
    expect(order('duration_a')).toEqual(['p', 'gone', 'q', 'new']);
    expect(order('durationv')).toEqual(['p', 'q', 'new', 'gone']);
  });

  test('of nothing with nothing is a change of 0 %', () => {
    const pair = { a: row('p', 0), b: row('p', 0) };
    expect(statOfPair(pair, parseStat('duration_pct'))).toBe(0);
  });
});

test('several processes of one item become the median of each figure', () => {
  const rows = [row('p', 5), row('q', 1), row('p', 9), row('p', 7, { timer_warning: 'few-samples' })];
  expect(overProcesses(rows).map((each) => [each.prog_name, each.duration, each.timer_warning])).toEqual([
    ['p', 7, 'few-samples'],
    ['q', 1, null],
  ]);
});
