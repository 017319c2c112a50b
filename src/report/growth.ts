/**
 * Growth: the exponents that the sweeps show, beside those that theory gives on the same points. Theory counts records
 * visited or moved, so it is an upper law too: what is constant per run or per byte is not in it.
 */
import { STRATEGIES } from '../../strategies/index.js';
import { shapeOf, visitsOf } from '../bench/workloads/index.js';
import type { Lab } from './lab.js';
import type { Derived } from './derived-csv.js';
import { patchesOf } from './extrapolation.js';
import { threeDigits } from './figure-text.js';
import { fitPowerLaw } from './power-law.js';

/** What is varied: workloads `PREFIX…`, by instructions or by patches. */
const SWEEPS = [
  { name: 'N', prefix: 'sweep-n-', sizeOf: (lab: Lab, workload: string) => slotsOf(lab, workload) },
  { name: 'M', prefix: 'sweep-m-', sizeOf: patchesOf },
] as const;

export interface Growth {
  readonly strategy: string;
  /** `N`: instructions at a fixed number of patches; `M`: patches at a fixed number of instructions. */
  readonly sweep: 'N' | 'M';
  readonly exponent: number;
  readonly r2: number;
  /** Exponent of the records visited on the same points, by the strategy's own kind of growth. */
  readonly theory: number;
  readonly points: number;
}

/** One per strategy of the registry and sweep that was measured. */
export function growthOf(lab: Lab): Growth[] {
  return STRATEGIES.flatMap(({ name: strategy, growth }) =>
    SWEEPS.flatMap(({ name, prefix, sizeOf }) => {
      const points = lab.workloads.filter(
        (workload) => workload.startsWith(prefix) && lab.times(workload, strategy) !== undefined,
      );
      if (points.length < 2) return [];
      const measured = fitPowerLaw(
        points.map((workload) => [sizeOf(lab, workload), lab.times(workload, strategy)!.median] as const),
      );
      const theory = fitPowerLaw(
        points.map((workload) => [sizeOf(lab, workload), visitsOf(shapeOf(workload), growth)] as const),
      );
      return [
        {
          strategy,
          sweep: name,
          exponent: measured.exponent,
          r2: measured.r2,
          theory: theory.exponent,
          points: points.length,
        },
      ];
    }),
  );
}

/** As `results/growth.csv`. */
export function growthCsv(growth: readonly Growth[]): Derived {
  return {
    name: 'growth.csv',
    columns: ['strategy', 'sweep', 'exponent', 'theory_exponent', 'r2', 'points'],
    lines: growth.map(({ strategy, sweep, exponent, theory, r2, points }) => [
      strategy,
      sweep,
      threeDigits(exponent),
      threeDigits(theory),
      threeDigits(r2),
      points,
    ]),
  };
}

/** Instructions of a workload before the rewriting. */
export function slotsOf(lab: Lab, workload: string): number {
  return lab.row(workload, lab.strategies(workload)[0])?.prog_size ?? 0;
}
