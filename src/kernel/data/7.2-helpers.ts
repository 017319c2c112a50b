/**
 * Helper functions of Linux 7.2.13 as Debian builds it (7.2.13-1, amd64), privileged programs. The form is
 * described in ../helper-table.ts.
 */
import type { HelperData } from '../helper-table.js';

export const HELPERS_7_2: HelperData = {
  protos: {
    bpf_get_local_storage: 'PTR_TO_MAP_VALUE bpf_get_local_storage(CONST_MAP_PTR, ANYTHING)',
    bpf_get_retval: 'INTEGER bpf_get_retval()',
    bpf_set_retval: 'INTEGER bpf_set_retval(ANYTHING)',
    bpf_map_lookup_elem:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_map_lookup_elem(CONST_MAP_PTR, PTR_TO_MAP_KEY) pkt_access',
    bpf_map_update_elem:
      'INTEGER bpf_map_update_elem(CONST_MAP_PTR, PTR_TO_MAP_KEY, PTR_TO_MAP_VALUE, ANYTHING) pkt_access',
    bpf_map_delete_elem: 'INTEGER bpf_map_delete_elem(CONST_MAP_PTR, PTR_TO_MAP_KEY) pkt_access',
    bpf_map_push_elem: 'INTEGER bpf_map_push_elem(CONST_MAP_PTR, PTR_TO_MAP_VALUE, ANYTHING) pkt_access',
    bpf_map_pop_elem: 'INTEGER bpf_map_pop_elem(CONST_MAP_PTR, PTR_TO_MAP_VALUE|MEM_UNINIT|MEM_WRITE)',
    bpf_map_peek_elem: 'INTEGER bpf_map_peek_elem(CONST_MAP_PTR, PTR_TO_MAP_VALUE|MEM_UNINIT|MEM_WRITE)',
    bpf_map_lookup_percpu_elem:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_map_lookup_percpu_elem(CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING) pkt_access',
    bpf_get_prandom_u32: 'INTEGER bpf_user_rnd_u32()',
    bpf_get_raw_smp_processor_id: 'INTEGER bpf_get_raw_cpu_id()',
    bpf_get_numa_node_id: 'INTEGER bpf_get_numa_node_id()',
    bpf_tail_call: 'VOID -(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
    bpf_ktime_get_ns: 'INTEGER bpf_ktime_get_ns()',
    bpf_ktime_get_boot_ns: 'INTEGER bpf_ktime_get_boot_ns()',
    bpf_ktime_get_tai_ns: 'INTEGER bpf_ktime_get_tai_ns()',
    bpf_ringbuf_output:
      'INTEGER bpf_ringbuf_output(CONST_MAP_PTR, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
    bpf_ringbuf_reserve:
      'PTR_TO_RINGBUF_MEM_OR_NULL bpf_ringbuf_reserve(CONST_MAP_PTR, CONST_ALLOC_SIZE_OR_ZERO, ANYTHING)',
    bpf_ringbuf_submit: 'VOID bpf_ringbuf_submit(PTR_TO_RINGBUF_MEM|OBJ_RELEASE, ANYTHING)',
    bpf_ringbuf_discard: 'VOID bpf_ringbuf_discard(PTR_TO_RINGBUF_MEM|OBJ_RELEASE, ANYTHING)',
    bpf_ringbuf_query: 'INTEGER bpf_ringbuf_query(CONST_MAP_PTR, ANYTHING)',
    bpf_strncmp: 'INTEGER bpf_strncmp(PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_CONST_STR)',
    bpf_strtol:
      'INTEGER bpf_strtol(PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED:8)',
    bpf_strtoul:
      'INTEGER bpf_strtoul(PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED:8)',
    bpf_get_current_pid_tgid: 'INTEGER bpf_get_current_pid_tgid()',
    bpf_get_ns_current_pid_tgid:
      'INTEGER bpf_get_ns_current_pid_tgid(ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_get_current_uid_gid: 'INTEGER bpf_get_current_uid_gid()',
    bpf_spin_lock: 'VOID bpf_spin_lock(PTR_TO_SPIN_LOCK:*)',
    bpf_spin_unlock: 'VOID bpf_spin_unlock(PTR_TO_SPIN_LOCK:*)',
    bpf_jiffies64: 'INTEGER bpf_jiffies64()',
    bpf_per_cpu_ptr:
      'PTR_TO_MEM_OR_BTF_ID|PTR_MAYBE_NULL|MEM_RDONLY bpf_per_cpu_ptr(PTR_TO_PERCPU_BTF_ID, ANYTHING)',
    bpf_this_cpu_ptr: 'PTR_TO_MEM_OR_BTF_ID|MEM_RDONLY bpf_this_cpu_ptr(PTR_TO_PERCPU_BTF_ID)',
    bpf_timer_init: 'INTEGER bpf_timer_init(PTR_TO_TIMER, CONST_MAP_PTR, ANYTHING) gpl',
    bpf_timer_set_callback: 'INTEGER bpf_timer_set_callback(PTR_TO_TIMER, PTR_TO_FUNC) gpl',
    bpf_timer_start: 'INTEGER bpf_timer_start(PTR_TO_TIMER, ANYTHING, ANYTHING) gpl',
    bpf_timer_cancel: 'INTEGER bpf_timer_cancel(PTR_TO_TIMER) gpl',
    bpf_kptr_xchg:
      'PTR_TO_BTF_ID_OR_NULL:* bpf_kptr_xchg(KPTR_XCHG_DEST, PTR_TO_BTF_ID_OR_NULL|OBJ_RELEASE:*)',
    bpf_for_each_map_elem:
      'INTEGER bpf_for_each_map_elem(CONST_MAP_PTR, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
    bpf_loop: 'INTEGER bpf_loop(SCALAR, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
    bpf_user_ringbuf_drain:
      'INTEGER bpf_user_ringbuf_drain(CONST_MAP_PTR, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
    bpf_ringbuf_reserve_dynptr:
      'INTEGER bpf_ringbuf_reserve_dynptr(CONST_MAP_PTR, ANYTHING, ANYTHING, PTR_TO_DYNPTR|DYNPTR_TYPE_RINGBUF|MEM_UNINIT|MEM_WRITE)',
    bpf_ringbuf_submit_dynptr:
      'VOID bpf_ringbuf_submit_dynptr(PTR_TO_DYNPTR|DYNPTR_TYPE_RINGBUF|OBJ_RELEASE, ANYTHING)',
    bpf_ringbuf_discard_dynptr:
      'VOID bpf_ringbuf_discard_dynptr(PTR_TO_DYNPTR|DYNPTR_TYPE_RINGBUF|OBJ_RELEASE, ANYTHING)',
    bpf_dynptr_from_mem:
      'INTEGER bpf_dynptr_from_mem(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING, PTR_TO_DYNPTR|DYNPTR_TYPE_LOCAL|MEM_UNINIT|MEM_WRITE)',
    bpf_dynptr_read:
      'INTEGER bpf_dynptr_read(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, PTR_TO_DYNPTR, ANYTHING, ANYTHING)',
    bpf_dynptr_write:
      'INTEGER bpf_dynptr_write(PTR_TO_DYNPTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
    bpf_dynptr_data:
      'PTR_TO_DYNPTR_MEM_OR_NULL bpf_dynptr_data(PTR_TO_DYNPTR, ANYTHING, CONST_ALLOC_SIZE_OR_ZERO)',
    bpf_cgrp_storage_get:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_cgrp_storage_get(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:cgroup, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
    bpf_cgrp_storage_delete: 'INTEGER bpf_cgrp_storage_delete(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:cgroup)',
    bpf_get_current_cgroup_id: 'INTEGER bpf_get_current_cgroup_id()',
    bpf_get_current_ancestor_cgroup_id: 'INTEGER bpf_get_current_ancestor_cgroup_id(ANYTHING)',
    bpf_current_task_under_cgroup: 'INTEGER bpf_current_task_under_cgroup(CONST_MAP_PTR, ANYTHING)',
    bpf_get_cgroup_classid_curr: 'INTEGER bpf_get_cgroup_classid_curr()',
    bpf_task_storage_get:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_task_storage_get(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:task_struct, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
    bpf_task_storage_delete:
      'INTEGER bpf_task_storage_delete(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:task_struct)',
    bpf_trace_printk: 'INTEGER bpf_trace_printk(PTR_TO_MEM|MEM_RDONLY, CONST_SIZE) gpl',
    bpf_get_current_task: 'INTEGER bpf_get_current_task() gpl',
    bpf_get_current_task_btf: 'PTR_TO_BTF_ID_TRUSTED:task_struct bpf_get_current_task_btf() gpl',
    bpf_get_current_comm: 'INTEGER bpf_get_current_comm(PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_probe_read_user: 'INTEGER bpf_probe_read_user(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_probe_read_kernel:
      'INTEGER bpf_probe_read_kernel(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_probe_read_user_str:
      'INTEGER bpf_probe_read_user_str(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_probe_read_kernel_str:
      'INTEGER bpf_probe_read_kernel_str(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_copy_from_user:
      'INTEGER bpf_copy_from_user(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) might_sleep',
    bpf_copy_from_user_task:
      'INTEGER bpf_copy_from_user_task(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING, PTR_TO_BTF_ID:task_struct, ANYTHING) gpl might_sleep',
    bpf_snprintf_btf:
      'INTEGER bpf_snprintf_btf(PTR_TO_MEM|MEM_WRITE, CONST_SIZE, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
    bpf_snprintf:
      'INTEGER bpf_snprintf(PTR_TO_MEM_OR_NULL|MEM_WRITE, CONST_SIZE_OR_ZERO, PTR_TO_CONST_STR, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_task_pt_regs: 'PTR_TO_BTF_ID:pt_regs bpf_task_pt_regs(PTR_TO_BTF_ID:task_struct) gpl',
    bpf_trace_vprintk:
      'INTEGER bpf_trace_vprintk(PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_perf_event_read_value:
      'INTEGER bpf_perf_event_read_value(CONST_MAP_PTR, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE) gpl',
    bpf_perf_event_read: 'INTEGER bpf_perf_event_read(CONST_MAP_PTR, ANYTHING) gpl',
    bpf_send_signal: 'INTEGER bpf_send_signal(ANYTHING)',
    bpf_send_signal_thread: 'INTEGER bpf_send_signal_thread(ANYTHING)',
    bpf_get_task_stack_sleepable:
      'INTEGER bpf_get_task_stack_sleepable(PTR_TO_BTF_ID:task_struct, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) might_sleep',
    bpf_get_task_stack:
      'INTEGER bpf_get_task_stack(PTR_TO_BTF_ID:task_struct, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING)',
    bpf_get_branch_snapshot: 'INTEGER bpf_get_branch_snapshot(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO) gpl',
    bpf_find_vma:
      'INTEGER bpf_find_vma(PTR_TO_BTF_ID:task_struct, ANYTHING, PTR_TO_FUNC, PTR_TO_STACK_OR_NULL, ANYTHING)',
    bpf_skc_to_tcp6_sock: 'PTR_TO_BTF_ID_OR_NULL:tcp6_sock bpf_skc_to_tcp6_sock(PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_skc_to_tcp_sock: 'PTR_TO_BTF_ID_OR_NULL:tcp_sock bpf_skc_to_tcp_sock(PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_skc_to_tcp_timewait_sock:
      'PTR_TO_BTF_ID_OR_NULL:tcp_timewait_sock bpf_skc_to_tcp_timewait_sock(PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_skc_to_tcp_request_sock:
      'PTR_TO_BTF_ID_OR_NULL:tcp_request_sock bpf_skc_to_tcp_request_sock(PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_skc_to_udp6_sock: 'PTR_TO_BTF_ID_OR_NULL:udp6_sock bpf_skc_to_udp6_sock(PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_skc_to_unix_sock: 'PTR_TO_BTF_ID_OR_NULL:unix_sock bpf_skc_to_unix_sock(PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_skc_to_mptcp_sock: 'PTR_TO_BTF_ID_OR_NULL:mptcp_sock bpf_skc_to_mptcp_sock(PTR_TO_SOCK_COMMON)',
    bpf_ktime_get_coarse_ns: 'INTEGER bpf_ktime_get_coarse_ns()',
    bpf_get_smp_processor_id: 'INTEGER bpf_get_smp_processor_id() fastcall',
    bpf_probe_read_compat:
      'INTEGER bpf_probe_read_compat(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_probe_read_compat_str:
      'INTEGER bpf_probe_read_compat_str(PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_get_func_ip_proto_tracing: 'INTEGER bpf_get_func_ip_tracing(PTR_TO_CTX) gpl',
    bpf_probe_write_user: 'INTEGER bpf_probe_write_user(ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE) gpl',
    bpf_perf_event_output:
      'INTEGER bpf_perf_event_output(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_get_stackid: 'INTEGER bpf_get_stackid(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING) gpl',
    bpf_get_stack_sleepable:
      'INTEGER bpf_get_stack_sleepable(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl might_sleep',
    bpf_get_stack: 'INTEGER bpf_get_stack(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_get_func_ip_proto_kprobe_multi: 'INTEGER bpf_get_func_ip_kprobe_multi(PTR_TO_CTX)',
    bpf_get_func_ip_proto_uprobe_multi: 'INTEGER bpf_get_func_ip_uprobe_multi(PTR_TO_CTX)',
    bpf_get_func_ip_proto_kprobe: 'INTEGER bpf_get_func_ip_kprobe(PTR_TO_CTX) gpl',
    bpf_get_attach_cookie_proto_kmulti: 'INTEGER bpf_get_attach_cookie_kprobe_multi(PTR_TO_CTX)',
    bpf_get_attach_cookie_proto_umulti: 'INTEGER bpf_get_attach_cookie_uprobe_multi(PTR_TO_CTX)',
    bpf_get_attach_cookie_proto_trace: 'INTEGER bpf_get_attach_cookie_trace(PTR_TO_CTX)',
    bpf_perf_event_output_proto_tp:
      'INTEGER bpf_perf_event_output_tp(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_get_stackid_proto_tp: 'INTEGER bpf_get_stackid_tp(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING) gpl',
    bpf_get_stack_proto_tp:
      'INTEGER bpf_get_stack_tp(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_get_stackid_proto_pe: 'INTEGER bpf_get_stackid_pe(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
    bpf_get_stack_proto_pe:
      'INTEGER bpf_get_stack_pe(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_perf_prog_read_value:
      'INTEGER bpf_perf_prog_read_value(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE) gpl',
    bpf_read_branch_records:
      'INTEGER bpf_read_branch_records(PTR_TO_CTX, PTR_TO_MEM_OR_NULL|MEM_WRITE, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_get_attach_cookie_proto_pe: 'INTEGER bpf_get_attach_cookie_pe(PTR_TO_CTX)',
    bpf_perf_event_output_proto_raw_tp:
      'INTEGER bpf_perf_event_output_raw_tp(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_get_stackid_proto_raw_tp: 'INTEGER bpf_get_stackid_raw_tp(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING) gpl',
    bpf_get_stack_proto_raw_tp:
      'INTEGER bpf_get_stack_raw_tp(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_get_attach_cookie_proto_tracing: 'INTEGER bpf_get_attach_cookie_tracing(PTR_TO_CTX)',
    bpf_skb_output:
      'INTEGER bpf_skb_event_output(PTR_TO_BTF_ID:sk_buff, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_xdp_output:
      'INTEGER bpf_xdp_event_output(PTR_TO_BTF_ID:xdp_buff, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_sk_storage_get_tracing:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_sk_storage_get_tracing(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:sock_common, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
    bpf_sk_storage_delete_tracing:
      'INTEGER bpf_sk_storage_delete_tracing(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:sock_common)',
    bpf_sock_from_file: 'PTR_TO_BTF_ID_OR_NULL:socket bpf_sock_from_file(PTR_TO_BTF_ID:file)',
    bpf_get_socket_ptr_cookie: 'INTEGER bpf_get_socket_ptr_cookie(PTR_TO_BTF_ID_SOCK_COMMON|PTR_MAYBE_NULL)',
    bpf_xdp_get_buff_len_trace: 'INTEGER bpf_xdp_get_buff_len(PTR_TO_BTF_ID:xdp_buff)',
    bpf_seq_printf:
      'INTEGER bpf_seq_printf(PTR_TO_BTF_ID:seq_file, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_seq_write:
      'INTEGER bpf_seq_write(PTR_TO_BTF_ID:seq_file, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_seq_printf_btf:
      'INTEGER bpf_seq_printf_btf(PTR_TO_BTF_ID:seq_file, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING) gpl',
    bpf_d_path: 'INTEGER bpf_d_path(PTR_TO_BTF_ID:path, PTR_TO_MEM|MEM_WRITE, CONST_SIZE_OR_ZERO)',
    bpf_get_func_arg:
      'INTEGER get_func_arg(PTR_TO_CTX, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED:8)',
    bpf_get_func_ret:
      'INTEGER get_func_ret(PTR_TO_CTX, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED:8)',
    bpf_get_func_arg_cnt: 'INTEGER get_func_arg_cnt(PTR_TO_CTX)',
    bpf_inode_storage_get:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_inode_storage_get(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:inode, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
    bpf_inode_storage_delete: 'INTEGER bpf_inode_storage_delete(CONST_MAP_PTR, PTR_TO_BTF_ID_OR_NULL:inode)',
    bpf_sk_storage_get:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_sk_storage_get(CONST_MAP_PTR, PTR_TO_BTF_ID_SOCK_COMMON, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
    bpf_sk_storage_delete: 'INTEGER bpf_sk_storage_delete(CONST_MAP_PTR, PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_bprm_opts_set: 'INTEGER bpf_bprm_opts_set(PTR_TO_BTF_ID:linux_binprm, ANYTHING)',
    bpf_ima_inode_hash:
      'INTEGER bpf_ima_inode_hash(PTR_TO_BTF_ID:inode, PTR_TO_UNINIT_MEM, CONST_SIZE) might_sleep',
    bpf_ima_file_hash:
      'INTEGER bpf_ima_file_hash(PTR_TO_BTF_ID:file, PTR_TO_UNINIT_MEM, CONST_SIZE) might_sleep',
    bpf_get_attach_cookie: 'INTEGER bpf_get_attach_cookie(PTR_TO_CTX)',
    bpf_sk_setsockopt:
      'INTEGER bpf_sk_setsockopt(PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_unlocked_sk_setsockopt:
      'INTEGER bpf_unlocked_sk_setsockopt(PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_sk_getsockopt:
      'INTEGER bpf_sk_getsockopt(PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_unlocked_sk_getsockopt:
      'INTEGER bpf_unlocked_sk_getsockopt(PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_sys_bpf: 'INTEGER bpf_sys_bpf(ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE) might_sleep',
    bpf_btf_find_by_name_kind:
      'INTEGER bpf_btf_find_by_name_kind(PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING, ANYTHING) might_sleep',
    bpf_sys_close: 'INTEGER bpf_sys_close(ANYTHING) might_sleep',
    bpf_kallsyms_lookup_name:
      'INTEGER bpf_kallsyms_lookup_name(PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED:8)',
    bpf_event_output_data:
      'INTEGER bpf_event_output_data(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_sysctl_get_name:
      'INTEGER bpf_sysctl_get_name(PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING)',
    bpf_sysctl_get_current_value:
      'INTEGER bpf_sysctl_get_current_value(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_sysctl_get_new_value: 'INTEGER bpf_sysctl_get_new_value(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_sysctl_set_new_value:
      'INTEGER bpf_sysctl_set_new_value(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_get_netns_cookie_sockopt: 'INTEGER bpf_get_netns_cookie_sockopt(PTR_TO_CTX_OR_NULL)',
    bpf_tcp_sock: 'PTR_TO_TCP_SOCK_OR_NULL bpf_tcp_sock(PTR_TO_SOCK_COMMON)',
    bpf_get_socket_cookie_sock: 'INTEGER bpf_get_socket_cookie_sock(PTR_TO_CTX)',
    bpf_get_netns_cookie_sock: 'INTEGER bpf_get_netns_cookie_sock(PTR_TO_CTX_OR_NULL)',
    bpf_sk_storage_get_cg_sock:
      'PTR_TO_MAP_VALUE_OR_NULL bpf_sk_storage_get(CONST_MAP_PTR, PTR_TO_CTX, PTR_TO_MAP_VALUE_OR_NULL, ANYTHING)',
    bpf_sock_create_setsockopt:
      'INTEGER bpf_sock_create_setsockopt(PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_sock_create_getsockopt:
      'INTEGER bpf_sock_create_getsockopt(PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_bind: 'INTEGER bpf_bind(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_get_socket_cookie_sock_addr: 'INTEGER bpf_get_socket_cookie_sock_addr(PTR_TO_CTX)',
    bpf_get_netns_cookie_sock_addr: 'INTEGER bpf_get_netns_cookie_sock_addr(PTR_TO_CTX_OR_NULL)',
    bpf_sock_addr_sk_lookup_tcp:
      'PTR_TO_SOCKET_OR_NULL bpf_sock_addr_sk_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
    bpf_sock_addr_sk_lookup_udp:
      'PTR_TO_SOCKET_OR_NULL bpf_sock_addr_sk_lookup_udp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
    bpf_sk_release: 'INTEGER bpf_sk_release(PTR_TO_BTF_ID_SOCK_COMMON|OBJ_RELEASE)',
    bpf_sock_addr_skc_lookup_tcp:
      'PTR_TO_SOCK_COMMON_OR_NULL bpf_sock_addr_skc_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING)',
    bpf_sock_addr_setsockopt:
      'INTEGER bpf_sock_addr_setsockopt(PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_sock_addr_getsockopt:
      'INTEGER bpf_sock_addr_getsockopt(PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_skb_load_bytes: 'INTEGER bpf_skb_load_bytes(PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_skb_load_bytes_relative:
      'INTEGER bpf_skb_load_bytes_relative(PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
    bpf_get_socket_cookie: 'INTEGER bpf_get_socket_cookie(PTR_TO_CTX)',
    bpf_get_netns_cookie: 'INTEGER bpf_get_netns_cookie(PTR_TO_CTX_OR_NULL)',
    bpf_get_socket_uid: 'INTEGER bpf_get_socket_uid(PTR_TO_CTX)',
    bpf_skb_event_output:
      'INTEGER bpf_skb_event_output(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_sk_fullsock: 'PTR_TO_SOCKET_OR_NULL bpf_sk_fullsock(PTR_TO_SOCK_COMMON)',
    bpf_skb_cgroup_id: 'INTEGER bpf_skb_cgroup_id(PTR_TO_CTX)',
    bpf_skb_ancestor_cgroup_id: 'INTEGER bpf_skb_ancestor_cgroup_id(PTR_TO_CTX, ANYTHING)',
    bpf_sk_cgroup_id: 'INTEGER bpf_sk_cgroup_id(PTR_TO_BTF_ID_SOCK_COMMON)',
    bpf_sk_ancestor_cgroup_id: 'INTEGER bpf_sk_ancestor_cgroup_id(PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING)',
    bpf_sk_lookup_tcp:
      'PTR_TO_SOCKET_OR_NULL bpf_sk_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_sk_lookup_udp:
      'PTR_TO_SOCKET_OR_NULL bpf_sk_lookup_udp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_skc_lookup_tcp:
      'PTR_TO_SOCK_COMMON_OR_NULL bpf_skc_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_get_listener_sock: 'PTR_TO_SOCKET_OR_NULL bpf_get_listener_sock(PTR_TO_SOCK_COMMON)',
    bpf_skb_ecn_set_ce: 'INTEGER bpf_skb_ecn_set_ce(PTR_TO_CTX)',
    bpf_skb_store_bytes:
      'INTEGER bpf_skb_store_bytes(PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
    bpf_skb_pull_data: 'INTEGER bpf_skb_pull_data(PTR_TO_CTX, ANYTHING)',
    bpf_csum_diff:
      'INTEGER bpf_csum_diff(PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING) pkt_access',
    bpf_csum_update: 'INTEGER bpf_csum_update(PTR_TO_CTX, ANYTHING)',
    bpf_csum_level: 'INTEGER bpf_csum_level(PTR_TO_CTX, ANYTHING)',
    bpf_l3_csum_replace: 'INTEGER bpf_l3_csum_replace(PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING, ANYTHING)',
    bpf_l4_csum_replace: 'INTEGER bpf_l4_csum_replace(PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING, ANYTHING)',
    bpf_clone_redirect: 'INTEGER bpf_clone_redirect(PTR_TO_CTX, ANYTHING, ANYTHING)',
    bpf_get_cgroup_classid: 'INTEGER bpf_get_cgroup_classid(PTR_TO_CTX)',
    bpf_skb_vlan_push: 'INTEGER bpf_skb_vlan_push(PTR_TO_CTX, ANYTHING, ANYTHING)',
    bpf_skb_vlan_pop: 'INTEGER bpf_skb_vlan_pop(PTR_TO_CTX)',
    bpf_skb_change_proto: 'INTEGER bpf_skb_change_proto(PTR_TO_CTX, ANYTHING, ANYTHING)',
    bpf_skb_change_type: 'INTEGER bpf_skb_change_type(PTR_TO_CTX, ANYTHING)',
    bpf_skb_adjust_room: 'INTEGER bpf_skb_adjust_room(PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
    bpf_skb_change_tail: 'INTEGER bpf_skb_change_tail(PTR_TO_CTX, ANYTHING, ANYTHING)',
    bpf_skb_change_head: 'INTEGER bpf_skb_change_head(PTR_TO_CTX, ANYTHING, ANYTHING)',
    bpf_skb_get_tunnel_key:
      'INTEGER bpf_skb_get_tunnel_key(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
    bpf_skb_set_tunnel_key:
      'INTEGER bpf_skb_set_tunnel_key(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
    bpf_skb_get_tunnel_opt: 'INTEGER bpf_skb_get_tunnel_opt(PTR_TO_CTX, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_skb_set_tunnel_opt: 'INTEGER bpf_skb_set_tunnel_opt(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_redirect: 'INTEGER bpf_redirect(ANYTHING, ANYTHING)',
    bpf_redirect_neigh:
      'INTEGER bpf_redirect_neigh(ANYTHING, PTR_TO_MEM|PTR_MAYBE_NULL|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING)',
    bpf_redirect_peer: 'INTEGER bpf_redirect_peer(ANYTHING, ANYTHING)',
    bpf_get_route_realm: 'INTEGER bpf_get_route_realm(PTR_TO_CTX)',
    bpf_get_hash_recalc: 'INTEGER bpf_get_hash_recalc(PTR_TO_CTX)',
    bpf_set_hash_invalid: 'INTEGER bpf_set_hash_invalid(PTR_TO_CTX)',
    bpf_set_hash: 'INTEGER bpf_set_hash(PTR_TO_CTX, ANYTHING)',
    bpf_skb_under_cgroup: 'INTEGER bpf_skb_under_cgroup(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING)',
    bpf_skb_fib_lookup:
      'INTEGER bpf_skb_fib_lookup(PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING) gpl',
    bpf_skb_check_mtu:
      'INTEGER bpf_skb_check_mtu(PTR_TO_CTX, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_WRITE|MEM_ALIGNED:4, ANYTHING, ANYTHING) gpl',
    bpf_skb_get_xfrm_state:
      'INTEGER bpf_skb_get_xfrm_state(PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
    bpf_skb_cgroup_classid: 'INTEGER bpf_skb_cgroup_classid(PTR_TO_CTX)',
    bpf_tc_sk_lookup_tcp:
      'PTR_TO_SOCKET_OR_NULL bpf_tc_sk_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_tc_sk_lookup_udp:
      'PTR_TO_SOCKET_OR_NULL bpf_tc_sk_lookup_udp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_tc_skc_lookup_tcp:
      'PTR_TO_SOCK_COMMON_OR_NULL bpf_tc_skc_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_tcp_check_syncookie:
      'INTEGER bpf_tcp_check_syncookie(PTR_TO_BTF_ID_SOCK_COMMON, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE) gpl pkt_access',
    bpf_tcp_gen_syncookie:
      'INTEGER bpf_tcp_gen_syncookie(PTR_TO_BTF_ID_SOCK_COMMON, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE) gpl pkt_access',
    bpf_sk_assign: 'INTEGER bpf_sk_assign(PTR_TO_CTX, PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING)',
    bpf_skb_set_tstamp: 'INTEGER bpf_skb_set_tstamp(PTR_TO_CTX, ANYTHING, ANYTHING)',
    bpf_tcp_raw_gen_syncookie_ipv4:
      'INTEGER bpf_tcp_raw_gen_syncookie_ipv4(PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY:20, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl pkt_access',
    bpf_tcp_raw_gen_syncookie_ipv6:
      'INTEGER bpf_tcp_raw_gen_syncookie_ipv6(PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY:40, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl pkt_access',
    bpf_tcp_raw_check_syncookie_ipv4:
      'INTEGER bpf_tcp_raw_check_syncookie_ipv4(PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY:20, PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY:20) gpl pkt_access',
    bpf_tcp_raw_check_syncookie_ipv6:
      'INTEGER bpf_tcp_raw_check_syncookie_ipv6(PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY:40, PTR_TO_FIXED_SIZE_MEM|MEM_RDONLY:20) gpl pkt_access',
    bpf_xdp_event_output:
      'INTEGER bpf_xdp_event_output(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO) gpl',
    bpf_xdp_adjust_head: 'INTEGER bpf_xdp_adjust_head(PTR_TO_CTX, ANYTHING)',
    bpf_xdp_adjust_meta: 'INTEGER bpf_xdp_adjust_meta(PTR_TO_CTX, ANYTHING)',
    bpf_xdp_redirect: 'INTEGER bpf_xdp_redirect(ANYTHING, ANYTHING)',
    bpf_xdp_redirect_map: 'INTEGER bpf_xdp_redirect_map(CONST_MAP_PTR, ANYTHING, ANYTHING)',
    bpf_xdp_adjust_tail: 'INTEGER bpf_xdp_adjust_tail(PTR_TO_CTX, ANYTHING)',
    bpf_xdp_get_buff_len: 'INTEGER bpf_xdp_get_buff_len(PTR_TO_CTX)',
    bpf_xdp_load_bytes: 'INTEGER bpf_xdp_load_bytes(PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_xdp_store_bytes:
      'INTEGER bpf_xdp_store_bytes(PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_xdp_fib_lookup:
      'INTEGER bpf_xdp_fib_lookup(PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING) gpl',
    bpf_xdp_check_mtu:
      'INTEGER bpf_xdp_check_mtu(PTR_TO_CTX, ANYTHING, PTR_TO_FIXED_SIZE_MEM|MEM_WRITE|MEM_ALIGNED:4, ANYTHING, ANYTHING) gpl',
    bpf_xdp_sk_lookup_udp:
      'PTR_TO_SOCKET_OR_NULL bpf_xdp_sk_lookup_udp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_xdp_sk_lookup_tcp:
      'PTR_TO_SOCKET_OR_NULL bpf_xdp_sk_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_xdp_skc_lookup_tcp:
      'PTR_TO_SOCK_COMMON_OR_NULL bpf_xdp_skc_lookup_tcp(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING) pkt_access',
    bpf_sock_ops_setsockopt:
      'INTEGER bpf_sock_ops_setsockopt(PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_sock_ops_getsockopt:
      'INTEGER bpf_sock_ops_getsockopt(PTR_TO_CTX, ANYTHING, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_sock_ops_cb_flags_set: 'INTEGER bpf_sock_ops_cb_flags_set(PTR_TO_CTX, ANYTHING)',
    bpf_sock_map_update:
      'INTEGER bpf_sock_map_update(PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING) pkt_access',
    bpf_sock_hash_update:
      'INTEGER bpf_sock_hash_update(PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING) pkt_access',
    bpf_get_socket_cookie_sock_ops: 'INTEGER bpf_get_socket_cookie_sock_ops(PTR_TO_CTX)',
    bpf_get_netns_cookie_sock_ops: 'INTEGER bpf_get_netns_cookie_sock_ops(PTR_TO_CTX_OR_NULL)',
    bpf_sock_ops_load_hdr_opt:
      'INTEGER bpf_sock_ops_load_hdr_opt(PTR_TO_CTX, PTR_TO_MEM|MEM_WRITE, CONST_SIZE, ANYTHING)',
    bpf_sock_ops_store_hdr_opt:
      'INTEGER bpf_sock_ops_store_hdr_opt(PTR_TO_CTX, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE, ANYTHING)',
    bpf_sock_ops_reserve_hdr_opt: 'INTEGER bpf_sock_ops_reserve_hdr_opt(PTR_TO_CTX, ANYTHING, ANYTHING)',
    bpf_msg_redirect_map: 'INTEGER bpf_msg_redirect_map(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, ANYTHING)',
    bpf_msg_redirect_hash:
      'INTEGER bpf_msg_redirect_hash(PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
    bpf_msg_apply_bytes: 'INTEGER bpf_msg_apply_bytes(PTR_TO_CTX, ANYTHING)',
    bpf_msg_cork_bytes: 'INTEGER bpf_msg_cork_bytes(PTR_TO_CTX, ANYTHING)',
    bpf_msg_pull_data: 'INTEGER bpf_msg_pull_data(PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
    bpf_msg_push_data: 'INTEGER bpf_msg_push_data(PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
    bpf_msg_pop_data: 'INTEGER bpf_msg_pop_data(PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
    bpf_get_netns_cookie_sk_msg: 'INTEGER bpf_get_netns_cookie_sk_msg(PTR_TO_CTX_OR_NULL)',
    sk_skb_pull_data: 'INTEGER sk_skb_pull_data(PTR_TO_CTX, ANYTHING)',
    sk_skb_change_tail: 'INTEGER sk_skb_change_tail(PTR_TO_CTX, ANYTHING, ANYTHING)',
    sk_skb_change_head: 'INTEGER sk_skb_change_head(PTR_TO_CTX, ANYTHING, ANYTHING)',
    sk_skb_adjust_room: 'INTEGER sk_skb_adjust_room(PTR_TO_CTX, ANYTHING, ANYTHING, ANYTHING)',
    bpf_sk_redirect_map: 'INTEGER bpf_sk_redirect_map(PTR_TO_CTX, CONST_MAP_PTR, ANYTHING, ANYTHING)',
    bpf_sk_redirect_hash: 'INTEGER bpf_sk_redirect_hash(PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
    bpf_flow_dissector_load_bytes:
      'INTEGER bpf_flow_dissector_load_bytes(PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    bpf_lwt_in_push_encap:
      'INTEGER bpf_lwt_in_push_encap(PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_lwt_xmit_push_encap:
      'INTEGER bpf_lwt_xmit_push_encap(PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_lwt_seg6_store_bytes:
      'INTEGER bpf_lwt_seg6_store_bytes(PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_lwt_seg6_action:
      'INTEGER bpf_lwt_seg6_action(PTR_TO_CTX, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
    bpf_lwt_seg6_adjust_srh: 'INTEGER bpf_lwt_seg6_adjust_srh(PTR_TO_CTX, ANYTHING, ANYTHING)',
    sk_select_reuseport: 'INTEGER sk_select_reuseport(PTR_TO_CTX, CONST_MAP_PTR, PTR_TO_MAP_KEY, ANYTHING)',
    sk_reuseport_load_bytes:
      'INTEGER sk_reuseport_load_bytes(PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE)',
    sk_reuseport_load_bytes_relative:
      'INTEGER sk_reuseport_load_bytes_relative(PTR_TO_CTX, ANYTHING, PTR_TO_UNINIT_MEM, CONST_SIZE, ANYTHING)',
    bpf_sk_lookup_assign: 'INTEGER bpf_sk_lookup_assign(PTR_TO_CTX, PTR_TO_SOCKET_OR_NULL, ANYTHING)',
    bpf_tcp_send_ack: 'INTEGER bpf_tcp_send_ack(PTR_TO_BTF_ID:tcp_sock, ANYTHING)',
    bpf_sk_setsockopt_nodelay:
      'INTEGER bpf_sk_setsockopt_nodelay(PTR_TO_BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, PTR_TO_MEM|MEM_RDONLY, CONST_SIZE)',
  },
  layers: {
    cgroup_common: `
      get_local_storage
      get_retval:[attach=CGROUP_INET_INGRESS,CGROUP_INET_EGRESS,CGROUP_SOCK_OPS,CGROUP_UDP4_RECVMSG,CGROUP_UDP6_RECVMSG,CGROUP_UNIX_RECVMSG,CGROUP_INET4_GETPEERNAME,CGROUP_INET6_GETPEERNAME,CGROUP_UNIX_GETPEERNAME,CGROUP_INET4_GETSOCKNAME,CGROUP_INET6_GETSOCKNAME,CGROUP_UNIX_GETSOCKNAME]-|bpf_get_retval
      set_retval:[attach=CGROUP_INET_INGRESS,CGROUP_INET_EGRESS,CGROUP_SOCK_OPS,CGROUP_UDP4_RECVMSG,CGROUP_UDP6_RECVMSG,CGROUP_UNIX_RECVMSG,CGROUP_INET4_GETPEERNAME,CGROUP_INET6_GETPEERNAME,CGROUP_UNIX_GETPEERNAME,CGROUP_INET4_GETSOCKNAME,CGROUP_INET6_GETSOCKNAME,CGROUP_UNIX_GETSOCKNAME]-|bpf_set_retval
    `,
    lsm_cgroup: `
      get_local_storage:[attach=LSM_CGROUP]bpf_get_local_storage
      get_retval:[attach=LSM_CGROUP]bpf_get_retval set_retval:[attach=LSM_CGROUP]bpf_set_retval
    `,
    base: `
      map_lookup_elem map_update_elem map_delete_elem map_push_elem map_pop_elem map_peek_elem
      map_lookup_percpu_elem get_prandom_u32 get_smp_processor_id:bpf_get_raw_smp_processor_id
      get_numa_node_id tail_call ktime_get_ns ktime_get_boot_ns ktime_get_tai_ns ringbuf_output
      ringbuf_reserve ringbuf_submit ringbuf_discard ringbuf_query strncmp strtol strtoul
      get_current_pid_tgid get_ns_current_pid_tgid get_current_uid_gid spin_lock spin_unlock jiffies64
      per_cpu_ptr this_cpu_ptr timer_init timer_set_callback timer_start timer_cancel kptr_xchg
      for_each_map_elem loop user_ringbuf_drain ringbuf_reserve_dynptr ringbuf_submit_dynptr
      ringbuf_discard_dynptr dynptr_from_mem dynptr_read dynptr_write dynptr_data cgrp_storage_get
      cgrp_storage_delete get_current_cgroup_id get_current_ancestor_cgroup_id current_task_under_cgroup
      get_cgroup_classid:bpf_get_cgroup_classid_curr task_storage_get task_storage_delete trace_printk
      get_current_task get_current_task_btf get_current_comm probe_read_user probe_read_kernel
      probe_read_user_str probe_read_kernel_str copy_from_user copy_from_user_task snprintf_btf snprintf
      task_pt_regs trace_vprintk perf_event_read_value perf_event_read send_signal send_signal_thread
      get_task_stack:[sleepable]bpf_get_task_stack_sleepable|bpf_get_task_stack get_branch_snapshot
      find_vma
    `,
    sk_base: `
      skc_to_tcp6_sock skc_to_tcp_sock skc_to_tcp_timewait_sock skc_to_tcp_request_sock skc_to_udp6_sock
      skc_to_unix_sock skc_to_mptcp_sock ktime_get_coarse_ns
    `,
    bpf_tracing: `
      get_smp_processor_id probe_read:bpf_probe_read_compat probe_read_str:bpf_probe_read_compat_str
      get_func_ip:bpf_get_func_ip_proto_tracing probe_write_user
    `,
    kprobe: `
      perf_event_output get_stackid get_stack:[sleepable]bpf_get_stack_sleepable|bpf_get_stack
      get_func_ip:[attach=TRACE_KPROBE_MULTI,TRACE_KPROBE_SESSION]bpf_get_func_ip_proto_kprobe_multi|[attach=TRACE_UPROBE_MULTI,TRACE_UPROBE_SESSION]bpf_get_func_ip_proto_uprobe_multi|bpf_get_func_ip_proto_kprobe
      get_attach_cookie:[attach=TRACE_KPROBE_MULTI,TRACE_KPROBE_SESSION]bpf_get_attach_cookie_proto_kmulti|[attach=TRACE_UPROBE_MULTI,TRACE_UPROBE_SESSION]bpf_get_attach_cookie_proto_umulti|bpf_get_attach_cookie_proto_trace
    `,
    tracepoint: `
      perf_event_output:bpf_perf_event_output_proto_tp get_stackid:bpf_get_stackid_proto_tp
      get_stack:bpf_get_stack_proto_tp get_attach_cookie:bpf_get_attach_cookie_proto_trace
    `,
    perf_event: `
      perf_event_output:bpf_perf_event_output_proto_tp get_stackid:bpf_get_stackid_proto_pe
      get_stack:bpf_get_stack_proto_pe perf_prog_read_value read_branch_records
      get_attach_cookie:bpf_get_attach_cookie_proto_pe
    `,
    raw_tp: `
      perf_event_output:bpf_perf_event_output_proto_raw_tp get_stackid:bpf_get_stackid_proto_raw_tp
      get_stack:bpf_get_stack_proto_raw_tp get_attach_cookie:bpf_get_attach_cookie_proto_tracing
    `,
    tracing: `
      skb_output xdp_output skc_to_tcp6_sock skc_to_tcp_sock skc_to_tcp_timewait_sock
      skc_to_tcp_request_sock skc_to_udp6_sock skc_to_unix_sock skc_to_mptcp_sock
      sk_storage_get:bpf_sk_storage_get_tracing sk_storage_delete:bpf_sk_storage_delete_tracing
      sock_from_file get_socket_cookie:bpf_get_socket_ptr_cookie
      xdp_get_buff_len:bpf_xdp_get_buff_len_trace seq_printf:[attach=TRACE_ITER]bpf_seq_printf|-
      seq_write:[attach=TRACE_ITER]bpf_seq_write|- seq_printf_btf:[attach=TRACE_ITER]bpf_seq_printf_btf|-
      d_path get_func_arg:[trampoline]bpf_get_func_arg|[attach=TRACE_RAW_TP]bpf_get_func_arg|-
      get_func_ret:[trampoline]bpf_get_func_ret|-
      get_func_arg_cnt:[trampoline]bpf_get_func_arg_cnt|[attach=TRACE_RAW_TP]bpf_get_func_arg_cnt|-
      get_attach_cookie:[attach=TRACE_RAW_TP]bpf_get_attach_cookie_proto_tracing|[trampoline]bpf_get_attach_cookie_proto_tracing|-
    `,
    lsm: `
      inode_storage_get inode_storage_delete sk_storage_get sk_storage_delete spin_lock spin_unlock
      bprm_opts_set ima_inode_hash ima_file_hash get_attach_cookie:[trampoline]bpf_get_attach_cookie|-
      setsockopt:[attach!=LSM_CGROUP]-|[target=sock_graft,inet_csk_clone,inet_conn_established]bpf_sk_setsockopt|[target=socket_post_create,socket_socketpair]bpf_unlocked_sk_setsockopt|-
      getsockopt:[attach!=LSM_CGROUP]-|[target=sock_graft,inet_csk_clone,inet_conn_established]bpf_sk_getsockopt|[target=socket_post_create,socket_socketpair]bpf_unlocked_sk_getsockopt|-
    `,
    syscall: `
      sys_bpf btf_find_by_name_kind sys_close kallsyms_lookup_name
    `,
    cgroup_device: `
      perf_event_output:bpf_event_output_data
    `,
    sysctl: `
      sysctl_get_name sysctl_get_current_value sysctl_get_new_value sysctl_set_new_value
      ktime_get_coarse_ns perf_event_output:bpf_event_output_data
    `,
    sockopt: `
      get_netns_cookie:bpf_get_netns_cookie_sockopt sk_storage_get sk_storage_delete
      setsockopt:[attach=CGROUP_SETSOCKOPT]bpf_sk_setsockopt|-
      getsockopt:[attach=CGROUP_SETSOCKOPT]bpf_sk_getsockopt|- tcp_sock
      perf_event_output:bpf_event_output_data
    `,
    cgroup_sock: `
      get_socket_cookie:bpf_get_socket_cookie_sock get_netns_cookie:bpf_get_netns_cookie_sock
      perf_event_output:bpf_event_output_data sk_storage_get:bpf_sk_storage_get_cg_sock
      ktime_get_coarse_ns setsockopt:[attach=CGROUP_INET_SOCK_CREATE]bpf_sock_create_setsockopt|-
      getsockopt:[attach=CGROUP_INET_SOCK_CREATE]bpf_sock_create_getsockopt|-
    `,
    sock_addr: `
      bind:[attach=CGROUP_INET4_CONNECT,CGROUP_INET6_CONNECT]bpf_bind|-
      get_socket_cookie:bpf_get_socket_cookie_sock_addr get_netns_cookie:bpf_get_netns_cookie_sock_addr
      perf_event_output:bpf_event_output_data sk_lookup_tcp:bpf_sock_addr_sk_lookup_tcp
      sk_lookup_udp:bpf_sock_addr_sk_lookup_udp sk_release skc_lookup_tcp:bpf_sock_addr_skc_lookup_tcp
      sk_storage_get sk_storage_delete
      setsockopt:[attach=CGROUP_INET4_BIND,CGROUP_INET6_BIND,CGROUP_INET4_CONNECT,CGROUP_INET6_CONNECT,CGROUP_UNIX_CONNECT,CGROUP_UDP4_RECVMSG,CGROUP_UDP6_RECVMSG,CGROUP_UNIX_RECVMSG,CGROUP_UDP4_SENDMSG,CGROUP_UDP6_SENDMSG,CGROUP_UNIX_SENDMSG,CGROUP_INET4_GETPEERNAME,CGROUP_INET6_GETPEERNAME,CGROUP_INET4_GETSOCKNAME,CGROUP_INET6_GETSOCKNAME]bpf_sock_addr_setsockopt|-
      getsockopt:[attach=CGROUP_INET4_BIND,CGROUP_INET6_BIND,CGROUP_INET4_CONNECT,CGROUP_INET6_CONNECT,CGROUP_UNIX_CONNECT,CGROUP_UDP4_RECVMSG,CGROUP_UDP6_RECVMSG,CGROUP_UNIX_RECVMSG,CGROUP_UDP4_SENDMSG,CGROUP_UDP6_SENDMSG,CGROUP_UNIX_SENDMSG,CGROUP_INET4_GETPEERNAME,CGROUP_INET6_GETPEERNAME,CGROUP_INET4_GETSOCKNAME,CGROUP_INET6_GETSOCKNAME]bpf_sock_addr_getsockopt|-
    `,
    socket_filter: `
      skb_load_bytes skb_load_bytes_relative get_socket_cookie get_netns_cookie get_socket_uid
      perf_event_output:bpf_skb_event_output
    `,
    cgroup_skb: `
      sk_fullsock sk_storage_get sk_storage_delete perf_event_output:bpf_skb_event_output skb_cgroup_id
      skb_ancestor_cgroup_id sk_cgroup_id sk_ancestor_cgroup_id sk_lookup_tcp sk_lookup_udp sk_release
      skc_lookup_tcp tcp_sock get_listener_sock skb_ecn_set_ce
    `,
    tc: `
      skb_store_bytes skb_load_bytes skb_load_bytes_relative skb_pull_data csum_diff csum_update
      csum_level l3_csum_replace l4_csum_replace clone_redirect get_cgroup_classid skb_vlan_push
      skb_vlan_pop skb_change_proto skb_change_type skb_adjust_room skb_change_tail skb_change_head
      skb_get_tunnel_key skb_set_tunnel_key skb_get_tunnel_opt skb_set_tunnel_opt redirect redirect_neigh
      redirect_peer get_route_realm get_hash_recalc set_hash_invalid set_hash
      perf_event_output:bpf_skb_event_output get_smp_processor_id skb_under_cgroup get_socket_cookie
      get_netns_cookie get_socket_uid fib_lookup:bpf_skb_fib_lookup check_mtu:bpf_skb_check_mtu
      sk_fullsock sk_storage_get sk_storage_delete skb_get_xfrm_state skb_cgroup_classid skb_cgroup_id
      skb_ancestor_cgroup_id sk_lookup_tcp:bpf_tc_sk_lookup_tcp sk_lookup_udp:bpf_tc_sk_lookup_udp
      sk_release tcp_sock get_listener_sock skc_lookup_tcp:bpf_tc_skc_lookup_tcp tcp_check_syncookie
      skb_ecn_set_ce tcp_gen_syncookie sk_assign skb_set_tstamp tcp_raw_gen_syncookie_ipv4
      tcp_raw_gen_syncookie_ipv6 tcp_raw_check_syncookie_ipv4 tcp_raw_check_syncookie_ipv6
    `,
    xdp: `
      perf_event_output:bpf_xdp_event_output get_smp_processor_id csum_diff xdp_adjust_head
      xdp_adjust_meta redirect:bpf_xdp_redirect redirect_map:bpf_xdp_redirect_map xdp_adjust_tail
      xdp_get_buff_len xdp_load_bytes xdp_store_bytes fib_lookup:bpf_xdp_fib_lookup
      check_mtu:bpf_xdp_check_mtu sk_lookup_udp:bpf_xdp_sk_lookup_udp sk_lookup_tcp:bpf_xdp_sk_lookup_tcp
      sk_release skc_lookup_tcp:bpf_xdp_skc_lookup_tcp tcp_check_syncookie tcp_gen_syncookie
      tcp_raw_gen_syncookie_ipv4 tcp_raw_gen_syncookie_ipv6 tcp_raw_check_syncookie_ipv4
      tcp_raw_check_syncookie_ipv6
    `,
    sock_ops: `
      setsockopt:bpf_sock_ops_setsockopt getsockopt:bpf_sock_ops_getsockopt sock_ops_cb_flags_set
      sock_map_update sock_hash_update get_socket_cookie:bpf_get_socket_cookie_sock_ops
      perf_event_output:bpf_event_output_data sk_storage_get sk_storage_delete
      get_netns_cookie:bpf_get_netns_cookie_sock_ops load_hdr_opt:bpf_sock_ops_load_hdr_opt
      store_hdr_opt:bpf_sock_ops_store_hdr_opt reserve_hdr_opt:bpf_sock_ops_reserve_hdr_opt tcp_sock
    `,
    sk_msg: `
      msg_redirect_map msg_redirect_hash msg_apply_bytes msg_cork_bytes msg_pull_data msg_push_data
      msg_pop_data perf_event_output:bpf_event_output_data sk_storage_get sk_storage_delete
      get_netns_cookie:bpf_get_netns_cookie_sk_msg
    `,
    sk_skb: `
      skb_store_bytes skb_load_bytes skb_pull_data:sk_skb_pull_data skb_change_tail:sk_skb_change_tail
      skb_change_head:sk_skb_change_head skb_adjust_room:sk_skb_adjust_room get_socket_cookie
      get_socket_uid sk_redirect_map sk_redirect_hash perf_event_output:bpf_skb_event_output sk_lookup_tcp
      sk_lookup_udp sk_release skc_lookup_tcp
    `,
    flow_dissector: `
      skb_load_bytes:bpf_flow_dissector_load_bytes
    `,
    lwt_out: `
      skb_load_bytes skb_pull_data csum_diff get_cgroup_classid get_route_realm get_hash_recalc
      perf_event_output:bpf_skb_event_output get_smp_processor_id skb_under_cgroup
    `,
    lwt_in: `
      lwt_push_encap:bpf_lwt_in_push_encap
    `,
    lwt_xmit: `
      skb_get_tunnel_key skb_set_tunnel_key skb_get_tunnel_opt skb_set_tunnel_opt redirect clone_redirect
      skb_change_tail skb_change_head skb_store_bytes csum_update csum_level l3_csum_replace
      l4_csum_replace set_hash_invalid lwt_push_encap:bpf_lwt_xmit_push_encap
    `,
    lwt_seg6local: `
      skb_pull_data:- lwt_seg6_store_bytes lwt_seg6_action lwt_seg6_adjust_srh
    `,
    sk_reuseport: `
      sk_select_reuseport:sk_select_reuseport skb_load_bytes:sk_reuseport_load_bytes
      skb_load_bytes_relative:sk_reuseport_load_bytes_relative get_socket_cookie:bpf_get_socket_ptr_cookie
      ktime_get_coarse_ns
    `,
    sk_lookup: `
      perf_event_output:bpf_event_output_data sk_assign:bpf_sk_lookup_assign sk_release
    `,
    tcp_ca: `
      tcp_send_ack sk_storage_get sk_storage_delete setsockopt:bpf_sk_setsockopt_nodelay
      getsockopt:bpf_sk_getsockopt ktime_get_coarse_ns
    `,
    iter_tcp: `
      setsockopt:bpf_sk_setsockopt getsockopt:bpf_sk_getsockopt
    `,
  },
  chains: {
    SOCKET_FILTER: ['socket_filter', 'sk_base', 'base'],
    KPROBE: ['kprobe', 'bpf_tracing', 'base'],
    SCHED_CLS: ['tc', 'sk_base', 'base'],
    SCHED_ACT: ['tc', 'sk_base', 'base'],
    TRACEPOINT: ['tracepoint', 'bpf_tracing', 'base'],
    XDP: ['xdp', 'sk_base', 'base'],
    PERF_EVENT: ['perf_event', 'bpf_tracing', 'base'],
    CGROUP_SKB: ['cgroup_common', 'cgroup_skb', 'socket_filter', 'sk_base', 'base'],
    CGROUP_SOCK: ['cgroup_common', 'cgroup_sock', 'base'],
    LWT_IN: ['lwt_in', 'lwt_out', 'sk_base', 'base'],
    LWT_OUT: ['lwt_out', 'sk_base', 'base'],
    LWT_XMIT: ['lwt_xmit', 'lwt_out', 'sk_base', 'base'],
    SOCK_OPS: ['cgroup_common', 'sock_ops', 'sk_base', 'base'],
    SK_SKB: ['sk_skb', 'sk_base', 'base'],
    CGROUP_DEVICE: ['cgroup_common', 'cgroup_device', 'base'],
    SK_MSG: ['sk_msg', 'sk_base', 'base'],
    RAW_TRACEPOINT: ['raw_tp', 'bpf_tracing', 'base'],
    CGROUP_SOCK_ADDR: ['cgroup_common', 'sock_addr', 'sk_base', 'base'],
    LWT_SEG6LOCAL: ['lwt_seg6local', 'lwt_out', 'sk_base', 'base'],
    SK_REUSEPORT: ['sk_reuseport', 'base'],
    FLOW_DISSECTOR: ['flow_dissector', 'sk_base', 'base'],
    CGROUP_SYSCTL: ['cgroup_common', 'sysctl', 'base'],
    RAW_TRACEPOINT_WRITABLE: ['raw_tp', 'bpf_tracing', 'base'],
    CGROUP_SOCKOPT: ['cgroup_common', 'sockopt', 'base'],
    TRACING: ['tracing', 'raw_tp', 'bpf_tracing', 'base', 'iter_tcp'],
    STRUCT_OPS: ['tcp_ca', 'base'],
    LSM: ['lsm_cgroup', 'lsm', 'tracing', 'raw_tp', 'bpf_tracing', 'base'],
    SK_LOOKUP: ['sk_lookup', 'sk_base', 'base'],
    SYSCALL: ['syscall', 'tracing', 'raw_tp', 'bpf_tracing', 'base'],
    NETFILTER: ['base'],
  },
  changesPacket: `
    clone_redirect l3_csum_replace l4_csum_replace lwt_push_encap lwt_seg6_action lwt_seg6_adjust_srh
    lwt_seg6_store_bytes msg_pop_data msg_pull_data msg_push_data skb_adjust_room skb_change_head
    skb_change_proto skb_change_tail skb_pull_data skb_store_bytes skb_vlan_pop skb_vlan_push
    store_hdr_opt xdp_adjust_head xdp_adjust_meta xdp_adjust_tail tail_call
  `,
};
