/** References that a path holds: acquired by one call, to be released by another (kernel/bpf/verifier.c, Linux 6.12). */
import type { VerifierEnv } from './env.js';
import { collectRegs } from './frames.js';
import type { FuncState } from './frames.js';
import { markUnknown } from './register.js';

/** Acquires a reference for the current function and returns its id. */
export function acquireReference(env: VerifierEnv): number {
  const { frame } = env;
  const id = env.newId();
  frame.refs.push({ id, slot: env.slot, callbackRef: frame.inCallback ? frame.frameno : 0 });
  return id;
}

/** Takes the reference off the function's list; false when it is not there. */
export function releaseReferenceState(frame: FuncState, id: number): boolean {
  const { refs } = frame;
  const at = refs.findIndex((ref) => ref.id === id);
  if (at < 0) return false;
  if (frame.inCallback && refs[at].callbackRef !== frame.frameno) return false;
  const last = refs.pop()!;
  if (at < refs.length) refs[at] = last;
  return true;
}

/** Releases the reference: all pointers that keep it end. */
export function releaseReference(env: VerifierEnv, id: number): boolean {
  if (!releaseReferenceState(env.frame, id)) return false;
  const count = collectRegs(env.cur, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if (reg.refObjId === id) markUnknown(reg);
  }
  return true;
}

/** Are references held that this exit would leak (`check_reference_leak`)? */
export function leaksReferences(frame: FuncState): boolean {
  if (frame.frameno !== 0 && !frame.inCallback) return false;
  return frame.refs.some((ref) => !frame.inCallback || ref.callbackRef === frame.frameno);
}
