/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own types as far as the corpus reads them: only the members used, in any order. Every access to them is
 * relocated against the types of the kernel at hand (preserve_access_index), so that offsets here mean nothing. Used instead
 * of <linux/bpf.h>, with the few numbers of the user interface that such programs need.
 */
#ifndef CORPUS_KERNEL_H
#define CORPUS_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

/* BPF_PROG gives every program a context, used or not. */
#pragma clang diagnostic ignored "-Wunused-parameter"

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_INODE_STORAGE = 28,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
	BPF_MAP_TYPE_CGRP_STORAGE = 32,
	BPF_MAP_TYPE_ARENA = 33,
};

#define BPF_ANY 0
#define BPF_NOEXIST 1
#define BPF_F_NO_PREALLOC (1 << 0)
#define BPF_F_MMAPABLE (1 << 10)
#define BPF_F_CURRENT_CPU 0xffffffffULL
#define BPF_LOCAL_STORAGE_GET_F_CREATE 1

/* What programs keep in maps and on the stack for the kernel: opaque, but of the kernel's size. */
#define OPAQUE(name, words)                  \
	struct name {                        \
		__u64 __opaque[words];       \
	} __attribute__((aligned(8)))

OPAQUE(bpf_timer, 2);
OPAQUE(bpf_wq, 2);
OPAQUE(bpf_dynptr, 2);
OPAQUE(bpf_list_head, 2);
OPAQUE(bpf_list_node, 3);
OPAQUE(bpf_rb_root, 2);
OPAQUE(bpf_rb_node, 4);
OPAQUE(bpf_iter_num, 1);
OPAQUE(bpf_iter_bits, 2);
OPAQUE(bpf_iter_task, 3);
OPAQUE(bpf_iter_css, 3);
OPAQUE(bpf_iter_css_task, 1);

struct bpf_spin_lock {
	__u32 val;
};

struct bpf_refcount {
	__u32 __opaque[1];
} __attribute__((aligned(4)));

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct mm_struct {
	unsigned long start_stack;
	unsigned long total_vm;
};

struct cred {
	struct {
		unsigned int val;
	} uid;
};

struct sched_entity {
	__u64 sum_exec_runtime;
	__u64 vruntime;
};

struct task_struct {
	unsigned int flags;
	int prio;
	int pid;
	int tgid;
	char comm[16];
	__u64 start_time;
	unsigned in_iowait : 1;
	unsigned sched_reset_on_fork : 1;
	struct sched_entity se;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	const struct cred *cred;
	struct css_set *cgroups;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	long long i_size;
};

struct file {
	unsigned int f_flags;
	struct inode *f_inode;
	long long f_pos;
};

struct linux_binprm {
	unsigned int secureexec : 1;
	struct file *file;
	const char *filename;
	int argc;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
};

struct sock {
	struct sock_common __sk_common;
	int sk_rcvbuf;
	unsigned int sk_mark;
};

struct tcp_sock {
	__u32 snd_cwnd;
	__u32 srtt_us;
	__u64 bytes_acked;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sk_buff {
	unsigned int len;
	unsigned int data_len;
	__u16 queue_mapping;
	struct sock *sk;
};

struct xdp_buff {
	void *data;
	void *data_end;
	__u32 frame_sz;
};

/* What packet programs are given. */
struct __sk_buff {
	__u32 len;
	__u32 mark;
};

struct xdp_md {
	__u32 data;
	__u32 data_end;
};

struct rq {
	unsigned int nr_running;
	__u64 nr_switches;
};

struct pt_regs {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long ax;
	unsigned long ip;
};

struct seq_file;

struct bpf_map {
	__u32 id;
	__u32 max_entries;
};

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	void *value;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	unsigned int uid;
};

#pragma clang attribute pop

#endif
