// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks and control groups kept across events: references taken, put into map values by exchange, given back. Exercises
 * kernel functions that stay plain calls, the exchange that becomes an instruction, pointers per processor, and sections
 * that hold off the freeing of what they read.
 */
#include "kfuncs.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct kept {
	struct task_struct __kptr *task;
	struct cgroup __kptr *cgroup;
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, int);
	__type(value, struct kept);
} parents SEC(".maps");

struct counters {
	__u64 forks;
	__u64 exits;
};

struct per_cpu {
	struct counters __percpu_kptr *counters;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct per_cpu);
} counting SEC(".maps");

__u64 total;

SEC("tp_btf/task_newtask")
int BPF_PROG(keep_task, struct task_struct *task)
{
	struct task_struct *acquired, *old;
	int pid = task->pid;
	struct kept fresh = {};
	struct kept *kept;

	bpf_map_update_elem(&parents, &pid, &fresh, BPF_NOEXIST);
	kept = bpf_map_lookup_elem(&parents, &pid);
	if (!kept)
		return 0;
	acquired = bpf_task_acquire(task);
	if (!acquired)
		return 0;
	old = bpf_kptr_xchg(&kept->task, acquired);
	if (old)
		bpf_task_release(old);
	kept->count++;
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(keep_group, struct cgroup *cgroup)
{
	struct cgroup *acquired, *ancestor, *old;
	int key = cgroup->level;
	struct kept *kept = bpf_map_lookup_elem(&parents, &key);

	if (!kept)
		return 0;
	acquired = bpf_cgroup_from_id(cgroup->kn->id);
	if (!acquired)
		return 0;
	ancestor = bpf_cgroup_ancestor(acquired, 1);
	if (ancestor) {
		total += ancestor->kn->id;
		bpf_cgroup_release(ancestor);
	}
	old = bpf_kptr_xchg(&kept->cgroup, acquired);
	if (old)
		bpf_cgroup_release(old);
	return 0;
}

/* What another program kept is read in place, which needs a read section where the program may sleep. */
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(read_kept, struct linux_binprm *bprm)
{
	int pid = bpf_get_current_pid_tgid();
	struct kept *kept = bpf_map_lookup_elem(&parents, &pid);
	struct task_struct *task, *parent;

	if (!kept)
		return 0;
	bpf_rcu_read_lock();
	task = kept->task;
	if (task && task->real_parent->tgid > 1)
		total += task->start_time;
	bpf_rcu_read_unlock();
	parent = bpf_task_from_pid(1);
	if (parent) {
		total ^= parent->start_time;
		bpf_task_release(parent);
	}
	return bprm->argc < 0;
}

SEC("fentry/vfs_open")
int BPF_PROG(count_per_cpu)
{
	struct counters __percpu_kptr *counters, *old;
	struct counters *here;
	struct per_cpu *per_cpu;
	int key = 0;

	per_cpu = bpf_map_lookup_elem(&counting, &key);
	if (!per_cpu)
		return 0;
	counters = per_cpu->counters;
	if (!counters) {
		counters = percpu_obj_new(struct counters);
		if (!counters)
			return 0;
		old = bpf_kptr_xchg(&per_cpu->counters, counters);
		if (old)
			percpu_obj_drop(old);
		return 0;
	}
	here = bpf_this_cpu_ptr(counters);
	here->forks++;
	here = bpf_per_cpu_ptr(counters, 1);
	if (here)
		total += here->forks;
	return 0;
}

char _license[] SEC("license") = "GPL";
