/**
 * Numbers of the helpers that the rewriting treats in a way of its own, named as in `enum bpf_func_id`
 * (include/uapi/linux/bpf.h).
 */
import { helperId } from './helper-ids.js';

export const BPF_FUNC_map_lookup_elem = helperId('map_lookup_elem');
export const BPF_FUNC_map_update_elem = helperId('map_update_elem');
export const BPF_FUNC_map_delete_elem = helperId('map_delete_elem');
export const BPF_FUNC_get_smp_processor_id = helperId('get_smp_processor_id');
export const BPF_FUNC_get_current_task = helperId('get_current_task');
export const BPF_FUNC_get_current_task_btf = helperId('get_current_task_btf');
export const BPF_FUNC_tail_call = helperId('tail_call');
export const BPF_FUNC_redirect_map = helperId('redirect_map');
export const BPF_FUNC_map_push_elem = helperId('map_push_elem');
export const BPF_FUNC_map_pop_elem = helperId('map_pop_elem');
export const BPF_FUNC_map_peek_elem = helperId('map_peek_elem');
export const BPF_FUNC_sk_storage_get = helperId('sk_storage_get');
export const BPF_FUNC_jiffies64 = helperId('jiffies64');
export const BPF_FUNC_inode_storage_get = helperId('inode_storage_get');
export const BPF_FUNC_task_storage_get = helperId('task_storage_get');
export const BPF_FUNC_for_each_map_elem = helperId('for_each_map_elem');
export const BPF_FUNC_timer_set_callback = helperId('timer_set_callback');
export const BPF_FUNC_get_func_ip = helperId('get_func_ip');
export const BPF_FUNC_get_branch_snapshot = helperId('get_branch_snapshot');
export const BPF_FUNC_loop = helperId('loop');
export const BPF_FUNC_get_func_arg = helperId('get_func_arg');
export const BPF_FUNC_get_func_ret = helperId('get_func_ret');
export const BPF_FUNC_get_func_arg_cnt = helperId('get_func_arg_cnt');
export const BPF_FUNC_kptr_xchg = helperId('kptr_xchg');
export const BPF_FUNC_map_lookup_percpu_elem = helperId('map_lookup_percpu_elem');
export const BPF_FUNC_cgrp_storage_get = helperId('cgrp_storage_get');
