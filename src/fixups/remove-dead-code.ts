/**
 * Removes every run of instructions the check never reached (`opt_remove_dead_code()`, kernel/bpf/verifier.c,
 * Linux 6.12): one removal a run.
 *
 * A program that still refers to what went, and to no other subprogram by that, is refused here; Linux does so when all
 * passes are through.
 */
import { AUX_SEEN, NONE } from '../../strategies/store.js';
import type { FixupEnv, Pass } from './pass.js';
import { settleRemovedCallees } from './removed-callees.js';

export const removeDeadCode: Pass = {
  name: 'remove-dead-code',

  applies: () => true,

  run(env: FixupEnv): void {
    const { store, patcher } = env;
    const refused = settleRemovedCallees(env);
    for (let pos = store.first(); pos !== NONE;) {
      if (store.aux(pos, AUX_SEEN) !== 0) {
        pos = store.next(pos);
        continue;
      }
      let count = 0;
      for (let dead = pos; dead !== NONE && store.aux(dead, AUX_SEEN) === 0; dead = store.next(dead)) count++;
      pos = patcher.remove(pos, count);
    }
    // Not before the removals: an overflow that a deferring store has still to report comes first.
    if (refused !== undefined) throw refused;
    store.commit();
  },
};
