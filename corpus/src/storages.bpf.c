// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storage on control groups, inodes and tasks. Exercises the allocation flag that is
 * added to the calls, in programs that may sleep, in ones that may not, and in a section of the first that may not either.
 */
#include "kfuncs.h"

#include <bpf/bpf_tracing.h>

#define STORAGE(name, kind)                              \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_##kind##_STORAGE); \
		__uint(map_flags, BPF_F_NO_PREALLOC);    \
		__type(key, int);                        \
		__type(value, __u64);                    \
	} name SEC(".maps")

STORAGE(of_cgroups, CGRP);
STORAGE(of_inodes, INODE);
STORAGE(of_tasks, TASK);

SEC("tp_btf/sched_switch")
int BPF_PROG(count_group, bool preempt, struct task_struct *prev)
{
	__u64 *count = bpf_cgrp_storage_get(&of_cgroups, prev->cgroups->dfl_cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (count)
		*count += preempt;
	return 0;
}

SEC("lsm.s/file_open")
int BPF_PROG(count_opened, struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 *count = bpf_inode_storage_get(&of_inodes, file->f_inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (count)
		*count += 1;
	count = bpf_task_storage_get(&of_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (count)
		*count += 1;
	bpf_rcu_read_lock();
	count = bpf_cgrp_storage_get(&of_cgroups, task->cgroups->dfl_cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (count)
		*count += 1;
	bpf_rcu_read_unlock();
	return 0;
}

char _license[] SEC("license") = "GPL";
