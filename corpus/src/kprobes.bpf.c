// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probes on instructions: of one kernel function, of its return, of many functions at once, of a user program with leave to
 * sleep. Exercises contexts that stay as they are, and helpers of which every kind of probe has its own: function address,
 * cookie, reads of user memory.
 */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct connection {
	__u64 since;
	__be32 to;
	__be16 port;
	__u16 family;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct connection);
} connecting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} finished SEC(".maps");

__u64 calls[8];

SEC("kprobe/tcp_connect")
int connect_begins(struct pt_regs *regs)
{
	struct sock *sk = (void *)regs->di;
	__u64 task = bpf_get_current_pid_tgid();
	struct connection connection = { .since = bpf_ktime_get_ns() };

	connection.to = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	connection.port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	connection.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	calls[0] = bpf_get_func_ip(regs);
	return bpf_map_update_elem(&connecting, &task, &connection, BPF_ANY);
}

SEC("kretprobe/tcp_connect")
int connect_ends(struct pt_regs *regs)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct connection *connection = bpf_map_lookup_elem(&connecting, &task);

	if (!connection)
		return 0;
	connection->since = bpf_ktime_get_ns() - connection->since;
	if ((int)regs->ax == 0)
		bpf_ringbuf_output(&finished, connection, sizeof(*connection), 0);
	return bpf_map_delete_elem(&connecting, &task);
}

SEC("kprobe.multi/vfs_*")
int any_file_call(struct pt_regs *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);

	if (bpf_get_func_ip(regs) != regs->ip)
		calls[cookie & 7]++;
	return 0;
}

SEC("uprobe.s//bin/busybox:getenv")
int variable_read(struct pt_regs *regs)
{
	char name[16] = {};

	if (bpf_copy_from_user(name, sizeof(name) - 1, (void *)regs->di))
		return 0;
	calls[bpf_get_attach_cookie(regs) & 7] += name[0] == 'L' && name[1] == 'D';
	return 0;
}

char _license[] SEC("license") = "GPL";
