/**
 * Flags of kernel functions that programs may call (`KF_…`, include/linux/btf.h), by release: what the `.BTF_ids` sections
 * of Debian's kernels 6.1.0-56, 6.12.107 and 7.2.13 hold (pairs of BTF id and flags), and those of the modules
 * nf_conntrack, fou, xfrm and nf_flow_table by their sources. Functions with the same flags stand together.
 */

export const KF_ACQUIRE = 1 << 0;
export const KF_RELEASE = 1 << 1;
export const KF_RET_NULL = 1 << 2;
export const KF_KPTR_GET = 1 << 3;
export const KF_TRUSTED_ARGS = 1 << 4;
export const KF_SLEEPABLE = 1 << 5;
export const KF_DESTRUCTIVE = 1 << 6;
export const KF_RCU = 1 << 7;
export const KF_ITER_NEW = 1 << 8;
export const KF_ITER_NEXT = 1 << 9;
export const KF_ITER_DESTROY = 1 << 10;
export const KF_RCU_PROTECTED = 1 << 11;
export const KF_FASTCALL = 1 << 12;
export const KF_ARENA_RET = 1 << 13;
export const KF_ARENA_ARG1 = 1 << 14;
export const KF_ARENA_ARG2 = 1 << 15;
export const KF_IMPLICIT_ARGS = 1 << 16;

const FLAG_BITS: Readonly<Record<string, number>> = {
  none: 0,
  acquire: KF_ACQUIRE,
  release: KF_RELEASE,
  ret_null: KF_RET_NULL,
  kptr_get: KF_KPTR_GET,
  trusted_args: KF_TRUSTED_ARGS,
  sleepable: KF_SLEEPABLE,
  destructive: KF_DESTRUCTIVE,
  rcu: KF_RCU,
  iter_new: KF_ITER_NEW,
  iter_next: KF_ITER_NEXT,
  iter_destroy: KF_ITER_DESTROY,
  rcu_protected: KF_RCU_PROTECTED,
  fastcall: KF_FASTCALL,
  arena_ret: KF_ARENA_RET,
  arena_arg1: KF_ARENA_ARG1,
  arena_arg2: KF_ARENA_ARG2,
  implicit_args: KF_IMPLICIT_ARGS,
};

