/**
 * The members of kernel structures that the rewriting passes ask a profile for: per structure their paths, separated by
 * blanks. An empty list asks for the size alone. scripts/extract-profile.ts takes them from a kernel's BTF.
 */
export const WANTED_MEMBERS: Readonly<Record<string, string>> = {
  // What a patch moves.
  bpf_insn: '',
  bpf_insn_aux_data: '',
  bpf_subprog_info: '',

  // Map lookups in line (map_gen_lookup).
  bpf_map: 'ops key_size value_size max_entries',
  bpf_array: 'value pptrs ptrs elem_size index_mask',
  htab_elem: 'key lru_node',
  bpf_lru_node: 'ref',
  rhtab_elem: 'data',
  xsk_map: 'xsk_map',

  // Helpers in line.
  pcpu_hot: 'cpu_number current_task',
  perf_branch_entry: '',

  // Packets: __sk_buff, xdp_md, flow dissector.
  sk_buff: `
    len data_len protocol vlan_proto priority skb_iif dev hash mark queue_mapping vlan_all vlan_tci cb data head end
    tc_index napi_id sk tstamp pkt_type __pkt_type_offset cloned __cloned_offset tstamp_type tc_at_ingress
    mono_delivery_time __mono_tc_offset vlan_present __pkt_vlan_present_offset
  `,
  net_device: 'ifindex',
  qdisc_skb_cb: 'data tc_classid pkt_len',
  bpf_skb_data_end: 'data_meta data_end',
  sk_skb_cb: 'data temp_reg',
  tcp_skb_cb: 'tcp_flags',
  skb_shared_info: 'gso_segs gso_size hwtstamps',
  xdp_buff: 'data data_meta data_end rxq txq',
  xdp_rxq_info: 'dev queue_index',
  xdp_txq_info: 'dev',
  bpf_flow_dissector: 'data data_end flow_keys',

  // Sockets.
  sock_common: `
    skc_family skc_daddr skc_rcv_saddr skc_v6_daddr skc_v6_rcv_saddr skc_dport skc_num skc_state skc_bound_dev_if
    skc_rx_queue_mapping
  `,
  sock: `
    __sk_common.skc_family __sk_common.skc_bound_dev_if __sk_common.skc_rx_queue_mapping sk_mark sk_priority sk_type
    sk_protocol sk_txhash sk_rx_queue_mapping
  `,
  tcp_sock: `
    rtt_min bpf_sock_ops_cb_flags snd_cwnd srtt_us snd_ssthresh rcv_nxt snd_nxt snd_una mss_cache ecn_flags
    rate_delivered rate_interval_us packets_out retrans_out total_retrans segs_in data_segs_in segs_out data_segs_out
    lost_out sacked_out bytes_received bytes_acked dsack_dups delivered delivered_ce
  `,
  inet_connection_sock: 'icsk_retransmits',
  minmax_sample: 't v',
  xdp_sock: 'queue_id',

  // Contexts of socket programs.
  bpf_sock_addr_kern: 'uaddr sk t_ctx tmp_reg',
  sockaddr: 'sa_family',
  sockaddr_in: 'sin_addr sin_port',
  sockaddr_in6: 'sin6_addr sin6_port',
  in_addr: 's_addr',
  in6_addr: '',
  bpf_sock_ops_kern: `
    op reply replylong sk is_fullsock is_locked_tcp_sock temp skb skb_data_end
  `,
  sk_msg: 'data data_end sk sg',
  sk_msg_sg: 'size',
  sk_reuseport_kern: 'skb sk migrating_sk data_end hash bind_inany',
  bpf_sk_lookup_kern: `
    selected_sk family protocol v4.saddr v4.daddr v6.saddr v6.daddr sport dport ingress_ifindex
  `,

  // Contexts of other cgroup and of perf event programs.
  bpf_sysctl_kern: 'write ppos tmp_reg',
  bpf_sockopt_kern: 'sk optval optval_end level optname optlen retval current_task tmp_reg',
  bpf_cg_run_ctx: 'retval',
  task_struct: 'bpf_ctx',
  bpf_perf_event_data_kern: 'regs data',
  perf_sample_data: 'period addr',
  pt_regs: '',
};
