// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket filters in the manner of classic BPF: every packet access is a legacy packet load, absolute or indexed, of each
 * size. One of them also reads the context on both sides of the loads.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

#define ETH_LEN 14
#define IP_PROTOCOL 9
#define IP_FRAG 6
#define IP_DST 16
#define SKF_LL_OFF (-0x200000)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} bytes_by_protocol SEC(".maps");

SEC("socket")
int accept_dns(struct __sk_buff *skb)
{
	if (load_half(skb, 12) != ETHERTYPE_IP)
		return 0;
	if (load_byte(skb, ETH_LEN + IP_PROTOCOL) != PROTO_UDP)
		return 0;
	if (load_half(skb, ETH_LEN + IP_FRAG) & 0x1fff)
		return 0;

	__u64 header = (load_byte(skb, ETH_LEN) & 0xf) * 4;
	__u64 source = load_half(skb, ETH_LEN + header);
	__u64 dest = load_half(skb, ETH_LEN + header + 2);

	if (source != 53 && dest != 53)
		return 0;
	return skb->len;
}

SEC("socket")
int count_protocols(struct __sk_buff *skb)
{
	__u32 protocol = load_byte(skb, ETH_LEN + IP_PROTOCOL);
	__u64 *bytes = bpf_map_lookup_elem(&bytes_by_protocol, &protocol);

	if (bytes)
		__sync_fetch_and_add(bytes, skb->len);
	return 0;
}

/* Follows TCP options by index until the maximum segment size turns up. */
SEC("socket")
int find_mss(struct __sk_buff *skb)
{
	if (load_byte(skb, ETH_LEN + IP_PROTOCOL) != PROTO_TCP)
		return 0;

	__u32 tcp = ETH_LEN + (load_byte(skb, ETH_LEN) & 0xf) * 4;
	__u32 end = tcp + (load_byte(skb, tcp + 12) >> 4) * 4;
	__u32 at = tcp + 20;

#pragma unroll
	for (int i = 0; i < 8; i++) {
		if (at + 4 > end)
			return 0;

		__u32 kind = load_byte(skb, at);

		if (kind == 0)
			return 0;
		if (kind == 2)
			return load_half(skb, at + 2) < 536 ? 0 : skb->len;
		at += kind == 1 ? 1 : load_byte(skb, at + 1);
	}
	return 0;
}

SEC("socket")
int match_address(struct __sk_buff *skb)
{
	__u32 net = load_word(skb, ETH_LEN + IP_DST) & 0xff000000;

	if (net != 0x0a000000 && net != 0x7f000000)
		return 0;
	/* The destination's hardware address, by the ancillary offset that survives a stripped header. */
	if (load_word(skb, SKF_LL_OFF) == 0xffffffff && load_half(skb, SKF_LL_OFF + 4) == 0xffff)
		return 0;
	if (skb->pkt_type == 4 || skb->vlan_present)
		return 0;
	return load_word(skb, ETH_LEN + 4 * (load_byte(skb, ETH_LEN) & 0xf)) ? 0x40000 : 0;
}

char _license[] SEC("license") = "GPL";
