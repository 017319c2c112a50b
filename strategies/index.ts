/** The registry of strategies: what tests, benchmarks, tables and the command line know them by. */
import * as list from './list.js';
import type { Strategy } from './strategy.js';

export type { Strategy, StoreOptions, Tunable } from './strategy.js';

/** All measured strategies, in alphabetical order of their exports in list.ts. */
export const STRATEGIES: readonly Strategy[] = Object.values(list);

/**
 * The strategy of that name.
 * @throws RangeError naming those there are
 */
export function strategyOf(name: string): Strategy {
  const found = STRATEGIES.find((strategy) => strategy.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `no strategy ${name} (there are: ${STRATEGIES.map((strategy) => strategy.name).join(', ')})`,
  );
}
