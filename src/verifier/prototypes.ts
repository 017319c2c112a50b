/**
 * Parameters of subprograms as their BTF gives them, in the check's terms (`btf_prepare_func_args()`, kernel/bpf/btf.c,
 * Linux 6.12). A global function is checked by them alone, whatever its callers pass.
 */
import { PROG_TYPE_NAMES } from '../kernel/types.js';
import type { ProgTypeName } from '../kernel/types.js';
import {
  BTF_KIND_DECL_TAG,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VOID,
} from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import type { VerifierEnv } from './env.js';

export type Param =
  | { readonly kind: 'context' | 'scalar' | 'dynptr' | 'arena' }
  | { readonly kind: 'memory'; readonly size: number; readonly nullable: boolean }
  | { readonly kind: 'trusted'; readonly struct: string; readonly nullable: boolean };

/** Parameters registers can hold. */
const MAX_PARAMS = 5;

/** Structure behind the context pointer, as programs name it (include/linux/bpf_types.h, 6.12), and as it may be named too. */
const CONTEXT_STRUCTS: Readonly<Partial<Record<ProgTypeName, readonly string[]>>> = {
  SOCKET_FILTER: ['__sk_buff', 'sk_buff'],
  SCHED_CLS: ['__sk_buff', 'sk_buff'],
  SCHED_ACT: ['__sk_buff', 'sk_buff'],
  XDP: ['xdp_md', 'xdp_buff'],
  CGROUP_SKB: ['__sk_buff', 'sk_buff'],
  CGROUP_SOCK: ['bpf_sock'],
  CGROUP_SOCK_ADDR: ['bpf_sock_addr'],
  LWT_IN: ['__sk_buff', 'sk_buff'],
  LWT_OUT: ['__sk_buff', 'sk_buff'],
  LWT_XMIT: ['__sk_buff', 'sk_buff'],
  LWT_SEG6LOCAL: ['__sk_buff', 'sk_buff'],
  SOCK_OPS: ['bpf_sock_ops'],
  SK_SKB: ['__sk_buff', 'sk_buff'],
  SK_MSG: ['sk_msg_md'],
  FLOW_DISSECTOR: ['__sk_buff', 'sk_buff'],
  // The first is a typedef of the second; programs for all architectures make it a structure.
  KPROBE: ['bpf_user_pt_regs_t', 'pt_regs'],
  PERF_EVENT: ['bpf_perf_event_data'],
  RAW_TRACEPOINT: ['bpf_raw_tracepoint_args'],
  RAW_TRACEPOINT_WRITABLE: ['bpf_raw_tracepoint_args'],
  CGROUP_DEVICE: ['bpf_cgroup_dev_ctx'],
  CGROUP_SYSCTL: ['bpf_sysctl'],
  CGROUP_SOCKOPT: ['bpf_sockopt'],
  SK_REUSEPORT: ['sk_reuseport_md'],
  SK_LOOKUP: ['bpf_sk_lookup'],
  NETFILTER: ['bpf_nf_ctx'],
};

/** Does the subprogram return nothing, as its BTF has it? */
export function returnsVoid(env: VerifierEnv, subprog: number): boolean {
  const proto = protoOf(env, subprog);
  return proto !== 0 && env.btf?.kind(env.btf.type(proto)) === BTF_KIND_VOID;
}

/** Type id, in the object's BTF, of a subprogram's FUNC_PROTO; 0 when there is none. */
function protoOf({ btf, program }: VerifierEnv, subprog: number): number {
  const typeId = program.funcInfo.at(subprog)?.typeId;
  if (btf === undefined || typeId === undefined || typeId >= btf.typeCount) return 0;
  if (btf.kind(typeId) !== BTF_KIND_FUNC) return 0;
  const proto = btf.type(typeId);
  return btf.kind(proto) === BTF_KIND_FUNC_PROTO ? proto : 0;
}

/**
 * Parameters of a subprogram; null when its BTF does not give any that the kernel accepts: of a static function that
 * means that its callers' arguments are all there is to know.
 */
export function paramsOf(env: VerifierEnv, subprog: number): readonly Param[] | null {
  const { btf, program } = env;
  const typeId = program.funcInfo.at(subprog)?.typeId;
  const proto = protoOf(env, subprog);
  if (btf === undefined || typeId === undefined || proto === 0) return null;
  const count = btf.vlen(proto);
  if (count > MAX_PARAMS) return null;
  const params: Param[] = [];
  for (let i = 0; i < count; i++) {
    const param = paramOf(
      env,
      btf,
      btf.elementType(proto, i),
      tagsOf(btf, typeId, i),
      env.subprogs[subprog].isGlobal,
    );
    if (param === null) return null;
    params.push(param);
  }
  return params;
}

