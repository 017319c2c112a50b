/**
 * `may_goto` counts down in a stack slot of its own: the check and the decrement in its place, the slot's
 * initialisation as a prologue of the subprogram (`do_misc_fixups()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { alu64Imm, ldxMem, stMem, stxMem } from '../isa/builders.js';
import { BPF_DW, BPF_JEQ, BPF_JMP, BPF_REG_AX, BPF_REG_FP, BPF_SUB } from '../isa/opcodes.js';
import { word0 } from '../isa/insn.js';
import { NONE, type Pos } from '../../strategies/store.js';
import type { FixupEnv, SubprogStack } from './pass.js';

/** Bytes of the counter's stack slot. */
const COUNTER_SIZE = 8;

/** Replaces the `may_goto` at `pos`, and notes in `stack` that the subprogram needs the counter's slot. */
export function rewriteMayGoto(env: FixupEnv, pos: Pos, stack: SubprogStack): Pos {
  const slot = -stack.depth - COUNTER_SIZE;
  stack.extra = COUNTER_SIZE;
  const patch = env.patch.clear();
  ldxMem(patch, BPF_DW, BPF_REG_AX, BPF_REG_FP, slot);
  patch.pushOwnTarget(word0(BPF_JMP | BPF_JEQ, BPF_REG_AX, 0, 0), 0);
  alu64Imm(patch, BPF_SUB, BPF_REG_AX, 1);
  stxMem(patch, BPF_DW, BPF_REG_FP, BPF_REG_AX, slot);
  return env.patcher.replace(pos, patch);
}

/** Sets the counter at the entry of every subprogram that has one. Jumps back to the entry skip that. */
export function initialiseMayGotoCounters(env: FixupEnv): void {
  const { store, patcher, patch, stacks, profile } = env;
  const count = store.subprogCount();
  for (let k = 0; k < count; k++) {
    const stack = stacks[store.subprogId(k)];
    if (stack.extra === 0) continue;
    const entry = store.subprogStart(k);
    if (entry === NONE) continue;
    const w0 = store.word0(entry);
    const w1 = store.word1(entry);
    stMem(patch.clear(), BPF_DW, BPF_REG_FP, -stack.depth, profile.maxLoops);
    patch.pushReplaced(w0, w1);
    const body = patcher.replace(entry, patch);
    store.skipPrologue(store.prev(body), body);
  }
}
