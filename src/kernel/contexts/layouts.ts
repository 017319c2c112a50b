/**
 * The structures programs see as their context or behind a socket pointer (include/uapi/linux/bpf.h, Linux 7.2): byte
 * offsets as in C. They are ABI and only ever grow at the end, so one table serves all releases.
 */

/** A field: bytes `offset` up to, not including, `end`. */
export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly end: number;
}

/** A structure's fields by name, and its size. */
export interface Layout {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly Field[];
  /** Offset of a field's first byte. */
  at(field: string): number;
  /** Offset of the byte after a field. */
  end(field: string): number;
  /** Name of the field that holds a byte, for messages; the offset itself in padding. */
  nameAt(offset: number): string;
}

/**
 * Lays fields out as C does. A word is `name:size` or `name:size*count`; every field is aligned to its size. A word without
 * a name is padding.
 */
function layout(structName: string, words: string): Layout {
  const fields: Field[] = [];
  let position = 0;
  let alignment = 1;
  for (const word of words.trim().split(/\s+/)) {
    const [name = '', shape = ''] = word.split(':');
    const [size = 0, count = 1] = shape.split('*').map(Number);
    alignment = Math.max(alignment, size);
    const offset = Math.ceil(position / size) * size;
    position = offset + size * count;
    if (name !== '') fields.push({ name, offset, end: position });
  }
  const byName = new Map(fields.map((field) => [field.name, field]));
  const find = (name: string): Field => {
    const field = byName.get(name);
    if (field === undefined) throw new Error(`struct ${structName} has no field ${name}`);
    return field;
  };
  return {
    name: structName,
    size: Math.ceil(position / alignment) * alignment,
    fields,
    at: (name) => find(name).offset,
    end: (name) => find(name).end,
    nameAt: (offset) =>
      fields.find((field) => field.offset <= offset && offset < field.end)?.name ?? String(offset),
  };
}

export const SK_BUFF = layout(
  '__sk_buff',
  `len:4 pkt_type:4 mark:4 queue_mapping:4 protocol:4 vlan_present:4 vlan_tci:4 vlan_proto:4 priority:4
   ingress_ifindex:4 ifindex:4 tc_index:4 cb:4*5 hash:4 tc_classid:4 data:4 data_end:4 napi_id:4 family:4 remote_ip4:4
   local_ip4:4 remote_ip6:4*4 local_ip6:4*4 remote_port:4 local_port:4 data_meta:4 flow_keys:8 tstamp:8 wire_len:4
   gso_segs:4 sk:8 gso_size:4 tstamp_type:1 :1*3 hwtstamp:8`,
);

export const XDP_MD = layout(
  'xdp_md',
  'data:4 data_end:4 data_meta:4 ingress_ifindex:4 rx_queue_index:4 egress_ifindex:4',
);

export const BPF_SOCK = layout(
  'bpf_sock',
  `bound_dev_if:4 family:4 type:4 protocol:4 mark:4 priority:4 src_ip4:4 src_ip6:4*4 src_port:4 dst_port:2 :2
   dst_ip4:4 dst_ip6:4*4 state:4 rx_queue_mapping:4`,
);

export const BPF_TCP_SOCK = layout(
  'bpf_tcp_sock',
  `snd_cwnd:4 srtt_us:4 rtt_min:4 snd_ssthresh:4 rcv_nxt:4 snd_nxt:4 snd_una:4 mss_cache:4 ecn_flags:4
   rate_delivered:4 rate_interval_us:4 packets_out:4 retrans_out:4 total_retrans:4 segs_in:4 data_segs_in:4 segs_out:4
   data_segs_out:4 lost_out:4 sacked_out:4 bytes_received:8 bytes_acked:8 dsack_dups:4 delivered:4 delivered_ce:4
   icsk_retransmits:4`,
);

export const BPF_XDP_SOCK = layout('bpf_xdp_sock', 'queue_id:4');

export const BPF_SOCK_ADDR = layout(
  'bpf_sock_addr',
  `user_family:4 user_ip4:4 user_ip6:4*4 user_port:4 family:4 type:4 protocol:4 msg_src_ip4:4 msg_src_ip6:4*4 sk:8`,
);

export const BPF_SOCK_OPS = layout(
  'bpf_sock_ops',
  `op:4 replylong:4*4 family:4 remote_ip4:4 local_ip4:4 remote_ip6:4*4 local_ip6:4*4 remote_port:4 local_port:4
   is_fullsock:4 snd_cwnd:4 srtt_us:4 bpf_sock_ops_cb_flags:4 state:4 rtt_min:4 snd_ssthresh:4 rcv_nxt:4 snd_nxt:4
   snd_una:4 mss_cache:4 ecn_flags:4 rate_delivered:4 rate_interval_us:4 packets_out:4 retrans_out:4 total_retrans:4
   segs_in:4 data_segs_in:4 segs_out:4 data_segs_out:4 lost_out:4 sacked_out:4 sk_txhash:4 bytes_received:8
   bytes_acked:8 sk:8 skb_data:8 skb_data_end:8 skb_len:4 skb_tcp_flags:4 skb_hwtstamp:8`,
);

export const SK_MSG_MD = layout(
  'sk_msg_md',
  `data:8 data_end:8 family:4 remote_ip4:4 local_ip4:4 remote_ip6:4*4 local_ip6:4*4 remote_port:4 local_port:4 size:4
   sk:8`,
);

export const SK_REUSEPORT_MD = layout(
  'sk_reuseport_md',
  'data:8 data_end:8 len:4 eth_protocol:4 ip_protocol:4 bind_inany:4 hash:4 sk:8 migrating_sk:8',
);

export const BPF_SK_LOOKUP = layout(
  'bpf_sk_lookup',
  `sk:8 family:4 protocol:4 remote_ip4:4 remote_ip6:4*4 remote_port:2 :2 local_ip4:4 local_ip6:4*4 local_port:4
   ingress_ifindex:4`,
);

export const BPF_SYSCTL = layout('bpf_sysctl', 'write:4 file_pos:4');

export const BPF_SOCKOPT = layout(
  'bpf_sockopt',
  'sk:8 optval:8 optval_end:8 level:4 optname:4 optlen:4 retval:4',
);

export const BPF_CGROUP_DEV_CTX = layout('bpf_cgroup_dev_ctx', 'access_type:4 major:4 minor:4');

/** `regs` is x86-64's `struct pt_regs`. */
export const BPF_PERF_EVENT_DATA = layout('bpf_perf_event_data', 'regs:8*21 sample_period:8 addr:8');

export const BPF_NF_CTX = layout('bpf_nf_ctx', 'state:8 skb:8');
