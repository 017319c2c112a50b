/** What the registry knows of a way to hold instructions, and how its tuning is given and checked. */
import type { Store, StoreInput } from './store.js';

/** Values for a strategy's tunables, by their names; what is absent has its default. */
export type StoreOptions = Readonly<Record<string, number>>;

/** A constant of a strategy that measurements may sweep. */
export interface Tunable {
  readonly name: string;
  readonly default: number;
  /** Smallest and largest value the strategy works with. */
  readonly min: number;
  readonly max: number;
  /** The value at which small programs meet the strategy's boundaries most: what tests run with besides the default. */
  readonly tight: number;
  /** What it is, with its unit. */
  readonly meaning: string;
}

/**
 * What decides how its time grows with N instructions and M expanding patches, besides N + M itself:
 * - `linear`: nothing (logarithms and blocks of a fixed size count as nothing);
 * - `distance`: how far patches lie from each other, so that scattered ones cost N each and those in order nothing;
 * - `quadratic`: every patch costs N, wherever it lies.
 */
export type Growth = 'linear' | 'distance' | 'quadratic';

export interface Strategy {
  /** Name in tables, CSV and on the command line. */
  readonly name: string;
  /** One sentence: how the instructions are held and when branches are fixed. */
  readonly summary: string;
  /** What M expanding patches cost on N instructions. */
  readonly cost: string;
  /** By it workloads that would take too long are told apart from those that can be measured. */
  readonly growth: Growth;
  readonly tunables: readonly Tunable[];
  /**
   * Makes a store; the input is copied, so that it serves any number of stores.
   * @throws RangeError when the input is inconsistent, a branch leads outside of the program, or an option is unknown
   * or out of its range
   */
  create(input: StoreInput, options?: StoreOptions): Store;
}

/**
 * The value of one tunable.
 * @throws RangeError when it is not a number within the tunable's bounds
 */
export function tuned(options: StoreOptions, tunable: Tunable): number {
  const value = options[tunable.name] ?? tunable.default;
  if (!(value >= tunable.min && value <= tunable.max)) {
    throw new RangeError(`${tunable.name}=${value} is not within ${tunable.min}..${tunable.max}`);
  }
  return value;
}

/** @throws RangeError when `options` names something that is no tunable of the strategy */
export function assertKnownOptions(
  strategy: string,
  tunables: readonly Tunable[],
  options: StoreOptions,
): void {
  for (const name of Object.keys(options)) {
    if (!tunables.some((tunable) => tunable.name === name)) {
      const known = tunables.map((tunable) => tunable.name).join(', ') || 'none';
      throw new RangeError(`strategy ${strategy} has no option ${name} (it has: ${known})`);
    }
  }
}
