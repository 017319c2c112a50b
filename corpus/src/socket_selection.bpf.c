// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which socket gets a packet: one of a reuseport group by the packet's hash, with migration of requests, or one that listens
 * elsewhere. Exercises the contexts of SK_REUSEPORT and SK_LOOKUP programs, with narrow loads and pointers to sockets.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

#define AF_INET 2

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} servers SEC(".maps");

__u64 digest;

SEC("sk_reuseport")
int select_by_hash(struct sk_reuseport_md *reuse)
{
	struct ports *ports = reuse->data;
	__u32 key = reuse->hash & 15;
	__u8 first;

	if (reuse->ip_protocol == PROTO_UDP) {
		if ((void *)(ports + 1) > reuse->data_end)
			return SK_DROP;
		key = bpf_ntohs(ports->source) % 16;
	}
	if (reuse->len > 8 && bpf_skb_load_bytes(reuse, 8, &first, 1) == 0)
		key ^= first & 1;
	digest += reuse->eth_protocol + reuse->bind_inany;
	return bpf_sk_select_reuseport(reuse, &listeners, &key, 0) ? SK_DROP : SK_PASS;
}

SEC("sk_reuseport/migrate")
int select_or_migrate(struct sk_reuseport_md *reuse)
{
	struct bpf_sock *from = reuse->migrating_sk;
	__u32 key = 0;

	if (!from)
		return SK_PASS;
	if (from->state == BPF_TCP_NEW_SYN_RECV)
		key = reuse->sk->src_port & 15;
	return bpf_sk_select_reuseport(reuse, &listeners, &key, 0) ? SK_DROP : SK_PASS;
}

SEC("sk_lookup")
int steer(struct bpf_sk_lookup *lookup)
{
	__u32 key = lookup->protocol == PROTO_TCP;
	struct bpf_sock *sk;
	long failed;

	if (lookup->local_port < 7000 || lookup->local_port > 7100)
		return SK_PASS;
	if (lookup->family == AF_INET && lookup->remote_ip4 == lookup->local_ip4)
		return SK_DROP;
	sk = bpf_map_lookup_elem(&servers, &key);
	if (!sk)
		return SK_PASS;
	failed = bpf_sk_assign(lookup, sk, BPF_SK_LOOKUP_F_NO_REUSEPORT);
	bpf_sk_release(sk);
	return failed ? SK_DROP : SK_PASS;
}

/* Parts of fields, addresses behind pointers that may be null, and what another program has chosen. */
SEC("sk_lookup")
int lookup_fields(struct bpf_sk_lookup *lookup)
{
	volatile __u8 *address = (__u8 *)&lookup->remote_ip4;
	volatile __u16 *port = (__u16 *)&lookup->local_port;
	__u64 h = address[0];

	h = h * 31 + address[3];
	h = h * 31 + port[0];
	h = h * 31 + lookup->remote_port;
	h = h * 31 + lookup->remote_ip6[0];
	h = h * 31 + lookup->remote_ip6[3];
	h = h * 31 + lookup->local_ip6[1];
	h = h * 31 + lookup->local_ip6[2];
	h = h * 31 + lookup->ingress_ifindex;
	if (lookup->sk)
		h = h * 31 + lookup->sk->src_port;
	digest = h;
	return SK_PASS;
}

char _license[] SEC("license") = "GPL";
