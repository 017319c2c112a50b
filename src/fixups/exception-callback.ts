/**
 * A program that throws and has no callback for that gets one behind its last instruction, hidden from its user: it
 * returns the cookie it is given (`add_hidden_subprog()` in `do_misc_fixups()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { exit, mov64Reg } from '../isa/builders.js';
import { BPF_REG_0, BPF_REG_1 } from '../isa/opcodes.js';
import { NONE, type Pos } from '../../strategies/store.js';
import type { FixupEnv } from './pass.js';

/** Appends the callback if the program needs it; positions end. */
export function appendExceptionCallback(env: FixupEnv): void {
  const { facts, store, patcher, stacks } = env;
  if (facts.seenException !== true || facts.exceptionCallback !== undefined) return;
  let last: Pos = store.first();
  for (let pos = last; pos !== NONE; pos = store.next(pos)) last = pos;
  const patch = env.patch.clear().pushReplaced(store.word0(last), store.word1(last));
  mov64Reg(patch, BPF_REG_0, BPF_REG_1);
  exit(patch);
  const end = patcher.replace(last, patch);
  store.addSubprog(store.prev(end));
  stacks.push({ depth: 0, extra: 0 });
}
