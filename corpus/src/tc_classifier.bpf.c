// SPDX-License-Identifier: GPL-2.0-only
/*
 * A traffic classifier that reads the context by parts of fields (narrow loads), writes it (mark, priority, queue, cb, time
 * stamp), and rewrites packets in place, which asks for the prologue that pulls and unclones the header.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "hash.h"
#include "packet.h"

struct rule_key {
	__u8 protocol;
	__u8 dscp;
	__u16 port;
};

struct rule {
	__u32 mark;
	__u16 queue;
	__u8 new_dscp;
	__u8 verdict;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct rule_key);
	__type(value, struct rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} bytes_by_mark SEC(".maps");

static __always_inline void count(struct __sk_buff *skb, __u32 mark)
{
	__u64 *bytes = bpf_map_lookup_elem(&bytes_by_mark, &mark);
	__u64 first = skb->len;

	if (bytes)
		*bytes += first;
	else
		bpf_map_update_elem(&bytes_by_mark, &mark, &first, BPF_NOEXIST);
}

/* Rewrites the DSCP field and mends the checksum by the difference (RFC 1624). */
static __always_inline void set_dscp(struct ipv4 *ip, __u8 dscp)
{
	__u8 tos = dscp << 2 | (ip->tos & 3);
	__u32 sum = (__u16)~ip->check;

	sum += (__u16)~bpf_htons(ip->version_ihl << 8 | ip->tos);
	sum += bpf_htons(ip->version_ihl << 8 | tos);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->tos = tos;
	ip->check = ~sum;
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct eth *eth = data;

	if (skb->protocol != bpf_htons(ETHERTYPE_IP))
		return TC_ACT_OK;
	if ((void *)(eth + 1) > end)
		return TC_ACT_SHOT;

	struct ipv4 *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end)
		return TC_ACT_SHOT;

	struct ports *ports = (void *)(ip + 1);
	struct rule_key key = { .protocol = ip->protocol, .dscp = ip->tos >> 2 };

	if ((void *)(ports + 1) <= end)
		key.port = bpf_ntohs(ports->dest);

	struct rule *rule = bpf_map_lookup_elem(&rules, &key);

	if (!rule) {
		key.port = 0;
		rule = bpf_map_lookup_elem(&rules, &key);
		if (!rule)
			return TC_ACT_UNSPEC;
	}
	if (rule->new_dscp != key.dscp)
		set_dscp(ip, rule->new_dscp & 0x3f);
	skb->mark = rule->mark;
	skb->queue_mapping = rule->queue;
	skb->priority = rule->mark >> 16;
	skb->tc_classid = rule->mark & 0xffff;
	count(skb, rule->mark);
	return rule->verdict ? TC_ACT_SHOT : TC_ACT_OK;
}

/* Volatile, so that clang keeps every access as narrow as it is written. */
#define U8(field, n) (*((volatile __u8 *)&(field) + (n)))
#define U16(field, n) (*((volatile __u16 *)&(field) + (n)))

SEC("tc")
int narrow_loads(struct __sk_buff *skb)
{
	__u32 h = 1;

	h = fold(h, U8(skb->len, 0));
	h = fold(h, U8(skb->mark, 1));
	h = fold(h, U8(skb->mark, 3));
	h = fold(h, U16(skb->mark, 1));
	h = fold(h, U8(skb->pkt_type, 0));
	h = fold(h, U16(skb->queue_mapping, 0));
	h = fold(h, U16(skb->protocol, 0));
	h = fold(h, U8(skb->protocol, 1));
	h = fold(h, U8(skb->vlan_present, 0));
	h = fold(h, U16(skb->vlan_tci, 0));
	h = fold(h, U8(skb->vlan_proto, 0));
	h = fold(h, U16(skb->priority, 0));
	h = fold(h, U8(skb->ifindex, 0));
	h = fold(h, U16(skb->ifindex, 0));
	h = fold(h, U16(skb->ingress_ifindex, 0));
	h = fold(h, U8(skb->hash, 2));
	h = fold(h, U16(skb->hash, 1));
	h = fold(h, U16(skb->tc_index, 0));
	h = fold(h, U8(skb->napi_id, 0));
	h = fold(h, U16(skb->gso_segs, 0));
	h = fold(h, U16(skb->gso_size, 0));
	h = fold(h, U8(skb->wire_len, 1));
	return mix(h) & 1 ? TC_ACT_OK : TC_ACT_PIPE;
}

SEC("tc")
int context_fields(struct __sk_buff *skb)
{
	__u64 h = skb->len;

	h = h * 31 + skb->pkt_type;
	h = h * 31 + skb->mark;
	h = h * 31 + skb->queue_mapping;
	h = h * 31 + skb->protocol;
	h = h * 31 + skb->vlan_present;
	h = h * 31 + skb->vlan_tci;
	h = h * 31 + skb->vlan_proto;
	h = h * 31 + skb->priority;
	h = h * 31 + skb->ingress_ifindex;
	h = h * 31 + skb->ifindex;
	h = h * 31 + skb->tc_index;
	h = h * 31 + skb->hash;
	h = h * 31 + skb->tc_classid;
	h = h * 31 + skb->napi_id;
	h = h * 31 + skb->tstamp;
	h = h * 31 + skb->wire_len;
	h = h * 31 + skb->gso_segs;
	h = h * 31 + skb->gso_size;
	h = h * 31 + skb->tstamp_type;
	h = h * 31 + skb->hwtstamp;
	h = h * 31 + skb->cb[2];

	/* The barriers keep clang from merging neighbouring fields into one store that the context does not allow. */
	skb->cb[0] = h;
	skb->cb[1] = h >> 32;
	skb->cb[2] = 0x1234;
	skb->cb[3] = skb->cb[4];
	skb->cb[4] = 7;
	skb->tc_index = h & 0xffff;
	barrier();
	skb->mark = 0xcafe;
	barrier();
	skb->priority = 3;
	barrier();
	skb->queue_mapping = 5;
	skb->tstamp = h;
	skb->tc_classid = 9;
	return skb->sk ? TC_ACT_OK : TC_ACT_PIPE;
}

/* The room in front of the data that drivers leave, as far as the header tells. */
SEC("tc")
int metadata(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	__u32 *meta = (void *)(long)skb->data_meta;

	if ((void *)(meta + 1) > data)
		return TC_ACT_OK;
	skb->mark = *meta;
	return TC_ACT_PIPE;
}

/* Stores of two widths into the payload: the prologue goes in front of a first instruction that loads from the context. */
SEC("tc")
int scrub_payload(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data;
	__u8 *end = (void *)(long)skb->data_end;

	if (data + sizeof(struct eth) + 64 > end)
		return TC_ACT_OK;
	data += sizeof(struct eth) + sizeof(struct ipv4);
#pragma unroll
	for (int i = 0; i < 32; i += 4) {
		data[i] = 0;
		*(__u16 *)(data + i + 2) = 0xffff;
	}
	skb->mark |= 0x80000000;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
