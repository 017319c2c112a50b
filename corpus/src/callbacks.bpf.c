// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that the kernel calls back: per map element, per turn of bpf_loop (inlined where the callback and zero flags
 * are certain, called otherwise), on a timer, for a memory area, for records from user space.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "hash.h"

#define CLOCK_MONOTONIC 1

struct session {
	__u64 last_seen;
	__u64 bytes;
	__u32 state;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct session);
} sessions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu SEC(".maps");

struct alarm {
	struct bpf_timer timer;
	__u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alarm);
} alarms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} commands SEC(".maps");

__u64 options;
__u64 sum;

struct sweep {
	__u64 now;
	__u64 lifetime;
	__u32 expired;
	__u32 kept;
};

static long expire(void *map, __u32 *key, struct session *session, struct sweep *sweep)
{
	if (sweep->now - session->last_seen <= sweep->lifetime) {
		sweep->kept++;
		return 0;
	}
	sweep->expired++;
	bpf_map_delete_elem(map, key);
	return 0;
}

static long add_total(void *map, __u32 *key, __u64 *value, __u64 *total)
{
	(void)map;
	*total += *value + *key;
	return *total > 1ULL << 60;
}

SEC("tc")
int sweep_sessions(struct __sk_buff *skb)
{
	struct sweep sweep = { .now = bpf_ktime_get_ns(), .lifetime = 1000000000ULL };
	__u64 total = 0;

	(void)skb;
	bpf_for_each_map_elem(&sessions, expire, &sweep, 0);
	bpf_for_each_map_elem(&totals, add_total, &total, 0);
	bpf_for_each_map_elem(&per_cpu, add_total, &total, 0);
	sum = total + sweep.expired;
	return sweep.kept ? TC_ACT_OK : TC_ACT_PIPE;
}

struct digest {
	__u32 h;
	__u32 salt;
};

static long digest_turn(__u32 turn, struct digest *digest)
{
	digest->h = fold(digest->h, turn ^ digest->salt);
	return 0;
}

static long digest_other_way(__u32 turn, struct digest *digest)
{
	digest->h ^= mix(turn + digest->salt);
	return digest->h == 0;
}

static long count_down(__u32 turn, void *unused)
{
	(void)unused;
	sum += turn;
	return turn > 100;
}

/* Inlined: one callback, flags zero; the second with a count the check does not know. */
SEC("tc")
int inlined_loops(struct __sk_buff *skb)
{
	struct digest digest = { .h = 1, .salt = skb->len };

	bpf_loop(64, digest_turn, &digest, 0);
	bpf_loop(skb->mark & 0xff, count_down, 0, 0);
	if (skb->priority == 3)
		bpf_loop(1 << 20, digest_other_way, &digest, 0);
	return digest.h & 1;
}

static long outer_turn(__u32 turn, struct digest *digest)
{
	digest->salt = turn;
	bpf_loop(turn & 15, digest_turn, digest, 0);
	return digest->h == 42;
}

/* Inlined in a callback too, which then has stack of its own. */
SEC("tc")
int nested_loops(struct __sk_buff *skb)
{
	struct digest digest = { .h = skb->hash, .salt = 0 };

	return bpf_loop(32, outer_turn, &digest, 0) + digest.h;
}

/* Called: the flags come from memory. */
SEC("tc")
int loop_with_options(struct __sk_buff *skb)
{
	struct digest digest = { .h = 7, .salt = skb->mark };

	bpf_loop(16, digest_turn, &digest, options);
	return digest.h & 1;
}

/* Called: which callback depends on the packet. */
SEC("tc")
int loop_of_two(struct __sk_buff *skb)
{
	struct digest digest = { .h = 7, .salt = skb->mark };
	long (*turn)(__u32, struct digest *) = skb->len & 1 ? digest_turn : digest_other_way;

	bpf_loop(16, turn, &digest, 0);
	return digest.h & 1;
}

static int on_alarm(void *map, int *key, struct alarm *alarm)
{
	__u32 first = *key;
	__u64 *total = bpf_map_lookup_elem(&totals, &first);

	(void)map;
	alarm->fired++;
	if (total)
		*total += 1;
	bpf_timer_start(&alarm->timer, 1000000, 0);
	return 0;
}

SEC("tc")
int arm(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct alarm *alarm = bpf_map_lookup_elem(&alarms, &zero);

	if (!alarm)
		return TC_ACT_OK;
	if (skb->mark == 0xdead) {
		bpf_timer_cancel(&alarm->timer);
		return TC_ACT_OK;
	}
	if (bpf_timer_init(&alarm->timer, &alarms, CLOCK_MONOTONIC))
		return TC_ACT_PIPE;
	bpf_timer_set_callback(&alarm->timer, on_alarm);
	bpf_timer_start(&alarm->timer, 1000000, 0);
	return TC_ACT_OK;
}

static long on_command(struct bpf_dynptr *record, __u64 *total)
{
	__u32 word;

	if (bpf_dynptr_read(&word, sizeof(word), record, 0, 0))
		return 1;
	*total += word;
	return 0;
}

SEC("raw_tracepoint/sys_enter")
int drain_commands(void *ctx)
{
	__u64 total = 0;

	(void)ctx;
	bpf_user_ringbuf_drain(&commands, on_command, &total, 0);
	sum += total;
	return 0;
}

static long on_vma(void *task, void *vma, __u64 *hits)
{
	(void)task;
	(void)vma;
	*hits += 1;
	return 0;
}

SEC("raw_tracepoint/sys_exit")
int find_area(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	__u64 hits = 0;

	(void)ctx;
	bpf_find_vma(task, sum, on_vma, &hits, 0);
	sum += hits;
	return 0;
}

char _license[] SEC("license") = "GPL";
