// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sampling profiler on a hardware event. Exercises struct bpf_perf_event_data: period and address of the sample lie in
 * another structure than the registers, both behind pointers in the context.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* As struct bpf_perf_event_data is on x86-64, whose header a cross compiler may not find. */
struct bpf_perf_event_data {
	__u64 regs[16];
	__u64 ip;
	__u64 rest[4];
	__u64 period;
	__u64 addr;
};

struct place {
	__s32 kernel_stack;
	__s32 user_stack;
	__u32 pid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct place);
	__type(value, __u64);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4096);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 64 * sizeof(__u64));
} stacks SEC(".maps");

__u64 lowest = ~0ULL;
__u64 counted;
__u32 returns;

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *sample)
{
	struct place place = { .pid = bpf_get_current_pid_tgid() >> 32 };
	__u64 period = sample->period;
	__u64 *weight;

	place.kernel_stack = bpf_get_stackid(sample, &stacks, 0);
	place.user_stack = bpf_get_stackid(sample, &stacks, BPF_F_USER_STACK);
	weight = bpf_map_lookup_elem(&samples, &place);
	if (weight)
		__sync_fetch_and_add(weight, period);
	else
		bpf_map_update_elem(&samples, &place, &period, BPF_NOEXIST);
	if (sample->addr && sample->addr < lowest)
		lowest = sample->addr;
	return 0;
}

SEC("perf_event")
int on_counter(struct bpf_perf_event_data *sample)
{
	struct bpf_perf_event_value value;
	struct perf_branch_entry {
		__u64 from, to, flags;
	} branches[4];
	long bytes;

	if (sample->ip < 0x1000 || *(volatile __u32 *)&sample->period == 0)
		return 0;
	if (bpf_perf_prog_read_value(sample, &value, sizeof(value)) == 0)
		counted += value.counter;
	bytes = bpf_read_branch_records(sample, branches, sizeof(branches), 0);
	if (bytes >= (long)sizeof(branches[0]))
		returns += branches[0].to == sample->ip;
	return 0;
}

char _license[] SEC("license") = "GPL";