const FUNCTIONS: Readonly<Partial<Record<string, Readonly<Record<string, string>>>>> = {
  '6.1': {
    none: `
      bpf_kfunc_call_test1 bpf_kfunc_call_test2 bpf_kfunc_call_test3 bpf_kfunc_call_test_fail1
      bpf_kfunc_call_test_fail2 bpf_kfunc_call_test_fail3 bpf_kfunc_call_test_mem_len_fail1
      bpf_kfunc_call_test_mem_len_fail2 bpf_kfunc_call_test_mem_len_pass1
      bpf_kfunc_call_test_pass1 bpf_kfunc_call_test_pass2 bpf_kfunc_call_test_pass_ctx
      cgroup_rstat_updated cubictcp_acked cubictcp_cong_avoid cubictcp_cwnd_event
      cubictcp_init cubictcp_recalc_ssthresh cubictcp_state tcp_cong_avoid_ai
      tcp_reno_cong_avoid tcp_reno_ssthresh tcp_reno_undo_cwnd tcp_slow_start
    `,
    release: `
      bpf_ct_release bpf_key_put bpf_kfunc_call_int_mem_release bpf_kfunc_call_memb1_release
      bpf_kfunc_call_memb_release bpf_kfunc_call_test_release
    `,
    ret_null: `
      bpf_kfunc_call_test_get_rdonly_mem bpf_kfunc_call_test_get_rdwr_mem
    `,
    'acquire ret_null': `
      bpf_kfunc_call_memb_acquire bpf_kfunc_call_test_acq_rdonly_mem
      bpf_kfunc_call_test_acquire bpf_lookup_system_key bpf_skb_ct_alloc bpf_skb_ct_lookup
      bpf_xdp_ct_alloc bpf_xdp_ct_lookup
    `,
    'acquire release ret_null': `
      bpf_ct_insert_entry
    `,
    'acquire ret_null kptr_get': `
      bpf_kfunc_call_test_kptr_get
    `,
    trusted_args: `
      bpf_ct_change_status bpf_ct_change_timeout bpf_ct_set_nat_info bpf_ct_set_status
      bpf_ct_set_timeout bpf_kfunc_call_test_ref
    `,
    sleepable: `
      bpf_verify_pkcs7_signature cgroup_rstat_flush
    `,
    'acquire ret_null sleepable': `
      bpf_lookup_user_key
    `,
    destructive: `
      bpf_kfunc_call_test_destructive crash_kexec
    `,
  },
  '6.12': {
    none: `
      bpf_cast_to_kern_ctx bpf_dynptr_adjust bpf_dynptr_clone bpf_dynptr_from_xdp
      bpf_dynptr_is_null bpf_dynptr_is_rdonly bpf_dynptr_size bpf_list_push_back_impl
      bpf_list_push_front_impl bpf_modify_return_test bpf_modify_return_test2
      bpf_modify_return_test_tp bpf_preempt_disable bpf_preempt_enable bpf_rbtree_add_impl
      bpf_rcu_read_lock bpf_rcu_read_unlock bpf_rdonly_cast bpf_session_cookie
      bpf_session_is_return bpf_skb_get_fou_encap bpf_skb_set_fou_encap bpf_skb_set_xfrm_info
      bpf_sock_addr_set_sun_path bpf_throw bpf_wq_init bpf_wq_set_callback_impl bpf_wq_start
      cgroup_rstat_updated cubictcp_acked cubictcp_cong_avoid cubictcp_cwnd_event
      cubictcp_init cubictcp_recalc_ssthresh cubictcp_state tcp_cong_avoid_ai
      tcp_reno_cong_avoid tcp_reno_ssthresh tcp_reno_undo_cwnd tcp_slow_start
      update_socket_protocol
    `,
    release: `
      bpf_cgroup_release bpf_cpumask_release bpf_crypto_ctx_release bpf_ct_release bpf_key_put
      bpf_kfunc_call_memb_release bpf_kfunc_call_test_release bpf_obj_drop_impl
      bpf_percpu_obj_drop_impl bpf_put_file bpf_task_release bpf_xdp_xfrm_state_release
    `,
    ret_null: `
      bpf_dynptr_slice bpf_dynptr_slice_rdwr bpf_rbtree_first bpf_skb_get_xfrm_info
    `,
    'acquire ret_null': `
      bpf_cgroup_from_id bpf_cpumask_create bpf_list_pop_back bpf_list_pop_front
      bpf_lookup_system_key bpf_obj_new_impl bpf_percpu_obj_new_impl bpf_rbtree_remove
      bpf_skb_ct_alloc bpf_skb_ct_lookup bpf_task_from_pid bpf_xdp_ct_alloc bpf_xdp_ct_lookup
      bpf_xdp_get_xfrm_state
    `,
    'acquire release ret_null': `
      bpf_ct_insert_entry
    `,
    trusted_args: `
      bpf_ct_change_status bpf_ct_change_timeout bpf_ct_set_nat_info bpf_ct_set_status
      bpf_ct_set_timeout bpf_dynptr_from_skb bpf_get_fsverity_digest bpf_map_sum_elem_count
      bpf_path_d_path bpf_sk_assign_tcp_reqsk bpf_sock_destroy bpf_xdp_metadata_rx_hash
      bpf_xdp_metadata_rx_timestamp bpf_xdp_metadata_rx_vlan_tag
    `,
    'acquire trusted_args': `
      bpf_cpumask_acquire
    `,
    'ret_null trusted_args': `
      bpf_xdp_flow_lookup
    `,
    'acquire ret_null trusted_args': `
      bpf_get_task_exe_file
    `,
    sleepable: `
      bpf_copy_from_user_str bpf_fentry_test1 bpf_verify_pkcs7_signature cgroup_rstat_flush
    `,
    'acquire ret_null sleepable': `
      bpf_crypto_ctx_create bpf_lookup_user_key
    `,
    'trusted_args sleepable': `
      bpf_arena_alloc_pages bpf_arena_free_pages bpf_get_dentry_xattr bpf_get_file_xattr
    `,
    destructive: `
      crash_kexec
    `,
    rcu: `
      bpf_cpumask_and bpf_cpumask_any_and_distribute bpf_cpumask_any_distribute
      bpf_cpumask_clear bpf_cpumask_clear_cpu bpf_cpumask_copy bpf_cpumask_empty
      bpf_cpumask_equal bpf_cpumask_first bpf_cpumask_first_and bpf_cpumask_first_zero
      bpf_cpumask_full bpf_cpumask_intersects bpf_cpumask_or bpf_cpumask_set_cpu
      bpf_cpumask_setall bpf_cpumask_subset bpf_cpumask_test_and_clear_cpu
      bpf_cpumask_test_and_set_cpu bpf_cpumask_test_cpu bpf_cpumask_weight bpf_cpumask_xor
      bpf_crypto_decrypt bpf_crypto_encrypt bpf_task_under_cgroup
    `,
    'acquire ret_null rcu': `
      bpf_cgroup_acquire bpf_cgroup_ancestor bpf_crypto_ctx_acquire bpf_refcount_acquire_impl
      bpf_task_acquire bpf_task_get_cgroup1
    `,
    iter_new: `
      bpf_iter_bits_new bpf_iter_num_new
    `,
    'trusted_args iter_new': `
      bpf_iter_css_task_new
    `,
    'rcu iter_new': `
      bpf_iter_task_vma_new
    `,
    'ret_null iter_next': `
      bpf_iter_bits_next bpf_iter_css_next bpf_iter_css_task_next bpf_iter_num_next
      bpf_iter_task_next bpf_iter_task_vma_next
    `,
    iter_destroy: `
      bpf_iter_bits_destroy bpf_iter_css_destroy bpf_iter_css_task_destroy
      bpf_iter_num_destroy bpf_iter_task_destroy bpf_iter_task_vma_destroy
    `,
    'trusted_args iter_new rcu_protected': `
      bpf_iter_css_new bpf_iter_task_new
    `,
  },
  '7.2': {
    none: `
      __bpf_trap bpf_ct_change_status bpf_ct_change_timeout bpf_ct_set_nat_info
      bpf_ct_set_status bpf_ct_set_timeout bpf_dynptr_adjust bpf_dynptr_clone bpf_dynptr_copy
      bpf_dynptr_from_file bpf_dynptr_from_skb bpf_dynptr_from_skb_meta bpf_dynptr_from_xdp
      bpf_dynptr_is_null bpf_dynptr_is_rdonly bpf_dynptr_memset bpf_dynptr_size
      bpf_get_fsverity_digest bpf_get_kmem_cache bpf_list_empty bpf_list_is_first
      bpf_list_is_last bpf_list_push_back_impl bpf_list_push_front_impl bpf_local_irq_restore
      bpf_local_irq_save bpf_map_sum_elem_count bpf_mem_cgroup_memory_events
      bpf_mem_cgroup_page_state bpf_mem_cgroup_usage bpf_mem_cgroup_vm_events
      bpf_modify_return_test bpf_modify_return_test2 bpf_modify_return_test_tp bpf_path_d_path
      bpf_preempt_disable bpf_preempt_enable bpf_probe_read_kernel_dynptr
      bpf_probe_read_kernel_str_dynptr bpf_probe_read_user_dynptr
      bpf_probe_read_user_str_dynptr bpf_qdisc_bstats_update bpf_qdisc_init_prologue
      bpf_qdisc_reset_destroy_epilogue bpf_qdisc_watchdog_schedule bpf_rbtree_add_impl
      bpf_rcu_read_lock bpf_rcu_read_unlock bpf_res_spin_unlock bpf_res_spin_unlock_irqrestore
      bpf_send_signal_task bpf_session_cookie bpf_session_is_return bpf_sk_assign_tcp_reqsk
      bpf_skb_get_fou_encap bpf_skb_get_hash bpf_skb_set_fou_encap bpf_skb_set_xfrm_info
      bpf_sock_addr_set_sun_path bpf_sock_destroy bpf_sock_ops_enable_tx_tstamp bpf_strcasecmp
      bpf_strcasestr bpf_strchr bpf_strchrnul bpf_strcmp bpf_strcspn bpf_strlen
      bpf_strncasecmp bpf_strncasestr bpf_strnchr bpf_strnlen bpf_strnstr bpf_strrchr
      bpf_strspn bpf_strstr bpf_throw bpf_timer_cancel_async bpf_wakeup_sources_get_head
      bpf_wq_init bpf_wq_start bpf_xdp_metadata_rx_hash bpf_xdp_metadata_rx_timestamp
      bpf_xdp_metadata_rx_vlan_tag bpf_xdp_pull_data css_rstat_updated cubictcp_acked
      cubictcp_cong_avoid cubictcp_cwnd_event_tx_start cubictcp_init cubictcp_recalc_ssthresh
      cubictcp_state hid_bpf_hw_output_report hid_bpf_hw_request hid_bpf_input_report
      hid_bpf_try_input_report scx_bpf_events scx_bpf_now scx_bpf_nr_cids scx_bpf_nr_cpu_ids
      scx_bpf_nr_node_ids scx_bpf_nr_online_cids scx_bpf_this_cid tcp_cong_avoid_ai
      tcp_reno_cong_avoid tcp_reno_ssthresh tcp_reno_undo_cwnd tcp_slow_start
      update_socket_protocol
    `,
    acquire: `
      bpf_cpumask_acquire bpf_wakeup_sources_read_lock scx_bpf_get_online_cpumask
      scx_bpf_get_possible_cpumask
    `,
    release: `
      bpf_cgroup_release bpf_cpumask_release bpf_crypto_ctx_release bpf_ct_release
      bpf_dynptr_file_discard bpf_key_put bpf_kfree_skb bpf_kfunc_call_memb_release
      bpf_kfunc_call_test_release bpf_obj_drop_impl bpf_percpu_obj_drop_impl bpf_put_file
      bpf_put_mem_cgroup bpf_qdisc_skb_drop bpf_task_release bpf_wakeup_sources_read_unlock
      bpf_xdp_xfrm_state_release hid_bpf_release_context scx_bpf_put_cpumask
      scx_bpf_put_idle_cpumask
    `,
    ret_null: `
      bpf_dynptr_slice bpf_dynptr_slice_rdwr bpf_io_uring_get_region bpf_list_back
      bpf_list_front bpf_rbtree_first bpf_rbtree_left bpf_rbtree_right bpf_rbtree_root
      bpf_res_spin_lock bpf_res_spin_lock_irqsave bpf_skb_get_xfrm_info bpf_xdp_flow_lookup
      hid_bpf_get_data
    `,
    'acquire ret_null': `
      bpf_cgroup_from_id bpf_cpumask_create bpf_get_root_mem_cgroup bpf_get_task_exe_file
      bpf_list_del bpf_list_pop_back bpf_list_pop_front bpf_lookup_system_key bpf_obj_new_impl
      bpf_percpu_obj_new_impl bpf_rbtree_remove bpf_skb_ct_alloc bpf_skb_ct_lookup
      bpf_task_from_pid bpf_task_from_vpid bpf_xdp_ct_alloc bpf_xdp_ct_lookup
      bpf_xdp_get_xfrm_state hid_bpf_allocate_context
    `,
    'acquire release ret_null': `
      bpf_ct_insert_entry
    `,
    sleepable: `
      bpf_copy_from_user_dynptr bpf_copy_from_user_str bpf_copy_from_user_str_dynptr
      bpf_copy_from_user_task_dynptr bpf_copy_from_user_task_str
      bpf_copy_from_user_task_str_dynptr bpf_fentry_test1 bpf_get_dentry_xattr
      bpf_get_file_xattr bpf_io_uring_submit_sqes bpf_mem_cgroup_flush_stats
      bpf_remove_dentry_xattr bpf_set_dentry_xattr bpf_verify_pkcs7_signature css_rstat_flush
    `,
    'ret_null sleepable': `
      bpf_real_data_inode
    `,
    'acquire ret_null sleepable': `
      bpf_crypto_ctx_create bpf_lookup_user_key
    `,
    destructive: `
      crash_kexec
    `,
    rcu: `
      bpf_cgroup_read_xattr bpf_cpumask_and bpf_cpumask_any_and_distribute
      bpf_cpumask_any_distribute bpf_cpumask_clear bpf_cpumask_clear_cpu bpf_cpumask_copy
      bpf_cpumask_empty bpf_cpumask_equal bpf_cpumask_first bpf_cpumask_first_and
      bpf_cpumask_first_zero bpf_cpumask_full bpf_cpumask_intersects bpf_cpumask_or
      bpf_cpumask_populate bpf_cpumask_set_cpu bpf_cpumask_setall bpf_cpumask_subset
      bpf_cpumask_test_and_clear_cpu bpf_cpumask_test_and_set_cpu bpf_cpumask_test_cpu
      bpf_cpumask_weight bpf_cpumask_xor bpf_crypto_decrypt bpf_crypto_encrypt
      bpf_task_under_cgroup scx_bpf_dsq_insert_vtime scx_bpf_dsq_move
      scx_bpf_dsq_move_set_slice scx_bpf_dsq_move_set_vtime scx_bpf_dsq_move_vtime
      scx_bpf_select_cpu_and scx_bpf_task_cid scx_bpf_task_cpu scx_bpf_task_running
    `,
    'acquire ret_null rcu': `
      bpf_cgroup_acquire bpf_cgroup_ancestor bpf_crypto_ctx_acquire bpf_get_mem_cgroup
      bpf_refcount_acquire_impl bpf_task_acquire bpf_task_get_cgroup1
    `,
    iter_new: `
      bpf_iter_bits_new bpf_iter_css_task_new bpf_iter_num_new
    `,
    'sleepable iter_new': `
      bpf_iter_dmabuf_new bpf_iter_kmem_cache_new
    `,
    'rcu iter_new': `
      bpf_iter_task_vma_new
    `,
    'ret_null iter_next': `
      bpf_iter_bits_next bpf_iter_css_next bpf_iter_css_task_next bpf_iter_num_next
      bpf_iter_scx_dsq_next bpf_iter_task_next bpf_iter_task_vma_next
    `,
    'ret_null sleepable iter_next': `
      bpf_iter_dmabuf_next bpf_iter_kmem_cache_next
    `,
    iter_destroy: `
      bpf_iter_bits_destroy bpf_iter_css_destroy bpf_iter_css_task_destroy
      bpf_iter_num_destroy bpf_iter_scx_dsq_destroy bpf_iter_task_destroy
      bpf_iter_task_vma_destroy
    `,
    'sleepable iter_destroy': `
      bpf_iter_dmabuf_destroy bpf_iter_kmem_cache_destroy
    `,
    'ret_null rcu_protected': `
      scx_bpf_tid_to_task
    `,
    'iter_new rcu_protected': `
      bpf_iter_css_new bpf_iter_task_new
    `,
    fastcall: `
      bpf_cast_to_kern_ctx bpf_rdonly_cast
    `,
    arena_arg2: `
      bpf_arena_free_pages bpf_arena_reserve_pages
    `,
    'arena_ret arena_arg2': `
      bpf_arena_alloc_pages
    `,
    implicit_args: `
      bpf_list_add bpf_list_push_back bpf_list_push_front bpf_rbtree_add
      bpf_stream_print_stack bpf_stream_vprintk bpf_task_work_schedule_resume
      bpf_task_work_schedule_signal bpf_wq_set_callback scx_bpf_cid_to_cpu scx_bpf_cid_topo
      scx_bpf_cidperf_cap scx_bpf_cidperf_cur scx_bpf_cidperf_set scx_bpf_cpu_node
      scx_bpf_cpu_rq scx_bpf_cpu_to_cid scx_bpf_cpuperf_cap scx_bpf_cpuperf_cur
      scx_bpf_cpuperf_set scx_bpf_destroy_dsq scx_bpf_dispatch_cancel
      scx_bpf_dispatch_nr_slots scx_bpf_dsq_move_to_local scx_bpf_dsq_move_to_local___v2
      scx_bpf_dsq_nr_queued scx_bpf_dsq_reenq scx_bpf_dump_bstr scx_bpf_error_bstr
      scx_bpf_exit_bstr scx_bpf_kick_cid scx_bpf_kick_cpu scx_bpf_reenqueue_local
      scx_bpf_reenqueue_local___v2 scx_bpf_sub_dispatch scx_bpf_test_and_clear_cpu_idle
    `,
    'acquire implicit_args': `
      scx_bpf_get_idle_cpumask scx_bpf_get_idle_cpumask_node scx_bpf_get_idle_smtmask
      scx_bpf_get_idle_smtmask_node
    `,
    'release implicit_args': `
      bpf_obj_drop bpf_percpu_obj_drop
    `,
    'ret_null implicit_args': `
      scx_bpf_locked_rq
    `,
    'acquire ret_null implicit_args': `
      bpf_obj_new bpf_percpu_obj_new
    `,
    'sleepable implicit_args': `
      scx_bpf_cid_override scx_bpf_create_dsq
    `,
    'rcu implicit_args': `
      __scx_bpf_dsq_insert_vtime __scx_bpf_select_cpu_and scx_bpf_dsq_insert
      scx_bpf_dsq_insert___v2 scx_bpf_pick_any_cpu scx_bpf_pick_any_cpu_node
      scx_bpf_pick_idle_cpu scx_bpf_pick_idle_cpu_node scx_bpf_select_cpu_dfl
      scx_bpf_task_set_dsq_vtime scx_bpf_task_set_slice
    `,
    'acquire rcu implicit_args': `
      scx_bpf_task_cgroup
    `,
    'acquire ret_null rcu implicit_args': `
      bpf_refcount_acquire
    `,
    'ret_null rcu_protected implicit_args': `
      scx_bpf_cid_curr scx_bpf_cpu_curr scx_bpf_dsq_peek
    `,
    'iter_new rcu_protected implicit_args': `
      bpf_iter_scx_dsq_new
    `,
  },
};

const tables = new Map<string, ReadonlyMap<string, number>>();

function tableOf(release: string): ReadonlyMap<string, number> {
  let table = tables.get(release);
  if (table === undefined) {
    const made = new Map<string, number>();
    for (const [words, names] of Object.entries(FUNCTIONS[release] ?? {})) {
      const flags = words.split(' ').reduce((all, word) => all | FLAG_BITS[word], 0);
      for (const name of names.trim().split(/\s+/)) made.set(name, flags);
    }
    table = made;
    tables.set(release, table);
  }
  return table;
}

/** Flags of a kernel function in a release; undefined when no program can call it there. */
export function kfuncFlags(release: string, name: string): number | undefined {
  return tableOf(release).get(name);
}
