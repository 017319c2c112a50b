// SPDX-License-Identifier: GPL-2.0-only
/*
 * One program for many kernels: what it reads, and whether, follows from the types of the kernel it is loaded into. Exercises
 * every kind of CO-RE relocation, and instructions that must go because what they would access does not exist there: dead
 * branches behind constants that the loader has filled in.
 */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Before Linux 5.14 the state was called otherwise, before 5.11 futures were not. */
struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

struct task_struct___new {
	unsigned int __state;
	int never_there;
} __attribute__((preserve_access_index));

struct of_no_kernel {
	int x;
} __attribute__((preserve_access_index));

enum bpf_map_type___kernel {
	BPF_MAP_TYPE_HASH___kernel = 999,
	BPF_MAP_TYPE_ARENA___kernel = 998,
	BPF_MAP_TYPE_INSN_ARRAY___kernel = 997,
};

typedef struct {
	long long counter;
} atomic64_t;

__u64 result[16];

SEC("raw_tp/sys_enter")
int fields(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct___old *old = (void *)task;
	struct task_struct___new *new = (void *)task;

	(void)ctx;
	if (bpf_core_field_exists(new->__state))
		result[0] = BPF_CORE_READ(new, __state);
	else
		result[0] = BPF_CORE_READ(old, state);
	if (bpf_core_field_exists(new->never_there))
		result[1] = BPF_CORE_READ(new, never_there);
	result[2] = bpf_core_field_size(task->comm);
	result[3] = bpf_core_field_offset(struct task_struct, real_parent);
	result[4] = BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait);
	result[5] = BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	result[6] = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	return 0;
}

SEC("raw_tp/sys_exit")
int types_and_values(void *ctx)
{
	(void)ctx;
	result[8] = bpf_core_type_id_kernel(struct task_struct);
	result[9] = bpf_core_type_size(struct list_head___sized { void *next; void *prev; });
	result[10] = bpf_core_type_exists(struct of_no_kernel);
	result[11] = bpf_core_type_exists(atomic64_t);
	if (bpf_core_type_exists(struct of_no_kernel))
		result[12] = BPF_CORE_READ((struct of_no_kernel *)ctx, x);
	result[13] = bpf_core_enum_value(enum bpf_map_type___kernel, BPF_MAP_TYPE_HASH___kernel);
	if (bpf_core_enum_value_exists(enum bpf_map_type___kernel, BPF_MAP_TYPE_ARENA___kernel))
		result[14] = bpf_core_enum_value(enum bpf_map_type___kernel, BPF_MAP_TYPE_ARENA___kernel);
	if (bpf_core_enum_value_exists(enum bpf_map_type___kernel, BPF_MAP_TYPE_INSN_ARRAY___kernel))
		result[15] = bpf_core_enum_value(enum bpf_map_type___kernel, BPF_MAP_TYPE_INSN_ARRAY___kernel);
	result[7] = bpf_core_type_id_local(struct of_no_kernel);
	return 0;
}

char _license[] SEC("license") = "GPL";
