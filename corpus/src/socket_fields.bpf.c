// SPDX-License-Identifier: GPL-2.0-only
/*
 * What packet programs learn of sockets: the one a packet belongs to, ones looked up, TCP's state, AF_XDP sockets. Exercises
 * loads through pointers to struct bpf_sock, struct bpf_tcp_sock and struct bpf_xdp_sock, which are conversions of their own.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

__u64 digest;

SEC("cgroup_skb/egress")
int tcp_fields(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bpf_tcp_sock *tp;
	__u64 h;

	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	h = sk->protocol;
	h = h * 31 + sk->mark;
	h = h * 31 + sk->priority;
	h = h * 31 + sk->rx_queue_mapping;
	tp = bpf_tcp_sock(sk);
	if (!tp)
		return 1;
	h = h * 31 + tp->snd_cwnd;
	h = h * 31 + tp->srtt_us;
	h = h * 31 + tp->rtt_min;
	h = h * 31 + tp->snd_ssthresh;
	h = h * 31 + tp->rcv_nxt;
	h = h * 31 + tp->snd_nxt;
	h = h * 31 + tp->snd_una;
	h = h * 31 + tp->mss_cache;
	h = h * 31 + tp->ecn_flags;
	h = h * 31 + tp->rate_delivered;
	h = h * 31 + tp->rate_interval_us;
	h = h * 31 + tp->packets_out;
	h = h * 31 + tp->retrans_out;
	h = h * 31 + tp->total_retrans;
	h = h * 31 + tp->segs_in;
	h = h * 31 + tp->data_segs_in;
	h = h * 31 + tp->segs_out;
	h = h * 31 + tp->data_segs_out;
	h = h * 31 + tp->lost_out;
	h = h * 31 + tp->sacked_out;
	h = h * 31 + tp->bytes_received;
	h = h * 31 + tp->bytes_acked;
	h = h * 31 + tp->dsack_dups;
	h = h * 31 + tp->delivered;
	h = h * 31 + tp->delivered_ce;
	h = h * 31 + tp->icsk_retransmits;
	digest = h;
	if (tp->ecn_flags & 1)
		bpf_skb_ecn_set_ce(skb);
	return 1;
}

SEC("tc")
int known_connection(struct __sk_buff *skb)
{
	struct ipv4 *ip = (void *)(long)skb->data + sizeof(struct eth);
	struct ports *ports = (void *)(ip + 1);
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk;
	int verdict = TC_ACT_OK;

	if ((void *)(ports + 1) > (void *)(long)skb->data_end || ip->protocol != PROTO_TCP)
		return TC_ACT_OK;
	tuple.ipv4.saddr = ip->saddr;
	tuple.ipv4.daddr = ip->daddr;
	tuple.ipv4.sport = ports->source;
	tuple.ipv4.dport = ports->dest;
	sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return TC_ACT_SHOT;
	if (sk->state == BPF_TCP_LISTEN) {
		verdict = bpf_sk_assign(skb, sk, 0) ? TC_ACT_SHOT : TC_ACT_OK;
	} else {
		digest += sk->src_ip4 ^ sk->dst_ip4;
		digest += sk->dst_port ^ sk->src_ip6[1];
		digest += *(volatile __u8 *)&sk->dst_ip4;
		digest += *(volatile __u16 *)&sk->dst_ip6[3];
	}
	bpf_sk_release(sk);
	return verdict;
}

SEC("xdp")
int to_user_socket(struct xdp_md *xdp)
{
	__u32 queue = xdp->rx_queue_index;
	struct bpf_xdp_sock *xs = bpf_map_lookup_elem(&xsks, &queue);

	if (!xs)
		return XDP_PASS;
	digest += xdp->ingress_ifindex;
	return xs->queue_id == queue ? bpf_redirect_map(&xsks, queue, XDP_DROP) : XDP_ABORTED;
}

SEC("xdp/devmap")
int on_the_way_out(struct xdp_md *xdp)
{
	__u8 *meta = (void *)(long)xdp->data_meta;

	if (meta + 4 > (__u8 *)(long)xdp->data)
		return XDP_DROP;
	return xdp->egress_ifindex == meta[0] ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
