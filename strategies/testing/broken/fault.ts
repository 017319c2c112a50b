/** A store with a deliberate fault: what the equivalence tests must be able to tell from a sound one. */
import type { Store, StoreInput } from '../../store.js';
import type { StoreOptions, Strategy } from '../../strategy.js';

export interface BrokenStrategy {
  /** What is wrong with it, as a sentence. */
  readonly fault: string;
  readonly strategy: Strategy;
}

type StoreClass = new (input: StoreInput, options?: StoreOptions) => Store;

/** The strategy with its store replaced by a class that differs from it in the fault alone. */
export function broken(fault: string, sound: Strategy, faulty: StoreClass): BrokenStrategy {
  return { fault, strategy: { ...sound, create: (input, options) => new faulty(input, options) } };
}
