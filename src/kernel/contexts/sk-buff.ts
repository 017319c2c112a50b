/**
 * Access rules of `struct __sk_buff` (`bpf_skb_is_valid_access()` and what each program type puts before it, net/core/filter.c,
 * Linux 6.12).
 */
import {
  DENIED,
  WHOLE,
  aligned,
  exactly,
  narrow,
  pointer,
  within,
  type Access,
  type AccessRule,
} from './access.js';
import { SK_BUFF, type Layout } from './layouts.js';

/** What a program type allows beyond or below the common rules; fields as `name` or `first..last`. */
interface Variant {
  readonly denied: readonly string[];
  readonly writable: readonly string[];
  /** Fields that yield packet pointers. */
  readonly packet: readonly ('data' | 'data_end' | 'data_meta')[];
  /** `tstamp_type` can be read. */
  readonly tstampType?: boolean;
}

const PACKET_POINTERS = {
  data: pointer('PTR_TO_PACKET'),
  data_end: pointer('PTR_TO_PACKET_END'),
  data_meta: pointer('PTR_TO_PACKET_META'),
};

interface Range {
  readonly from: number;
  readonly to: number;
}

function rangeOf(struct: Layout, text: string): Range {
  const [first = '', last = first] = text.split('..');
  return { from: struct.at(first), to: struct.end(last) };
}

function hits(ranges: readonly Range[], offset: number): boolean {
  return ranges.some(({ from, to }) => offset >= from && offset < to);
}

/** The rules all program types share, once their own have let the access pass. */
function common(access: Access): ReturnType<AccessRule> {
  if (!aligned(access, SK_BUFF)) return DENIED;
  if (within(access, SK_BUFF, 'cb')) return access.offset + access.size <= SK_BUFF.end('cb') ? WHOLE : DENIED;
  for (const field of ['data', 'data_meta', 'data_end'] as const) {
    if (!within(access, SK_BUFF, field)) continue;
    return access.signed ? DENIED : exactly(access, 4);
  }
  if (within(access, SK_BUFF, 'remote_ip4', 'local_ip6')) return exactly(access, 4);
  if (within(access, SK_BUFF, 'flow_keys')) return DENIED;
  if (within(access, SK_BUFF, 'hwtstamp')) return access.write ? DENIED : exactly(access, 8);
  if (within(access, SK_BUFF, 'tstamp')) return exactly(access, 8);
  if (within(access, SK_BUFF, 'sk'))
    return access.write || access.size !== 8 ? DENIED : pointer('PTR_TO_SOCK_COMMON_OR_NULL');
  if (access.offset >= SK_BUFF.at('tstamp_type') && access.offset < SK_BUFF.at('hwtstamp')) return DENIED;
  return access.write ? exactly(access, 4) : narrow(access, 4);
}

function skBuff({ denied, writable, packet, tstampType = false }: Variant): AccessRule {
  const deniedRanges = denied.map((text) => rangeOf(SK_BUFF, text));
  const writableRanges = writable.map((text) => rangeOf(SK_BUFF, text));
  return (access) => {
    if (hits(deniedRanges, access.offset)) return DENIED;
    if (access.write && !hits(writableRanges, access.offset)) return DENIED;
    if (tstampType && access.offset === SK_BUFF.at('tstamp_type')) return exactly(access, 1);
    const result = common(access);
    if (!result.valid || access.write) return result;
    for (const field of packet) if (within(access, SK_BUFF, field)) return PACKET_POINTERS[field];
    return result;
  };
}

/** `sk_filter_is_valid_access()` */
export const socketFilter = skBuff({
  denied: [
    'tc_classid',
    'data',
    'data_meta',
    'data_end',
    'family..local_port',
    'tstamp',
    'wire_len',
    'hwtstamp',
  ],
  writable: ['cb'],
  packet: [],
});

/** `tc_cls_act_is_valid_access()` */
export const trafficControl = skBuff({
  denied: ['family..local_port'],
  writable: ['mark', 'tc_index', 'priority', 'tc_classid', 'cb', 'tstamp', 'queue_mapping'],
  packet: ['data', 'data_end', 'data_meta'],
  tstampType: true,
});

/** `cg_skb_is_valid_access()`, loaded with CAP_BPF. */
export const cgroupSkb = skBuff({
  denied: ['tc_classid', 'data_meta', 'wire_len'],
  writable: ['mark', 'priority', 'cb', 'tstamp'],
  packet: ['data', 'data_end'],
});

/** `lwt_is_valid_access()` */
export const lightweightTunnel = skBuff({
  denied: ['tc_classid', 'family..local_port', 'data_meta', 'tstamp', 'wire_len', 'hwtstamp'],
  writable: ['mark', 'priority', 'cb'],
  packet: ['data', 'data_end'],
});

/** `sk_skb_is_valid_access()` */
export const socketSkb = skBuff({
  denied: ['tc_classid', 'data_meta', 'tstamp', 'wire_len', 'hwtstamp', 'mark'],
  writable: ['tc_index', 'priority'],
  packet: ['data', 'data_end'],
});

/** `flow_dissector_is_valid_access()` */
export const flowDissector: AccessRule = (access) => {
  if (!aligned(access, SK_BUFF) || access.write) return DENIED;
  for (const field of ['data', 'data_end'] as const) {
    if (within(access, SK_BUFF, field))
      return access.signed || access.size !== 4 ? DENIED : PACKET_POINTERS[field];
  }
  if (within(access, SK_BUFF, 'flow_keys')) return access.size === 8 ? pointer('PTR_TO_FLOW_KEYS') : DENIED;
  return DENIED;
};
