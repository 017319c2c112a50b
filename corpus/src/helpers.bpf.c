// SPDX-License-Identifier: GPL-2.0-only
/*
 * Helper calls of many kinds from tracing programs: those the rewriting replaces by instructions (jiffies, the processor's
 * number, a branch snapshot) and those of which only the immediate changes.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1024);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 32 * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[4096]);
} buffers SEC(".maps");

__u64 clocks[8];
static const char wanted[16] = "worker";

SEC("raw_tracepoint/sched_switch")
int inlined(void *ctx)
{
	__u64 jiffies = bpf_jiffies64();
	__u32 cpu = bpf_get_smp_processor_id();

	(void)ctx;
	if (jiffies - clocks[cpu & 7] < 25)
		return 0;
	clocks[cpu & 7] = bpf_jiffies64();
	return bpf_get_smp_processor_id() == cpu;
}

SEC("raw_tracepoint/sched_wakeup")
int time_and_identity(void *ctx)
{
	struct bpf_pidns_info ns = {};
	char comm[16];

	(void)ctx;
	clocks[0] = bpf_ktime_get_ns();
	clocks[1] = bpf_ktime_get_boot_ns();
	clocks[2] = bpf_get_current_task();
	clocks[3] = bpf_ktime_get_tai_ns();
	clocks[4] = bpf_get_current_pid_tgid() ^ bpf_get_current_uid_gid();
	clocks[5] = bpf_get_current_cgroup_id();
	clocks[6] = bpf_get_numa_node_id() + bpf_get_prandom_u32();
	if (bpf_get_current_comm(comm, sizeof(comm)))
		return 0;
	if (bpf_get_ns_current_pid_tgid(4, 0xeffffffc, &ns, sizeof(ns)) == 0)
		clocks[7] = ns.pid;
	return bpf_current_task_under_cgroup(&cgroups, 0);
}

SEC("kprobe/do_nanosleep")
int probes(void *ctx)
{
	struct {
		__u64 ip;
		__u64 cookie;
		__s32 stack;
		__u32 length;
		char path[64];
	} record = {};
	__u64 address = (__u64)ctx;

	record.ip = bpf_get_func_ip(ctx);
	record.cookie = bpf_get_attach_cookie(ctx);
	record.stack = bpf_get_stackid(ctx, &stacks, BPF_F_REUSE_STACKID);
	bpf_probe_read_kernel(&address, sizeof(address), ctx);
	record.length = bpf_probe_read_kernel_str(record.path, sizeof(record.path), (void *)address);
	bpf_probe_read_user(&address, sizeof(address), (void *)address);
	bpf_probe_read_user_str(record.path, 32, (void *)address);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, sizeof(record));
	if (record.cookie == 9)
		bpf_send_signal(10);
	return 0;
}

SEC("kprobe/do_exit")
int texts(void *ctx)
{
	__u32 zero = 0;
	char *buffer = bpf_map_lookup_elem(&buffers, &zero);
	char comm[16];
	long number = 0;
	__u64 args[3];
	long used;

	if (!buffer || bpf_get_current_comm(comm, sizeof(comm)))
		return 0;
	if (bpf_strncmp(comm, sizeof(comm), wanted) == 0)
		bpf_printk("found %s", comm);
	args[0] = bpf_get_current_pid_tgid();
	args[1] = clocks[0];
	args[2] = (__u64)wanted;
	used = bpf_snprintf(buffer, 256, "%llu at %llx: %s", args, sizeof(args));
	if (used > 0 && bpf_strtol(comm, sizeof(comm), 0, &number) > 0)
		clocks[1] = number;
	used = bpf_get_stack(ctx, buffer, 2048, BPF_F_USER_STACK);
	if (used > 0 && used <= 2048)
		bpf_ringbuf_output(&ring, buffer, used & 2047, 0);
	bpf_printk("%d %d %d %d %d", used, number, clocks[0], clocks[1], clocks[2]);
	return 0;
}

SEC("kprobe/vfs_read")
int branches(void *ctx)
{
	__u32 zero = 0;
	char *buffer = bpf_map_lookup_elem(&buffers, &zero);
	long bytes;

	(void)ctx;
	if (!buffer)
		return 0;
	bytes = bpf_get_branch_snapshot(buffer, 32 * 24, 0);
	if (bytes < 0)
		return 0;
	clocks[2] += bytes / 24;
	return bpf_get_branch_snapshot(buffer, 24, clocks[3]) > 0;
}

struct entry {
	__u64 time;
	__u32 pid;
	__u32 size;
};

SEC("raw_tracepoint/sys_enter")
int ring_entries(void *ctx)
{
	struct entry *entry = bpf_ringbuf_reserve(&ring, sizeof(*entry), 0);
	struct bpf_dynptr dynamic;
	__u64 word = 7;
	__u64 *slice;

	(void)ctx;
	if (entry) {
		entry->time = bpf_ktime_get_ns();
		entry->pid = bpf_get_current_pid_tgid();
		entry->size = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
		if (entry->size > 60000)
			bpf_ringbuf_discard(entry, BPF_RB_NO_WAKEUP);
		else
			bpf_ringbuf_submit(entry, 0);
	}
	if (bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &dynamic)) {
		bpf_ringbuf_discard_dynptr(&dynamic, 0);
		return 0;
	}
	bpf_dynptr_write(&dynamic, 8, &word, sizeof(word), 0);
	slice = bpf_dynptr_data(&dynamic, 16, sizeof(*slice));
	if (slice)
		*slice = word;
	bpf_dynptr_read(&word, sizeof(word), &dynamic, 0, 0);
	bpf_ringbuf_submit_dynptr(&dynamic, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
