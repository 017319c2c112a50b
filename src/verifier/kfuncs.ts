/**
 * Calls of kernel functions. What they take and return is in the kernel's BTF, which is not at hand here yet: the result
 * is not modelled, and `Facts.unknowns` says so.
 */
import { BPF_REG_0 } from '../isa/opcodes.js';
import type { VerifierEnv } from './env.js';
import { clearCallerSaved } from './operands.js';
import { markNotModelled } from './register.js';

/** Does the call at `slot` step an iterator? */
export function isIterNextCall(env: VerifierEnv, slot: number): boolean {
  env;
  slot;
  return false;
}

/** Does the kernel function called at `slot` call back before it returns? */
export function isSyncCallbackKfunc(env: VerifierEnv, slot: number): boolean {
  env;
  slot;
  return false;
}

/** Does the kernel function called at `slot` call back later? */
export function isAsyncCallbackKfunc(env: VerifierEnv, slot: number): boolean {
  env;
  slot;
  return false;
}

/** Checks the call of a kernel function at the current slot. */
export function checkKfuncCall(env: VerifierEnv): void {
  env.unknown(`call of kernel function ${env.imm(env.slot)} is not modelled`);
  clearCallerSaved(env, env.regs);
  const r0 = env.regs[BPF_REG_0];
  markNotModelled(r0);
  r0.subregDef = 0;
}
