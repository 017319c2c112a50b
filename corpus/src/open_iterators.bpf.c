// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loops over what the kernel counts out: numbers, bits, tasks, control groups and their tasks. Exercises iterators that a
 * program opens, advances and closes by calls, loops that end only when the iterator does, and a loop in a loop.
 */
#include "kfuncs.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define BPF_TASK_ITER_ALL_PROCS 0
#define BPF_CGROUP_ITER_DESCENDANTS_PRE 2

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, int);
	__type(value, __u64);
} cells SEC(".maps");

__u64 total;
__u64 mask[2];

SEC("tc")
int numbers(void *skb)
{
	struct bpf_iter_num outer, inner;
	__u64 sum = 0;
	int *row, *column;

	(void)skb;
	bpf_iter_num_new(&outer, 0, 8);
	while ((row = bpf_iter_num_next(&outer))) {
		bpf_iter_num_new(&inner, *row, 8);
		while ((column = bpf_iter_num_next(&inner))) {
			int key = *row * 8 + *column;
			__u64 *cell = bpf_map_lookup_elem(&cells, &key);

			if (!cell)
				break;
			sum += *cell;
		}
		bpf_iter_num_destroy(&inner);
	}
	bpf_iter_num_destroy(&outer);
	total = sum;
	return sum & 1;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(bits, struct task_struct *task)
{
	struct bpf_iter_bits it;
	int *bit;

	bpf_iter_bits_new(&it, mask, 2);
	while ((bit = bpf_iter_bits_next(&it)))
		if (*bit == task->prio)
			total++;
	bpf_iter_bits_destroy(&it);
	return 0;
}

SEC("syscall")
int tasks(void *ctx)
{
	struct bpf_iter_task it;
	struct task_struct *task;
	int count = 0;

	(void)ctx;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, 0, BPF_TASK_ITER_ALL_PROCS);
	while ((task = bpf_iter_task_next(&it)))
		if (task->real_parent->tgid == 1)
			count++;
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return count;
}

SEC("lsm/file_open")
int BPF_PROG(groups, struct file *file)
{
	struct cgroup *root = bpf_cgroup_from_id(1);
	struct cgroup_subsys_state *css;
	struct bpf_iter_css_task each;
	struct bpf_iter_css it;
	struct task_struct *task;

	if (!root)
		return 0;
	bpf_rcu_read_lock();
	bpf_iter_css_new(&it, &root->self, BPF_CGROUP_ITER_DESCENDANTS_PRE);
	while ((css = bpf_iter_css_next(&it)))
		total += css->cgroup->level;
	bpf_iter_css_destroy(&it);
	bpf_rcu_read_unlock();

	bpf_iter_css_task_new(&each, &root->self, 0);
	while ((task = bpf_iter_css_task_next(&each)))
		total ^= task->flags;
	bpf_iter_css_task_destroy(&each);
	bpf_cgroup_release(root);
	return file->f_pos < 0 ? -1 : 0;
}

char _license[] SEC("license") = "GPL";
