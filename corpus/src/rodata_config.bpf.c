// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tracer that is configured before it is loaded: constants in .rodata decide branches, so that code, whole functions and
 * the jumps around them go. The defaults leave most features off.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u8 trace_reads;
const volatile __u8 trace_writes = 1;
const volatile __u32 only_pid;
const volatile __u64 threshold_ns = 1000;
const volatile __s32 verbosity = -1;
const volatile __u32 mode = 2;
const volatile struct {
	__u16 sample_shift;
	__u8 stacks;
	__u8 names;
	__u32 limits[4];
} tuning = { .sample_shift = 3, .limits = { 16, 32, 0, 128 } };

__u64 events_seen;
__u64 thresholds[4] = { 1, 10, 100, 1000 };

struct sys_enter {
	__u64 common;
	__s64 number;
	__u64 args[6];
};

struct start {
	__u64 time;
	__u64 bytes;
	__u32 kind;
	__s32 stack;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct start);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u64);
} by_syscall SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1024);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 20 * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} records SEC(".maps");

/* Called only when names are on: never. */
static __noinline int log_name(__u32 tid, __u64 time)
{
	struct {
		__u64 time;
		__u32 tid;
		char comm[16];
	} *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record)
		return 0;
	record->time = time;
	record->tid = tid;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, 0);
	return 1;
}

/* Called only from the function above it in the chain: goes with it. */
static __noinline int log_verbose(__u32 tid)
{
	bpf_printk("thread %d at verbosity %d", tid, verbosity);
	return log_name(tid, 0);
}

static __noinline int count_call(__u32 number)
{
	__u64 *calls = bpf_map_lookup_elem(&by_syscall, &number);

	if (calls)
		__sync_fetch_and_add(calls, 1);
	return 0;
}

/* Global and unreferenced once its flag is known. */
__noinline int too_slow(__u64 ns)
{
	return ns > thresholds[mode & 3];
}

static __always_inline int wanted(__u32 pid)
{
	if (only_pid && pid != only_pid)
		return 0;
	if (tuning.sample_shift && bpf_get_prandom_u32() >> (32 - tuning.sample_shift))
		return 0;
	return 1;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int enter(struct sys_enter *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tid = pid_tgid;
	struct start start = { .time = bpf_ktime_get_ns(), .stack = -1 };

	events_seen++;
	if (!wanted(pid_tgid >> 32))
		return 0;
	if (trace_reads && ctx->number == 0) {
		start.kind = 1;
		start.bytes = ctx->args[2];
	} else if (trace_writes && ctx->number == 1) {
		start.kind = 2;
		start.bytes = ctx->args[2];
	} else if (verbosity > 0) {
		log_verbose(tid);
		return 0;
	} else {
		return 0;
	}
	if (tuning.stacks)
		start.stack = bpf_get_stackid(ctx, &stacks, 0);
	if (start.bytes > tuning.limits[1])
		start.bytes = tuning.limits[1];
	if (tuning.limits[2])
		start.bytes /= tuning.limits[2];
	bpf_map_update_elem(&starts, &tid, &start, BPF_ANY);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int leave(struct sys_enter *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct start *start = bpf_map_lookup_elem(&starts, &tid);
	__u64 took;

	if (!start)
		return 0;
	took = bpf_ktime_get_ns() - start->time;

	switch (mode) {
	case 0:
		if (too_slow(took))
			log_name(tid, took);
		break;
	case 1:
		log_verbose(tid);
		break;
	case 2:
		if (took > threshold_ns)
			count_call(ctx->number);
		break;
	default:
		bpf_map_delete_elem(&starts, &tid);
		return count_call(511);
	}
	if (tuning.names)
		log_name(tid, took);
	bpf_map_delete_elem(&starts, &tid);
	return 0;
}

/* Everything behind the first test is dead, the loop included. */
SEC("tracepoint/sched/sched_switch")
int disabled(void *ctx)
{
	__u32 key = 0;

	(void)ctx;
	if (!trace_reads)
		return 0;
#pragma clang loop unroll(full)
	for (int i = 0; i < 16; i++) {
		__u64 *calls;

		key = key * 2 + i;
		calls = bpf_map_lookup_elem(&by_syscall, &key);
		if (calls)
			*calls += i;
	}
	return log_verbose(key);
}

char _license[] SEC("license") = "GPL";
