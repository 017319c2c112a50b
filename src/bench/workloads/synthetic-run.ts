/** A synthetic shape as a workload: the holding of instructions alone, without passes. */
import type { LinearProgram } from '../../../strategies/linear-program.js';
import { reference } from '../../../strategies/reference.js';
import { NONE, type Store } from '../../../strategies/store.js';
import { Patcher } from '../../patcher.js';
import type { PhaseLog } from '../phase-log.js';
import { FINISH, INIT } from '../phase-log.js';
import type { MeasuredStrategy, Workload } from '../workload.js';
import { visitsOf } from './cost.js';
import { expectedOf } from './expected.js';
import type { Shape } from './shape.js';
import { type EditSchedule, type RemovalSchedule, synthesize, type SyntheticWorkload } from './synthesize.js';

/** The phases between making the store and finishing; the first only when something is removed. */
const REMOVALS = 'removals';
const EDITS = 'edits';

/** Records that the reference store may visit: it takes some 40 ns for each. */
const REFERENCE_VISITS = 2e8;
/** A longer program is not kept from run to run (see `Workload.lastRun`): two of the longest would not fit into 1 GiB. */
const KEPT_SLOTS = 500_000;

export class SyntheticRun implements Workload {
  readonly slots: number;
  lastRun: unknown;
  private readonly made: SyntheticWorkload;

  /** @throws RangeError when the shape's figures contradict each other */
  constructor(
    private readonly shape: Shape,
    seed: string,
  ) {
    this.made = synthesize(shape, seed);
    this.slots = shape.slots;
  }

  /** What the reference store would take minutes for is calculated instead, and then has no phases; see expected.ts. */
  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram {
    if (strategy.name === reference.name && visitsOf(this.shape, reference.growth) > REFERENCE_VISITS)
      return expectedOf(this.made);
    const run = runOn(strategy, this.made, log);
    this.lastRun = this.slots <= KEPT_SLOTS ? run : undefined;
    return run.linear;
  }
}

interface Run {
  readonly store: Store;
  readonly patcher: Patcher;
  readonly linear: LinearProgram;
}

function runOn(
  strategy: MeasuredStrategy,
  { input, removals, edits }: Pick<SyntheticWorkload, 'input' | 'removals' | 'edits'>,
  log: PhaseLog,
): Run {
  log.start();
  const store = strategy.create(input);
  const patcher = new Patcher(store);
  log.stop(INIT, store, store.length(), patcher.counts);

  if (removals.slots.length > 0) {
    log.start();
    remove(store, patcher, removals);
    log.stop(REMOVALS, store, store.length(), patcher.counts);
  }

  log.start();
  if (edits.places === undefined) patchLocated(store, patcher, edits);
  else patchWalking(store, patcher, edits, edits.places);
  store.commit();
  log.stop(EDITS, store, store.length(), patcher.counts);

  log.start();
  const linear = store.finish();
  log.stop(FINISH, store, linear.length, patcher.counts);
  return { store, patcher, linear };
}

/** One forward pass that removes the dead stretches, as `opt_remove_dead_code()` does. */
function remove(store: Store, patcher: Patcher, { slots, length }: RemovalSchedule): void {
  let run = 0;
  let slot = 0;
  let pos = store.first();
  while (pos !== NONE) {
    if (slot === slots[run]) {
      pos = patcher.remove(pos, length);
      slot += length;
      run++;
    } else {
      pos = store.next(pos);
      slot++;
    }
  }
  store.commit();
}

/** One forward pass over all instructions, as the kernel's passes walk. */
function patchWalking(store: Store, patcher: Patcher, { patch }: EditSchedule, places: Int32Array): void {
  let edit = 0;
  let place = 0;
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos), place++) {
    if (place !== places[edit]) continue;
    pos = patcher.replace(pos, patch);
    edit++;
  }
}

/** Each edit where `locate` finds its slot: none of them was edited or removed before. */
function patchLocated(store: Store, patcher: Patcher, { slots, patch }: EditSchedule): void {
  for (let edit = 0; edit < slots.length; edit++) {
    patcher.replace(store.locate(slots[edit]), patch);
  }
}
