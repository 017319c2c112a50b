/** A synthetic shape over a store, as a workload: one forward walk that replaces as it goes. */
import type { LinearProgram } from '../../strategies/linear-program.js';
import { NONE } from '../../strategies/store.js';
import { Patcher } from '../patcher.js';
import { FINISH, INIT, noPatches, type PhaseLog } from './phase-log.js';
import type { SyntheticWorkload } from './synthetic.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** The phase between `init` and `finish`: the walk with all edits and the commit after it. */
export const EDITS = 'edits';

export class EditWorkload implements Workload {
  readonly slots: number;

  constructor(private readonly synthetic: SyntheticWorkload) {
    this.slots = synthetic.input.insns.length / 2;
  }

  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram {
    const { input, edits } = this.synthetic;
    log.start();
    const store = strategy.create(input);
    log.stop(INIT, store, store.length(), NOTHING_YET);

    const patcher = new Patcher(store);
    log.start();
    let pos = store.first();
    let edit = 0;
    for (let slot = 0; pos !== NONE; slot++) {
      if (slot === edits.slots[edit]) {
        pos = patcher.replace(pos, edits.patch);
        edit++;
      }
      pos = store.next(pos);
    }
    store.commit();
    log.stop(EDITS, store, store.length(), patcher.counts);

    log.start();
    const linear = store.finish();
    log.stop(FINISH, store, linear.length, patcher.counts);
    return linear;
  }
}

const NOTHING_YET = noPatches();
