/**
 * What becomes of calls of kernel functions: the function's address takes the place of its BTF id, and some get
 * arguments that the check knows, or go in line (`fixup_kfunc_call()`, kernel/bpf/verifier.c, Linux 6.12;
 * `bpf_fixup_kfunc_call()`, Linux 7.2).
 */
import { alu64Imm, alu64Reg, ldImm64, ldxMem, mov64Imm, mov64Reg, neg64 } from '../isa/builders.js';
import {
  BPF_AND,
  BPF_CALL,
  BPF_DW,
  BPF_JMP,
  BPF_LSH,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_2,
  BPF_REG_3,
  BPF_REG_4,
  BPF_REG_5,
  BPF_RSH,
  BPF_SUB,
} from '../isa/opcodes.js';
import { offOf, word0 } from '../isa/insn.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { Pos } from '../../strategies/store.js';
import { ATTACH_TYPE, PROG_TYPE } from '../kernel/types.js';
import { BTF_KIND_FUNC, BTF_KIND_PTR, type Btf } from '../object/btf.js';
import { AUX_FLAGS, AUX_KFUNC_ARG, AUX_KFUNC_META, FLAG_NON_SLEEPABLE } from '../verifier/facts.js';
import { loadKernelAddress, markKernelAddresses } from './kernel-addresses.js';
import { FixupError, type FixupEnv } from './pass.js';

/** Behind the name of the functions whose last arguments the verifier fills in. */
const IMPL = '_impl';
/** Bits of the word in front of a traced function's arguments, where attachments have sessions. */
const TRAMPOLINE_COOKIE_SHIFT = 8;
const TRAMPOLINE_RETURN_SHIFT = 63;

/** Program types that may read packets but not write them. */
const READ_ONLY_PACKETS = new Set<number>([
  PROG_TYPE.LWT_IN,
  PROG_TYPE.LWT_OUT,
  PROG_TYPE.LWT_SEG6LOCAL,
  PROG_TYPE.SK_REUSEPORT,
  PROG_TYPE.FLOW_DISSECTOR,
  PROG_TYPE.CGROUP_SKB,
]);
/** Program types that may do both. */
const WRITABLE_PACKETS = new Set<number>([
  PROG_TYPE.SCHED_CLS,
  PROG_TYPE.SCHED_ACT,
  PROG_TYPE.XDP,
  PROG_TYPE.LWT_XMIT,
  PROG_TYPE.SK_SKB,
  PROG_TYPE.SK_MSG,
  PROG_TYPE.CGROUP_SOCKOPT,
]);

/** Hooks that run with the inode locked (`d_inode_locked_hooks`, fs/bpf_fs_kfuncs.c, Linux 7.2). */
const INODE_LOCKED_HOOKS: ReadonlySet<string> = new Set([
  'inode_post_removexattr',
  'inode_post_setattr',
  'inode_post_setxattr',
  'inode_removexattr',
  'inode_rmdir',
  'inode_setattr',
  'inode_setxattr',
  'inode_unlink',
]);

/** Rewrites the call of a kernel function at `pos`; returns the position of the last instruction. */
export function rewriteKfuncCall(env: FixupEnv, pos: Pos, w0: number, id: number): Pos {
  const module = offOf(w0);
  const { kernel, kernelModules } = env.object;
  const btf = module === 0 ? kernel?.btf : kernelModules?.at(module - 1)?.btf;
  const name = btf?.typeName(id) ?? '';
  if (btf === undefined || name === '')
    throw new FixupError(`kernel function ${id} is not in the kernel's types`);
  const call = word0(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, offOf(w0));
  const callee = env.symbols.number(implementation(env, pos, name));
  const patch = env.patch.clear();

  const plain = name.endsWith(IMPL) ? name.slice(0, -IMPL.length) : name;
  if (inlined(env, patch, plain)) return env.patcher.replace(pos, patch);

  const loads: number[] = [];
  addArguments(env, patch, pos, plain, loads);
  const register = programArgument(btf, id, plain);
  if (register !== 0) loadAddress(env, patch, register, 'bpf_prog_aux', loads);
  if (patch.length === 0) {
    env.store.setWords(pos, call, callee);
    return pos;
  }
  const length = patch.push(call, callee).length;
  const last = env.patcher.replace(pos, patch);
  markKernelAddresses(env, last, length, loads);
  return last;
}

