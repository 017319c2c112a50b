// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables for the reader of a file: tasks, elements of a map, TCP sockets. Exercises the contexts of iterators, which are
 * structures of typed pointers that may be null, loads through them, and casts of sockets.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 total;

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;

	if (!task) {
		BPF_SEQ_PRINTF(seq, "%llu ns\n", total);
		return 0;
	}
	if (ctx->meta->seq_num == 0)
		BPF_SEQ_PRINTF(seq, "  pid  prio name\n");
	total += task->se.sum_exec_runtime;
	BPF_SEQ_PRINTF(seq, "%5d %5d %s %d\n", task->pid, task->prio, task->comm, task->cred->uid.val);
	return 0;
}

SEC("iter/bpf_map_elem")
int each_element(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *key = ctx->key;
	__u64 *value = ctx->value;

	if (!key || !value)
		return 0;
	if (ctx->map->max_entries > 100)
		return 0;
	total += *value;
	*value = 0;
	return bpf_seq_write(ctx->meta->seq, key, sizeof(*key)) ? 1 : 0;
}

SEC("iter/tcp")
int each_socket(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct tcp_sock *tcp;

	if (!common || ctx->uid == 0)
		return 0;
	tcp = bpf_skc_to_tcp_sock(common);
	if (!tcp)
		return 0;
	total += tcp->bytes_acked;
	BPF_SEQ_PRINTF(ctx->meta->seq, "%x:%d %u\n", common->skc_daddr, common->skc_num, tcp->snd_cwnd);
	return 0;
}

SEC("iter.s/task")
int each_task_sleeping(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u64 top = 0;

	if (!task || !task->mm)
		return 0;
	if (bpf_copy_from_user_task(&top, sizeof(top), (void *)task->mm->start_stack, task, 0))
		return 0;
	BPF_SEQ_PRINTF(ctx->meta->seq, "%d %llx\n", task->tgid, top);
	return 0;
}

char _license[] SEC("license") = "GPL";
