// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls between BPF functions: static ones with pointers into the caller's stack, global ones that are checked by their
 * prototype, chains of them, and functions that programs of two sections share.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "hash.h"

#define BUCKETS 64

struct span {
	__u64 first;
	__u64 last;
	__u32 events;
	__u32 cpu;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct span);
} spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BUCKETS);
	__type(key, __u32);
	__type(value, __u64);
} histogram SEC(".maps");

__u64 ticks;
__u32 sampling = 16;

static __noinline __u32 log2_of(__u64 value)
{
	__u32 bits = 0;

	if (value >> 32) {
		value >>= 32;
		bits += 32;
	}
	if (value >> 16) {
		value >>= 16;
		bits += 16;
	}
	if (value >> 8) {
		value >>= 8;
		bits += 8;
	}
	if (value >> 4) {
		value >>= 4;
		bits += 4;
	}
	if (value >> 2) {
		value >>= 2;
		bits += 2;
	}
	return bits + (value >> 1);
}

static __noinline int record(__u64 value)
{
	__u32 bucket = log2_of(value);
	__u64 *hits = bpf_map_lookup_elem(&histogram, &bucket);

	if (!hits)
		return -1;
	__sync_fetch_and_add(hits, 1);
	return 0;
}

/* Writes through a pointer into the stack of whoever calls. */
static __noinline int start_span(struct span *span, __u64 now)
{
	span->first = now;
	span->last = now;
	span->events = 1;
	span->cpu = bpf_get_smp_processor_id();
	return 0;
}

static __noinline int touch(__u32 tid, __u64 now)
{
	struct span *known = bpf_map_lookup_elem(&spans, &tid);
	struct span fresh;

	if (!known) {
		start_span(&fresh, now);
		return bpf_map_update_elem(&spans, &tid, &fresh, BPF_NOEXIST);
	}
	record(now - known->last);
	known->last = now;
	known->events++;
	return 0;
}

/* Global: the argument can be anything. */
__noinline int should_sample(__u32 seed)
{
	return mix(seed) % (sampling ?: 1) == 0;
}

/* Global, with memory that may be missing. */
__noinline int weigh(const struct span *span, __u32 factor)
{
	if (!span)
		return 0;
	return (span->last - span->first) * factor / (span->events + 1);
}

/* Global, calls another global and a static one. */
__noinline int judge(__u32 tid)
{
	struct span *span = bpf_map_lookup_elem(&spans, &tid);

	if (!span)
		return 0;
	if (weigh(span, 3) > 1000000 && should_sample(tid))
		record(span->events);
	return weigh(0, 1);
}

SEC("raw_tracepoint/sched_wakeup")
int on_wakeup(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	(void)ctx;
	__sync_fetch_and_add(&ticks, 1);
	if (!should_sample(tid ^ (__u32)now))
		return 0;
	touch(tid, now);
	return judge(tid);
}

SEC("raw_tracepoint/sched_switch")
int on_switch(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();

	(void)ctx;
	return touch(tid, bpf_ktime_get_boot_ns());
}

SEC("kprobe/do_exit")
int on_exit(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct span *span = bpf_map_lookup_elem(&spans, &tid);

	(void)ctx;
	if (span) {
		record(span->events);
		bpf_map_delete_elem(&spans, &tid);
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
