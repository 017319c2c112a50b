/**
 * `may_goto` counts down in a stack slot of its own: the check and the decrement in its place, the slot's
 * initialisation as a prologue of the subprogram (`do_misc_fixups()`, kernel/bpf/verifier.c, Linux 6.12). Where the loop
 * is bounded by time, a second slot holds when it began, and the counter is refilled until the time is up
 * (`bpf_do_misc_fixups()`, kernel/bpf/fixups.c, Linux 7.2).
 */
import { alu64Imm, callHelper, jmpImm, ldxMem, mov64Imm, stMem, stxMem } from '../isa/builders.js';
import { BPF_DW, BPF_JEQ, BPF_JMP, BPF_JNE, BPF_REG_FP, BPF_SUB } from '../isa/opcodes.js';
import { word0 } from '../isa/insn.js';
import type { Pos } from '../../strategies/store.js';
import type { FixupEnv, SubprogStack } from './pass.js';

/** Bytes of the counter's stack slot, and of the time's. */
const SLOT_SIZE = 8;
/** Turns until a loop bounded by time looks at the clock (`BPF_MAX_TIMED_LOOPS`). */
const MAX_TIMED_LOOPS = 0xffff;

/** Replaces the `may_goto` at `pos`, and notes in `stack` that the subprogram needs the slots. */
export function rewriteMayGoto(env: FixupEnv, pos: Pos, stack: SubprogStack): Pos {
  const timed = env.profile.features.timedMayGoto;
  const scratch = env.profile.scratchRegister;
  stack.extra = timed ? 2 * SLOT_SIZE : SLOT_SIZE;
  const counter = -stack.depth - stack.extra;
  const patch = env.patch.clear();
  ldxMem(patch, BPF_DW, scratch, BPF_REG_FP, counter);
  patch.pushOwnTarget(word0(BPF_JMP | BPF_JEQ, scratch, 0, 0), 0);
  alu64Imm(patch, BPF_SUB, scratch, 1);
  if (timed) {
    // The scratch register is the function's argument, where the counter lies, and its result, the counter's new value.
    jmpImm(patch, BPF_JNE, scratch, 0, 2);
    mov64Imm(patch, scratch, counter);
    callHelper(patch, env.symbols.number('arch_bpf_timed_may_goto'));
  }
  stxMem(patch, BPF_DW, BPF_REG_FP, scratch, counter);
  return env.patcher.replace(pos, patch);
}

/** Sets the counter at the entry of every subprogram that has one. Jumps back to the entry skip that. */
export function initialiseMayGotoCounters(env: FixupEnv): void {
  const { store, patcher, patch, stacks, profile } = env;
  const count = store.subprogCount();
  for (let k = 0; k < count; k++) {
    const { depth, extra } = stacks[store.subprogId(k)];
    if (extra === 0) continue;
    let entry = store.subprogStart(k);
    const w0 = store.word0(entry);
    const w1 = store.word1(entry);
    const timed = profile.features.timedMayGoto;
    stMem(patch.clear(), BPF_DW, BPF_REG_FP, -depth, timed ? MAX_TIMED_LOOPS : profile.maxLoops);
    if (timed) stMem(patch, BPF_DW, BPF_REG_FP, -depth + SLOT_SIZE, 0);
    patch.pushReplaced(w0, w1);
    const body = patcher.replace(entry, patch);
    entry = body;
    for (let inserted = patch.length - 1; inserted > 0; inserted--) entry = store.prev(entry);
    store.skipPrologue(entry, body);
  }
}
