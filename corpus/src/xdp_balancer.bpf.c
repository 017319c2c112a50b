// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layer-4 load balancer at the driver: virtual addresses in a hash map, established flows in an LRU hash map,
 * backends in an array, counters per CPU; packets leave encapsulated in IPv4.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "hash.h"
#include "packet.h"

#define RING_SIZE 4099
#define MAX_SERVICES 64
#define MAX_BACKENDS 512
#define FLOW_LIFETIME_NS (60ULL * 1000 * 1000 * 1000)

struct service_key {
	__be32 address;
	__be16 port;
	__u8 protocol;
	__u8 pad;
};

struct service {
	__u32 number;
	__u32 flags;
};

#define SERVICE_HASH_SOURCE_ONLY 1
#define SERVICE_NO_FLOW_TABLE 2

struct flow_key {
	__be32 saddr[4];
	__be32 daddr[4];
	__be16 sport;
	__be16 dport;
	__u8 protocol;
	__u8 family;
	__u16 pad;
};

struct flow {
	__u64 last_seen;
	__u32 backend;
	__u32 packets;
};

struct backend {
	__be32 address;
	__u8 mac[6];
	__u16 weight;
};

struct counters {
	__u64 packets;
	__u64 bytes;
	__u64 dropped;
	__u64 flow_misses;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SERVICES);
	__type(key, struct service_key);
	__type(value, struct service);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

/* One permutation table per service, laid end to end. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_SERVICES * RING_SIZE);
	__type(key, __u32);
	__type(value, __u32);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BACKENDS);
	__type(key, __u32);
	__type(value, struct backend);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_SERVICES);
	__type(key, __u32);
	__type(value, struct counters);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} uplinks SEC(".maps");

static __always_inline __u16 fold_checksum(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __always_inline __u32 hash_flow(const struct flow_key *key, __u32 source_only)
{
	__u32 h = 0x51ed270b;

#pragma unroll
	for (int i = 0; i < 4; i++)
		h = fold(h, key->saddr[i]);
	if (!source_only) {
		h = fold(h, (__u32)key->sport << 16 | key->dport);
		h = fold(h, key->protocol);
	}
	return mix(h);
}

static __always_inline struct backend *choose_backend(const struct service *service, struct flow_key *key,
						       struct counters *count)
{
	__u64 now = bpf_ktime_get_ns();
	int remember = !(service->flags & SERVICE_NO_FLOW_TABLE);

	if (remember) {
		struct flow *known = bpf_map_lookup_elem(&flows, key);

		if (known && now - known->last_seen < FLOW_LIFETIME_NS) {
			known->last_seen = now;
			known->packets++;
			return bpf_map_lookup_elem(&backends, &known->backend);
		}
		count->flow_misses++;
	}

	__u32 slot = hash_flow(key, service->flags & SERVICE_HASH_SOURCE_ONLY) % RING_SIZE;

	slot += service->number * RING_SIZE;
	__u32 *number = bpf_map_lookup_elem(&rings, &slot);

	if (!number)
		return 0;
	if (remember) {
		struct flow fresh = { .last_seen = now, .backend = *number, .packets = 1 };

		bpf_map_update_elem(&flows, key, &fresh, BPF_ANY);
	}
	return bpf_map_lookup_elem(&backends, number);
}

static __always_inline int encapsulate(struct xdp_md *ctx, const struct backend *to, __be32 from, __u16 inner_len)
{
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct ipv4)))
		return XDP_DROP;

	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct eth *outer = data;
	struct eth *old = data + sizeof(struct ipv4);
	struct ipv4 *ip = data + sizeof(*outer);

	if ((void *)(old + 1) > end || (void *)(ip + 1) > end)
		return XDP_DROP;

	__builtin_memcpy(outer->src, old->dst, sizeof(outer->src));
	__builtin_memcpy(outer->dst, to->mac, sizeof(outer->dst));
	outer->type = bpf_htons(ETHERTYPE_IP);

	ip->version_ihl = 0x45;
	ip->tos = 0;
	ip->tot_len = bpf_htons(inner_len + sizeof(*ip));
	ip->id = 0;
	ip->frag_off = 0;
	ip->ttl = 64;
	ip->protocol = PROTO_IPIP;
	ip->check = 0;
	ip->saddr = from;
	ip->daddr = to->address;

	__u16 *words = (__u16 *)ip;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < (int)(sizeof(*ip) / 2); i++)
		sum += words[i];
	ip->check = fold_checksum(sum);
	return XDP_TX;
}

SEC("xdp")
int balance(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct eth *eth = data;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	if (eth->type != bpf_htons(ETHERTYPE_IP))
		return XDP_PASS;

	struct ipv4 *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end || (ip->version_ihl & 0xf) != 5)
		return XDP_DROP;
	if (ip->frag_off & bpf_htons(0x3fff))
		return XDP_DROP;
	if (ip->protocol != PROTO_TCP && ip->protocol != PROTO_UDP)
		return XDP_PASS;

	struct ports *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > end)
		return XDP_DROP;

	struct service_key wanted = { .address = ip->daddr, .port = ports->dest, .protocol = ip->protocol };
	struct service *service = bpf_map_lookup_elem(&services, &wanted);

	if (!service) {
		wanted.port = 0;
		service = bpf_map_lookup_elem(&services, &wanted);
		if (!service)
			return XDP_PASS;
	}

	struct counters *count = bpf_map_lookup_elem(&stats, &service->number);

	if (!count)
		return XDP_DROP;

	struct flow_key key = {};

	key.saddr[0] = ip->saddr;
	key.daddr[0] = ip->daddr;
	key.sport = ports->source;
	key.dport = ports->dest;
	key.protocol = ip->protocol;
	key.family = 4;

	__u16 length = bpf_ntohs(ip->tot_len);
	__be32 vip = ip->daddr;
	struct backend *to = choose_backend(service, &key, count);

	if (!to || !to->address) {
		count->dropped++;
		return XDP_DROP;
	}
	count->packets++;
	count->bytes += length;
	return encapsulate(ctx, to, vip, length);
}

/* Everything goes out by the uplink that is configured for its queue. */
SEC("xdp")
int redirect_uplink(struct xdp_md *ctx)
{
	return bpf_redirect_map(&uplinks, ctx->rx_queue_index & 15, XDP_PASS);
}

/* At the uplink: nothing goes back where it came from. */
SEC("xdp/devmap")
int guard_uplink(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex == ctx->egress_ifindex ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
