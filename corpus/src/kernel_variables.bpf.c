// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program may know of the kernel by name: its configuration, its version, variables with a type and without, some of
 * them one per processor, some that do not exist. Exercises kconfig externs and the dead code behind them, addresses of
 * kernel symbols, and the helpers that find a processor's copy of a variable.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig;
extern bool CONFIG_BPF_JIT __kconfig __weak;
extern bool CONFIG_OF_NO_KERNEL __kconfig __weak;
extern enum libbpf_tristate CONFIG_NF_CONNTRACK __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig __weak;

extern const struct rq runqueues __ksym;
extern const int bpf_prog_active __ksym;
extern const int of_no_kernel __ksym __weak;
extern const void schedule __ksym;

__u64 result[8];

SEC("raw_tp/sched_switch")
int configuration(void *ctx)
{
	(void)ctx;
	result[0] = bpf_jiffies64() / CONFIG_HZ;
	if (LINUX_KERNEL_VERSION < 0x50000)
		result[1] = bpf_get_current_task();
	if (CONFIG_OF_NO_KERNEL)
		result[2] = bpf_ktime_get_ns();
	if (CONFIG_BPF_JIT && CONFIG_NF_CONNTRACK != TRI_NO)
		result[3] = CONFIG_DEFAULT_HOSTNAME[0];
	return LINUX_KERNEL_VERSION >> 16;
}

SEC("raw_tp/sched_wakeup")
int variables(void *ctx)
{
	const int *active = bpf_this_cpu_ptr(&bpf_prog_active);
	const struct rq *rq = bpf_this_cpu_ptr(&runqueues);

	(void)ctx;
	if (*active)
		result[4]++;
	result[5] += rq->nr_running;
	for (__u32 cpu = 0; cpu < 4; cpu++) {
		rq = bpf_per_cpu_ptr(&runqueues, cpu);
		if (!rq)
			break;
		result[6] += rq->nr_switches;
	}
	if (&of_no_kernel)
		result[6] += of_no_kernel;
	result[7] = (__u64)&schedule;
	return 0;
}

char _license[] SEC("license") = "GPL";
