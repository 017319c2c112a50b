/**
 * What a strategy would take on a workload that is too long for it: the power law of its family's smaller sizes, carried
 * on. An extrapolation is never a measurement: it has columns and marks of its own wherever it is shown.
 */
import type { Lab } from './lab.js';
import { fitPowerLaw } from './power-law.js';

/** Workloads whose sizes form a ladder: `ladder-15k`, `ladder-1M`. */
const LADDER = /^ladder-/;

export interface Extrapolated {
  readonly workload: string;
  readonly strategy: string;
  /** What the law gives, in ns. */
  readonly ns: number;
  /** The law: ns = `factor` * patches ** `exponent`. */
  readonly factor: number;
  readonly exponent: number;
  /** Workloads it was fitted on. */
  readonly fittedOn: readonly string[];
}

/** Fewest rungs to fit a law on. */
const FEWEST = 3;

/** All (rung, strategy) that were not measured although other strategies were. */
export function extrapolations(lab: Lab): Extrapolated[] {
  const rungs = lab.workloads.filter((name) => LADDER.test(name));
  const strategies = [...new Set(rungs.flatMap((rung) => lab.strategies(rung)))];
  return strategies.flatMap((strategy) => {
    const measured = rungs.filter((rung) => lab.times(rung, strategy) !== undefined);
    const missing = rungs.filter((rung) => !measured.includes(rung));
    if (missing.length === 0 || measured.length < FEWEST) return [];
    const law = fitPowerLaw(
      measured.map((rung) => [patchesOf(lab, rung), lab.times(rung, strategy)!.median] as const),
    );
    return missing.map((workload) => ({
      workload,
      strategy,
      ns: law.factor * patchesOf(lab, workload) ** law.exponent,
      factor: law.factor,
      exponent: law.exponent,
      fittedOn: measured,
    }));
  });
}

/** Patches of a workload, from whichever strategy was measured on it. */
export function patchesOf(lab: Lab, workload: string): number {
  const strategy = lab.strategies(workload)[0];
  return lab.row(workload, strategy)?.expanding_patches ?? 0;
}
