/** Which calls take a function of the program to be called back. */
import { codeOf, srcOf } from '../isa/insn.js';
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_KFUNC_CALL } from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import {
  BPF_FUNC_for_each_map_elem,
  BPF_FUNC_loop,
  BPF_FUNC_timer_set_callback,
} from '../kernel/special-helpers.js';
import type { VerifierEnv } from './env.js';
import { isAsyncCallbackKfunc, isSyncCallbackKfunc } from './kfunc-meta.js';

export const BPF_FUNC_find_vma = helperId('find_vma');
export const BPF_FUNC_user_ringbuf_drain = helperId('user_ringbuf_drain');

/** Calls the function before the call returns? */
export function isSyncCallbackHelper(id: number): boolean {
  return (
    id === BPF_FUNC_for_each_map_elem ||
    id === BPF_FUNC_find_vma ||
    id === BPF_FUNC_loop ||
    id === BPF_FUNC_user_ringbuf_drain
  );
}

/** Is the instruction at `slot` a helper or kernel function call that calls back before it returns? */
export function isSyncCallbackCall(env: VerifierEnv, slot: number): boolean {
  const w0 = env.word0(slot);
  if (codeOf(w0) !== (BPF_JMP | BPF_CALL)) return false;
  if (srcOf(w0) === 0) return isSyncCallbackHelper(env.imm(slot));
  return srcOf(w0) === BPF_PSEUDO_KFUNC_CALL && isSyncCallbackKfunc(env, slot);
}

/** Is it one that calls back later, on an empty stack? */
export function isAsyncCallbackCall(env: VerifierEnv, slot: number): boolean {
  const w0 = env.word0(slot);
  if (codeOf(w0) !== (BPF_JMP | BPF_CALL)) return false;
  if (srcOf(w0) === 0) return env.imm(slot) === BPF_FUNC_timer_set_callback;
  return srcOf(w0) === BPF_PSEUDO_KFUNC_CALL && isAsyncCallbackKfunc(env, slot);
}
