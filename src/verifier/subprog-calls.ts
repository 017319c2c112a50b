/**
 * Calls of subprograms: static ones are explored as part of the calling path, in a frame of their own; global ones are
 * checked by themselves, and a call of them only checks the arguments (`check_func_call()`, `prepare_func_exit()`,
 * kernel/bpf/verifier.c, Linux 6.12).
 */
import { BPF_REG_0, BPF_REG_1, BPF_REG_5 } from '../isa/opcodes.js';
import { clearPacketPointers } from './invalidation.js';
import { subprogCalled } from './cfg.js';
import type { VerifierEnv } from './env.js';
import { FuncState, MAX_CALL_FRAMES } from './frames.js';
import type { VerifierState } from './frames.js';
import { checkSizeOfArg } from './helper-args.js';
import { slt, sle } from './int64.js';
import { markRead64 } from './liveness.js';
import { findPrevEntry, widenImprecise } from './loops.js';
import { clearCallerSaved } from './operands.js';
import { markPrecise } from './precision.js';
import { paramsOf, returnsVoid } from './prototypes.js';
import type { Param } from './prototypes.js';
import { NOT_MODELLED, PTR_TO_CTX, PTR_TO_STACK, SCALAR_VALUE } from './reg-types.js';
import { assignReg, markUnknown } from './register.js';
import type { SubprogInfo } from './subprogs.js';

/** Sets up the callee's registers from the caller's. */
export type SetCallee = (env: VerifierEnv, caller: FuncState, callee: FuncState) => void;

/** Enters a function in `state`, a new frame on top (`setup_func_entry`). */
export function enterFunction(
  env: VerifierEnv,
  state: VerifierState,
  subprog: number,
  callsite: number,
  setCallee: SetCallee,
): void {
  const depth = state.frames.length;
  if (depth >= MAX_CALL_FRAMES) env.fail(`the call stack of ${depth + 1} frames is too deep`);
  const caller = state.cur;
  const callee = FuncState.entry(callsite, depth, subprog);
  callee.refs = caller.refs.slice();
  setCallee(env, caller, callee);
  state.frames.push(callee);
}

const passArguments: SetCallee = (_env, caller, callee) => {
  for (let i = BPF_REG_1; i <= BPF_REG_5; i++) assignReg(callee.regs[i], caller.regs[i]);
};

/** Checks the call of a subprogram at the current slot; `env.slot` is then the slot before the one to go on with. */
export function checkSubprogCall(env: VerifierEnv): void {
  const subprog = subprogCalled(env, env.slot);
  const caller = env.frame;
  if (subprog.isGlobal) {
    checkGlobalCall(env, subprog);
    return;
  }
  enterFunction(env, env.cur, subprog.number, env.slot, passArguments);
  clearCallerSaved(env, caller.regs);
  env.slot = subprog.start - 1;
}

function checkGlobalCall(env: VerifierEnv, subprog: SubprogInfo): void {
  const params = paramsOf(env, subprog.number);
  if (params === null) env.refuse(`the prototype of global function ${subprog.name}`);
  else params.forEach((param, i) => checkArgument(env, i + 1, param));
  if (subprog.changesPacket && !env.rules.globalsKeepPackets) clearPacketPointers(env);
  subprog.called = true;
  const { regs } = env;
  clearCallerSaved(env, regs);
  if (env.rules.looseGlobals && returnsVoid(env, subprog.number)) return;
  markUnknown(regs[BPF_REG_0]);
  regs[BPF_REG_0].subregDef = 0;
}

/** Does the caller pass what the global function was checked with (`btf_check_func_arg_match`)? */
function checkArgument(env: VerifierEnv, regno: number, param: Param): void {
  const { type } = env.regs[regno];
  if (type === NOT_MODELLED) return;
  switch (param.kind) {
    case 'scalar':
      if (type !== SCALAR_VALUE) env.refuse(`R${regno} is no number, as the global function wants it`);
      break;
    case 'context':
      if (type !== PTR_TO_CTX) env.refuse(`R${regno} is no context, as the global function wants it`);
      break;
    case 'memory':
      checkSizeOfArg(env, regno, param.size);
      break;
    default:
      break;
  }
}

/** Returns from the current function to its caller; sets `env.slot` to where it goes on. */
export function leaveFunction(env: VerifierEnv): void {
  const { cur } = env;
  const callee = cur.cur;
  const caller = cur.frames[cur.frames.length - 2];
  const r0 = callee.regs[BPF_REG_0];
  if (r0.type === PTR_TO_STACK) env.refuse('a stack pointer is returned to the caller');
  if (callee.inCallback) {
    if (r0.type !== SCALAR_VALUE) env.refuse('a callback returns no number');
    markRead64(r0);
    markPrecise(env, BPF_REG_0);
    if (
      r0.type === SCALAR_VALUE &&
      (slt(r0.sminH, r0.sminL, callee.retMin >> 31, callee.retMin) ||
        !sle(r0.smaxH, r0.smaxL, callee.retMax >> 31, callee.retMax))
    ) {
      env.refuse(`a callback returns something else than ${callee.retMin} to ${callee.retMax}`);
    }
  } else {
    assignReg(caller.regs[BPF_REG_0], r0);
    caller.refs = callee.refs.slice();
  }
  const repeats = callee.inCallback && !env.rules.callbacksOnce;
  env.slot = repeats ? callee.callsite : callee.callsite + 1;
  cur.frames.pop();
  if (!repeats) return;
  const prev = findPrevEntry(env, cur, env.slot);
  if (prev !== null) widenImprecise(env, prev, cur);
}
