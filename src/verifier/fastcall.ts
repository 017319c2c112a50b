/**
 * Spills and fills that a compiler put around a helper call it assumed to clobber few registers (`bpf_fastcall`): where
 * the call is inlined and nothing else uses those stack slots, they can go (`mark_fastcall_patterns()`,
 * kernel/bpf/verifier.c, Linux 6.12).
 */
import { codeOf, dstOf, offOf, srcOf } from '../isa/insn.js';
import {
  BPF_CALL,
  BPF_DW,
  BPF_JMP,
  BPF_LDX,
  BPF_MEM,
  BPF_PSEUDO_CALL,
  BPF_REG_10,
  BPF_STX,
} from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import type { HelperProto } from '../kernel/profile.js';
import { BTF_KIND_VOID } from '../object/btf.js';
import { BPF_FUNC_get_smp_processor_id } from '../kernel/special-helpers.js';
import { FASTCALL_PATTERN } from './env.js';
import type { VerifierEnv } from './env.js';
import { AUX_FASTCALL_SPILLS } from './facts.js';
import type { FuncState } from './frames.js';
import { kfuncAt } from './kfunc-meta.js';
import { BPF_REG_SIZE } from './stack-slots.js';
import { KF_FASTCALL } from './tables/kfunc-flags.js';
import type { SubprogInfo } from './subprogs.js';

const STX_DW = BPF_STX | BPF_MEM | BPF_DW;
const LDX_DW = BPF_LDX | BPF_MEM | BPF_DW;
/** R0 to R5. */
const CALLER_SAVED_MASK = 0b11_1111;
const CALLER_SAVED = 6;
const S16_MIN = -0x8000;

/** Helpers that the x86-64 JIT compiles in place (`bpf_jit_inlines_helper_call`). */
const JIT_INLINED = new Set([helperId('get_current_task'), helperId('get_current_task_btf')]);

/** Kernel functions that are a move, once checked. */
const FASTCALL_KFUNCS = new Set(['bpf_cast_to_kern_ctx', 'bpf_rdonly_cast']);

/** Registers a call of the helper really clobbers: its result and its arguments. */
function clobbered(proto: HelperProto): number {
  let mask = proto.ret === 'VOID' ? 0 : 1;
  proto.args.forEach((arg, i) => {
    if (arg !== 'DONTCARE') mask |= 2 << i;
  });
  return mask;
}

function isInlined(env: VerifierEnv, proto: HelperProto): boolean {
  if (!proto.fastcall) return false;
  if (proto.id === BPF_FUNC_get_smp_processor_id) return env.profile.features.inlineSmpProcessorId;
  return JIT_INLINED.has(proto.id);
}

interface Called {
  readonly clobbers: number;
  readonly inlined: boolean;
}

/** What is known of the helper or kernel function called at `slot`. */
function calledAt(env: VerifierEnv, slot: number): Called | null {
  if (srcOf(env.word0(slot)) === 0) {
    const proto = env.profile.helperFor(env.program, env.imm(slot));
    return proto === undefined ? null : { clobbers: clobbered(proto), inlined: isInlined(env, proto) };
  }
  const kfunc = kfuncAt(env, slot);
  if (kfunc === null) return null;
  const { btf, proto, name, flags } = kfunc;
  let clobbers = btf.kind(btf.type(proto)) === BTF_KIND_VOID ? 0 : 1;
  for (let i = 0; i < btf.vlen(proto); i++) clobbers |= 2 << i;
  return { clobbers, inlined: FASTCALL_KFUNCS.has(name) || (flags & KF_FASTCALL) !== 0 };
}

/** Marks the patterns of all subprograms; writes `AUX_FASTCALL_SPILLS`. */
export function markFastcallPatterns(env: VerifierEnv): void {
  for (const subprog of env.subprogs) {
    let lowest = 0;
    for (let slot = subprog.start; slot < subprog.end; slot++) {
      const w0 = env.word0(slot);
      if (codeOf(w0) === STX_DW && dstOf(w0) === BPF_REG_10) lowest = Math.min(lowest, offOf(w0));
    }
    for (let slot = subprog.start; slot < subprog.end; slot++) {
      const w0 = env.word0(slot);
      if (codeOf(w0) === (BPF_JMP | BPF_CALL) && srcOf(w0) !== BPF_PSEUDO_CALL)
        markCall(env, subprog, slot, lowest);
    }
  }
}

function markCall(env: VerifierEnv, subprog: SubprogInfo, slot: number, lowest: number): void {
  const called = calledAt(env, slot);
  if (called === null) return;
  let expected = ~called.clobbers & CALLER_SAVED_MASK;
  if (expected === 0) return;
  let off = lowest;
  let pairs = 0;
  while (pairs < CALLER_SAVED) {
    const spill = slot - pairs - 1;
    const fill = slot + pairs + 1;
    if (spill < 0 || fill >= env.length) break;
    const stx = env.word0(spill);
    const ldx = env.word0(fill);
    const regno = srcOf(stx);
    if (
      codeOf(stx) !== STX_DW ||
      codeOf(ldx) !== LDX_DW ||
      dstOf(stx) !== BPF_REG_10 ||
      srcOf(ldx) !== BPF_REG_10 ||
      regno !== dstOf(ldx) ||
      (expected & (1 << regno)) === 0 ||
      offOf(stx) !== off ||
      offOf(ldx) !== off
    ) {
      break;
    }
    expected &= ~(1 << regno);
    env.marks[spill] |= FASTCALL_PATTERN;
    env.marks[fill] |= FASTCALL_PATTERN;
    pairs++;
    off += BPF_REG_SIZE;
  }
  if (pairs === 0) return;
  if (called.inlined) env.setAux(slot, AUX_FASTCALL_SPILLS, pairs);
  else subprog.keepFastcallStack = true;
  subprog.fastcallStackOff = Math.min(subprog.fastcallStackOff, off);
}

/**
 * The instruction at `slot` uses the stack of `frame` at `off`: when the patterns' slots lie there and it belongs to none,
 * no spill of the subprogram can go (`check_fastcall_stack_contract`).
 */
export function checkFastcallContract(env: VerifierEnv, frame: FuncState, slot: number, off: number): void {
  const subprog = env.subprogs[frame.subprog];
  if (subprog.fastcallStackOff <= off || (env.marks[slot] & FASTCALL_PATTERN) !== 0) return;
  subprog.fastcallStackOff = S16_MIN;
  for (let i = subprog.start; i < subprog.end; i++) {
    env.setAux(i, AUX_FASTCALL_SPILLS, 0);
    env.marks[i] &= ~FASTCALL_PATTERN;
  }
}
