/** What a figure is: a chart of a measurement, with the words for those who cannot see it. */
import type { Lab } from '../lab.js';
import type { Chart } from './render.js';

export interface Figure {
  /** File name in results/figures/ without its ending. */
  readonly name: string;
  readonly title: string;
  /** What it shows, in a sentence or two: the text alternative. */
  readonly text: string;
  /** Undefined when the rows it needs were not measured. */
  chart(lab: Lab): Chart | undefined;
}

/** One colour per strategy, the same in every figure: the kernel's way in grey, the floor in black. */
export const STRATEGY_COLOURS: Readonly<Record<string, string>> = {
  array: '#8a8a8a',
  floor: '#000000',
  batch: '#1f77b4',
  'batch-tail': '#7fb3d9',
  'basic-block': '#8c564b',
  chunked: '#2ca02c',
  cow: '#bcbd22',
  'gap-buffer': '#ff7f0e',
  'linked-list': '#d62728',
  rope: '#9467bd',
  'unrolled-list': '#e377c2',
};
const OTHERS = ['#17becf', '#006d77', '#b5651d', '#4b0082'];

/** A colour scale over the strategies that occur; those without a colour of their own get one of the spare ones. */
export function strategyScale(strategies: readonly string[]): { domain: string[]; range: string[] } {
  let spare = 0;
  return {
    domain: [...strategies],
    range: strategies.map((name) => STRATEGY_COLOURS[name] ?? OTHERS[spare++ % OTHERS.length]),
  };
}

/** Names in the order of their first occurrence. */
export function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
