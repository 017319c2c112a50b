/**
 * Removes each `ja +0` (`opt_remove_nops()`, kernel/bpf/verifier.c, Linux 6.12). One forward pass: a jump that becomes
 * `ja +0` only because of a removal behind it stays.
 */
import { BPF_JA, BPF_JMP } from '../isa/opcodes.js';
import { NONE } from '../../strategies/store.js';
import type { FixupEnv, Pass } from './pass.js';

export const removeNops: Pass = {
  name: 'remove-nops',

  applies: () => true,

  run(env: FixupEnv): void {
    const { store, patcher } = env;
    for (let pos = store.first(); pos !== NONE;) {
      // A deferring store leaves the offset stale: only opcode and registers count, the target is asked for.
      const nop =
        (store.word0(pos) & 0xffff) === (BPF_JMP | BPF_JA) &&
        store.word1(pos) === 0 &&
        store.jumpsToNext(pos);
      pos = nop ? patcher.remove(pos, 1) : store.next(pos);
    }
    store.commit();
  },
};
