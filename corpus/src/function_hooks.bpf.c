// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latency and outcome of file reads, from hooks at a function's entry, its end, and in place of its result. Exercises the
 * trampoline's helpers, which become loads around the context: arguments by number, their count, the result, the address.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EACCES 13
#define MAY_WRITE 2

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, __u64);
} started SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} latencies SEC(".maps");

const volatile __u64 sealed_inode = 0;
__u64 digest;

SEC("fentry/vfs_read")
int BPF_PROG(read_begins, struct file *file, char *buffer, __u64 count)
{
	__u64 task = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	if (!buffer || !count || !file->f_inode)
		return 0;
	if (file->f_inode->i_size == 0)
		return 0;
	digest += bpf_get_func_ip(ctx);
	bpf_map_update_elem(&started, &task, &now, BPF_ANY);
	return 0;
}

SEC("fexit/vfs_read")
int BPF_PROG(read_ends, struct file *file, char *buffer, __u64 count, long long *position, long result)
{
	__u64 task = bpf_get_current_pid_tgid();
	__u64 *begin = bpf_map_lookup_elem(&started, &task);
	__u64 *slot;
	__u32 log = 0;
	__u64 passed;

	(void)buffer;
	(void)position;
	if (!begin)
		return 0;
	passed = bpf_ktime_get_ns() - *begin;
	bpf_map_delete_elem(&started, &task);
	if (result < 0 || (__u64)result < count || file->f_flags & 1)
		return 0;
	for (; passed > 1 && log < 63; log++)
		passed >>= 1;
	slot = bpf_map_lookup_elem(&latencies, &log);
	if (slot)
		*slot += 1;
	return 0;
}

/* Knows nothing of the function: arguments by number, one of them out of range. */
SEC("fexit/vfs_write")
int any_function(__u64 *ctx)
{
	__u64 count = bpf_get_func_arg_cnt(ctx);
	__u64 value = 0;

	for (__u32 n = 0; n < 2; n++)
		if (n < count && bpf_get_func_arg(ctx, n, &value) == 0)
			digest = digest * 31 + value;
	if (bpf_get_func_arg(ctx, 9, &value) < 0)
		digest += count;
	if (bpf_get_func_ret(ctx, &value) == 0 && (long)value < 0)
		digest -= bpf_get_func_ip(ctx);
	return 0;
}

SEC("fmod_ret/security_file_permission")
int BPF_PROG(seal, struct file *file, int mask, int result)
{
	if (result || !(mask & MAY_WRITE))
		return result;
	if (file->f_inode->i_ino != sealed_inode)
		return 0;
	bpf_get_func_ret(ctx, &digest);
	return -EACCES;
}

char _license[] SEC("license") = "GPL";