/** The function that is really called: some have a form of their own for the program at hand (`specialize_kfunc()`). */
function implementation(env: FixupEnv, pos: Pos, name: string): string {
  const sleeps = (env.store.aux(pos, AUX_FLAGS) & FLAG_NON_SLEEPABLE) === 0;
  const { specialisedBySleeping } = env.profile.features;
  switch (name) {
    case 'bpf_dynptr_from_skb': {
      const { type } = env.program;
      return READ_ONLY_PACKETS.has(type) || !WRITABLE_PACKETS.has(type) ? `${name}_rdonly` : name;
    }
    case 'bpf_set_dentry_xattr':
    case 'bpf_remove_dentry_xattr': {
      const { type, attachTarget } = env.program;
      return type === PROG_TYPE.LSM && INODE_LOCKED_HOOKS.has(attachTarget) ? `${name}_locked` : name;
    }
    case 'bpf_dynptr_from_file':
      return specialisedBySleeping && sleeps ? `${name}_sleepable` : name;
    case 'bpf_arena_alloc_pages':
    case 'bpf_arena_free_pages':
      return specialisedBySleeping && !sleeps ? `${name}_non_sleepable` : name;
    default:
      return name;
  }
}

/** Writes the in-line form of a call to `patch`; false when it stays a call. */
function inlined(env: FixupEnv, patch: PatchBuffer, name: string): boolean {
  const session =
    env.program.attachType === ATTACH_TYPE.TRACE_FSESSION ||
    env.program.attachType === ATTACH_TYPE.TRACE_FSESSION_MULTI;
  switch (name) {
    case 'bpf_cast_to_kern_ctx':
    case 'bpf_rdonly_cast':
      mov64Reg(patch, BPF_REG_0, BPF_REG_1);
      return true;
    case 'bpf_session_is_return':
      if (!session) return false;
      ldxMem(patch, BPF_DW, BPF_REG_0, BPF_REG_1, -8);
      alu64Imm(patch, BPF_RSH, BPF_REG_0, TRAMPOLINE_RETURN_SHIFT);
      alu64Imm(patch, BPF_AND, BPF_REG_0, 1);
      return true;
    case 'bpf_session_cookie':
      if (!session) return false;
      // The cookie lies as many words in front of the context as the byte at the shift says.
      ldxMem(patch, BPF_DW, BPF_REG_0, BPF_REG_1, -8);
      alu64Imm(patch, BPF_RSH, BPF_REG_0, TRAMPOLINE_COOKIE_SHIFT);
      alu64Imm(patch, BPF_AND, BPF_REG_0, 0xff);
      alu64Imm(patch, BPF_LSH, BPF_REG_0, 3);
      alu64Reg(patch, BPF_SUB, BPF_REG_0, BPF_REG_1);
      neg64(patch, BPF_REG_0);
      return true;
    default:
      return false;
  }
}

/** Writes what the check knows and the function needs: sizes and descriptions of the program's own structures. */
function addArguments(env: FixupEnv, patch: PatchBuffer, pos: Pos, name: string, loads: number[]): void {
  const value = env.store.aux(pos, AUX_KFUNC_ARG) | 0;
  const meta = env.store.aux(pos, AUX_KFUNC_META) === 0 ? '' : 'btf_struct_meta';
  switch (name) {
    case 'bpf_obj_new':
    case 'bpf_percpu_obj_new':
      mov64Imm(patch, BPF_REG_1, value);
      loadAddress(env, patch, BPF_REG_2, meta, loads);
      break;
    case 'bpf_obj_drop':
    case 'bpf_percpu_obj_drop':
    case 'bpf_refcount_acquire':
      loadAddress(env, patch, BPF_REG_2, meta, loads);
      break;
    case 'bpf_list_push_front':
    case 'bpf_list_push_back':
      loadAddress(env, patch, BPF_REG_3, meta, loads);
      mov64Imm(patch, BPF_REG_4, value);
      break;
    // Before the description comes the element to insert behind, or the function that compares.
    case 'bpf_list_add':
    case 'bpf_rbtree_add':
      loadAddress(env, patch, BPF_REG_4, meta, loads);
      mov64Imm(patch, BPF_REG_5, value);
      break;
  }
}

/** Loads a kernel address, or null where `symbol` is empty, and notes which instruction of the patch does. */
function loadAddress(
  env: FixupEnv,
  patch: PatchBuffer,
  register: number,
  symbol: string,
  loads: number[],
): void {
  if (symbol === '') {
    ldImm64(patch, register, 0, 0);
    return;
  }
  loads.push(patch.length);
  loadKernelAddress(env, patch, register, symbol);
}

/**
 * Register in which a function gets the description of the calling program, 0 when it gets none: the one whose type is
 * `struct bpf_prog_aux *`, in 6.12 the last of the one function that has it as `void *`.
 */
function programArgument(btf: Btf, id: number, name: string): number {
  const full = btf.findByName(name + IMPL, BTF_KIND_FUNC);
  const proto = btf.type(full > 0 ? full : id);
  for (let at = 0; at < btf.vlen(proto); at++) {
    const type = btf.skipModifiers(btf.elementType(proto, at));
    if (btf.kind(type) === BTF_KIND_PTR && btf.typeName(btf.skipModifiers(btf.type(type))) === 'bpf_prog_aux')
      return at + 1;
  }
  return name === 'bpf_wq_set_callback' && btf.vlen(proto) === 4 ? BPF_REG_4 : 0;
}
