/** Return values: where a program type restricts them, their exact value matters (`check_return_code()`, kernel/bpf/verifier.c, Linux 6.12). */
import { ATTACH_TYPE, PROG_TYPE } from '../kernel/types.js';
import { BTF_KIND_VOID } from '../object/btf.js';
import type { VerifierEnv } from './env.js';
import { checkRead } from './operands.js';
import { markPrecise } from './precision.js';
import { returnsVoid } from './prototypes.js';
import { NOT_MODELLED, SCALAR_VALUE } from './reg-types.js';

/** Is the return value of this program restricted to a range: then its precision matters (`check_return_code`). */
function returnIsRestricted(env: VerifierEnv): boolean {
  const { type, attachType } = env.program;
  switch (type) {
    case PROG_TYPE.CGROUP_SOCK_ADDR:
    case PROG_TYPE.CGROUP_SKB:
    case PROG_TYPE.CGROUP_SOCK:
    case PROG_TYPE.SOCK_OPS:
    case PROG_TYPE.CGROUP_DEVICE:
    case PROG_TYPE.CGROUP_SYSCTL:
    case PROG_TYPE.CGROUP_SOCKOPT:
    case PROG_TYPE.SK_LOOKUP:
    case PROG_TYPE.NETFILTER:
    case PROG_TYPE.STRUCT_OPS:
      return type !== PROG_TYPE.STRUCT_OPS;
    case PROG_TYPE.TRACING:
      return (
        attachType === ATTACH_TYPE.TRACE_FENTRY ||
        attachType === ATTACH_TYPE.TRACE_FEXIT ||
        attachType === ATTACH_TYPE.TRACE_ITER
      );
    case PROG_TYPE.KPROBE:
      return attachType === ATTACH_TYPE.TRACE_KPROBE_SESSION;
    case PROG_TYPE.LSM:
      return true;
    default:
      return false;
  }
}

/** Does what the program is attached to return nothing? */
function returnsNothing(env: VerifierEnv): boolean {
  const { type, attachType } = env.program;
  const isHook =
    type === PROG_TYPE.STRUCT_OPS || (type === PROG_TYPE.LSM && attachType !== ATTACH_TYPE.LSM_CGROUP);
  const target = env.attachTarget;
  if (!isHook || target === null || env.kernelBtf === undefined) return false;
  return env.kernelBtf.kind(env.kernelBtf.type(target.proto)) === BTF_KIND_VOID;
}

/** The program, or a global function or callback checked on its own, returns R`regno`. */
export function checkReturnValue(env: VerifierEnv, regno: number): void {
  const frame = env.cur.frames[0];
  const isSubprog = frame.subprog !== 0;
  if ((!isSubprog || frame.inExceptionCallback) && returnsNothing(env)) return;
  const isGlobal = isSubprog && !frame.inAsyncCallback && !frame.inExceptionCallback;
  if (isGlobal && env.rules.looseGlobals && returnsVoid(env, frame.subprog)) return;
  checkRead(env, regno);
  const reg = env.regs[regno];
  if (isGlobal) {
    if (reg.type !== SCALAR_VALUE && reg.type !== NOT_MODELLED)
      env.refuse('a global function returns no number');
    return;
  }
  if (frame.inAsyncCallback || returnIsRestricted(env)) markPrecise(env, regno);
}
