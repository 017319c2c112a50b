// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet parser as a chain of programs. Tail calls with a constant key and map become jumps that the JIT patches; those
 * whose key or map depends on the path or on data do not.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

enum stage { PARSE_VLAN, PARSE_IPV4, PARSE_IPV6, PARSE_L4, ACCOUNT, STAGES };

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, STAGES);
	__type(key, __u32);
	__type(value, __u32);
} stages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u32);
} by_protocol SEC(".maps");

struct progress {
	__u32 offset;
	__u32 tags;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct progress);
} progress SEC(".maps");

static __always_inline struct progress *where(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&progress, &zero);
}

/* Constant keys, each call with a way on should the slot be empty. */
SEC("xdp")
int entry(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct eth *eth = data;
	struct progress *at = where();

	if (!at || (void *)(eth + 1) > end)
		return XDP_DROP;
	at->offset = sizeof(*eth);
	at->tags = 0;
	if (eth->type == bpf_htons(ETHERTYPE_VLAN))
		bpf_tail_call(ctx, &stages, PARSE_VLAN);
	else if (eth->type == bpf_htons(ETHERTYPE_IP))
		bpf_tail_call(ctx, &stages, PARSE_IPV4);
	else if (eth->type == bpf_htons(ETHERTYPE_IPV6))
		bpf_tail_call(ctx, &stages, PARSE_IPV6);
	bpf_tail_call_static(ctx, &stages, ACCOUNT);
	return XDP_PASS;
}

/* One call whose key is one of two constants: known on each path, unknown at the call. */
SEC("xdp")
int parse_vlan(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct progress *at = where();
	struct vlan_tag *tag;
	__be16 type;
	__u32 next;

	if (!at || at->offset > 64 || at->tags > 2)
		return XDP_DROP;
	tag = data + at->offset;
	if ((void *)(tag + 1) > end)
		return XDP_DROP;
	type = tag->type;
	at->offset += sizeof(*tag);
	at->tags++;
	if (type == bpf_htons(ETHERTYPE_VLAN))
		bpf_tail_call(ctx, &stages, PARSE_VLAN);
	next = type == bpf_htons(ETHERTYPE_IP) ? PARSE_IPV4 : PARSE_IPV6;
	bpf_tail_call(ctx, &stages, next);
	return XDP_PASS;
}

/* A key from the packet. */
SEC("xdp")
int parse_ipv4(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct progress *at = where();
	struct ipv4 *ip;

	if (!at || at->offset > 64)
		return XDP_DROP;
	ip = data + at->offset;
	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	at->offset += (ip->version_ihl & 0xf) * 4;
	bpf_tail_call(ctx, &by_protocol, ip->protocol);
	bpf_tail_call(ctx, &stages, ACCOUNT);
	return XDP_PASS;
}

/* One of two maps, with one key. */
SEC("xdp")
int parse_ipv6(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct progress *at = where();
	struct ipv6 *ip;
	void *map;

	if (!at || at->offset > 64)
		return XDP_DROP;
	ip = data + at->offset;
	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	at->offset += sizeof(*ip);
	map = ip->nexthdr == PROTO_TCP ? (void *)&by_protocol : (void *)&stages;
	bpf_tail_call(ctx, map, PARSE_L4);
	return XDP_PASS;
}

/* Tail calls leave a subprogram as well as the program. */
static __noinline int leave(struct xdp_md *ctx, __u32 key)
{
	if (key == 0)
		bpf_tail_call(ctx, &stages, ACCOUNT);
	else
		bpf_tail_call(ctx, &by_protocol, key);
	return XDP_ABORTED;
}

SEC("xdp")
int parse_l4(struct xdp_md *ctx)
{
	struct progress *at = where();

	if (!at)
		return XDP_DROP;
	if (leave(ctx, at->tags) == XDP_ABORTED)
		return XDP_PASS;
	return leave(ctx, ctx->rx_queue_index & 255);
}

/* The same slot from both arms and by way of the stack. */
SEC("tc")
int dispatch_mark(struct __sk_buff *skb)
{
	volatile __u32 slot = 3;

	if (skb->mark == 7)
		bpf_tail_call(skb, &by_protocol, slot);
	switch (skb->mark & 3) {
	case 0:
		bpf_tail_call(skb, &by_protocol, 200);
		break;
	case 1:
		bpf_tail_call(skb, &by_protocol, 201);
		break;
	default:
		bpf_tail_call(skb, &by_protocol, skb->mark >> 24);
	}
	/* Beyond the map's end: never taken, but a constant. */
	bpf_tail_call(skb, &by_protocol, 300);
	return 0;
}

char _license[] SEC("license") = "GPL";
