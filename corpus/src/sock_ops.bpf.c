// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tuning of TCP connections as they come up, and a record of how they went. Exercises struct bpf_sock_ops: fields that exist
 * only for full sockets (the conversion tests that, with a register saved where source and destination are the same), state
 * behind several pointers, the reply, and packet data.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

#define AF_INET 2
#define SOL_TCP 6
#define TCP_BPF_IW 1001
#define TCP_CLOSE 7
#define OPTION_KIND 254

struct outcome {
	__u64 received;
	__u64 acked;
	__u32 retransmitted;
	__u32 srtt_us;
	__u32 cwnd;
	__u32 segments;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct outcome);
} outcomes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} peers SEC(".maps");

__u64 digest;

static __always_inline void record(struct bpf_sock_ops *ops)
{
	__u64 cookie = bpf_get_socket_cookie(ops);
	struct outcome outcome = {
		.received = ops->bytes_received,
		.acked = ops->bytes_acked,
		.retransmitted = ops->total_retrans,
		.srtt_us = ops->srtt_us >> 3,
		.cwnd = ops->snd_cwnd,
		.segments = ops->segs_in + ops->segs_out,
	};

	bpf_map_update_elem(&outcomes, &cookie, &outcome, BPF_ANY);
}

SEC("sockops")
int tune(struct bpf_sock_ops *ops)
{
	int window = 40;

	switch (ops->op) {
	case BPF_SOCK_OPS_RWND_INIT:
		ops->reply = 40;
		return 1;
	case BPF_SOCK_OPS_TIMEOUT_INIT:
		ops->reply = ops->remote_ip4 == ops->local_ip4 ? 10 : -1;
		return 1;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		bpf_setsockopt(ops, SOL_TCP, TCP_BPF_IW, &window, sizeof(window));
		bpf_sock_ops_cb_flags_set(ops, BPF_SOCK_OPS_STATE_CB_FLAG);
		return 1;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB: {
		__u32 port = ops->remote_port;

		if (ops->family == AF_INET)
			bpf_sock_hash_update(ops, &peers, &port, BPF_ANY);
		return 1;
	}
	case BPF_SOCK_OPS_STATE_CB:
		if (ops->args[1] == TCP_CLOSE)
			record(ops);
		return 1;
	}
	return 0;
}

/* Every field once; the last ones into the register that holds the context. */
SEC("sockops")
int read_fields(struct bpf_sock_ops *ops)
{
	__u64 h = ops->state;

	h = h * 31 + ops->is_fullsock;
	h = h * 31 + ops->local_port;
	h = h * 31 + ops->remote_ip6[0];
	h = h * 31 + ops->remote_ip6[3];
	h = h * 31 + ops->local_ip6[1];
	h = h * 31 + ops->local_ip6[2];
	h = h * 31 + ops->bpf_sock_ops_cb_flags;
	h = h * 31 + ops->rtt_min;
	h = h * 31 + ops->snd_ssthresh;
	h = h * 31 + ops->rcv_nxt;
	h = h * 31 + ops->snd_nxt;
	h = h * 31 + ops->snd_una;
	h = h * 31 + ops->mss_cache;
	h = h * 31 + ops->ecn_flags;
	h = h * 31 + ops->rate_delivered;
	h = h * 31 + ops->rate_interval_us;
	h = h * 31 + ops->packets_out;
	h = h * 31 + ops->retrans_out;
	h = h * 31 + ops->data_segs_in;
	h = h * 31 + ops->data_segs_out;
	h = h * 31 + ops->lost_out;
	h = h * 31 + ops->sacked_out;
	h = h * 31 + ops->sk_txhash;
	h = h * 31 + ops->skb_len;
	h = h * 31 + ops->skb_tcp_flags;
	digest = h;
	ops->sk_txhash = h;
	ops->reply = 7;
	/* In one instruction each: the register is context first and field then. */
	asm volatile("%[x] = *(u32 *)(%[x] + %[at])"
		     : [x] "+r"(ops)
		     : [at] "i"(__builtin_offsetof(struct bpf_sock_ops, snd_cwnd)));
	return (__u64)ops > 10;
}

SEC("sockops")
int header_options(struct bpf_sock_ops *ops)
{
	struct tcp *tcp = ops->skb_data;
	__u8 option[4] = { OPTION_KIND, sizeof(option), 1, 2 };
	struct bpf_sock *sk = ops->sk;
	struct bpf_tcp_sock *tp;

	switch (ops->op) {
	case BPF_SOCK_OPS_HDR_OPT_LEN_CB:
		bpf_reserve_hdr_opt(ops, sizeof(option), 0);
		return 1;
	case BPF_SOCK_OPS_WRITE_HDR_OPT_CB:
		bpf_store_hdr_opt(ops, option, sizeof(option), 0);
		return 1;
	case BPF_SOCK_OPS_PARSE_HDR_OPT_CB:
		if ((void *)(tcp + 1) <= ops->skb_data_end && tcp->flags & TCP_SYN)
			bpf_load_hdr_opt(ops, option, sizeof(option), BPF_LOAD_HDR_OPT_TCP_SYN);
		digest += option[2];
		return 1;
	case BPF_SOCK_OPS_RTT_CB:
		tp = sk ? bpf_tcp_sock(sk) : 0;
		if (tp)
			digest += tp->srtt_us + tp->delivered;
		return 1;
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
