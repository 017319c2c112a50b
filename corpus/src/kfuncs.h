/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel functions that programs call by name, as far as the corpus does. All are weak, so that a kernel without them refuses
 * the programs that call them and no others.
 */
#ifndef CORPUS_KFUNCS_H
#define CORPUS_KFUNCS_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

#define KFUNC extern __ksym __weak

/* Objects of the program's own types; the kernel fills in what describes the type. */
KFUNC void *bpf_obj_new_impl(__u64 local_type_id, void *meta);
KFUNC void bpf_obj_drop_impl(void *object, void *meta);
KFUNC void *bpf_refcount_acquire_impl(void *object, void *meta);
KFUNC void *bpf_percpu_obj_new_impl(__u64 local_type_id, void *meta);
KFUNC void bpf_percpu_obj_drop_impl(void *object, void *meta);

#define obj_new(type) ((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define obj_drop(object) bpf_obj_drop_impl(object, 0)
#define refcount_acquire(object) ((typeof(object))bpf_refcount_acquire_impl(object, 0))
#define percpu_obj_new(type) ((type __percpu_kptr *)bpf_percpu_obj_new_impl(bpf_core_type_id_local(type), 0))
#define percpu_obj_drop(object) bpf_percpu_obj_drop_impl(object, 0)

/* Which member of the owner's object is linked into this list or tree. */
#define __contains(type, member) __attribute__((btf_decl_tag("contains:" #type ":" #member)))
/* Data that one lock protects lies with the lock. */
#define private_data(name) SEC(".data." #name) __attribute__((visibility("hidden"), aligned(8)))

KFUNC int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off);
KFUNC int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off);
KFUNC struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head);
KFUNC struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head);

KFUNC int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			      bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, __u64 off);
KFUNC struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root);
KFUNC struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node);

/* Kernel objects. */
#ifndef __kptr
#define __kptr __attribute__((btf_type_tag("kptr")))
#endif
#ifndef __percpu_kptr
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#endif

KFUNC struct task_struct *bpf_task_acquire(struct task_struct *task);
KFUNC void bpf_task_release(struct task_struct *task);
KFUNC struct task_struct *bpf_task_from_pid(int pid);
KFUNC struct cgroup *bpf_cgroup_acquire(struct cgroup *cgroup);
KFUNC void bpf_cgroup_release(struct cgroup *cgroup);
KFUNC struct cgroup *bpf_cgroup_from_id(__u64 id);
KFUNC struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgroup, int level);

KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);
KFUNC void bpf_preempt_disable(void);
KFUNC void bpf_preempt_enable(void);

KFUNC void *bpf_cast_to_kern_ctx(void *ctx);
KFUNC void *bpf_rdonly_cast(const void *object, __u32 btf_id);

/* Packets and other memory as dynamic pointers. */
KFUNC int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *pointer);
KFUNC int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *pointer);
KFUNC void *bpf_dynptr_slice(const struct bpf_dynptr *pointer, __u32 offset, void *buffer, __u32 size);
KFUNC void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *pointer, __u32 offset, void *buffer, __u32 size);
KFUNC int bpf_dynptr_adjust(const struct bpf_dynptr *pointer, __u32 start, __u32 end);
KFUNC __u32 bpf_dynptr_size(const struct bpf_dynptr *pointer);
KFUNC int bpf_dynptr_clone(const struct bpf_dynptr *pointer, struct bpf_dynptr *clone);

/* Iterators that a program opens itself. */
KFUNC int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end);
KFUNC int *bpf_iter_num_next(struct bpf_iter_num *it);
KFUNC void bpf_iter_num_destroy(struct bpf_iter_num *it);
KFUNC int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *words, __u32 count);
KFUNC int *bpf_iter_bits_next(struct bpf_iter_bits *it);
KFUNC void bpf_iter_bits_destroy(struct bpf_iter_bits *it);
KFUNC int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags);
KFUNC struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it);
KFUNC void bpf_iter_task_destroy(struct bpf_iter_task *it);
KFUNC int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags);
KFUNC struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it);
KFUNC void bpf_iter_css_destroy(struct bpf_iter_css *it);
KFUNC int bpf_iter_css_task_new(struct bpf_iter_css_task *it, struct cgroup_subsys_state *css, unsigned int flags);
KFUNC struct task_struct *bpf_iter_css_task_next(struct bpf_iter_css_task *it);
KFUNC void bpf_iter_css_task_destroy(struct bpf_iter_css_task *it);

KFUNC int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags);
KFUNC int bpf_wq_start(struct bpf_wq *wq, unsigned int flags);
KFUNC int bpf_wq_set_callback_impl(struct bpf_wq *wq, int(callback)(void *map, int *key, void *value),
				   unsigned int flags, void *aux);

KFUNC void bpf_throw(__u64 cookie);

#endif
