// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loops without a bound that the check could see, each left by may_goto at the latest: forward and backward ones, several
 * in one function, one at the very start of a program, and in a subprogram beside one without.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "hash.h"

/* Leaves the loop around it when the budget of turns is spent. */
#define break_when_spent                                          \
	({                                                        \
		__label__ spent, on;                              \
		asm volatile goto("may_goto %l[spent]" :::: spent); \
		goto on;                                          \
spent:                                                            \
		break;                                            \
on:;                                                              \
	})

struct node {
	__u32 next;
	__u32 value;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1000);
	__type(key, __u32);
	__type(value, struct node);
} nodes SEC(".maps");

__u64 sum;
__u32 words[1024];

/* Follows a chain through a map for as long as it goes. */
SEC("tc")
int follow_chain(struct __sk_buff *skb)
{
	__u32 at = skb->mark, turns = 0;

	for (;;) {
		struct node *node = bpf_map_lookup_elem(&nodes, &at);

		if (!node)
			break;
		sum += node->value;
		at = node->next;
		turns++;
		break_when_spent;
	}
	return turns & 1;
}

static __noinline int collatz(__u64 from)
{
	int steps = 0;

	while (from != 1) {
		break_when_spent;
		from = from & 1 ? 3 * from + 1 : from / 2;
		steps++;
	}
	return steps;
}

/* Two loops in one function share its budget; the subprogram has its own. */
SEC("tc")
int two_loops(struct __sk_buff *skb)
{
	__u32 h = skb->len, i;

	while (h != skb->mark) {
		break_when_spent;
		h = fold(h, words[h & 1023]);
	}
	for (i = 0; i < h; i++) {
		break_when_spent;
		sum += words[h & 1023] ^ i;
		h -= 3;
	}
	return collatz(h) & 1;
}

/* The first instruction is may_goto itself, and a jump leads back to it. */
SEC("raw_tracepoint/sched_switch")
__attribute__((naked)) int may_goto_first(void)
{
	asm volatile("1: may_goto 2f;"
		     "call %[bpf_get_prandom_u32];"
		     "if r0 != 0 goto 1b;"
		     "2: r0 = 0;"
		     "exit;"
		     :
		     : [bpf_get_prandom_u32] "i"(7)
		     : "memory");
}

/* A backward distance: the way out lies before the instruction. */
SEC("raw_tracepoint/sched_wakeup")
__attribute__((naked)) int may_goto_backward(void)
{
	asm volatile("r6 = 0;"
		     "goto 2f;"
		     "1: r0 = 0;"
		     "exit;"
		     "2: r6 += 1;"
		     "may_goto 1b;"
		     "if r6 != 1000 goto 2b;"
		     "goto 1b;"
		     :
		     :
		     : "memory");
}

char _license[] SEC("license") = "GPL";
