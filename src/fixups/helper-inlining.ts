/**
 * Helpers whose work the rewriting does in line (`do_misc_fixups()`, kernel/bpf/verifier.c, Linux 6.12, x86-64 with the
 * JIT on), and arguments it adds to calls that stay.
 */
import {
  alu32Imm,
  alu64Imm,
  alu64Reg,
  atomicXchg,
  callHelper,
  jmp32Reg,
  jmpA,
  jmpImm,
  ldxMem,
  mov32Imm,
  mov64Imm,
  mov64Reg,
  movPercpu,
  stxMem,
} from '../isa/builders.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_DW,
  BPF_JEQ,
  BPF_JGE,
  BPF_JNE,
  BPF_LSH,
  BPF_MUL,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_2,
  BPF_REG_3,
  BPF_REG_5,
  BPF_RSH,
  BPF_W,
} from '../isa/opcodes.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { Pos } from '../../strategies/store.js';
import {
  BPF_FUNC_cgrp_storage_get,
  BPF_FUNC_get_branch_snapshot,
  BPF_FUNC_get_current_task,
  BPF_FUNC_get_current_task_btf,
  BPF_FUNC_get_func_arg,
  BPF_FUNC_get_func_arg_cnt,
  BPF_FUNC_get_func_ip,
  BPF_FUNC_get_func_ret,
  BPF_FUNC_get_smp_processor_id,
  BPF_FUNC_inode_storage_get,
  BPF_FUNC_jiffies64,
  BPF_FUNC_kptr_xchg,
  BPF_FUNC_sk_storage_get,
  BPF_FUNC_task_storage_get,
  BPF_FUNC_timer_set_callback,
} from '../kernel/special-helpers.js';
import { ATTACH_TYPE, BPF_F_SLEEPABLE, PROG_TYPE } from '../kernel/types.js';
import { AUX_FLAGS, FLAG_PERCPU_ALLOC_PTR, FLAG_STORAGE_GET_ATOMIC } from '../verifier/facts.js';
import { loadKernelAddress } from './kernel-addresses.js';
import { attachTargetOf } from '../verifier/attach-target.js';
import { FixupError, type FixupEnv } from './pass.js';

const ENOENT = 2;
const EINVAL = 22;
const EOPNOTSUPP = 95;
/** `sizeof(struct perf_branch_entry)`, user interface. */
const PERF_BRANCH_ENTRY_SIZE = 24;
/** Attachments that run after the function: those have its result. */
const RETURNING = new Set<number>([
  ATTACH_TYPE.TRACE_FEXIT,
  ATTACH_TYPE.TRACE_FSESSION,
  ATTACH_TYPE.TRACE_FEXIT_MULTI,
  ATTACH_TYPE.TRACE_FSESSION_MULTI,
  ATTACH_TYPE.MODIFY_RETURN,
]);

/**
 * Writes what the call at `pos` needs in front of it to `patch`, the call itself not included; false when it needs
 * nothing.
 */
export function addCallArguments(env: FixupEnv, patch: PatchBuffer, pos: Pos, helper: number): boolean {
  const flags = env.store.aux(pos, AUX_FLAGS);
  switch (helper) {
    case BPF_FUNC_timer_set_callback:
      loadKernelAddress(env, patch, BPF_REG_3, 'bpf_prog_aux');
      return true;
    case BPF_FUNC_sk_storage_get:
    case BPF_FUNC_inode_storage_get:
    case BPF_FUNC_task_storage_get:
    case BPF_FUNC_cgrp_storage_get: {
      const allocation = env.profile.storageAllocation;
      if (allocation === undefined) return false;
      const atomic = (env.program.flags & BPF_F_SLEEPABLE) === 0 || (flags & FLAG_STORAGE_GET_ATOMIC) !== 0;
      mov64Imm(patch, BPF_REG_5, atomic ? allocation.atomic : allocation.sleepable);
      return true;
    }
    default:
      if ((flags & FLAG_PERCPU_ALLOC_PTR) === 0) return false;
      // The allocator gives a pointer to the per-cpu pointer.
      ldxMem(patch, BPF_DW, BPF_REG_1, BPF_REG_1, 0);
      return true;
  }
}

