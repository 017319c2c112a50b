// SPDX-License-Identifier: GPL-2.0-only
/* Accounting and policing of a control group's packets, with storage that hangs on sockets and on the group. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

struct usage {
	__u64 packets;
	__u64 bytes;
	__u64 last;
};

struct bucket {
	struct bpf_spin_lock lock;
	__u32 tokens;
	__u64 filled;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct usage);
} by_socket SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, struct bucket);
} by_group SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, struct usage);
} by_group_and_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __be32);
	__type(value, __u32);
} blocked SEC(".maps");

SEC("cgroup_skb/egress")
int account(struct __sk_buff *skb)
{
	struct usage *group = bpf_get_local_storage(&by_group_and_cpu, 0);
	struct bpf_sock *sk = skb->sk;
	struct usage *usage;

	group->packets++;
	group->bytes += skb->len;
	group->last = bpf_ktime_get_ns();
	if (!sk)
		return 1;
	usage = bpf_sk_storage_get(&by_socket, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!usage)
		return 1;
	usage->packets++;
	usage->bytes += skb->len;
	if (skb->mark == 0xfade)
		bpf_sk_storage_delete(&by_socket, sk);
	return 1;
}

/* A token bucket under a spin lock, kept with the group. */
SEC("cgroup_skb/egress")
int police(struct __sk_buff *skb)
{
	struct bucket *bucket = bpf_get_local_storage(&by_group, 0);
	__u64 now = bpf_ktime_get_ns();
	__u32 cost = skb->len;
	int pass = 0;

	bpf_spin_lock(&bucket->lock);
	if (now - bucket->filled > 1000000) {
		bucket->tokens = 100000;
		bucket->filled = now;
	}
	if (bucket->tokens >= cost) {
		bucket->tokens -= cost;
		pass = 1;
	}
	bpf_spin_unlock(&bucket->lock);
	return pass;
}

SEC("cgroup_skb/ingress")
int filter(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct ipv4 *ip = data;
	__u32 *why;

	if (skb->protocol != bpf_htons(ETHERTYPE_IP))
		return 1;
	if ((void *)(ip + 1) > end)
		return 0;
	why = bpf_map_lookup_elem(&blocked, &ip->saddr);
	if (!why)
		return 1;
	*why += 1;
	skb->mark = *why;
	skb->priority = skb->ifindex;
	skb->cb[1] = skb->pkt_type;
	return 0;
}

/* Packet bytes by helper, the address family and hash from the context. */
SEC("cgroup_skb/ingress")
int filter_v6(struct __sk_buff *skb)
{
	struct ipv6 ip;

	if (skb->protocol != bpf_htons(ETHERTYPE_IPV6) || skb->vlan_present)
		return 1;
	if (bpf_skb_load_bytes_relative(skb, 0, &ip, sizeof(ip), BPF_HDR_START_NET))
		return 0;
	if (ip.hop_limit < 2 || (ip.daddr[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000))
		return skb->hash & 1;
	return bpf_skb_cgroup_id(skb) != bpf_skb_ancestor_cgroup_id(skb, 1);
}

char _license[] SEC("license") = "GPL";
