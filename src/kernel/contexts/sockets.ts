/**
 * Access rules of `struct bpf_sock`, as the context of cgroup socket programs and behind socket pointers, and of the TCP and
 * XDP socket structures (`bpf_sock_is_valid_access()` and its relatives, net/core/filter.c, Linux 6.12).
 */
import { ATTACH_TYPE } from '../types.js';
import { DENIED, aligned, exactly, narrow, within, type Access, type AccessRule } from './access.js';
import { BPF_SOCK, BPF_TCP_SOCK, BPF_XDP_SOCK } from './layouts.js';

const NARROW_AT_START = ['state', 'family', 'type', 'protocol', 'src_port', 'rx_queue_mapping'] as const;
const NARROW = ['src_ip4', 'src_ip6', 'dst_ip4', 'dst_ip6'] as const;
const narrowStarts: ReadonlySet<number> = new Set(NARROW_AT_START.map((field) => BPF_SOCK.at(field)));

/** `bpf_sock_is_valid_access()`: behind a `PTR_TO_SOCKET`. */
export const fullSocket: AccessRule = (access) => {
  if (!aligned(access, BPF_SOCK)) return DENIED;
  if (narrowStarts.has(access.offset)) return narrow(access, 4);
  for (const field of NARROW) if (within(access, BPF_SOCK, field)) return narrow(access, 4);
  if (within(access, BPF_SOCK, 'dst_port')) return narrow(access, access.size === 4 ? 4 : 2);
  if (access.offset >= BPF_SOCK.end('dst_port') && access.offset < BPF_SOCK.at('dst_ip4')) return DENIED;
  return exactly(access, 4);
};

/** `bpf_sock_common_is_valid_access()`: behind a `PTR_TO_SOCK_COMMON`. */
export const commonSocket: AccessRule = (access) =>
  within(access, BPF_SOCK, 'type', 'priority') ? DENIED : fullSocket(access);

/** `bpf_tcp_sock_is_valid_access()`: behind a `PTR_TO_TCP_SOCK`. */
export const tcpSocket: AccessRule = (access) => {
  if (!aligned(access, BPF_TCP_SOCK)) return DENIED;
  const { offset } = access;
  const bytes = offset === BPF_TCP_SOCK.at('bytes_received') || offset === BPF_TCP_SOCK.at('bytes_acked');
  return exactly(access, bytes ? 8 : 4);
};

/** `bpf_xdp_sock_is_valid_access()`: behind a `PTR_TO_XDP_SOCK`. */
export const xdpSocket: AccessRule = (access) =>
  aligned(access, BPF_XDP_SOCK) ? exactly(access, 4) : DENIED;

/** Which accesses an attach type gives (`__sock_filter_check_attach_type()`). */
function attachTypeAllows(access: Access): boolean {
  const { offset, write, attachType } = access;
  for (const field of ['bound_dev_if', 'mark', 'priority'] as const) {
    if (offset === BPF_SOCK.at(field))
      return (
        attachType === ATTACH_TYPE.CGROUP_INET_SOCK_CREATE ||
        attachType === ATTACH_TYPE.CGROUP_INET_SOCK_RELEASE
      );
  }
  const bind4 = attachType === ATTACH_TYPE.CGROUP_INET4_POST_BIND;
  const bind6 = attachType === ATTACH_TYPE.CGROUP_INET6_POST_BIND;
  if (within(access, BPF_SOCK, 'src_ip4')) return bind4 && !write;
  if (within(access, BPF_SOCK, 'src_ip6')) return bind6 && !write;
  if (within(access, BPF_SOCK, 'src_port')) return (bind4 || bind6) && !write;
  return !write;
}

/** `sock_filter_is_valid_access()`: the context of cgroup socket programs. */
export const cgroupSocket: AccessRule = (access) => {
  const result = fullSocket(access);
  return result.valid && !attachTypeAllows(access) ? DENIED : result;
};
