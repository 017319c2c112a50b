/** What the stress run does: sizes no real program has, and a process that lives long. */
import { DENSE_10K, type Shape } from '../../bench/workloads/index.js';
import type { Growth, Strategy } from '../../../strategies/strategy.js';

/** A workload of a size, and for which strategies it is. */
export interface StressCase {
  readonly shape: Shape;
  readonly growths: readonly Growth[];
}

/** Subprograms of each shape: their `exit` is what is not patched. */
const SUBPROGS = 10;

/** `patched` instructions of which every one is patched, `SUBPROGS` exits besides. */
function everyInsn(name: string, patched: number, rest: Partial<Shape> = {}): Shape {
  return { ...DENSE_10K, name, slots: patched + SUBPROGS, patches: patched, subprogs: SUBPROGS, ...rest };
}

export const CASES: readonly StressCase[] = [
  { shape: everyInsn('100k-x-100k', 100_000), growths: ['linear', 'distance'] },
  { shape: everyInsn('100k-x-100k-scattered', 100_000, { order: 'scattered' }), growths: ['linear'] },
  { shape: everyInsn('1m-x-1m', 1_000_000), growths: ['linear', 'distance'] },
  // For what is quadratic by nature; and for all, as it is the one with jumps and calls of its own.
  {
    shape: { ...DENSE_10K, name: '100k-x-10k', slots: 100_000, patches: 10_000 },
    growths: ['linear', 'distance', 'quadratic'],
  },
];

/** The cases of that name, or all of them. @throws RangeError when there is none */
export function casesNamed(name: string | undefined): readonly StressCase[] {
  if (name === undefined) return CASES;
  const found = CASES.filter(({ shape }) => shape.name === name);
  if (found.length === 0)
    throw new RangeError(`no case ${name} (there are: ${CASES.map(({ shape }) => shape.name).join(', ')})`);
  return found;
}

export function isFor({ growths }: StressCase, { growth }: Strategy): boolean {
  return growths.includes(growth);
}
