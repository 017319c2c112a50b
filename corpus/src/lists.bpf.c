// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue of packets' digests that one program fills and another drains: objects of the program's own type in a linked list
 * under a lock. Exercises the kernel functions of objects and lists, to which the rewriting adds the type's description and
 * where in the object the link lies.
 */
#include "kfuncs.h"

#include <bpf/bpf_core_read.h>

struct entry {
	__u64 length;
	struct bpf_list_node link;
	__u64 time;
};

private_data(queue) struct bpf_spin_lock lock;
private_data(queue) struct bpf_list_head queue __contains(entry, link);

/* The same in a map's value, and with an object that itself owns a list. */
struct bucket {
	struct bpf_spin_lock lock;
	struct bpf_list_head head __contains(entry, link);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, int);
	__type(value, struct bucket);
} buckets SEC(".maps");

__u64 dropped;
__u64 oldest;

SEC("tc")
int enqueue(void *skb)
{
	struct entry *entry = obj_new(struct entry);

	(void)skb;
	if (!entry) {
		dropped++;
		return 0;
	}
	entry->time = bpf_ktime_get_ns();
	entry->length = entry->time & 0xfff;
	bpf_spin_lock(&lock);
	if (entry->length & 1)
		bpf_list_push_front_impl(&queue, &entry->link, 0, 0);
	else
		bpf_list_push_back_impl(&queue, &entry->link, 0, 0);
	bpf_spin_unlock(&lock);
	return 0;
}

SEC("tc")
int dequeue(void *skb)
{
	struct bpf_list_node *node;
	struct entry *entry;

	(void)skb;
	bpf_spin_lock(&lock);
	node = bpf_list_pop_back(&queue);
	bpf_spin_unlock(&lock);
	if (!node)
		return 0;
	entry = container_of(node, struct entry, link);
	oldest = entry->time;
	obj_drop(entry);
	return 1;
}

SEC("tc")
int move_to_bucket(void *skb)
{
	struct bpf_list_node *node;
	struct bucket *bucket;
	int key = 3;

	(void)skb;
	bucket = bpf_map_lookup_elem(&buckets, &key);
	if (!bucket)
		return 0;
	bpf_spin_lock(&lock);
	node = bpf_list_pop_front(&queue);
	bpf_spin_unlock(&lock);
	if (!node)
		return 0;
	bpf_spin_lock(&bucket->lock);
	bpf_list_push_front_impl(&bucket->head, &container_of(node, struct entry, link)->link, 0, 0);
	bpf_spin_unlock(&bucket->lock);
	return 1;
}

char _license[] SEC("license") = "GPL";
