// SPDX-License-Identifier: GPL-2.0-only
/*
 * A proxy between sockets of a map: messages are routed by their first bytes, streams are marked on the way.
 * Exercises the contexts of SK_MSG and SK_SKB programs, and the prologue of SK_SKB for writes to packet data.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

struct record {
	__be16 length;
	__u8 kind;
	__u8 hops;
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} workers SEC(".maps");

__u64 digest;

SEC("sk_msg")
int route_message(struct sk_msg_md *msg)
{
	struct record *record = msg->data;
	__u32 key = msg->remote_port;

	if ((void *)(record + 1) > msg->data_end) {
		bpf_msg_cork_bytes(msg, sizeof(*record));
		return SK_PASS;
	}
	if (record->hops == 0)
		return SK_DROP;
	record->hops--;
	bpf_msg_apply_bytes(msg, bpf_ntohs(record->length));
	if (msg->family == AF_INET && msg->local_ip4 == msg->remote_ip4)
		return bpf_msg_redirect_hash(msg, &routes, &key, BPF_F_INGRESS);
	return bpf_msg_redirect_map(msg, &workers, record->kind & 63, 0);
}

SEC("sk_msg")
int message_fields(struct sk_msg_md *msg)
{
	struct bpf_sock *sk = msg->sk;
	__u64 h = msg->size;

	h = h * 31 + msg->local_port;
	h = h * 31 + msg->remote_ip6[0];
	h = h * 31 + msg->remote_ip6[2];
	h = h * 31 + msg->local_ip6[1];
	h = h * 31 + msg->local_ip6[3];
	if (sk)
		h = h * 31 + sk->state;
	digest = h;
	if (bpf_msg_pull_data(msg, 0, 64, 0))
		return SK_DROP;
	bpf_msg_push_data(msg, 0, sizeof(struct record), 0);
	return SK_PASS;
}

SEC("sk_skb/stream_verdict")
int route_record(struct __sk_buff *skb)
{
	__u32 key = skb->remote_port ^ skb->local_port;
	struct record *record = (void *)(long)skb->data;

	if ((void *)(record + 1) > (void *)(long)skb->data_end)
		return SK_PASS;
	if (record->hops == 0)
		return SK_DROP;
	record->hops--;
	skb->priority = record->kind;
	digest += skb->remote_ip4 + skb->local_ip4 + skb->family + skb->local_ip6[3] + skb->remote_ip6[0];
	return bpf_sk_redirect_hash(skb, &routes, &key, 0);
}

char _license[] SEC("license") = "GPL";
