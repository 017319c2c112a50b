/** What a measurement says at a glance: each program's total by strategy, and how much faster than the array it is. */
import type { Row } from '../bench/columns.js';
import { TOTAL } from '../bench/phase-log.js';
import type { TableColumn } from './table.js';

/** One program (or synthetic shape) with the totals of all its strategies. */
export interface ProgramTotals {
  readonly fileName: string;
  readonly progName: string;
  /** Instructions before and after the rewriting. */
  readonly slots: number | null;
  readonly slotsOut: number | null;
  readonly patches: number | null;
  readonly expandingPatches: number | null;
  /** Median total in ns by strategy; strategies that were not measured are missing. */
  readonly totalNs: ReadonlyMap<string, number>;
}

/** The strategy that the others are compared with: the kernel's own. */
export const BASELINE = 'array';

/** Programs in the order of the rows. */
export function programTotals(rows: readonly Row[]): ProgramTotals[] {
  const programs = new Map<string, { first: Row; totalNs: Map<string, number> }>();
  for (const row of rows) {
    if (row.pass !== TOTAL) continue;
    const key = JSON.stringify([row.file_name, row.prog_name]);
    let program = programs.get(key);
    if (program === undefined) {
      program = { first: row, totalNs: new Map() };
      programs.set(key, program);
    }
    if (row.strategy !== null && row.duration_p50_ns !== null)
      program.totalNs.set(row.strategy, row.duration_p50_ns);
  }
  return [...programs.values()].map(({ first, totalNs }) => ({
    fileName: first.file_name ?? '',
    progName: first.prog_name ?? '',
    slots: first.prog_size,
    slotsOut: first.prog_size_out,
    patches: first.patches,
    expandingPatches: first.expanding_patches,
    totalNs,
  }));
}

/** Strategies that occur, in the order of the rows. */
export function strategiesOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => row.strategy ?? []))];
}

/** How many times faster than the baseline; undefined where either was not measured or took no time. */
export function speedup(program: ProgramTotals, strategy: string): number | undefined {
  const baseline = program.totalNs.get(BASELINE);
  const own = program.totalNs.get(strategy);
  return baseline === undefined || own === undefined || own === 0 ? undefined : baseline / own;
}

/** Headings and cells of the totals: per strategy the median in us and, but for the baseline, the speed-up. */
export function totalsTable(rows: readonly Row[]): {
  columns: TableColumn[];
  cells: (string | number | null)[][];
} {
  const strategies = strategiesOf(rows);
  return {
    columns: [
      { heading: 'File', align: 'left' },
      { heading: 'Program', align: 'left' },
      { heading: 'Insns', align: 'right' },
      { heading: 'Patches', align: 'right' },
      { heading: 'Expanding', align: 'right' },
      ...strategies.flatMap((strategy): TableColumn[] => [
        { heading: `${strategy} (us)`, align: 'right' },
        ...(strategy === BASELINE ? [] : [{ heading: 'x', align: 'right' } as const]),
      ]),
    ],
    cells: programTotals(rows).map((program) => [
      program.fileName,
      program.progName,
      program.slots,
      program.patches,
      program.expandingPatches,
      ...strategies.flatMap((strategy) => {
        const ns = program.totalNs.get(strategy);
        const factor = speedup(program, strategy);
        return [
          ns === undefined ? null : Math.round(ns / 1000),
          ...(strategy === BASELINE ? [] : [factor === undefined ? null : Math.round(factor * 10) / 10]),
        ];
      }),
    ]),
  };
}
