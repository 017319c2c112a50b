/** Measured rows as tests make them up. */
import { emptyRow, type Row } from '../../bench/columns.js';
import { describeRun } from '../../bench/sidecar.js';
import type { Source } from '../sources.js';

/** Total of a shape (no `file`) or of a program, one process. */
export function total(workload: string, strategy: string, ms: number, more: Partial<Row> = {}): Row {
  return {
    ...emptyRow(),
    file_name: 'synthetic',
    prog_name: workload,
    strategy,
    pass: 'total',
    process: 1,
    verdict: 'success',
    duration_p50_ns: Math.round(ms * 1e6),
    prog_size: 10_000,
    expanding_patches: 5_000,
    aux_bytes: 88,
    timer_warning: 'none',
    ...more,
  };
}

/** The rows as a measured file. */
export function sourceFrom(rows: readonly Row[]): Source {
  const sidecar = describeRun(
    {
      command: 'npm run bench -- --full',
      ended: 'complete',
      problems: [],
      kernel: '6.12',
      seed: '1',
      sampling: { budget_ms: 1, min_samples: 1, jobs: 1 },
    },
    rows,
  );
  return { files: ['lab.csv'], rows, sidecars: [sidecar] };
}
