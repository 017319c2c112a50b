/**
 * What a section's name says about the programs in it: program type, expected attach type, load flags. The names are
 * those of libbpf 1.5 (`section_defs` in tools/lib/bpf/libbpf.c, Linux 6.12) and of the releases after it.
 */

/** `enum bpf_prog_type` (include/uapi/linux/bpf.h, Linux 6.12), without the prefix. */
export const ProgType = {
  UNSPEC: 0,
  SOCKET_FILTER: 1,
  KPROBE: 2,
  SCHED_CLS: 3,
  SCHED_ACT: 4,
  TRACEPOINT: 5,
  XDP: 6,
  PERF_EVENT: 7,
  CGROUP_SKB: 8,
  CGROUP_SOCK: 9,
  LWT_IN: 10,
  LWT_OUT: 11,
  LWT_XMIT: 12,
  SOCK_OPS: 13,
  SK_SKB: 14,
  CGROUP_DEVICE: 15,
  SK_MSG: 16,
  RAW_TRACEPOINT: 17,
  CGROUP_SOCK_ADDR: 18,
  LWT_SEG6LOCAL: 19,
  LIRC_MODE2: 20,
  SK_REUSEPORT: 21,
  FLOW_DISSECTOR: 22,
  CGROUP_SYSCTL: 23,
  RAW_TRACEPOINT_WRITABLE: 24,
  CGROUP_SOCKOPT: 25,
  TRACING: 26,
  STRUCT_OPS: 27,
  EXT: 28,
  LSM: 29,
  SK_LOOKUP: 30,
  SYSCALL: 31,
  NETFILTER: 32,
} as const;

/** `enum bpf_attach_type` (include/uapi/linux/bpf.h, Linux 7.2), without the prefix. */
export const AttachType = {
  CGROUP_INET_INGRESS: 0,
  CGROUP_INET_EGRESS: 1,
  CGROUP_INET_SOCK_CREATE: 2,
  CGROUP_SOCK_OPS: 3,
  SK_SKB_STREAM_PARSER: 4,
  SK_SKB_STREAM_VERDICT: 5,
  CGROUP_DEVICE: 6,
  SK_MSG_VERDICT: 7,
  CGROUP_INET4_BIND: 8,
  CGROUP_INET6_BIND: 9,
  CGROUP_INET4_CONNECT: 10,
  CGROUP_INET6_CONNECT: 11,
  CGROUP_INET4_POST_BIND: 12,
  CGROUP_INET6_POST_BIND: 13,
  CGROUP_UDP4_SENDMSG: 14,
  CGROUP_UDP6_SENDMSG: 15,
  LIRC_MODE2: 16,
  FLOW_DISSECTOR: 17,
  CGROUP_SYSCTL: 18,
  CGROUP_UDP4_RECVMSG: 19,
  CGROUP_UDP6_RECVMSG: 20,
  CGROUP_GETSOCKOPT: 21,
  CGROUP_SETSOCKOPT: 22,
  TRACE_RAW_TP: 23,
  TRACE_FENTRY: 24,
  TRACE_FEXIT: 25,
  MODIFY_RETURN: 26,
  LSM_MAC: 27,
  TRACE_ITER: 28,
  CGROUP_INET4_GETPEERNAME: 29,
  CGROUP_INET6_GETPEERNAME: 30,
  CGROUP_INET4_GETSOCKNAME: 31,
  CGROUP_INET6_GETSOCKNAME: 32,
  XDP_DEVMAP: 33,
  CGROUP_INET_SOCK_RELEASE: 34,
  XDP_CPUMAP: 35,
  SK_LOOKUP: 36,
  XDP: 37,
  SK_SKB_VERDICT: 38,
  SK_REUSEPORT_SELECT: 39,
  SK_REUSEPORT_SELECT_OR_MIGRATE: 40,
  PERF_EVENT: 41,
  TRACE_KPROBE_MULTI: 42,
  LSM_CGROUP: 43,
  STRUCT_OPS: 44,
  NETFILTER: 45,
  TCX_INGRESS: 46,
  TCX_EGRESS: 47,
  TRACE_UPROBE_MULTI: 48,
  CGROUP_UNIX_CONNECT: 49,
  CGROUP_UNIX_SENDMSG: 50,
  CGROUP_UNIX_RECVMSG: 51,
  CGROUP_UNIX_GETPEERNAME: 52,
  CGROUP_UNIX_GETSOCKNAME: 53,
  NETKIT_PRIMARY: 54,
  NETKIT_PEER: 55,
  TRACE_KPROBE_SESSION: 56,
  TRACE_UPROBE_SESSION: 57,
  TRACE_FSESSION: 58,
} as const;

