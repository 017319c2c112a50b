// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that the kernel checks by their prototype alone, with tags that say what their arguments are: the context, memory
 * that is there, memory that may be missing, a dynamic pointer. Exercises conversions of context accesses in functions that
 * are not the program itself, and one shared by two programs.
 */
#include "kfuncs.h"

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))

struct flow {
	__u32 packets;
	__u32 bytes;
	__u64 mark;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct flow);
} flows SEC(".maps");

__u64 digest;

__noinline int account(struct flow *flow __arg_nonnull, __u32 bytes)
{
	flow->packets++;
	flow->bytes += bytes;
	return flow->packets > 1000;
}

__noinline int label(struct __sk_buff *skb __arg_ctx, struct flow *flow)
{
	if (!flow)
		return 0;
	if (skb->mark == 0)
		skb->mark = flow->mark;
	return skb->len > flow->bytes;
}

__noinline int first_byte(const struct bpf_dynptr *packet)
{
	__u8 *byte = bpf_dynptr_slice(packet, 0, 0, 1);

	return byte ? *byte : -1;
}

SEC("tc")
int label_flow(struct __sk_buff *skb)
{
	__u32 key = skb->mark & 0xff;
	struct flow *flow = bpf_map_lookup_elem(&flows, &key);
	struct bpf_dynptr packet;

	if (bpf_dynptr_from_skb(skb, 0, &packet) == 0)
		digest += first_byte(&packet);
	if (flow && account(flow, skb->len))
		return 2;
	return label(skb, flow);
}

SEC("tc")
int label_unknown(struct __sk_buff *skb)
{
	struct flow flow = { .mark = digest };

	return label(skb, &flow) + account(&flow, 1);
}

char _license[] SEC("license") = "GPL";