/** Writes the in-line form of a helper call to `patch`; false when the call stays. */
export function inlineHelper(env: FixupEnv, patch: PatchBuffer, helper: number): boolean {
  const { features } = env.profile;
  const tracing = env.program.type === PROG_TYPE.TRACING;
  switch (helper) {
    case BPF_FUNC_jiffies64:
      loadKernelAddress(env, patch, BPF_REG_0, 'jiffies');
      ldxMem(patch, BPF_DW, BPF_REG_0, BPF_REG_0, 0);
      return true;
    case BPF_FUNC_get_smp_processor_id:
      if (features.inlineSmpProcessorId) loadPercpu(env, patch, env.profile.cpuNumberSymbol, BPF_W);
      return features.inlineSmpProcessorId;
    case BPF_FUNC_get_current_task:
    case BPF_FUNC_get_current_task_btf:
      if (features.inlineCurrentTask) loadPercpu(env, patch, 'current_task', BPF_DW);
      return features.inlineCurrentTask;
    case BPF_FUNC_get_func_arg:
      if (tracing) {
        loadArgumentCount(env, patch);
        loadFunctionArgument(patch);
      }
      return tracing;
    case BPF_FUNC_get_func_ret:
      if (tracing) loadFunctionResult(env, patch);
      return tracing;
    case BPF_FUNC_get_func_arg_cnt:
      if (tracing) loadArgumentCount(env, patch);
      return tracing;
    case BPF_FUNC_get_func_ip:
      if (tracing) ldxMem(patch, BPF_DW, BPF_REG_0, BPF_REG_1, -16);
      return tracing;
    case BPF_FUNC_get_branch_snapshot:
      if (features.inlineBranchSnapshot) snapshotBranches(patch, env.symbols.number('__static_call_return0'));
      return features.inlineBranchSnapshot;
    case BPF_FUNC_kptr_xchg:
      if (!features.inlineKptrXchg) return false;
      mov64Reg(patch, BPF_REG_0, BPF_REG_2);
      atomicXchg(patch, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
      return true;
    default:
      return false;
  }
}

/** R0 = the per-cpu variable of that size. */
function loadPercpu(env: FixupEnv, out: PatchBuffer, variable: string, size: number): void {
  const address = env.symbols.number(variable);
  if (env.profile.features.percpuAddress64) mov64Imm(out, BPF_REG_0, address);
  else mov32Imm(out, BPF_REG_0, address);
  movPercpu(out, BPF_REG_0, BPF_REG_0);
  ldxMem(out, size, BPF_REG_0, BPF_REG_0, 0);
}

/** R0 = the number of arguments, which the trampoline keeps in front of them; of raw tracepoints the prototype's. */
function loadArgumentCount(env: FixupEnv, out: PatchBuffer): void {
  const masked = env.profile.features.maskedArgumentCount;
  if (masked && env.program.attachType === ATTACH_TYPE.TRACE_RAW_TP) {
    mov64Imm(out, BPF_REG_0, tracepointArguments(env));
    return;
  }
  ldxMem(out, BPF_DW, BPF_REG_0, BPF_REG_1, -8);
  if (masked) alu64Imm(out, BPF_AND, BPF_REG_0, 0xff);
}

function tracepointArguments({ object, program }: FixupEnv): number {
  const btf = object.kernel?.btf;
  const target = btf === undefined ? null : attachTargetOf(btf, program);
  if (btf === undefined || target === null)
    throw new FixupError(`tracepoint ${program.attachTarget} is not in the kernel's types`);
  return btf.vlen(target.proto) - target.hidden;
}

/** The rest of `bpf_get_func_arg(ctx, n, *value)`, R0 being the number of arguments. */
function loadFunctionArgument(out: PatchBuffer): void {
  jmp32Reg(out, BPF_JGE, BPF_REG_2, BPF_REG_0, 6);
  alu64Imm(out, BPF_LSH, BPF_REG_2, 3);
  alu64Reg(out, BPF_ADD, BPF_REG_2, BPF_REG_1);
  ldxMem(out, BPF_DW, BPF_REG_0, BPF_REG_2, 0);
  stxMem(out, BPF_DW, BPF_REG_3, BPF_REG_0, 0);
  mov64Imm(out, BPF_REG_0, 0);
  jmpA(out, 1);
  mov64Imm(out, BPF_REG_0, -EINVAL);
}

/** `bpf_get_func_ret(ctx, *value)`: the result lies behind the arguments, where the attachment has one. */
function loadFunctionResult(env: FixupEnv, out: PatchBuffer): void {
  if (!RETURNING.has(env.program.attachType)) {
    mov64Imm(out, BPF_REG_0, -EOPNOTSUPP);
    return;
  }
  loadArgumentCount(env, out);
  alu64Imm(out, BPF_LSH, BPF_REG_0, 3);
  alu64Reg(out, BPF_ADD, BPF_REG_0, BPF_REG_1);
  ldxMem(out, BPF_DW, BPF_REG_3, BPF_REG_0, 0);
  stxMem(out, BPF_DW, BPF_REG_2, BPF_REG_3, 0);
  mov64Imm(out, BPF_REG_0, 0);
}

/** `bpf_get_branch_snapshot(buf, size, flags)`; size / 24 is (size / 3) >> 3, the division by 3 a multiplication. */
function snapshotBranches(out: PatchBuffer, snapshot: number): void {
  jmpImm(out, BPF_JNE, BPF_REG_3, 0, 7);
  mov32Imm(out, BPF_REG_0, 0xaaaaaaab | 0);
  alu64Reg(out, BPF_MUL, BPF_REG_2, BPF_REG_0);
  alu64Imm(out, BPF_RSH, BPF_REG_2, 36);
  callHelper(out, snapshot);
  jmpImm(out, BPF_JEQ, BPF_REG_0, 0, 4);
  alu32Imm(out, BPF_MUL, BPF_REG_0, PERF_BRANCH_ENTRY_SIZE);
  jmpA(out, 3);
  mov64Imm(out, BPF_REG_0, -EINVAL);
  jmpA(out, 1);
  mov64Imm(out, BPF_REG_0, -ENOENT);
}
