/** `results/summary.csv`: the total of every (workload, strategy) over its processes, as tables and figures show it. */
import type { Derived } from './derived-csv.js';
import { extrapolations } from './extrapolation.js';
import { milliseconds, orNull, threeDigits } from './figure-text.js';
import type { Lab } from './lab.js';

const COLUMNS = [
  'workload',
  'strategy',
  'prog_size',
  'prog_size_out',
  'patches',
  'expanding_patches',
  'aux_bytes',
  'processes',
  'median_ms',
  'low_ms',
  'high_ms',
  'times_faster_than_array',
  'p_same_as_array',
  'times_the_floor',
  'peak_mib',
  'not_to_be_trusted',
  'extrapolated_ms',
  'extrapolated_from',
] as const;

/**
 * Measured lines in the order of the rows, then the extrapolated ones: those have a value in `extrapolated_ms` and none in
 * any column of measurements.
 */
export function summaryCsv(lab: Lab): Derived {
  const measured = lab.workloads.flatMap((workload) =>
    lab.strategies(workload).flatMap((strategy) => {
      const times = lab.times(workload, strategy);
      if (times === undefined) return [];
      const row = lab.row(workload, strategy)!;
      return [
        [
          workload,
          strategy,
          row.prog_size,
          row.prog_size_out,
          row.patches,
          row.expanding_patches,
          row.aux_bytes,
          times.processes,
          milliseconds(times.median),
          orNull(times.low, milliseconds),
          orNull(times.high, milliseconds),
          orNull(lab.timesFaster(workload, strategy), threeDigits),
          orNull(lab.difference(workload, strategy), threeDigits),
          orNull(lab.floors(workload, strategy), threeDigits),
          orNull(lab.peakBytes(workload, strategy), (bytes) => Math.round(bytes / 2 ** 20)),
          times.warning,
          null,
          null,
        ],
      ];
    }),
  );
  const beyond = extrapolations(lab).map(({ workload, strategy, ns, fittedOn }) => {
    const row = lab.row(workload, lab.strategies(workload)[0]);
    const size = [row?.prog_size, row?.prog_size_out, row?.patches, row?.expanding_patches, row?.aux_bytes];
    return [
      workload,
      strategy,
      ...size.map((cell) => cell ?? null),
      ...Array.from({ length: 9 }, () => null),
      milliseconds(ns),
      fittedOn.join(' '),
    ];
  });
  return { name: 'summary.csv', columns: COLUMNS, lines: [...measured, ...beyond] };
}