/** Declaration tags `arg:…` of a parameter, without the prefix. */
function tagsOf(btf: Btf, func: number, param: number): ReadonlySet<string> {
  const tags = new Set<string>();
  // Tags come behind what they are about; objects have few types.
  for (let id = func + 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== BTF_KIND_DECL_TAG || btf.type(id) !== func || btf.declTagComponent(id) !== param)
      continue;
    const tag = btf.typeName(id);
    if (tag.startsWith('arg:')) tags.add(tag.slice('arg:'.length));
  }
  return tags;
}

function paramOf(
  env: VerifierEnv,
  btf: Btf,
  typeId: number,
  tags: ReadonlySet<string>,
  isGlobal: boolean,
): Param | null {
  const type = btf.skipModifiers(typeId);
  const kind = btf.kind(type);
  if (kind !== BTF_KIND_PTR) {
    return kind === BTF_KIND_INT || kind === BTF_KIND_ENUM || kind === BTF_KIND_ENUM64
      ? { kind: 'scalar' }
      : null;
  }
  const pointee = btf.type(type);
  if (tags.has('ctx') || isContextPointee(env, btf, pointee)) return { kind: 'context' };
  if (isDynptr(btf, pointee)) return { kind: 'dynptr' };
  if (tags.has('trusted')) {
    return {
      kind: 'trusted',
      struct: btf.typeName(btf.skipModifiers(pointee)),
      nullable: tags.has('nullable'),
    };
  }
  if (tags.has('arena')) return { kind: 'arena' };
  if (!isGlobal) return null;
  const size = btf.resolveSize(btf.skipModifiers(pointee));
  return size === undefined ? null : { kind: 'memory', size, nullable: !tags.has('nonnull') };
}

/** Is `pointee` what a context pointer of this program points to (`btf_is_prog_ctx_type`)? */
export function isContextPointee(env: VerifierEnv, btf: Btf, pointee: number): boolean {
  const progType = PROG_TYPE_NAMES.at(env.program.type);
  if (progType === undefined) return false;
  if (progType === 'KPROBE') {
    for (let type = pointee; btf.isModifierOrTypedef(type); type = btf.type(type)) {
      if (btf.kind(type) === BTF_KIND_TYPEDEF && btf.typeName(type) === 'bpf_user_pt_regs_t') return true;
      if (btf.kind(type) === BTF_KIND_TYPEDEF) break;
    }
  }
  const struct = btf.skipModifiers(pointee);
  if (btf.kind(struct) !== BTF_KIND_STRUCT && btf.kind(struct) !== BTF_KIND_UNION) return false;
  return CONTEXT_STRUCTS[progType]?.includes(btf.typeName(struct)) === true;
}

function isDynptr(btf: Btf, pointee: number): boolean {
  const struct = btf.skipModifiers(pointee);
  const kind = btf.kind(struct);
  return (kind === BTF_KIND_STRUCT || kind === BTF_KIND_FWD) && btf.typeName(struct) === 'bpf_dynptr';
}

/** Kernel structure behind the context pointer, by program type (include/linux/bpf_types.h, 6.12). */
const KERNEL_CONTEXTS: Readonly<Partial<Record<ProgTypeName, string>>> = {
  SOCKET_FILTER: 'sk_buff',
  SCHED_CLS: 'sk_buff',
  SCHED_ACT: 'sk_buff',
  XDP: 'xdp_buff',
  CGROUP_SKB: 'sk_buff',
  CGROUP_SOCK: 'sock',
  CGROUP_SOCK_ADDR: 'bpf_sock_addr_kern',
  LWT_IN: 'sk_buff',
  LWT_OUT: 'sk_buff',
  LWT_XMIT: 'sk_buff',
  LWT_SEG6LOCAL: 'sk_buff',
  SOCK_OPS: 'bpf_sock_ops_kern',
  SK_SKB: 'sk_buff',
  SK_MSG: 'sk_msg',
  FLOW_DISSECTOR: 'bpf_flow_dissector',
  KPROBE: 'pt_regs',
  PERF_EVENT: 'bpf_perf_event_data_kern',
  CGROUP_DEVICE: 'bpf_cgroup_dev_ctx',
  CGROUP_SYSCTL: 'bpf_sysctl_kern',
  CGROUP_SOCKOPT: 'bpf_sockopt_kern',
  SK_REUSEPORT: 'sk_reuseport_kern',
  SK_LOOKUP: 'bpf_sk_lookup_kern',
  NETFILTER: 'bpf_nf_ctx',
};

/** The kernel's structure that programs of this type get as their context; empty when it is none. */
export function contextStructOf(env: VerifierEnv): string {
  const progType = PROG_TYPE_NAMES.at(env.program.type);
  return (progType === undefined ? undefined : KERNEL_CONTEXTS[progType]) ?? '';
}
