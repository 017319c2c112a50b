/**
 * Access rules of the contexts of XDP, socket address, socket operation, message, reuseport and socket lookup programs
 * (`…_is_valid_access()` in net/core/filter.c, Linux 6.12).
 */
import { ATTACH_TYPE } from '../types.js';
import {
  DENIED,
  FIELD_4,
  WHOLE,
  aligned,
  btfPointer,
  exactly,
  narrow,
  pointer,
  wide,
  within,
  type AccessRule,
} from './access.js';
import {
  BPF_NF_CTX,
  BPF_SK_LOOKUP,
  BPF_SOCK_ADDR,
  BPF_SOCK_OPS,
  SK_MSG_MD,
  SK_REUSEPORT_MD,
  XDP_MD,
} from './layouts.js';

const PACKET = pointer('PTR_TO_PACKET');
const PACKET_META = pointer('PTR_TO_PACKET_META');
const PACKET_END = pointer('PTR_TO_PACKET_END');
const SOCKET = pointer('PTR_TO_SOCKET');
const SOCKET_OR_NULL = pointer('PTR_TO_SOCKET_OR_NULL');
const SOCK_COMMON_OR_NULL = pointer('PTR_TO_SOCK_COMMON_OR_NULL');

/** `xdp_is_valid_access()`, program not offloaded. */
export const xdp: AccessRule = (access) => {
  if (access.write || !aligned(access, XDP_MD) || access.size !== 4) return DENIED;
  switch (access.offset) {
    case XDP_MD.at('egress_ifindex'):
      return access.attachType === ATTACH_TYPE.XDP_DEVMAP ? WHOLE : DENIED;
    case XDP_MD.at('data'):
      return access.signed ? DENIED : PACKET;
    case XDP_MD.at('data_meta'):
      return access.signed ? DENIED : PACKET_META;
    case XDP_MD.at('data_end'):
      return access.signed ? DENIED : PACKET_END;
    default:
      return WHOLE;
  }
};

const V4_HOOKS: ReadonlySet<number> = new Set([
  ATTACH_TYPE.CGROUP_INET4_BIND,
  ATTACH_TYPE.CGROUP_INET4_CONNECT,
  ATTACH_TYPE.CGROUP_INET4_GETPEERNAME,
  ATTACH_TYPE.CGROUP_INET4_GETSOCKNAME,
  ATTACH_TYPE.CGROUP_UDP4_SENDMSG,
  ATTACH_TYPE.CGROUP_UDP4_RECVMSG,
]);
const V6_HOOKS: ReadonlySet<number> = new Set([
  ATTACH_TYPE.CGROUP_INET6_BIND,
  ATTACH_TYPE.CGROUP_INET6_CONNECT,
  ATTACH_TYPE.CGROUP_INET6_GETPEERNAME,
  ATTACH_TYPE.CGROUP_INET6_GETSOCKNAME,
  ATTACH_TYPE.CGROUP_UDP6_SENDMSG,
  ATTACH_TYPE.CGROUP_UDP6_RECVMSG,
]);

/** `sock_addr_is_valid_access()` */
export const sockAddr: AccessRule = (access) => {
  const { write, attachType } = access;
  if (!aligned(access, BPF_SOCK_ADDR)) return DENIED;
  if (within(access, BPF_SOCK_ADDR, 'user_ip4') && !V4_HOOKS.has(attachType)) return DENIED;
  if (within(access, BPF_SOCK_ADDR, 'user_ip6') && !V6_HOOKS.has(attachType)) return DENIED;
  if (within(access, BPF_SOCK_ADDR, 'msg_src_ip4') && attachType !== ATTACH_TYPE.CGROUP_UDP4_SENDMSG)
    return DENIED;
  if (within(access, BPF_SOCK_ADDR, 'msg_src_ip6') && attachType !== ATTACH_TYPE.CGROUP_UDP6_SENDMSG)
    return DENIED;

  if (within(access, BPF_SOCK_ADDR, 'sk')) return write || access.size !== 8 ? DENIED : SOCKET;
  for (const field of ['user_family', 'family', 'type', 'protocol'])
    if (within(access, BPF_SOCK_ADDR, field)) return write ? DENIED : exactly(access, 4);

  if (
    !within(access, BPF_SOCK_ADDR, 'user_ip4', 'user_port') &&
    !within(access, BPF_SOCK_ADDR, 'msg_src_ip4', 'msg_src_ip6')
  )
    return DENIED;
  // A wide load records the narrow field's size all the same.
  const isWide = wide(access, BPF_SOCK_ADDR, 'user_ip6') || wide(access, BPF_SOCK_ADDR, 'msg_src_ip6');
  if (write) return isWide ? WHOLE : exactly(access, 4);
  return isWide ? FIELD_4 : narrow(access, 4);
};

