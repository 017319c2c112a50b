import { describe, expect, it } from 'vitest';
import { emptyRow, type Row } from '../bench/columns.js';
import { describeRun } from '../bench/sidecar.js';
import { readmeTable, withReadmeTable } from './readme-table.js';

function total(file: string, strategy: string, ns: number, expanding: number): Row {
  return {
    ...emptyRow(),
    file_name: file,
    prog_name: 'main',
    strategy,
    pass: 'total',
    prog_size: 100 * expanding,
    duration_p50_ns: ns,
    expanding_patches: expanding,
  };
}

const ROWS = ['a', 'b', 'c', 'd', 'e'].flatMap((name, at) => [
  total(`${name}.bpf.o`, 'array', 8_000_000, at),
  total(`${name}.bpf.o`, 'rope', 500_000, at),
]);

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

describe('the table of README', () => {
  it('shows the programs that take most patching, with how many times faster each strategy is', () => {
    const table = readmeTable(SOURCE);
    expect(table).toContain('b: 100 insns, 1 expanding patches | c: 200 insns, 2 expanding patches');
    expect(table).not.toContain('a: ');
    expect(table).toMatch(/\| rope +\| +0\.500 \(16\.0 x\) \|/);
    expect(table).toContain('from `results/bench.csv`, made by `npm run bench`');
  });

  it('takes the place of what stood between the marks, and of nothing else', () => {
    const readme = 'before\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n';
    const once = withReadmeTable(readme, 'new\n');
    expect(once).toBe('before\n<!-- results:begin -->\n\nnew\n\n<!-- results:end -->\nafter\n');
    expect(withReadmeTable(once, 'new\n')).toBe(once);
    expect(() => withReadmeTable('no marks', 'new')).toThrow('README.md has no');
  });
});
