/**
 * Turns the spills and fills around a fastcall helper call into nops, which `remove-nops` takes away, and gives the
 * subprogram the stack back (`remove_fastcall_spills_fills()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { NONE } from '../../strategies/store.js';
import { AUX_FASTCALL_SPILLS } from '../verifier/facts.js';
import type { FixupEnv, Pass } from './pass.js';

export const removeFastcallSpillsFills: Pass = {
  name: 'remove-fastcall-spills-fills',

  applies: (env) => env.profile.features.fastcall,

  run(env: FixupEnv): void {
    const { store, facts, stacks } = env;
    let subprog = 0;
    let modified = false;
    for (let pos = store.first(); pos !== NONE;) {
      const pairs = store.aux(pos, AUX_FASTCALL_SPILLS);
      if (pairs > 0) {
        let spill = pos;
        let fill = pos;
        for (let pair = 0; pair < pairs; pair++) {
          spill = store.prev(spill);
          fill = store.next(fill);
          store.setNop(spill);
          store.setNop(fill);
        }
        modified = true;
      }
      pos = store.next(pos);
      if (store.startsSubprog(pos, subprog + 1)) {
        const id = store.subprogId(subprog);
        const fact = facts.subprogs[id];
        if (modified && !fact.keepFastcallStack) stacks[id].depth = -fact.fastcallStackOff;
        subprog++;
        modified = false;
      }
    }
    store.commit();
  },
};
