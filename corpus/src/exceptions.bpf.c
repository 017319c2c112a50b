// SPDX-License-Identifier: GPL-2.0-only
/*
 * Assertions that end a program from any depth. Exercises bpf_throw() in a program, in a subprogram and in a global
 * function, all of which end in the function that the kernel appends to the program.
 */
#include "kfuncs.h"

#define assert_that(condition, cookie)            \
	do {                                      \
		if (!(condition))                 \
			bpf_throw(cookie);        \
	} while (0)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");

__u64 last;

static __noinline int within(__u64 *limit, __u64 value)
{
	assert_that(value < *limit, 7);
	return value & 1;
}

SEC("tc")
int checked(void *skb)
{
	__u32 key = 0;
	__u64 *limit = bpf_map_lookup_elem(&limits, &key);

	(void)skb;
	assert_that(limit, 0);
	return within(limit, bpf_ktime_get_ns());
}

/* A function checked by itself may throw, too: what it returns when it does not is all that the caller sees. */
__noinline int spent(__u64 limit)
{
	assert_that(limit, 100);
	last += limit;
	return last > limit;
}

SEC("tc")
int checked_apart(void *skb)
{
	__u32 key = bpf_get_prandom_u32() & 3;
	__u64 *limit = bpf_map_lookup_elem(&limits, &key);

	(void)skb;
	if (!limit)
		return 0;
	return spent(*limit) + within(limit, last);
}

char _license[] SEC("license") = "GPL";
