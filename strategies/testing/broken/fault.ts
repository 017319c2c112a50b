/** A store with a deliberate fault: what the equivalence tests must be able to tell from a sound one. */
import { Labels } from '../../labels.js';
import type { Pos, Store, StoreInput } from '../../store.js';
import type { StoreOptions, Strategy } from '../../strategy.js';

export interface BrokenStrategy {
  /** What is wrong with it, as a sentence. */
  readonly fault: string;
  readonly strategy: Strategy;
}

type StoreClass = new (input: StoreInput, options?: StoreOptions) => Store;

/** Most steps over a program before a faulty store counts as walking in a circle; sound sessions take some thousand. */
const MOST_STEPS = 200_000;

/** The strategy with its store replaced by a class that differs from it in the fault alone. */
export function broken(fault: string, sound: Strategy, faulty: StoreClass): BrokenStrategy {
  return {
    fault,
    strategy: {
      ...sound,
      create: (input, options) => resolvable(endingWalks(new faulty(input, options))),
    },
  };
}

/** The store with labels that can be resolved: of those that are none, or alias in a circle, no resolving comes back. */
function resolvable(store: Store): Store {
  const labels = 'labels' in store && store.labels instanceof Labels ? store.labels : undefined;
  if (labels === undefined) return store;
  const known =
    (resolve: (label: number) => number) =>
    (label: number): number => {
      if (!(label >= 0 && label < labels.count)) throw new Error(`there is no label ${label}`);
      return resolve(label);
    };
  labels.resolve = known(labels.resolve.bind(labels));
  labels.resolveJump = known(labels.resolveJump.bind(labels));
  const alias = labels.alias.bind(labels);
  labels.alias = (label, heir) => {
    // What is an alias already may be on the way from its heir.
    const isCircle =
      !labels.isRoot(label) || labels.resolve(heir) === label || labels.resolveJump(heir) === label;
    if (isCircle) throw new Error('aliases may lead in a circle');
    alias(label, heir);
  };
  return store;
}

/** The store with walks that end: links that lead in a circle are an error, not a test that hangs. */
function endingWalks(store: Store): Store {
  let steps = 0;
  const counted =
    (step: (pos: Pos) => Pos) =>
    (pos: Pos): Pos => {
      if (++steps > MOST_STEPS) throw new Error('walks in a circle');
      return step(pos);
    };
  store.next = counted(store.next.bind(store));
  store.prev = counted(store.prev.bind(store));
  return store;
}
