/** The registry of strategies: what tests, benchmarks, tables and the command line know them by. */
import * as list from './list.js';
import { reference } from './reference.js';
import type { Strategy } from './strategy.js';

export type { Strategy, StoreOptions, Tunable } from './strategy.js';

/** All measured strategies, in alphabetical order of their exports in list.ts. */
export const STRATEGIES: readonly Strategy[] = Object.values(list);

/** The slow store all others are compared with; not among the measured ones. */
export const REFERENCE: Strategy = reference;

/**
 * The strategy of that name, the reference included.
 * @throws RangeError naming those there are
 */
export function strategyOf(name: string): Strategy {
  const found = [...STRATEGIES, REFERENCE].find((strategy) => strategy.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `no strategy ${name} (there are: ${STRATEGIES.map((strategy) => strategy.name).join(', ')})`,
  );
}
