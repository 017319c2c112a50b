// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel functions that later releases have and earlier ones do not, each with a way to do without. Exercises weak kernel
 * functions: the address that is tested is null or not once the loader has been there, and the other way is dead code; and,
 * where they are, functions whose last arguments the kernel fills in without showing them.
 */
#include "kfuncs.h"

#include <bpf/bpf_core_read.h>

KFUNC void *bpf_obj_new(__u64 local_type_id);
KFUNC void bpf_obj_drop(void *object);
KFUNC int bpf_list_push_back(struct bpf_list_head *head, struct bpf_list_node *node);
KFUNC int bpf_wq_set_callback(struct bpf_wq *wq, int(callback)(void *map, int *key, void *value), unsigned int flags);

#define exists(function) (!!(void *)(function))

struct note {
	struct bpf_list_node link;
	__u64 time;
};

private_data(notes) struct bpf_spin_lock lock;
private_data(notes) struct bpf_list_head notes __contains(note, link);

struct chore {
	struct bpf_wq queue;
	__u64 runs;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct chore);
} chores SEC(".maps");

SEC("tc")
int take_note(void *skb)
{
	struct note *note;

	(void)skb;
	if (exists(bpf_obj_new))
		note = bpf_obj_new(bpf_core_type_id_local(struct note));
	else
		note = obj_new(struct note);
	if (!note)
		return 0;
	note->time = bpf_ktime_get_ns();
	if (note->time & 1) {
		if (exists(bpf_obj_drop))
			bpf_obj_drop(note);
		else
			obj_drop(note);
		return 1;
	}
	bpf_spin_lock(&lock);
	if (exists(bpf_list_push_back))
		bpf_list_push_back(&notes, &note->link);
	else
		bpf_list_push_back_impl(&notes, &note->link, 0, 0);
	bpf_spin_unlock(&lock);
	return 0;
}

static int do_chore(void *map, int *key, void *value)
{
	struct chore *chore = value;

	(void)map;
	chore->runs += *key + 1;
	return 0;
}

SEC("tc")
int put_off(void *skb)
{
	int key = 0;
	struct chore *chore = bpf_map_lookup_elem(&chores, &key);

	(void)skb;
	if (!chore || bpf_wq_init(&chore->queue, &chores, 0))
		return 0;
	if (!exists(bpf_wq_set_callback))
		return 2;
	if (bpf_wq_set_callback(&chore->queue, do_chore, 0))
		return 2;
	return bpf_wq_start(&chore->queue, 0);
}

char _license[] SEC("license") = "GPL";
