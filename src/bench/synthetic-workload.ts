/** A synthetic shape as a workload: the holding of instructions alone, without passes. */
import type { LinearProgram } from '../../strategies/linear-program.js';
import { NONE, type Store } from '../../strategies/store.js';
import { Patcher } from '../patcher.js';
import { FINISH, INIT, type PhaseLog } from './phase-log.js';
import type { EditSchedule, SyntheticWorkload } from './synthetic.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** The phase of the edits. */
const EDITS = 'edits';

export class SyntheticRun implements Workload {
  readonly slots: number;
  lastRun: unknown;

  constructor(private readonly shape: SyntheticWorkload) {
    this.slots = shape.input.insns.length / 2;
  }

  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram {
    log.start();
    const store = strategy.create(this.shape.input);
    const patcher = new Patcher(store);
    log.stop(INIT, store, store.length(), patcher.counts);

    log.start();
    applyEdits(store, patcher, this.shape.edits);
    log.stop(EDITS, store, store.length(), patcher.counts);

    log.start();
    const linear = store.finish();
    log.stop(FINISH, store, linear.length, patcher.counts);
    this.lastRun = { store, patcher, linear };
    return linear;
  }
}

/** One forward pass over all instructions, as the kernel's passes walk. */
function applyEdits(store: Store, patcher: Patcher, { slots, patch }: EditSchedule): void {
  let edit = 0;
  let slot = 0;
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos), slot++) {
    if (slot !== slots[edit]) continue;
    pos = patcher.replace(pos, patch);
    edit++;
  }
  store.commit();
}
