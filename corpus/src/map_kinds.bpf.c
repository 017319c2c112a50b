// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lookup, update and deletion for every kind of map: those whose lookup is rewritten inline, those whose lookup becomes
 * a direct call, and calls whose map the check cannot name because two reach it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
	__u64 a;
	__u64 b;
};

#define MAP(name, kind, entries, key_type, value_type) \
	struct {                                       \
		__uint(type, kind);                    \
		__uint(max_entries, entries);          \
		__type(key, key_type);                 \
		__type(value, value_type);             \
	} name SEC(".maps")

MAP(array, BPF_MAP_TYPE_ARRAY, 100, __u32, struct pair);
MAP(array_of_one, BPF_MAP_TYPE_ARRAY, 1, __u32, __u64);
MAP(array_power, BPF_MAP_TYPE_ARRAY, 256, __u32, __u32);
MAP(array_odd_values, BPF_MAP_TYPE_ARRAY, 10, __u32, char[13]);
MAP(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 100, __u32, struct pair);
MAP(percpu_array_of_one, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u64);
MAP(hash, BPF_MAP_TYPE_HASH, 1024, struct pair, struct pair);
MAP(hash_narrow, BPF_MAP_TYPE_HASH, 64, __u8, __u32);
MAP(hash_odd_key, BPF_MAP_TYPE_HASH, 64, char[13], __u64);
MAP(lru_hash, BPF_MAP_TYPE_LRU_HASH, 1024, __u32, struct pair);
MAP(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, 1024, __u32, struct pair);
MAP(percpu_hash_wide_key, BPF_MAP_TYPE_PERCPU_HASH, 16, char[37], __u64);
MAP(lru_percpu_hash, BPF_MAP_TYPE_LRU_PERCPU_HASH, 1024, __u32, struct pair);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} hash_on_demand SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__uint(map_flags, BPF_F_NO_COMMON_LRU);
	__type(key, __u64);
	__type(value, __u64);
} lru_hash_per_cpu_lists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} array_readonly SEC(".maps");

struct prefix {
	__u32 length;
	__u8 address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 64);
	__type(value, __u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 64);
	__type(value, struct pair);
} stack SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 1000);
	__uint(map_extra, 3);
	__type(value, __u64);
} seen SEC(".maps");

/* Inner maps: their definitions serve as templates, and one slot is filled from the start. */
struct inner_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 32);
	__type(key, __u32);
	__type(value, struct pair);
} first_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 10);
	__type(key, __u32);
	__array(values, struct inner_array);
} array_of_maps SEC(".maps") = {
	.values = { [3] = &first_inner },
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 8);
	__type(key, __u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_HASH);
		__uint(max_entries, 16);
		__type(key, __u64);
		__type(value, __u64);
	});
} array_of_hashes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, __u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(map_flags, BPF_F_INNER_MAP);
		__uint(max_entries, 16);
		__type(key, __u32);
		__type(value, __u64);
	});
} hash_of_maps SEC(".maps");

MAP(devices, BPF_MAP_TYPE_DEVMAP, 32, __u32, __u32);
MAP(devices_by_hash, BPF_MAP_TYPE_DEVMAP_HASH, 32, __u32, struct bpf_devmap_val);
MAP(cpus, BPF_MAP_TYPE_CPUMAP, 8, __u32, __u32);
MAP(sockets, BPF_MAP_TYPE_XSKMAP, 16, __u32, __u32);

SEC("raw_tracepoint/sys_enter")
int arrays(void *ctx)
{
	__u32 key = bpf_get_prandom_u32(), zero = 0;
	struct pair *pair = bpf_map_lookup_elem(&array, &key);
	__u64 sum = 0;
	__u64 *wide;
	__u32 *narrow;
	char *odd;

	(void)ctx;
	if (pair)
		sum += pair->a;
	if ((wide = bpf_map_lookup_elem(&array_of_one, &zero)))
		sum += *wide;
	if ((wide = bpf_map_lookup_elem(&array_of_one, &key)))
		*wide = sum;
	if ((narrow = bpf_map_lookup_elem(&array_power, &key)))
		sum += *narrow;
	if ((odd = bpf_map_lookup_elem(&array_odd_values, &key)))
		sum += odd[12];
	if ((wide = bpf_map_lookup_elem(&array_readonly, &key)))
		sum += *wide;
	if ((pair = bpf_map_lookup_elem(&percpu_array, &key)))
		pair->b = sum;
	if ((wide = bpf_map_lookup_elem(&percpu_array_of_one, &zero)))
		*wide += sum;
	bpf_map_update_elem(&array_power, &key, &zero, 0);
	bpf_map_update_elem(&percpu_array_of_one, &zero, &sum, 0);
	bpf_map_delete_elem(&array, &key);
	return 0;
}

