// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small security policy: files sealed by a label, programs run from them noted, sockets of a group counted. Exercises
 * programs at security hooks, with and without leave to sleep, and storage on inodes, tasks and sockets: whether the
 * allocation may wait is added to the call.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1
#define O_ACCMODE 3

struct label {
	__u64 opened;
	__u32 sealed;
	__u32 level;
};

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct label);
} labels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct label);
} levels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} binds SEC(".maps");

SEC("lsm/file_open")
int BPF_PROG(open_labelled, struct file *file)
{
	struct label *label = bpf_inode_storage_get(&labels, file->f_inode, 0, 0);
	struct label *level;

	if (!label)
		return 0;
	__sync_fetch_and_add(&label->opened, 1);
	if (!label->sealed || !(file->f_flags & O_ACCMODE))
		return 0;
	level = bpf_task_storage_get(&levels, bpf_get_current_task_btf(), 0, 0);
	return level && level->level >= label->level ? 0 : -EPERM;
}

/* May sleep, so that the storages are allocated with leave to wait. */
SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(note_level, struct linux_binprm *bprm)
{
	struct label *label, *level;
	char first[8] = {};

	label = bpf_inode_storage_get(&labels, bprm->file->f_inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!label)
		return 0;
	level = bpf_task_storage_get(&levels, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!level)
		return 0;
	level->level = label->level + bprm->secureexec;
	bpf_probe_read_kernel_str(first, sizeof(first), bprm->filename);
	level->sealed = first[0] != '/';
	return 0;
}

SEC("lsm_cgroup/socket_bind")
int BPF_PROG(count_bind, struct socket *sock)
{
	struct sock *sk = sock->sk;
	__u64 *count;

	if (!sk)
		return 1;
	count = bpf_sk_storage_get(&binds, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (count && ++*count > 1000 && sock->type == 3) {
		bpf_set_retval(-EPERM);
		return 0;
	}
	return 1;
}

char _license[] SEC("license") = "GPL";
