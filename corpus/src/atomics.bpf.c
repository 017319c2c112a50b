// SPDX-License-Identifier: GPL-2.0-only
/* Atomic operations of both widths, with and without the old value: statistics, flags, a spin bit, a ticket counter. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct shared {
	__u64 total;
	__u64 flags;
	__u64 owner;
	__u64 maximum;
	__u32 count;
	__u32 bits;
	__u32 state;
	__u32 ticket;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct shared);
} table SEC(".maps");

__u64 global_count;
__u32 global_bits;

SEC("raw_tracepoint/sys_enter")
int without_result(void *ctx)
{
	__u32 slot = bpf_get_smp_processor_id() & 15;
	struct shared *shared = bpf_map_lookup_elem(&table, &slot);
	__u64 now = bpf_ktime_get_ns();

	(void)ctx;
	if (!shared)
		return 0;
	__sync_fetch_and_add(&shared->total, now);
	__sync_fetch_and_or(&shared->flags, 1ULL << slot);
	__sync_fetch_and_and(&shared->flags, ~4ULL);
	__sync_fetch_and_xor(&shared->owner, now);
	__sync_fetch_and_add(&shared->count, 1);
	__sync_fetch_and_or(&shared->bits, 1U << slot);
	__sync_fetch_and_and(&shared->bits, ~8U);
	__sync_fetch_and_xor(&shared->state, slot);
	__sync_fetch_and_add(&global_count, 1);
	__sync_fetch_and_or(&global_bits, 3);
	return 0;
}

SEC("raw_tracepoint/sys_exit")
int with_result(void *ctx)
{
	__u32 slot = 0;
	struct shared *shared = bpf_map_lookup_elem(&table, &slot);
	__u64 now = bpf_ktime_get_ns(), wide;
	__u32 narrow;

	(void)ctx;
	if (!shared)
		return 0;
	wide = __sync_fetch_and_add(&shared->total, now);
	wide += __sync_fetch_and_or(&shared->flags, wide);
	wide ^= __sync_fetch_and_and(&shared->flags, ~wide);
	wide -= __sync_fetch_and_xor(&shared->owner, wide);
	wide += __sync_lock_test_and_set(&shared->maximum, wide);
	narrow = __sync_fetch_and_add(&shared->count, 1);
	narrow += __sync_fetch_and_or(&shared->bits, narrow);
	narrow ^= __sync_fetch_and_and(&shared->bits, ~narrow);
	narrow -= __sync_fetch_and_xor(&shared->state, narrow);
	narrow += __sync_lock_test_and_set(&shared->ticket, narrow);
	return wide + narrow;
}

/* A compare and exchange leaves the old value in R0: the narrow one must clear R0's upper half by an instruction. */
SEC("raw_tracepoint/sched_switch")
int compare_exchange(void *ctx)
{
	__u32 slot = 1;
	struct shared *shared = bpf_map_lookup_elem(&table, &slot);
	__u64 me = bpf_get_current_pid_tgid();

	(void)ctx;
	if (!shared)
		return 0;

	__u64 was = __sync_val_compare_and_swap(&shared->owner, 0, me);
	__u32 state = __sync_val_compare_and_swap(&shared->state, 1, 2);

	if (was == 0)
		state += __sync_val_compare_and_swap(&shared->ticket, state, state + 1);

#pragma clang loop unroll(full)
	for (int attempt = 0; attempt < 4; attempt++) {
		__u64 old = shared->maximum;

		if (old >= me)
			break;
		if (__sync_bool_compare_and_swap(&shared->maximum, old, me))
			break;
	}
#pragma clang loop unroll(full)
	for (int attempt = 0; attempt < 4; attempt++) {
		__u32 old = shared->count;

		if (__sync_bool_compare_and_swap(&shared->count, old, old | 1))
			return state;
	}
	return state + (__u32)was;
}

/* The old value is used with all its 64 bits right away, which clang by itself would not write. */
SEC("raw_tracepoint/sched_wakeup")
int wide_use_of_narrow(void *ctx)
{
	__u32 slot = 2;
	struct shared *shared = bpf_map_lookup_elem(&table, &slot);
	__u64 was;

	(void)ctx;
	if (!shared)
		return 0;
	asm volatile("w0 = 1; w2 = 2; w0 = cmpxchg32_32(%[at] + 0, w0, w2); %[was] = r0"
		     : [was] "=r"(was)
		     : [at] "r"(&shared->state)
		     : "r0", "r2", "memory");
	return was >> 8;
}

char _license[] SEC("license") = "GPL";
