// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time that tasks run and wait, from tracepoints with typed arguments, raw ones (one to write to) and plain ones. Exercises
 * loads through trusted and walked pointers into kernel structures (the latter become probe loads), CO-RE offsets, and probe
 * reads of the same fields where the arguments have no type.
 */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10240);
	__type(key, int);
	__type(value, __u64);
} since SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, char[16]);
	__type(value, __u64);
} waited SEC(".maps");

__u64 io_waits;
__u64 migrations;

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u64 now = bpf_ktime_get_ns();
	int pid = prev->pid;
	__u64 *start, *sum;
	char name[16];

	if (!preempt && prev->in_iowait)
		io_waits++;
	bpf_map_update_elem(&since, &pid, &now, BPF_ANY);
	pid = next->pid;
	start = bpf_map_lookup_elem(&since, &pid);
	if (!start || next->real_parent->tgid == 1)
		return 0;
	__builtin_memcpy(name, next->group_leader->comm, sizeof(name));
	now -= *start;
	sum = bpf_map_lookup_elem(&waited, name);
	if (sum)
		__sync_fetch_and_add(sum, now);
	else
		bpf_map_update_elem(&waited, name, &now, BPF_NOEXIST);
	return 0;
}

/* Several pointers on from the argument, bitfields, a null test on the way. */
SEC("tp_btf/sched_wakeup")
int BPF_PROG(woken, struct task_struct *task)
{
	struct mm_struct *mm = task->mm;

	if (!mm)
		return 0;
	if (mm->total_vm > 1 << 20 && task->cgroups->dfl_cgrp->level > 2)
		migrations += task->se.vruntime ^ task->cgroups->dfl_cgrp->kn->id;
	return task->sched_reset_on_fork;
}

SEC("raw_tp/sched_process_exec")
int executed(__u64 *args)
{
	struct task_struct *task = (void *)args[0];
	int old = (int)args[1];
	char name[16];

	bpf_core_read_str(name, sizeof(name), &task->comm);
	if (BPF_CORE_READ(task, real_parent, tgid) != BPF_CORE_READ(task, group_leader, pid))
		bpf_map_delete_elem(&waited, name);
	bpf_map_delete_elem(&since, &old);
	return 0;
}

/* The record as the tracing file system describes it, read where it lies. */
struct forked {
	__u64 common;
	char parent_comm[16];
	int parent_pid;
	char child_comm[16];
	int child_pid;
};

SEC("tp/sched/sched_process_fork")
int forked(struct forked *record)
{
	__u64 *start = bpf_map_lookup_elem(&since, &(int){ record->parent_pid });
	int child = record->child_pid;
	__u64 now = start ? *start : 0;

	return bpf_map_update_elem(&since, &child, &now, BPF_ANY);
}

/* A tracepoint whose argument the program may change. */
SEC("raw_tp.w/bpf_test_finish")
int test_ends(__u64 *args)
{
	int *error = (int *)args[0];

	if (*error == -11)
		*error = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
