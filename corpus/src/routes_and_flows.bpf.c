// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets on their way through routes: programs of light-weight tunnels (in, out, transmit, segment routing), a flow dissector
 * and a tc action. Exercises what each of them may see of struct __sk_buff, the dissector's own context, and the prologues of
 * those that write to packets.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

__u64 digest;

SEC("lwt_in")
int arriving(struct __sk_buff *skb)
{
	struct ipv4 *ip = (void *)(long)skb->data;

	if ((void *)(ip + 1) > (void *)(long)skb->data_end)
		return BPF_DROP;
	digest += skb->len + skb->ingress_ifindex + skb->cb[0];
	skb->cb[1] = skb->hash;
	return ip->ttl > 1 ? BPF_OK : BPF_DROP;
}

SEC("lwt_xmit")
int transmitted(struct __sk_buff *skb)
{
	struct ipv4 *ip = (void *)(long)skb->data;

	if ((void *)(ip + 1) > (void *)(long)skb->data_end)
		return BPF_DROP;
	if (ip->protocol != PROTO_UDP)
		return BPF_OK;
	ip->tos |= 0x28;
	skb->mark = ip->tos;
	skb->priority = 4;
	bpf_l3_csum_replace(skb, __builtin_offsetof(struct ipv4, check), 0, bpf_htons(0x28), 2);
	return BPF_LWT_REROUTE;
}

SEC("lwt_seg6local")
int segment(struct __sk_buff *skb)
{
	struct ipv6 *ip = (void *)(long)skb->data;
	__u8 limit;

	if ((void *)(ip + 1) > (void *)(long)skb->data_end || ip->nexthdr != 43)
		return BPF_DROP;
	limit = ip->hop_limit;
	if (bpf_lwt_seg6_store_bytes(skb, sizeof(*ip) + 5, &limit, 1))
		return BPF_DROP;
	return skb->protocol == bpf_htons(ETHERTYPE_IPV6) ? BPF_OK : BPF_DROP;
}

SEC("flow_dissector")
int dissect(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;
	struct ipv4 *ip = (void *)(long)skb->data + keys->thoff;
	struct ports *ports;

	if (keys->thoff > 256 || keys->n_proto != bpf_htons(ETHERTYPE_IP))
		return BPF_DROP;
	if ((void *)(ip + 1) > (void *)(long)skb->data_end)
		return BPF_DROP;
	keys->addr_proto = ETHERTYPE_IP;
	keys->ipv4_src = ip->saddr;
	keys->ipv4_dst = ip->daddr;
	keys->ip_proto = ip->protocol;
	keys->thoff += sizeof(*ip);
	if (ip->frag_off & bpf_htons(0x1fff)) {
		keys->is_frag = 1;
		return BPF_OK;
	}
	ports = (void *)(ip + 1);
	if ((void *)(ports + 1) > (void *)(long)skb->data_end)
		return BPF_DROP;
	keys->sport = ports->source;
	keys->dport = ports->dest;
	return BPF_OK;
}

/* The prologue stands before a first instruction that the loop jumps back to. */
SEC("action")
int erase_addresses(struct __sk_buff *skb)
{
	int left = 3;

	asm volatile("again_%=:\n\t"
		     "r0 = *(u32 *)(%[skb] + %[data])\n\t"
		     "r2 = *(u32 *)(%[skb] + %[data_end])\n\t"
		     "r3 = r0\n\t"
		     "r3 += 14\n\t"
		     "if r3 > r2 goto done_%=\n\t"
		     "*(u32 *)(r0 + 0) = 0\n\t"
		     "*(u16 *)(r0 + 4) = r2\n\t"
		     "%[left] += -1\n\t"
		     "if %[left] != 0 goto again_%=\n\t"
		     "done_%=:"
		     : [left] "+r"(left)
		     : [skb] "r"(skb), [data] "i"(__builtin_offsetof(struct __sk_buff, data)),
		       [data_end] "i"(__builtin_offsetof(struct __sk_buff, data_end))
		     : "r0", "r2", "r3", "memory");
	return left ? TC_ACT_OK : TC_ACT_PIPE;
}

char _license[] SEC("license") = "GPL";
