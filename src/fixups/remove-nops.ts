/**
 * Removes each `ja +0`, and where the release does so each `may_goto +0` (`opt_remove_nops()`, kernel/bpf/verifier.c,
 * Linux 6.12; `bpf_opt_remove_nops()`, kernel/bpf/fixups.c, Linux 7.2). One forward pass: a jump that becomes `ja +0` only
 * because of a removal behind it stays.
 */
import { BPF_JA, BPF_JCOND, BPF_JMP } from '../isa/opcodes.js';
import { NONE } from '../../strategies/store.js';
import type { FixupEnv, Pass } from './pass.js';

const JA = BPF_JMP | BPF_JA;
const MAY_GOTO = BPF_JMP | BPF_JCOND;

export const removeNops: Pass = {
  name: 'remove-nops',

  applies: () => true,

  run(env: FixupEnv): void {
    const { store, patcher } = env;
    const mayGotoToo = env.profile.features.removesMayGotoNops;
    for (let pos = store.first(); pos !== NONE;) {
      // A deferring store leaves the offset stale: only opcode and registers count, the target is asked for.
      const head = store.word0(pos) & 0xffff;
      const candidate = head === JA || (mayGotoToo && head === MAY_GOTO);
      if (!candidate || store.word1(pos) !== 0 || !store.jumpsToNext(pos)) {
        pos = store.next(pos);
        continue;
      }
      pos = patcher.remove(pos, 1);
      // Of may_goto +1 in front of may_goto +0, the first has become one to remove.
      if (head === MAY_GOTO && pos !== NONE && store.prev(pos) !== NONE) pos = store.prev(pos);
    }
    store.commit();
  },
};
