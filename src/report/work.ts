/** Where time goes and what was done: `results/parts.csv` and `results/operations.csv`. */
import type { Cell } from '../bench/columns.js';
import { TOTAL } from '../bench/phase-log.js';
import { operationsOf } from './claims.js';
import type { Derived } from './derived-csv.js';
import { milliseconds, orNull, threeDigits } from './figure-text.js';
import type { Lab } from './lab.js';
import { BASELINE } from './totals.js';

/** Every phase of every strategy on the given workloads, with its share of the strategy's whole run. */
export function partsCsv(lab: Lab, workloads: readonly string[]): Derived {
  const lines = workloads.flatMap((workload) =>
    lab.strategies(workload).flatMap((strategy) => {
      const total = lab.times(workload, strategy)?.median;
      return lab.passes(workload, strategy).flatMap((pass) => {
        const times = lab.times(workload, strategy, pass);
        if (times === undefined || total === undefined) return [];
        return [
          [
            workload,
            strategy,
            pass,
            milliseconds(times.median),
            orNull(times.low, milliseconds),
            orNull(times.high, milliseconds),
            threeDigits((100 * times.median) / total),
          ],
        ];
      });
    }),
  );
  return {
    name: 'parts.csv',
    columns: ['workload', 'strategy', 'pass', 'median_ms', 'low_ms', 'high_ms', 'share_pct'],
    lines,
  };
}

/**
 * What a strategy did on a workload, as `operations.csv` has it and the page shows it: from `workload` to
 * `times_fewer_than_array`; undefined when it was not measured.
 */
export function operationCells(lab: Lab, workload: string, strategy: string): Cell[] | undefined {
  const row = lab.row(workload, strategy, TOTAL);
  if (row === undefined) return undefined;
  const array = lab.row(workload, BASELINE);
  return [
    workload,
    strategy,
    (row.insn_moved_bytes ?? 0) / 8,
    Math.round((row.aux_moved_bytes ?? 0) / (row.aux_bytes ?? 1)),
    row.branch_visits,
    row.probe_visits,
    row.node_visits,
    row.metadata_visits,
    row.allocations,
    Math.round(operationsOf(row)),
    array === undefined ? null : threeDigits(operationsOf(array) / operationsOf(row)),
  ];
}

/** What every strategy did on every workload, counted, and how many times fewer that is than the array's. */
export function operationsCsv(lab: Lab): Derived {
  const lines = lab.workloads.flatMap((workload) =>
    lab.strategies(workload).flatMap((strategy) => {
      const cells = operationCells(lab, workload, strategy);
      return cells === undefined ? [] : [cells];
    }),
  );
  return {
    name: 'operations.csv',
    columns: [
      'workload',
      'strategy',
      'insns_moved',
      'aux_moved',
      'branch_visits',
      'probe_visits',
      'node_visits',
      'metadata_visits',
      'allocations',
      'operations',
      'times_fewer_than_array',
    ],
    lines,
  };
}
