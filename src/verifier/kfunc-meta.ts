/**
 * Which kernel function a call means, from the kernel's BTF and the release's table of flags (`fetch_kfunc_meta()`,
 * kernel/bpf/verifier.c, Linux 6.12).
 */
import { codeOf, offOf, srcOf } from '../isa/insn.js';
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_KFUNC_CALL } from '../isa/opcodes.js';
import { BTF_KIND_FUNC, BTF_KIND_FUNC_PROTO } from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import type { VerifierEnv } from './env.js';
import { KF_ITER_NEXT, kfuncFlags } from './tables/kfunc-flags.js';

/** A kernel function that programs can call. */
export interface Kfunc {
  readonly name: string;
  readonly btf: Btf;
  /** Type id of its FUNC_PROTO. */
  readonly proto: number;
  /** `KF_…`. */
  readonly flags: number;
}

/** Arguments of functions that got `_impl` behind their names from 6.12 to 7.1 have the same names without it, too. */
function withoutImpl(name: string): string {
  return name.endsWith('_impl') ? name.slice(0, -'_impl'.length) : name;
}

/** The function called at `slot`; null when it is none, or none that is known. */
export function kfuncAt(env: VerifierEnv, slot: number): Kfunc | null {
  const w0 = env.word0(slot);
  if (codeOf(w0) !== (BPF_JMP | BPF_CALL) || srcOf(w0) !== BPF_PSEUDO_KFUNC_CALL) return null;
  // Of functions of several modules, whose types have the same ids, nothing is known.
  if (offOf(w0) !== 0 && env.object.kernelModules?.length !== 1) return null;
  const id = env.imm(slot);
  const known = env.kfuncs.get(id);
  if (known !== undefined) return known;
  const found = find(env, id);
  env.kfuncs.set(id, found);
  return found;
}

function find(env: VerifierEnv, id: number): Kfunc | null {
  const btf = env.kernelBtf;
  if (btf === undefined || id <= 0 || id >= btf.typeCount) return null;
  if (btf.kind(id) !== BTF_KIND_FUNC) return null;
  const proto = btf.type(id);
  const name = btf.typeName(id);
  const flags = kfuncFlags(env.profile.release, name);
  if (btf.kind(proto) !== BTF_KIND_FUNC_PROTO || flags === undefined) return null;
  return { name, btf, proto, flags };
}

/** The function's name without `_impl`; empty when nothing is known of it. */
export function kfuncName(env: VerifierEnv, slot: number): string {
  const kfunc = kfuncAt(env, slot);
  return kfunc === null ? '' : withoutImpl(kfunc.name);
}

/** The name of a function without `_impl`. */
export function plainName({ name }: Kfunc): string {
  return withoutImpl(name);
}

/** Does the call at `slot` step an iterator? */
export function isIterNextCall(env: VerifierEnv, slot: number): boolean {
  const kfunc = kfuncAt(env, slot);
  return kfunc !== null && (kfunc.flags & KF_ITER_NEXT) !== 0;
}

/** Does the kernel function called at `slot` call back before it returns? */
export function isSyncCallbackKfunc(env: VerifierEnv, slot: number): boolean {
  return kfuncName(env, slot) === 'bpf_rbtree_add';
}

/** Does the kernel function called at `slot` call back later? */
export function isAsyncCallbackKfunc(env: VerifierEnv, slot: number): boolean {
  const name = kfuncName(env, slot);
  return name === 'bpf_wq_set_callback' || name.startsWith('bpf_task_work_schedule_');
}

/** Functions that work on trees; called from a tree's comparison function, its lock is held. */
export const RBTREE_KFUNCS: ReadonlySet<string> = new Set([
  'bpf_rbtree_add',
  'bpf_rbtree_remove',
  'bpf_rbtree_first',
]);
