/** Structure sizes and members of Linux 6.1, from its BTF by scripts/extract-profile.ts. */
import type { ProfileTables } from '../profile-tables.js';

export const STRUCTS_6_1: ProfileTables['structs'] = {
  bpf_insn: {
    size: 8,
    members: {},
  },
  bpf_insn_aux_data: {
    size: 56,
    members: {},
  },
  bpf_subprog_info: {
    size: 16,
    members: {},
  },
  bpf_map: {
    size: 256,
    members: {
      ops: [0, 8],
      key_size: [28, 4],
      value_size: [32, 4],
      max_entries: [36, 4],
    },
  },
  bpf_array: {
    size: 320,
    members: {
      value: [272, 0],
      pptrs: [272, 0],
      ptrs: [272, 0],
      elem_size: [256, 4],
      index_mask: [260, 4],
    },
  },
  htab_elem: {
    size: 48,
    members: {
      key: [48, 0],
      lru_node: [16, 24],
    },
  },
  bpf_lru_node: {
    size: 24,
    members: {
      ref: [19, 1],
    },
  },
  xsk_map: {
    size: 320,
    members: {
      xsk_map: [264, 0],
    },
  },
  perf_branch_entry: {
    size: 24,
    members: {},
  },
  sk_buff: {
    size: 232,
    members: {
      len: [112, 4],
      data_len: [116, 4],
      protocol: [180, 2],
      vlan_proto: [152, 2],
      priority: [140, 4],
      skb_iif: [144, 4],
      dev: [16, 8],
      hash: [148, 4],
      mark: [168, 4],
      queue_mapping: [124, 2],
      vlan_tci: [154, 2],
      cb: [40, 48],
      data: [208, 8],
      head: [200, 8],
      end: [192, 4],
      tc_index: [134, 2],
      napi_id: [156, 4],
      sk: [24, 8],
      tstamp: [32, 8],
      pkt_type: [128, 1, 0, 3],
      __pkt_type_offset: [128, 0],
      cloned: [126, 1, 0, 1],
      __cloned_offset: [126, 0],
      tc_at_ingress: [130, 1, 7, 1],
      mono_delivery_time: [130, 1, 5, 1],
      vlan_present: [130, 1, 0, 1],
      __pkt_vlan_present_offset: [130, 0],
    },
  },
  net_device: {
    size: 2432,
    members: {
      ifindex: [216, 4],
    },
  },
  qdisc_skb_cb: {
    size: 28,
    members: {
      data: [8, 20],
      tc_classid: [6, 2],
      pkt_len: [0, 4],
    },
  },
  bpf_skb_data_end: {
    size: 48,
    members: {
      data_meta: [32, 8],
      data_end: [40, 8],
    },
  },
  sk_skb_cb: {
    size: 48,
    members: {
      data: [0, 20],
      temp_reg: [40, 8],
    },
  },
  tcp_skb_cb: {
    size: 48,
    members: {
      tcp_flags: [12, 1],
    },
  },
  skb_shared_info: {
    size: 320,
    members: {
      gso_segs: [6, 2],
      gso_size: [4, 2],
      hwtstamps: [16, 8],
    },
  },
  xdp_buff: {
    size: 56,
    members: {
      data: [0, 8],
      data_meta: [16, 8],
      data_end: [8, 8],
      rxq: [32, 8],
      txq: [40, 8],
    },
  },
  xdp_rxq_info: {
    size: 64,
    members: {
      dev: [0, 8],
      queue_index: [8, 4],
    },
  },
  xdp_txq_info: {
    size: 8,
    members: {
      dev: [0, 8],
    },
  },
  bpf_flow_dissector: {
    size: 32,
    members: {
      data: [16, 8],
      data_end: [24, 8],
      flow_keys: [0, 8],
    },
  },
  sock_common: {
    size: 136,
    members: {
      skc_family: [16, 2],
      skc_daddr: [0, 4],
      skc_rcv_saddr: [4, 4],
      skc_v6_daddr: [56, 16],
      skc_v6_rcv_saddr: [72, 16],
      skc_dport: [12, 2],
      skc_num: [14, 2],
      skc_state: [18, 1],
      skc_bound_dev_if: [20, 4],
      skc_rx_queue_mapping: [122, 2],
    },
  },
  sock: {
    size: 776,
    members: {
      '__sk_common.skc_family': [16, 2],
      '__sk_common.skc_bound_dev_if': [20, 4],
      '__sk_common.skc_rx_queue_mapping': [122, 2],
      sk_mark: [452, 4],
      sk_priority: [448, 4],
      sk_type: [514, 2],
      sk_protocol: [516, 2],
      sk_txhash: [508, 4],
    },
  },
  tcp_sock: {
    size: 2280,
    members: {
      rtt_min: [1692, 24],
      bpf_sock_ops_cb_flags: [2164, 1],
      snd_cwnd: [1776, 4],
      srtt_us: [1672, 4],
      snd_ssthresh: [1772, 4],
      rcv_nxt: [1464, 4],
      snd_nxt: [1476, 4],
      snd_una: [1508, 4],
      mss_cache: [1580, 4],
      ecn_flags: [1734, 1],
      rate_delivered: [1840, 4],
      rate_interval_us: [1844, 4],
      packets_out: [1716, 4],
      retrans_out: [1720, 4],
      total_retrans: [2144, 4],
      segs_in: [1456, 4],
      data_segs_in: [1460, 4],
      segs_out: [1480, 4],
      data_segs_out: [1484, 4],
      lost_out: [1864, 4],
      sacked_out: [1868, 4],
      bytes_received: [1448, 8],
      bytes_acked: [1496, 8],
      dsack_dups: [1504, 4],
      delivered: [1808, 4],
      delivered_ce: [1812, 4],
    },
  },
  inet_connection_sock: {
    size: 1440,
    members: {
      icsk_retransmits: [1281, 1],
    },
  },
  minmax_sample: {
    size: 8,
    members: {
      t: [0, 4],
      v: [4, 4],
    },
  },
  xdp_sock: {
    size: 1024,
    members: {
      queue_id: [880, 2],
    },
  },
  bpf_sock_addr_kern: {
    size: 32,
    members: {
      uaddr: [8, 8],
      sk: [0, 8],
      t_ctx: [24, 8],
      tmp_reg: [16, 8],
    },
  },
  sockaddr: {
    size: 16,
    members: {
      sa_family: [0, 2],
    },
  },
  sockaddr_in: {
    size: 16,
    members: {
      sin_addr: [4, 4],
      sin_port: [2, 2],
    },
  },
  sockaddr_in6: {
    size: 28,
    members: {
      sin6_addr: [8, 16],
      sin6_port: [2, 2],
    },
  },
  in_addr: {
    size: 4,
    members: {
      s_addr: [0, 4],
    },
  },
  in6_addr: {
    size: 16,
    members: {},
  },
  bpf_sock_ops_kern: {
    size: 64,
    members: {
      op: [48, 1],
      reply: [8, 4],
      replylong: [8, 16],
      sk: [0, 8],
      is_fullsock: [49, 1],
      temp: [56, 8],
      skb: [32, 8],
      skb_data_end: [40, 8],
    },
  },
  sk_msg: {
    size: 712,
    members: {
      data: [640, 8],
      data_end: [648, 8],
      sk: [688, 8],
      sg: [0, 640],
    },
  },
  sk_msg_sg: {
    size: 640,
    members: {
      size: [12, 4],
    },
  },
  sk_reuseport_kern: {
    size: 56,
    members: {
      skb: [0, 8],
      sk: [8, 8],
      migrating_sk: [24, 8],
      data_end: [32, 8],
      hash: [40, 4],
      bind_inany: [48, 1],
    },
  },
  bpf_sk_lookup_kern: {
    size: 48,
    members: {
      selected_sk: [32, 8],
      family: [0, 2],
      protocol: [2, 2],
      'v4.saddr': [8, 4],
      'v4.daddr': [12, 4],
      'v6.saddr': [16, 8],
      'v6.daddr': [24, 8],
      sport: [4, 2],
      dport: [6, 2],
      ingress_ifindex: [40, 4],
    },
  },
  bpf_sysctl_kern: {
    size: 72,
    members: {
      write: [52, 4],
      ppos: [56, 8],
      tmp_reg: [64, 8],
    },
  },
  bpf_sockopt_kern: {
    size: 56,
    members: {
      sk: [0, 8],
      optval: [8, 8],
      optval_end: [16, 8],
      level: [24, 4],
      optname: [28, 4],
      optlen: [32, 4],
      current_task: [40, 8],
      tmp_reg: [48, 8],
    },
  },
  bpf_cg_run_ctx: {
    size: 16,
    members: {
      retval: [8, 4],
    },
  },
  task_struct: {
    size: 9792,
    members: {
      bpf_ctx: [5232, 8],
    },
  },
  bpf_perf_event_data_kern: {
    size: 24,
    members: {
      regs: [0, 8],
      data: [8, 8],
    },
  },
  perf_sample_data: {
    size: 256,
    members: {
      period: [8, 8],
      addr: [48, 8],
    },
  },
  pt_regs: {
    size: 168,
    members: {},
  },
};
