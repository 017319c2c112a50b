/** Which decision pays: the cells of the ablation side by side, and what each decision alone changes. */
import type { Lab } from './lab.js';
import type { Derived } from './derived-csv.js';
import { milliseconds, threeDigits } from './figure-text.js';
import { median } from 'simple-statistics';

/** The decisions and their values, the kernel's first. Cells are named by one of each, joined by dashes. */
export const DECISIONS = {
  container: ['array', 'gap', 'list'],
  branches: ['eager', 'deferred'],
  aux: ['inline', 'handle'],
} as const;

export interface AblationCell {
  readonly container: string;
  readonly branches: string;
  readonly aux: string;
  readonly ns: number;
}

/** The measured cells of a workload. */
export function cellsOf(lab: Lab, workload: string): AblationCell[] {
  const { container, branches, aux } = DECISIONS;
  return container.flatMap((c) =>
    branches.flatMap((b) =>
      aux.flatMap((a) => {
        const times = lab.times(workload, `${c}-${b}-${a}`);
        return times === undefined ? [] : [{ container: c, branches: b, aux: a, ns: times.median }];
      }),
    ),
  );
}

/** What one decision changes, all others equal. */
export interface Effect {
  readonly workload: string;
  readonly decision: keyof typeof DECISIONS;
  readonly from: string;
  readonly to: string;
  /** How many times faster: the least, the median and the most over what the other decisions may be. */
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** The effects of every decision on a workload; none when its cells were not measured. */
export function effectsOf(lab: Lab, workload: string): Effect[] {
  const cells = cellsOf(lab, workload);
  return (Object.keys(DECISIONS) as (keyof typeof DECISIONS)[]).flatMap((decision) => {
    const [from, ...others] = DECISIONS[decision];
    return others.flatMap((to) => {
      const factors = cells
        .filter((cell) => cell[decision] === from)
        .flatMap((before) => {
          const after = cells.find(
            (cell) =>
              cell[decision] === to &&
              (Object.keys(DECISIONS) as (keyof typeof DECISIONS)[]).every(
                (other) => other === decision || cell[other] === before[other],
              ),
          );
          return after === undefined ? [] : [before.ns / after.ns];
        });
      if (factors.length === 0) return [];
      return [
        {
          workload,
          decision,
          from,
          to,
          least: Math.min(...factors),
          median: median(factors),
          most: Math.max(...factors),
        },
      ];
    });
  });
}

/** As `results/ablation.csv`: a line per effect. */
export function effectsCsv(effects: readonly Effect[]): Derived {
  return {
    name: 'ablation.csv',
    columns: [
      'workload',
      'decision',
      'from',
      'to',
      'least_times_faster',
      'median_times_faster',
      'most_times_faster',
    ],
    lines: effects.map(({ workload, decision, from, to, least, median: middle, most }) => [
      workload,
      decision,
      from,
      to,
      threeDigits(least),
      threeDigits(middle),
      threeDigits(most),
    ]),
  };
}

/** A cell's time for a table. */
export function cellMs(
  cells: readonly AblationCell[],
  container: string,
  branches: string,
  aux: string,
): number | null {
  const cell = cells.find(
    (each) => each.container === container && each.branches === branches && each.aux === aux,
  );
  return cell === undefined ? null : milliseconds(cell.ns);
}

/** Workloads that the ablation is measured on. */
export const COMPARED_BY: readonly string[] = ['dense-10k', 'pystacks180'];
