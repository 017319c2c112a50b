/**
 * Makes a conditional jump of which the check saw only one way an unconditional one
 * (`opt_hard_wire_dead_code_branches()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { BPF_CALL, BPF_EXIT, BPF_JA, BPF_JMP, BPF_JMP32, BPF_TAIL_CALL } from '../isa/opcodes.js';
import { classOf, codeOf, opOf, word0 } from '../isa/insn.js';
import { AUX_SEEN, NONE } from '../../strategies/store.js';
import type { FixupEnv, Pass } from './pass.js';

/** Conditional jumps, `may_goto` among them. */
function isConditionalJump(code: number): boolean {
  const cls = classOf(code);
  const op = opOf(code);
  if (cls === BPF_JMP32) return op !== BPF_JA;
  return cls === BPF_JMP && op !== BPF_JA && op !== BPF_EXIT && op !== BPF_CALL && op !== BPF_TAIL_CALL;
}

export const hardWireDeadCodeBranches: Pass = {
  name: 'hard-wire-dead-code-branches',

  applies: () => true,

  run(env: FixupEnv): void {
    const { store, facts } = env;
    const ja = word0(BPF_JMP | BPF_JA, 0, 0, 0);
    for (let pos = store.first(); pos !== NONE;) {
      const next = store.next(pos);
      if (isConditionalJump(codeOf(store.word0(pos)))) {
        // Patches before this pass copied `seen`, so what the check said of the original slot holds for its identity.
        if (next === NONE || store.aux(next, AUX_SEEN) === 0) store.setWords(pos, ja, 0);
        else if (facts.aux[store.targetSlot(pos) * facts.auxWords + AUX_SEEN] === 0) store.setNop(pos);
      }
      pos = next;
    }
    store.commit();
  },
};
