import { describe, expect, test } from 'vitest';
import { emptyRow, type Row } from '../bench/columns.js';
import { describeRun } from '../bench/sidecar.js';
import { grouped, markdownTable } from './markdown.js';
import { resultsPage } from './results-page.js';

function row(strategy: string, pass: string, ns: number, more: Partial<Row> = {}): Row {
  return {
    ...emptyRow(),
    file_name: 'a.bpf.o',
    prog_name: 'xdp',
    strategy,
    pass,
    duration_p50_ns: ns,
    expanding_patches: 5,
    ...more,
  };
}

const ROWS = [
  row('array', 'init', 2_000_000),
  row('array', 'total', 4_000_000, { aux_moved_bytes: 2048, peak_rss_kb: 51_200 }),
  row('rope', 'init', 1_000_000),
  row('rope', 'total', 1_000_000),
  row('rope', 'total', 9_000_000, { file_name: 'b.bpf.o', expanding_patches: 4 }),
];

const SOURCE = {
  csv: 'bench.csv',
  rows: ROWS,
  sidecar: describeRun(
    {
      command: 'npm run bench',
      ended: 'complete',
      problems: [],
      kernel: '6.12',
      seed: '1',
      sampling: { budget_ms: 1, min_samples: 1, jobs: 1 },
    },
    ROWS,
  ),
};

describe('the page of results', () => {
  const page = resultsPage(SOURCE);

  test('shows totals with speed-ups, phases and work of the program with most expanding patches', () => {
    expect(page).toMatch(/\| a\.bpf\.o +\| xdp +\| +\| +\| +5 \| +4,000 \| +1,000 \| +4 \|/);
    expect(page).toContain('## By phase: a.bpf.o xdp');
    expect(page).toMatch(/\| init +\| +2,000 \| +1,000 \|/);
    expect(page).toMatch(/\| array +\| +\| +2 \|.*\| +50 \|/);
  });

  test('names the CSV and the command at every table of figures', () => {
    const tables = page.split('\n## ').slice(1);
    expect(tables).toHaveLength(3);
    for (const table of tables) expect(table).toContain('From `bench.csv`, made by `npm run bench`.');
  });

  test('is the same every time', () => {
    expect(resultsPage(SOURCE)).toBe(page);
  });
});

test('a table in Markdown escapes what would end a cell', () => {
  expect(
    markdownTable(
      [
        { heading: 'A', align: 'left' },
        { heading: 'B', align: 'right' },
      ],
      [['x|y', 1234.5]],
    ),
  ).toBe('| A    |       B |\n| ---- | ------: |\n| x\\|y | 1,234.5 |\n');
});

test('numbers are grouped by three', () => {
  expect([0, 999, 1000, -1234567.891].map(grouped)).toEqual(['0', '999', '1,000', '-1,234,567.89']);
});
