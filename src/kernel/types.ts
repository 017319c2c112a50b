/**
 * Numbers of program types, attach types and map types (`enum bpf_prog_type`, `enum bpf_attach_type`,
 * `enum bpf_map_type` in include/uapi/linux/bpf.h, Linux 7.2). The numbers are ABI: an older kernel has a prefix of each list.
 */

/** Names of `enum bpf_prog_type` without `BPF_PROG_TYPE_`, by number. */
export const PROG_TYPE_NAMES = [
  'UNSPEC',
  'SOCKET_FILTER',
  'KPROBE',
  'SCHED_CLS',
  'SCHED_ACT',
  'TRACEPOINT',
  'XDP',
  'PERF_EVENT',
  'CGROUP_SKB',
  'CGROUP_SOCK',
  'LWT_IN',
  'LWT_OUT',
  'LWT_XMIT',
  'SOCK_OPS',
  'SK_SKB',
  'CGROUP_DEVICE',
  'SK_MSG',
  'RAW_TRACEPOINT',
  'CGROUP_SOCK_ADDR',
  'LWT_SEG6LOCAL',
  'LIRC_MODE2',
  'SK_REUSEPORT',
  'FLOW_DISSECTOR',
  'CGROUP_SYSCTL',
  'RAW_TRACEPOINT_WRITABLE',
  'CGROUP_SOCKOPT',
  'TRACING',
  'STRUCT_OPS',
  'EXT',
  'LSM',
  'SK_LOOKUP',
  'SYSCALL',
  'NETFILTER',
] as const;

/** Names of `enum bpf_attach_type` without `BPF_`, by number. */
export const ATTACH_TYPE_NAMES = [
  'CGROUP_INET_INGRESS',
  'CGROUP_INET_EGRESS',
  'CGROUP_INET_SOCK_CREATE',
  'CGROUP_SOCK_OPS',
  'SK_SKB_STREAM_PARSER',
  'SK_SKB_STREAM_VERDICT',
  'CGROUP_DEVICE',
  'SK_MSG_VERDICT',
  'CGROUP_INET4_BIND',
  'CGROUP_INET6_BIND',
  'CGROUP_INET4_CONNECT',
  'CGROUP_INET6_CONNECT',
  'CGROUP_INET4_POST_BIND',
  'CGROUP_INET6_POST_BIND',
  'CGROUP_UDP4_SENDMSG',
  'CGROUP_UDP6_SENDMSG',
  'LIRC_MODE2',
  'FLOW_DISSECTOR',
  'CGROUP_SYSCTL',
  'CGROUP_UDP4_RECVMSG',
  'CGROUP_UDP6_RECVMSG',
  'CGROUP_GETSOCKOPT',
  'CGROUP_SETSOCKOPT',
  'TRACE_RAW_TP',
  'TRACE_FENTRY',
  'TRACE_FEXIT',
  'MODIFY_RETURN',
  'LSM_MAC',
  'TRACE_ITER',
  'CGROUP_INET4_GETPEERNAME',
  'CGROUP_INET6_GETPEERNAME',
  'CGROUP_INET4_GETSOCKNAME',
  'CGROUP_INET6_GETSOCKNAME',
  'XDP_DEVMAP',
  'CGROUP_INET_SOCK_RELEASE',
  'XDP_CPUMAP',
  'SK_LOOKUP',
  'XDP',
  'SK_SKB_VERDICT',
  'SK_REUSEPORT_SELECT',
  'SK_REUSEPORT_SELECT_OR_MIGRATE',
  'PERF_EVENT',
  'TRACE_KPROBE_MULTI',
  'LSM_CGROUP',
  'STRUCT_OPS',
  'NETFILTER',
  'TCX_INGRESS',
  'TCX_EGRESS',
  'TRACE_UPROBE_MULTI',
  'CGROUP_UNIX_CONNECT',
  'CGROUP_UNIX_SENDMSG',
  'CGROUP_UNIX_RECVMSG',
  'CGROUP_UNIX_GETPEERNAME',
  'CGROUP_UNIX_GETSOCKNAME',
  'NETKIT_PRIMARY',
  'NETKIT_PEER',
  'TRACE_KPROBE_SESSION',
  'TRACE_UPROBE_SESSION',
  'TRACE_FSESSION',
  'TRACE_FENTRY_MULTI',
  'TRACE_FEXIT_MULTI',
  'TRACE_FSESSION_MULTI',
] as const;

/** Names of `enum bpf_map_type` without `BPF_MAP_TYPE_`, by number. */
export const MAP_TYPE_NAMES = [
  'UNSPEC',
  'HASH',
  'ARRAY',
  'PROG_ARRAY',
  'PERF_EVENT_ARRAY',
  'PERCPU_HASH',
  'PERCPU_ARRAY',
  'STACK_TRACE',
  'CGROUP_ARRAY',
  'LRU_HASH',
  'LRU_PERCPU_HASH',
  'LPM_TRIE',
  'ARRAY_OF_MAPS',
  'HASH_OF_MAPS',
  'DEVMAP',
  'SOCKMAP',
  'CPUMAP',
  'XSKMAP',
  'SOCKHASH',
  'CGROUP_STORAGE',
  'REUSEPORT_SOCKARRAY',
  'PERCPU_CGROUP_STORAGE',
  'QUEUE',
  'STACK',
  'SK_STORAGE',
  'DEVMAP_HASH',
  'STRUCT_OPS',
  'RINGBUF',
  'INODE_STORAGE',
  'TASK_STORAGE',
  'BLOOM_FILTER',
  'USER_RINGBUF',
  'CGRP_STORAGE',
  'ARENA',
  'INSN_ARRAY',
  'RHASH',
] as const;

export type ProgTypeName = (typeof PROG_TYPE_NAMES)[number];
export type AttachTypeName = (typeof ATTACH_TYPE_NAMES)[number];
export type MapTypeName = (typeof MAP_TYPE_NAMES)[number];

function numbersOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, number) => [name, number])) as Record<Name, number>;
}

/** `PROG_TYPE.XDP` is 6. */
export const PROG_TYPE = numbersOf(PROG_TYPE_NAMES);
/** `ATTACH_TYPE.TRACE_ITER` is 28. */
export const ATTACH_TYPE = numbersOf(ATTACH_TYPE_NAMES);
/** `MAP_TYPE.HASH` is 1. */
export const MAP_TYPE = numbersOf(MAP_TYPE_NAMES);

/** Program type as messages name it, e.g. `XDP`; its number when it is none of ours. */
export function progTypeName(type: number): string {
  return PROG_TYPE_NAMES[type] ?? `program type ${type}`;
}

export { BPF_F_SLEEPABLE } from '../object/programs.js';

/**
 * The expected attach type the kernel works with: programs of two types that are loaded with none get one
 * (`bpf_prog_load_fixup_attach_type()`, kernel/bpf/syscall.c, 6.12).
 */
export function effectiveAttachType(progType: number, attachType: number): number {
  if (attachType !== 0) return attachType;
  if (progType === PROG_TYPE.CGROUP_SOCK) return ATTACH_TYPE.CGROUP_INET_SOCK_CREATE;
  if (progType === PROG_TYPE.SK_REUSEPORT) return ATTACH_TYPE.SK_REUSEPORT_SELECT;
  return attachType;
}