SEC("raw_tracepoint/sys_exit")
int hashes(void *ctx)
{
	struct pair key = { bpf_get_current_pid_tgid(), bpf_get_current_uid_gid() };
	struct pair *pair = bpf_map_lookup_elem(&hash, &key);
	__u32 tid = key.a;
	__u8 low = key.b;
	char odd[13] = { low, 1, 2 };
	char wide_key[37] = { 0, low };
	__u64 *wide, sum = 0;
	__u32 *narrow;

	(void)ctx;
	if (pair)
		sum += pair->b;
	else
		bpf_map_update_elem(&hash, &key, &key, BPF_ANY);
	if ((narrow = bpf_map_lookup_elem(&hash_narrow, &low)))
		sum += *narrow;
	if ((wide = bpf_map_lookup_elem(&hash_odd_key, odd)))
		sum += *wide;
	if ((wide = bpf_map_lookup_elem(&hash_on_demand, &key.a)))
		__sync_fetch_and_add(wide, sum);
	if ((pair = bpf_map_lookup_elem(&lru_hash, &tid)))
		sum += pair->a;
	if ((wide = bpf_map_lookup_elem(&lru_hash_per_cpu_lists, &key.b)))
		sum += *wide;
	if ((pair = bpf_map_lookup_elem(&percpu_hash, &tid)))
		pair->a = sum;
	if ((wide = bpf_map_lookup_elem(&percpu_hash_wide_key, wide_key)))
		*wide = sum;
	if ((pair = bpf_map_lookup_elem(&lru_percpu_hash, &tid)))
		pair->b += sum;
	bpf_map_update_elem(&lru_hash, &tid, &key, BPF_NOEXIST);
	bpf_map_update_elem(&percpu_hash, &tid, &key, BPF_EXIST);
	bpf_map_update_elem(&lru_percpu_hash, &tid, &key, BPF_ANY);
	bpf_map_delete_elem(&hash, &key);
	bpf_map_delete_elem(&lru_hash, &tid);
	bpf_map_delete_elem(&percpu_hash, &tid);
	return 0;
}

SEC("raw_tracepoint/sched_switch")
int maps_in_maps(void *ctx)
{
	__u32 slot = bpf_get_smp_processor_id(), three = 3;
	__u64 tid = bpf_get_current_pid_tgid();
	struct pair *pair;
	__u64 *value;
	void *inner;

	(void)ctx;
	if ((inner = bpf_map_lookup_elem(&array_of_maps, &three)))
		if ((pair = bpf_map_lookup_elem(inner, &slot)))
			pair->a++;
	if ((inner = bpf_map_lookup_elem(&array_of_hashes, &slot))) {
		value = bpf_map_lookup_elem(inner, &tid);
		if (value)
			*value += 1;
		else
			bpf_map_update_elem(inner, &tid, &tid, BPF_ANY);
	}
	if ((inner = bpf_map_lookup_elem(&hash_of_maps, &slot)))
		if ((value = bpf_map_lookup_elem(inner, &three)))
			*value = tid;
	return 0;
}

/* Not on the stack: Linux 7.2 takes what a peek points to for written only, and a bloom filter's reads it. */
static __u64 last;

SEC("raw_tracepoint/sched_wakeup")
int without_inlining(void *ctx)
{
	struct prefix prefix = { .length = 32, .address = { 10, 0, 0, 1 } };
	__u32 *route = bpf_map_lookup_elem(&routes, &prefix), metric = 1;
	__u64 now = bpf_ktime_get_ns(), popped = 0;
	struct pair pair = { now, 0 };

	(void)ctx;
	if (!route)
		bpf_map_update_elem(&routes, &prefix, &metric, BPF_ANY);
	else if (*route > 100)
		bpf_map_delete_elem(&routes, &prefix);
	bpf_map_push_elem(&queue, &now, BPF_EXIST);
	if (!bpf_map_peek_elem(&queue, &popped))
		bpf_map_pop_elem(&queue, &popped);
	bpf_map_push_elem(&stack, &pair, 0);
	bpf_map_peek_elem(&stack, &pair);
	bpf_map_pop_elem(&stack, &pair);
	last = popped;
	if (bpf_map_peek_elem(&seen, &last))
		bpf_map_push_elem(&seen, &last, 0);
	return pair.a == popped;
}

SEC("raw_tracepoint/sched_waking")
int another_cpu(void *ctx)
{
	__u32 key = 0, cpu = bpf_get_prandom_u32() & 7;
	__u64 *one = bpf_map_lookup_percpu_elem(&percpu_array_of_one, &key, cpu);
	struct pair *pair = bpf_map_lookup_percpu_elem(&percpu_hash, &key, cpu);

	(void)ctx;
	if (one && pair)
		*one += pair->a;
	return 0;
}

/* Which map it is depends on the path: no call of these can be bound to one. */
SEC("raw_tracepoint/signal_generate")
int either_map(void *ctx)
{
	__u64 tid = bpf_get_current_pid_tgid(), one = 1;
	void *map = tid & 1 ? (void *)&hash_on_demand : (void *)&lru_hash_per_cpu_lists;
	__u64 *value = bpf_map_lookup_elem(map, &tid);

	(void)ctx;
	if (value)
		*value += 1;
	else
		bpf_map_update_elem(map, &tid, &one, BPF_ANY);
	if (tid & 2)
		bpf_map_delete_elem(map, &tid);
	return 0;
}

SEC("xdp")
int redirections(struct xdp_md *ctx)
{
	__u32 queue_index = ctx->rx_queue_index, port = ctx->ingress_ifindex;
	struct bpf_devmap_val *device;

	if (bpf_map_lookup_elem(&sockets, &queue_index))
		return bpf_redirect_map(&sockets, queue_index, XDP_PASS);
	device = bpf_map_lookup_elem(&devices_by_hash, &port);
	if (device && device->ifindex != port)
		return bpf_redirect_map(&devices_by_hash, port, 0);
	if (bpf_map_lookup_elem(&devices, &port))
		return bpf_redirect_map(&devices, port, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
	return bpf_redirect_map(&cpus, queue_index & 7, XDP_DROP);
}

char _license[] SEC("license") = "GPL";
