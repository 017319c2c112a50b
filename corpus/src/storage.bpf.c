// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storage that hangs on tasks: the call that finds it gets an allocation flag in front. From a program that cannot sleep, with
 * and without creation, and from a subprogram.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct run {
	__u64 woken;
	__u64 ran;
	__u64 waited;
	__u32 switches;
	__u32 migrations;
	__u32 cpu;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct run);
} runs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} marks SEC(".maps");

static __noinline int migrated(struct run *run, __u32 cpu)
{
	__u64 *mark = bpf_task_storage_get(&marks, (void *)bpf_get_current_task_btf(), 0, 0);

	if (mark)
		*mark += 1;
	run->cpu = cpu;
	return ++run->migrations;
}

SEC("raw_tracepoint/sched_switch")
int on_switch(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	struct run *run = bpf_task_storage_get(&runs, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 now = bpf_ktime_get_ns();

	(void)ctx;
	if (!run)
		return 0;
	if (run->woken)
		run->waited += now - run->woken;
	run->ran = now;
	run->switches++;
	if (run->cpu != cpu)
		migrated(run, cpu);
	return 0;
}

SEC("raw_tracepoint/sched_process_exit")
int on_exit(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	struct run first = { .woken = bpf_ktime_get_ns() };
	struct run *run = bpf_task_storage_get(&runs, task, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);

	(void)ctx;
	if (run && run->switches > 1000)
		bpf_printk("%d switches", run->switches);
	bpf_task_storage_delete(&marks, task);
	return bpf_task_storage_delete(&runs, task);
}

char _license[] SEC("license") = "GPL";
