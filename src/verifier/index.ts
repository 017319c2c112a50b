/**
 * The check: what the rewriting needs to know of each instruction, found by exploring the program as the kernel's verifier
 * does (kernel/bpf/verifier.c, Linux 6.12).
 */
import type { KernelProfile } from '../kernel/profile.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { LOOP_FITS } from './calls.js';
import { checkCallDepth, walkControlFlow } from './cfg.js';
import { checkProgram } from './check.js';
import { foldConstants } from './constant-folding.js';
import { VerifierEnv } from './env.js';
import type { CheckOptions } from './env.js';
import {
  AUX_LOOP_CALLBACK,
  AUX_MAP,
  AUX_PTR_TYPE,
  MAP_POISONED,
  PTR_NONE,
  PTR_OTHER,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID_PROBED,
  PTR_TO_CTX,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from './facts.js';
import type { Facts } from './facts.js';
import { markFastcallPatterns } from './fastcall.js';
import { MAX_CALL_FRAMES } from './frames.js';
import * as types from './reg-types.js';
import { resetPrecision } from './precision.js';
import { findSubprogs, markExceptionCallback } from './subprogs.js';

export type { CheckOptions } from './env.js';
export type { Facts, SubprogFacts } from './facts.js';
export { VerifierError } from './facts.js';

/** How much work the check was, as the kernel's log counts it. */
export interface CheckStats {
  /** Instructions stepped through ("processed … insns"). */
  readonly steps: number;
  readonly maxStatesPerInsn: number;
  readonly totalStates: number;
  /** Checkpoints kept to the end; the kernel's log calls it the peak. */
  readonly peakStates: number;
}

/** What the check found, and how much work it was. */
export interface CheckResult {
  readonly facts: Facts;
  readonly stats: CheckStats;
}

/**
 * Explores the program and returns what the rewriting must know of it.
 * @throws VerifierError when the program is malformed, loops for ever, or is past a limit; the message names slot and cause
 */
export function deriveFacts(
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  options: CheckOptions = {},
): Facts {
  return check(object, program, profile, options).facts;
}

/** As `deriveFacts`, with the figures of the exploration. */
export function check(
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  options: CheckOptions = {},
): CheckResult {
  const env = new VerifierEnv(object, program, profile, options);
  env.subprogs = findSubprogs(object, program);
  markExceptionCallback(env);
  walkControlFlow(env);
  if (profile.check.foldsConstants) env.insns = foldConstants(env);
  if (profile.features.fastcall) markFastcallPatterns(env);
  resetPrecision();
  checkProgram(env);
  checkCallDepth(env, MAX_CALL_FRAMES);
  return {
    facts: assemble(env),
    stats: {
      steps: env.steps,
      maxStatesPerInsn: env.maxStatesPerInsn,
      totalStates: env.totalStates,
      peakStates: env.liveStates,
    },
  };
}

function assemble(env: VerifierEnv): Facts {
  for (let slot = 0; slot < env.length; slot++) {
    env.setAux(slot, AUX_PTR_TYPE, ptrTypeOf(env.ptrTypes[slot], env.rules.probesTrusted));
    if (env.mapPoisoned[slot] === 1) env.setAux(slot, AUX_MAP, MAP_POISONED);
    else if (env.mapPtrs[slot] !== 0) env.setAux(slot, AUX_MAP, env.map(env.mapPtrs[slot]).index + 1);
    if (env.loopStates[slot] === LOOP_FITS) env.setAux(slot, AUX_LOOP_CALLBACK, env.loopCallbacks[slot] + 1);
  }
  const exceptionCallback = env.subprogs.find((subprog) => subprog.isExceptionCallback);
  return {
    aux: env.aux,
    auxWords: env.auxWords,
    subprogs: env.subprogs.map(({ stackDepth, fastcallStackOff, keepFastcallStack }) => ({
      stackDepth,
      fastcallStackOff,
      keepFastcallStack,
    })),
    ...(env.insns === env.program.insns ? {} : { insns: env.insns }),
    seenDirectWrite: env.seenDirectWrite,
    seenException: env.seenException,
    ...(exceptionCallback === undefined ? {} : { exceptionCallback: exceptionCallback.number }),
    steps: env.steps,
    unknowns: env.unknowns,
  };
}

/** A register type in the terms of facts.ts: loads from untrusted kernel pointers become probe loads. */
function ptrTypeOf(type: number, probesTrusted: boolean): number {
  switch (type) {
    case types.NOT_INIT:
      return PTR_NONE;
    case types.PTR_TO_CTX:
      return PTR_TO_CTX;
    case types.PTR_TO_SOCKET:
      return PTR_TO_SOCKET;
    case types.PTR_TO_SOCK_COMMON:
      return PTR_TO_SOCK_COMMON;
    case types.PTR_TO_TCP_SOCK:
      return PTR_TO_TCP_SOCK;
    case types.PTR_TO_XDP_SOCK:
      return PTR_TO_XDP_SOCK;
    case types.PTR_TO_ARENA:
      return PTR_TO_ARENA;
    case types.PTR_TO_BTF_ID:
    case types.PTR_TO_BTF_ID | types.PTR_UNTRUSTED:
    case types.PTR_TO_BTF_ID | types.MEM_ALLOC | types.PTR_UNTRUSTED:
      return PTR_TO_BTF_ID_PROBED;
    case types.PTR_TO_BTF_ID | types.PTR_TRUSTED:
    case types.PTR_TO_BTF_ID | types.MEM_RCU:
      return probesTrusted ? PTR_TO_BTF_ID_PROBED : PTR_OTHER;
    default:
      return PTR_OTHER;
  }
}
