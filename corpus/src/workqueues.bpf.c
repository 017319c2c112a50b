// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work put off: a work queue whose function may sleep, and a timer that starts it. Exercises callbacks that run on their own,
 * for which the address of the program's description is added to the call.
 */
#include "kfuncs.h"

#define CLOCK_BOOTTIME 7

struct work {
	__u64 runs;
	struct bpf_wq queue;
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, int);
	__type(value, struct work);
} works SEC(".maps");

__u64 ticks;

static int run(void *map, int *key, void *value)
{
	struct work *work = value;

	(void)map;
	work->runs += *key;
	return 0;
}

static int tick(void *map, int *key, struct work *work)
{
	(void)map;
	(void)key;
	ticks++;
	bpf_wq_start(&work->queue, 0);
	return 0;
}

SEC("tc")
int start_work(void *skb)
{
	int key = 1;
	struct work fresh = {};
	struct work *work;

	(void)skb;
	bpf_map_update_elem(&works, &key, &fresh, BPF_NOEXIST);
	work = bpf_map_lookup_elem(&works, &key);
	if (!work)
		return 0;
	if (bpf_wq_init(&work->queue, &works, 0) || bpf_wq_set_callback_impl(&work->queue, run, 0, 0))
		return 2;
	if (bpf_timer_init(&work->timer, &works, CLOCK_BOOTTIME))
		return bpf_wq_start(&work->queue, 0);
	bpf_timer_set_callback(&work->timer, tick);
	return bpf_timer_start(&work->timer, 1000000, 0);
}

char _license[] SEC("license") = "GPL";
