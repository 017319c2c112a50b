/**
 * Which accesses to its context a program may make, by program type: what `is_valid_access` of the type's
 * `struct bpf_verifier_ops` answers (Linux 6.12).
 */
import { PROG_TYPE, effectiveAttachType, type ProgTypeName } from '../types.js';
import { DENIED, type Access, type AccessRule, type ContextAccess, type ReleaseRules } from './access.js';
import { cgroupDevice, sockopt, sysctl } from './cgroup.js';
import { netfilter, skLookup, skMsg, skReuseport, sockAddr, sockOps, xdp } from './networking.js';
import {
  cgroupSkb,
  flowDissector,
  lightweightTunnel,
  socketFilter,
  socketSkb,
  trafficControl,
} from './sk-buff.js';
import { cgroupSocket, commonSocket, fullSocket, tcpSocket, xdpSocket } from './sockets.js';
import {
  hook,
  infrared,
  kprobe,
  perfEvent,
  rawTracepoint,
  rawTracepointWritable,
  syscall,
  tracepoint,
  tracing,
} from './tracing.js';

export type { ContextAccess, LoadedType } from './access.js';

/** Program types without a line (`EXT`: that of the program it extends) have no rule of their own. */
const RULES: Partial<Record<ProgTypeName, AccessRule>> = {
  SOCKET_FILTER: socketFilter,
  KPROBE: kprobe,
  SCHED_CLS: trafficControl,
  SCHED_ACT: trafficControl,
  TRACEPOINT: tracepoint,
  XDP: xdp,
  PERF_EVENT: perfEvent,
  CGROUP_SKB: cgroupSkb,
  CGROUP_SOCK: cgroupSocket,
  LWT_IN: lightweightTunnel,
  LWT_OUT: lightweightTunnel,
  LWT_XMIT: lightweightTunnel,
  SOCK_OPS: sockOps,
  SK_SKB: socketSkb,
  CGROUP_DEVICE: cgroupDevice,
  SK_MSG: skMsg,
  RAW_TRACEPOINT: rawTracepoint,
  CGROUP_SOCK_ADDR: sockAddr,
  LWT_SEG6LOCAL: lightweightTunnel,
  LIRC_MODE2: infrared,
  SK_REUSEPORT: skReuseport,
  FLOW_DISSECTOR: flowDissector,
  CGROUP_SYSCTL: sysctl,
  RAW_TRACEPOINT_WRITABLE: rawTracepointWritable,
  CGROUP_SOCKOPT: sockopt,
  TRACING: tracing,
  STRUCT_OPS: hook,
  LSM: hook,
  SK_LOOKUP: skLookup,
  SYSCALL: syscall,
  NETFILTER: netfilter,
};

const byType: (AccessRule | undefined)[] = [];
for (const [name, rule] of Object.entries(RULES)) byType[PROG_TYPE[name as ProgTypeName]] = rule;

/** The newest release's rules: they hold where no release is named. */
const NEWEST: ReleaseRules = { kprobeStores: true, sockOpsHwtstamp: true };

/** One access, refilled for every question: rules read it and keep nothing. */
const asked: { -readonly [Key in keyof Access]: Access[Key] } = {
  offset: 0,
  size: 0,
  write: false,
  signed: false,
  attachType: 0,
  contexts: NEWEST,
};

function ask(
  rule: AccessRule,
  attachType: number,
  offset: number,
  size: number,
  write: boolean,
  signed: boolean,
  contexts: ReleaseRules,
): ContextAccess {
  asked.offset = offset;
  asked.size = size;
  asked.write = write;
  asked.signed = signed;
  asked.attachType = attachType;
  asked.contexts = contexts;
  return rule(asked);
}

/**
 * May a program access `size` bytes (1, 2, 4, 8) at byte `offset` of its context? `attachType` is the one passed to the kernel,
 * `signed` says that it is a sign-extending load, `contexts` is the profile's (without it the newest release's rules hold).
 * The result is a shared constant.
 */
export function contextAccess(
  progType: number,
  attachType: number,
  offset: number,
  size: number,
  write: boolean,
  signed = false,
  contexts = NEWEST,
): ContextAccess {
  const rule = byType[progType];
  if (rule === undefined) return DENIED;
  return ask(rule, effectiveAttachType(progType, attachType), offset, size, write, signed, contexts);
}

/** What a socket pointer points to, named as in `enum bpf_reg_type`. */
export type SocketPointer = 'PTR_TO_SOCKET' | 'PTR_TO_SOCK_COMMON' | 'PTR_TO_TCP_SOCK' | 'PTR_TO_XDP_SOCK';

const SOCKET_RULES: Readonly<Record<SocketPointer, AccessRule>> = {
  PTR_TO_SOCKET: fullSocket,
  PTR_TO_SOCK_COMMON: commonSocket,
  PTR_TO_TCP_SOCK: tcpSocket,
  PTR_TO_XDP_SOCK: xdpSocket,
};

/**
 * May a program load `size` bytes at byte `offset` behind a socket pointer (`check_sock_access()`, kernel/bpf/verifier.c)?
 * Stores are never allowed.
 */
export function socketAccess(pointer: SocketPointer, offset: number, size: number): ContextAccess {
  return ask(SOCKET_RULES[pointer], 0, offset, size, false, false, NEWEST);
}