/** Load flags (`BPF_PROG_LOAD`). */
export const BPF_F_SLEEPABLE = 1 << 4;
export const BPF_F_XDP_HAS_FRAGS = 1 << 5;

const T = ProgType;
const A = AttachType;

/**
 * Section name, program type, expected attach type, load flags. A name that ends in `+` stands for itself alone and for
 * itself with a slash and a target; the first row that fits counts.
 */
const SECTIONS: readonly (readonly [name: string, type: number, attachType: number, flags: number])[] = [
  ['socket', T.SOCKET_FILTER, 0, 0],
  ['sk_reuseport/migrate', T.SK_REUSEPORT, A.SK_REUSEPORT_SELECT_OR_MIGRATE, 0],
  ['sk_reuseport', T.SK_REUSEPORT, A.SK_REUSEPORT_SELECT, 0],
  ['kprobe+', T.KPROBE, 0, 0],
  ['uprobe+', T.KPROBE, 0, 0],
  ['uprobe.s+', T.KPROBE, 0, BPF_F_SLEEPABLE],
  ['kretprobe+', T.KPROBE, 0, 0],
  ['uretprobe+', T.KPROBE, 0, 0],
  ['uretprobe.s+', T.KPROBE, 0, BPF_F_SLEEPABLE],
  ['kprobe.multi+', T.KPROBE, A.TRACE_KPROBE_MULTI, 0],
  ['kretprobe.multi+', T.KPROBE, A.TRACE_KPROBE_MULTI, 0],
  ['kprobe.session+', T.KPROBE, A.TRACE_KPROBE_SESSION, 0],
  ['uprobe.multi+', T.KPROBE, A.TRACE_UPROBE_MULTI, 0],
  ['uretprobe.multi+', T.KPROBE, A.TRACE_UPROBE_MULTI, 0],
  ['uprobe.multi.s+', T.KPROBE, A.TRACE_UPROBE_MULTI, BPF_F_SLEEPABLE],
  ['uretprobe.multi.s+', T.KPROBE, A.TRACE_UPROBE_MULTI, BPF_F_SLEEPABLE],
  ['uprobe.session+', T.KPROBE, A.TRACE_UPROBE_SESSION, 0],
  ['uprobe.session.s+', T.KPROBE, A.TRACE_UPROBE_SESSION, BPF_F_SLEEPABLE],
  ['ksyscall+', T.KPROBE, 0, 0],
  ['kretsyscall+', T.KPROBE, 0, 0],
  ['usdt+', T.KPROBE, 0, 0],
  ['usdt.s+', T.KPROBE, 0, BPF_F_SLEEPABLE],
  ['tc/ingress', T.SCHED_CLS, A.TCX_INGRESS, 0],
  ['tc/egress', T.SCHED_CLS, A.TCX_EGRESS, 0],
  ['tcx/ingress', T.SCHED_CLS, A.TCX_INGRESS, 0],
  ['tcx/egress', T.SCHED_CLS, A.TCX_EGRESS, 0],
  ['tc', T.SCHED_CLS, 0, 0],
  ['classifier', T.SCHED_CLS, 0, 0],
  ['action', T.SCHED_ACT, 0, 0],
  ['netkit/primary', T.SCHED_CLS, A.NETKIT_PRIMARY, 0],
  ['netkit/peer', T.SCHED_CLS, A.NETKIT_PEER, 0],
  ['tracepoint+', T.TRACEPOINT, 0, 0],
  ['tp+', T.TRACEPOINT, 0, 0],
  ['tracepoint.s+', T.TRACEPOINT, 0, BPF_F_SLEEPABLE],
  ['tp.s+', T.TRACEPOINT, 0, BPF_F_SLEEPABLE],
  ['raw_tracepoint+', T.RAW_TRACEPOINT, 0, 0],
  ['raw_tp+', T.RAW_TRACEPOINT, 0, 0],
  ['raw_tracepoint.s+', T.RAW_TRACEPOINT, 0, BPF_F_SLEEPABLE],
  ['raw_tp.s+', T.RAW_TRACEPOINT, 0, BPF_F_SLEEPABLE],
  ['raw_tracepoint.w+', T.RAW_TRACEPOINT_WRITABLE, 0, 0],
  ['raw_tp.w+', T.RAW_TRACEPOINT_WRITABLE, 0, 0],
  ['tp_btf+', T.TRACING, A.TRACE_RAW_TP, 0],
  ['tp_btf.s+', T.TRACING, A.TRACE_RAW_TP, BPF_F_SLEEPABLE],
  ['fentry+', T.TRACING, A.TRACE_FENTRY, 0],
  ['fmod_ret+', T.TRACING, A.MODIFY_RETURN, 0],
  ['fexit+', T.TRACING, A.TRACE_FEXIT, 0],
  ['fsession+', T.TRACING, A.TRACE_FSESSION, 0],
  ['fsession.s+', T.TRACING, A.TRACE_FSESSION, BPF_F_SLEEPABLE],
  ['fentry.s+', T.TRACING, A.TRACE_FENTRY, BPF_F_SLEEPABLE],
  ['fmod_ret.s+', T.TRACING, A.MODIFY_RETURN, BPF_F_SLEEPABLE],
  ['fexit.s+', T.TRACING, A.TRACE_FEXIT, BPF_F_SLEEPABLE],
  ['freplace+', T.EXT, 0, 0],
  ['lsm+', T.LSM, A.LSM_MAC, 0],
  ['lsm.s+', T.LSM, A.LSM_MAC, BPF_F_SLEEPABLE],
  ['lsm_cgroup+', T.LSM, A.LSM_CGROUP, 0],
  ['iter+', T.TRACING, A.TRACE_ITER, 0],
  ['iter.s+', T.TRACING, A.TRACE_ITER, BPF_F_SLEEPABLE],
  ['syscall', T.SYSCALL, 0, BPF_F_SLEEPABLE],
  ['xdp.frags/devmap', T.XDP, A.XDP_DEVMAP, BPF_F_XDP_HAS_FRAGS],
  ['xdp/devmap', T.XDP, A.XDP_DEVMAP, 0],
  ['xdp.frags/cpumap', T.XDP, A.XDP_CPUMAP, BPF_F_XDP_HAS_FRAGS],
  ['xdp/cpumap', T.XDP, A.XDP_CPUMAP, 0],
  ['xdp.frags', T.XDP, A.XDP, BPF_F_XDP_HAS_FRAGS],
  ['xdp', T.XDP, A.XDP, 0],
  ['perf_event', T.PERF_EVENT, 0, 0],
  ['lwt_in', T.LWT_IN, 0, 0],
  ['lwt_out', T.LWT_OUT, 0, 0],
  ['lwt_xmit', T.LWT_XMIT, 0, 0],
  ['lwt_seg6local', T.LWT_SEG6LOCAL, 0, 0],
  ['sockops', T.SOCK_OPS, A.CGROUP_SOCK_OPS, 0],
  ['sk_skb/stream_parser', T.SK_SKB, A.SK_SKB_STREAM_PARSER, 0],
  ['sk_skb/stream_verdict', T.SK_SKB, A.SK_SKB_STREAM_VERDICT, 0],
  ['sk_skb/verdict', T.SK_SKB, A.SK_SKB_VERDICT, 0],
  ['sk_skb', T.SK_SKB, 0, 0],
  ['sk_msg', T.SK_MSG, A.SK_MSG_VERDICT, 0],
  ['lirc_mode2', T.LIRC_MODE2, A.LIRC_MODE2, 0],
  ['flow_dissector', T.FLOW_DISSECTOR, A.FLOW_DISSECTOR, 0],
  ['cgroup_skb/ingress', T.CGROUP_SKB, A.CGROUP_INET_INGRESS, 0],
  ['cgroup_skb/egress', T.CGROUP_SKB, A.CGROUP_INET_EGRESS, 0],
  ['cgroup/skb', T.CGROUP_SKB, 0, 0],
  ['cgroup/sock_create', T.CGROUP_SOCK, A.CGROUP_INET_SOCK_CREATE, 0],
  ['cgroup/sock_release', T.CGROUP_SOCK, A.CGROUP_INET_SOCK_RELEASE, 0],
  ['cgroup/sock', T.CGROUP_SOCK, A.CGROUP_INET_SOCK_CREATE, 0],
  ['cgroup/post_bind4', T.CGROUP_SOCK, A.CGROUP_INET4_POST_BIND, 0],
  ['cgroup/post_bind6', T.CGROUP_SOCK, A.CGROUP_INET6_POST_BIND, 0],
  ['cgroup/bind4', T.CGROUP_SOCK_ADDR, A.CGROUP_INET4_BIND, 0],
  ['cgroup/bind6', T.CGROUP_SOCK_ADDR, A.CGROUP_INET6_BIND, 0],
  ['cgroup/connect4', T.CGROUP_SOCK_ADDR, A.CGROUP_INET4_CONNECT, 0],
  ['cgroup/connect6', T.CGROUP_SOCK_ADDR, A.CGROUP_INET6_CONNECT, 0],
  ['cgroup/connect_unix', T.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_CONNECT, 0],
  ['cgroup/sendmsg4', T.CGROUP_SOCK_ADDR, A.CGROUP_UDP4_SENDMSG, 0],
  ['cgroup/sendmsg6', T.CGROUP_SOCK_ADDR, A.CGROUP_UDP6_SENDMSG, 0],
  ['cgroup/sendmsg_unix', T.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_SENDMSG, 0],
  ['cgroup/recvmsg4', T.CGROUP_SOCK_ADDR, A.CGROUP_UDP4_RECVMSG, 0],
  ['cgroup/recvmsg6', T.CGROUP_SOCK_ADDR, A.CGROUP_UDP6_RECVMSG, 0],
  ['cgroup/recvmsg_unix', T.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_RECVMSG, 0],
  ['cgroup/getpeername4', T.CGROUP_SOCK_ADDR, A.CGROUP_INET4_GETPEERNAME, 0],
  ['cgroup/getpeername6', T.CGROUP_SOCK_ADDR, A.CGROUP_INET6_GETPEERNAME, 0],
  ['cgroup/getpeername_unix', T.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_GETPEERNAME, 0],
  ['cgroup/getsockname4', T.CGROUP_SOCK_ADDR, A.CGROUP_INET4_GETSOCKNAME, 0],
  ['cgroup/getsockname6', T.CGROUP_SOCK_ADDR, A.CGROUP_INET6_GETSOCKNAME, 0],
  ['cgroup/getsockname_unix', T.CGROUP_SOCK_ADDR, A.CGROUP_UNIX_GETSOCKNAME, 0],
  ['cgroup/sysctl', T.CGROUP_SYSCTL, A.CGROUP_SYSCTL, 0],
  ['cgroup/getsockopt', T.CGROUP_SOCKOPT, A.CGROUP_GETSOCKOPT, 0],
  ['cgroup/setsockopt', T.CGROUP_SOCKOPT, A.CGROUP_SETSOCKOPT, 0],
  ['cgroup/dev', T.CGROUP_DEVICE, A.CGROUP_DEVICE, 0],
  ['struct_ops+', T.STRUCT_OPS, 0, 0],
  ['struct_ops.s+', T.STRUCT_OPS, 0, BPF_F_SLEEPABLE],
  ['sk_lookup', T.SK_LOOKUP, A.SK_LOOKUP, 0],
  ['netfilter', T.NETFILTER, A.NETFILTER, 0],
];

/** What libbpf takes from a section's name. */
export interface SectionDef {
  /** `enum bpf_prog_type`. */
  readonly type: number;
  /** `enum bpf_attach_type` passed as `expected_attach_type`. */
  readonly attachType: number;
  /** `BPF_F_…` load flags. */
  readonly flags: number;
  /** What follows the slash of sections that name a target; empty for others. */
  readonly attachTarget: string;
}

/**
 * The definition of a section by its name, a leading `?` (not loaded by default) left out; undefined when libbpf knows
 * no program type for it.
 */
export function sectionDef(section: string): SectionDef | undefined {
  for (const [pattern, type, attachType, flags] of SECTIONS) {
    if (!pattern.endsWith('+')) {
      if (section === pattern) return { type, attachType, flags, attachTarget: '' };
      continue;
    }
    const name = pattern.slice(0, -1);
    if (section === name) return { type, attachType, flags, attachTarget: '' };
    if (section.startsWith(`${name}/`)) {
      return { type, attachType, flags, attachTarget: section.slice(name.length + 1) };
    }
  }
  return undefined;
}