/** `sock_ops_is_valid_access()` */
export const sockOps: AccessRule = (access) => {
  if (!aligned(access, BPF_SOCK_OPS)) return DENIED;
  const { offset, size } = access;
  if (access.write)
    return offset === BPF_SOCK_OPS.at('replylong') || offset === BPF_SOCK_OPS.at('sk_txhash')
      ? exactly(access, 4)
      : DENIED;
  if (within(access, BPF_SOCK_OPS, 'bytes_received', 'bytes_acked')) return exactly(access, 8);
  if (within(access, BPF_SOCK_OPS, 'sk')) return size === 8 ? SOCKET_OR_NULL : DENIED;
  if (within(access, BPF_SOCK_OPS, 'skb_data')) return size === 8 ? PACKET : DENIED;
  if (within(access, BPF_SOCK_OPS, 'skb_data_end')) return size === 8 ? PACKET_END : DENIED;
  if (offset === BPF_SOCK_OPS.at('skb_tcp_flags')) return narrow(access, 4);
  if (within(access, BPF_SOCK_OPS, 'skb_hwtstamp'))
    return access.contexts.sockOpsHwtstamp ? exactly(access, 8) : DENIED;
  return exactly(access, 4);
};

/** `sk_msg_is_valid_access()` */
export const skMsg: AccessRule = (access) => {
  if (access.write || !aligned(access, SK_MSG_MD)) return DENIED;
  if (within(access, SK_MSG_MD, 'data')) return access.size === 8 ? PACKET : DENIED;
  if (within(access, SK_MSG_MD, 'data_end')) return access.size === 8 ? PACKET_END : DENIED;
  if (within(access, SK_MSG_MD, 'sk')) return access.size === 8 ? SOCKET : DENIED;
  return within(access, SK_MSG_MD, 'family', 'size') ? exactly(access, 4) : DENIED;
};

/** `sk_reuseport_is_valid_access()` */
export const skReuseport: AccessRule = (access) => {
  if (access.write || !aligned(access, SK_REUSEPORT_MD)) return DENIED;
  switch (access.offset) {
    case SK_REUSEPORT_MD.at('data'):
      return access.size === 8 ? PACKET : DENIED;
    case SK_REUSEPORT_MD.at('data_end'):
      return access.size === 8 ? PACKET_END : DENIED;
    case SK_REUSEPORT_MD.at('hash'):
      return exactly(access, 4);
    case SK_REUSEPORT_MD.at('sk'):
      return access.size === 8 ? SOCKET : DENIED;
    case SK_REUSEPORT_MD.at('migrating_sk'):
      return access.size === 8 ? SOCK_COMMON_OR_NULL : DENIED;
  }
  if (within(access, SK_REUSEPORT_MD, 'eth_protocol') && access.size < 2) return DENIED;
  return within(access, SK_REUSEPORT_MD, 'len', 'bind_inany') ? narrow(access, 4) : DENIED;
};

/** `sk_lookup_is_valid_access()` */
export const skLookup: AccessRule = (access) => {
  if (access.write || !aligned(access, BPF_SK_LOOKUP)) return DENIED;
  if (within(access, BPF_SK_LOOKUP, 'sk')) return access.size === 8 ? SOCKET_OR_NULL : DENIED;
  if (within(access, BPF_SK_LOOKUP, 'remote_port')) return access.size === 4 ? WHOLE : narrow(access, 2);
  if (access.offset >= BPF_SK_LOOKUP.end('remote_port') && access.offset < BPF_SK_LOOKUP.at('local_ip4'))
    return narrow(access, 2);
  return access.offset < BPF_SK_LOOKUP.end('ingress_ifindex') ? narrow(access, 4) : DENIED;
};

const NF_STATE = btfPointer('nf_hook_state');
const NF_SKB = btfPointer('sk_buff');

/** `nf_is_valid_access()`, net/netfilter/nf_bpf_link.c */
export const netfilter: AccessRule = (access) => {
  if (access.write || access.size !== 8) return DENIED;
  if (access.offset === BPF_NF_CTX.at('state')) return NF_STATE;
  return access.offset === BPF_NF_CTX.at('skb') ? NF_SKB : DENIED;
};
