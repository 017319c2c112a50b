// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that leave the argument registers alone, with the spills and fills that a compiler which knows nothing of it puts
 * around them: the check finds the pattern and the pairs go. clang 19 has no attribute for it, so the pattern is written
 * out. Beside those that match are those that do not: a slot that is used otherwise, fills in the wrong order.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NAKED __attribute__((naked))
#define SMP_PROCESSOR_ID 8
#define KTIME_GET_NS 5

/* One pair. */
SEC("raw_tracepoint/sched_switch")
NAKED int one_pair(void)
{
	asm volatile("r1 = 1;"
		     "*(u64 *)(r10 - 8) = r1;"
		     "call %[cpu];"
		     "r1 = *(u64 *)(r10 - 8);"
		     "r0 += r1;"
		     "exit;"
		     :
		     : [cpu] "i"(SMP_PROCESSOR_ID)
		     : "memory");
}

/* Three pairs around one call, two around the next: the pair next to the call has the lowest offset in both. */
SEC("raw_tracepoint/sched_wakeup")
NAKED int several_pairs(void)
{
	asm volatile("r1 = 1;"
		     "r2 = 2;"
		     "r3 = 3;"
		     "*(u64 *)(r10 - 8) = r1;"
		     "*(u64 *)(r10 - 16) = r2;"
		     "*(u64 *)(r10 - 24) = r3;"
		     "call %[cpu];"
		     "r3 = *(u64 *)(r10 - 24);"
		     "r2 = *(u64 *)(r10 - 16);"
		     "r1 = *(u64 *)(r10 - 8);"
		     "r6 = r0;"
		     "r2 += r3;"
		     "*(u64 *)(r10 - 16) = r1;"
		     "*(u64 *)(r10 - 24) = r2;"
		     "call %[cpu];"
		     "r2 = *(u64 *)(r10 - 24);"
		     "r1 = *(u64 *)(r10 - 16);"
		     "r0 += r6;"
		     "r0 += r1;"
		     "r0 += r2;"
		     "exit;"
		     :
		     : [cpu] "i"(SMP_PROCESSOR_ID)
		     : "memory");
}

/* The slots lie below stack that the function uses for itself: they go, that stays. */
SEC("raw_tracepoint/sched_waking")
NAKED int below_other_stack(void)
{
	asm volatile("r1 = 7;"
		     "*(u64 *)(r10 - 8) = r1;"
		     "r1 = 8;"
		     "*(u64 *)(r10 - 16) = r1;"
		     "r2 = 5;"
		     "*(u64 *)(r10 - 24) = r2;"
		     "call %[cpu];"
		     "r2 = *(u64 *)(r10 - 24);"
		     "r1 = *(u64 *)(r10 - 16);"
		     "r3 = *(u64 *)(r10 - 8);"
		     "r0 += r1;"
		     "r0 += r2;"
		     "r0 += r3;"
		     "exit;"
		     :
		     : [cpu] "i"(SMP_PROCESSOR_ID)
		     : "memory");
}

/* The slot is read once more behind the call: everything stays. */
SEC("raw_tracepoint/sys_enter")
NAKED int slot_used_again(void)
{
	asm volatile("r1 = 1;"
		     "*(u64 *)(r10 - 8) = r1;"
		     "call %[cpu];"
		     "r1 = *(u64 *)(r10 - 8);"
		     "r2 = *(u64 *)(r10 - 8);"
		     "r0 += r1;"
		     "r0 += r2;"
		     "exit;"
		     :
		     : [cpu] "i"(SMP_PROCESSOR_ID)
		     : "memory");
}

/* Another helper, which does not keep its registers, and a fill from another slot. */
SEC("raw_tracepoint/sys_exit")
NAKED int no_pattern(void)
{
	asm volatile("r1 = 1;"
		     "*(u64 *)(r10 - 8) = r1;"
		     "call %[time];"
		     "r1 = *(u64 *)(r10 - 8);"
		     "r6 = r1;"
		     "r6 += r0;"
		     "*(u64 *)(r10 - 8) = r1;"
		     "*(u64 *)(r10 - 16) = r6;"
		     "call %[cpu];"
		     "r1 = *(u64 *)(r10 - 16);"
		     "r0 += r1;"
		     "r0 += r6;"
		     "exit;"
		     :
		     : [time] "i"(KTIME_GET_NS), [cpu] "i"(SMP_PROCESSOR_ID)
		     : "memory");
}

/* In a subprogram, whose stack shrinks on its own. */
static NAKED __attribute__((noinline, used)) __u64 shrinks(__u64 a, __u64 b)
{
	asm volatile("*(u64 *)(r10 - 8) = r1;"
		     "*(u64 *)(r10 - 16) = r2;"
		     "call %[cpu];"
		     "r2 = *(u64 *)(r10 - 16);"
		     "r1 = *(u64 *)(r10 - 8);"
		     "r0 += r1;"
		     "r0 += r2;"
		     "exit;"
		     :
		     : [cpu] "i"(SMP_PROCESSOR_ID)
		     : "memory");
}

SEC("raw_tracepoint/sched_process_exit")
int in_subprogram(void *ctx)
{
	(void)ctx;
	return shrinks(bpf_ktime_get_ns(), bpf_get_prandom_u32());
}

char _license[] SEC("license") = "GPL";
