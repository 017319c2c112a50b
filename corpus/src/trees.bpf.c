// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deadlines in a tree ordered by time, each also in a map's slot so that it can be taken back: objects with two owners.
 * Exercises the kernel functions of trees with the program's own comparison, counted references, and objects exchanged with
 * a map's value.
 */
#include "kfuncs.h"

#include <bpf/bpf_core_read.h>

struct deadline {
	struct bpf_refcount owners;
	__u32 id;
	__u64 when;
	struct bpf_rb_node by_time;
};

private_data(deadlines) struct bpf_spin_lock lock;
private_data(deadlines) struct bpf_rb_root tree __contains(deadline, by_time);

struct slot {
	struct deadline __kptr *deadline;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

__u64 expired;
__u64 next;

static bool earlier(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct deadline, by_time)->when < container_of(b, struct deadline, by_time)->when;
}

SEC("tc")
int schedule_deadline(void *skb)
{
	struct deadline *deadline, *also, *old;
	__u32 key = bpf_get_prandom_u32() & 63;
	struct slot *slot = bpf_map_lookup_elem(&slots, &key);

	(void)skb;
	if (!slot)
		return 0;
	deadline = obj_new(struct deadline);
	if (!deadline)
		return 0;
	deadline->id = key;
	deadline->when = bpf_ktime_get_ns() + 1000000 * key;
	also = refcount_acquire(deadline);
	bpf_spin_lock(&lock);
	bpf_rbtree_add_impl(&tree, &deadline->by_time, earlier, 0, 0);
	bpf_spin_unlock(&lock);
	old = bpf_kptr_xchg(&slot->deadline, also);
	if (old)
		obj_drop(old);
	return 1;
}

SEC("tc")
int expire_first(void *skb)
{
	struct deadline *deadline;
	struct bpf_rb_node *node;

	(void)skb;
	bpf_spin_lock(&lock);
	node = bpf_rbtree_first(&tree);
	if (!node) {
		bpf_spin_unlock(&lock);
		return 0;
	}
	deadline = container_of(node, struct deadline, by_time);
	next = deadline->when;
	node = bpf_rbtree_remove(&tree, node);
	bpf_spin_unlock(&lock);
	if (!node)
		return 0;
	expired += container_of(node, struct deadline, by_time)->id;
	obj_drop(container_of(node, struct deadline, by_time));
	return 1;
}

char _license[] SEC("license") = "GPL";
