/**
 * What the kernel knows of places programs are attached to beyond their BTF: tracepoint arguments that may be null,
 * fields of iterators' contexts, hooks of the security modules. From kernel/bpf/btf.c (`raw_tp_null_args`),
 * kernel/bpf/bpf_lsm.c and the iterators' registrations (`ctx_arg_info`), Linux 6.12.
 */

/** An iterator's context field that is a pointer. */
export interface IteratorField {
  readonly field: string;
  /** Structure it points to; empty for a buffer. */
  readonly struct: string;
  readonly trusted: boolean;
  readonly readOnly: boolean;
}

function pointerField(field: string, struct: string, trusted = false): IteratorField {
  return { field, struct, trusted, readOnly: false };
}

function bufferField(field: string, readOnly: boolean): IteratorField {
  return { field, struct: '', trusted: false, readOnly };
}

/** By target: the fields of `struct bpf_iter__TARGET` that are more than their BTF says; all of them may be null. */
export const ITERATOR_FIELDS: ReadonlyMap<string, readonly IteratorField[]> = new Map([
  ['bpf_prog', [pointerField('prog', 'bpf_prog')]],
  ['bpf_link', [pointerField('link', 'bpf_link')]],
  ['bpf_map', [pointerField('map', 'bpf_map', true)]],
  ['bpf_map_elem', [bufferField('key', true), bufferField('value', false)]],
  ['bpf_sk_storage_map', [pointerField('sk', 'sock'), bufferField('value', false)]],
  ['cgroup', [pointerField('cgroup', 'cgroup', true)]],
  ['task', [pointerField('task', 'task_struct', true)]],
  ['task_file', [pointerField('task', 'task_struct'), pointerField('file', 'file')]],
  ['task_vma', [pointerField('task', 'task_struct'), pointerField('vma', 'vm_area_struct')]],
  ['sockmap', [bufferField('key', true), pointerField('sk', 'sock')]],
  ['tcp', [pointerField('sk_common', 'sock_common', true)]],
  ['udp', [pointerField('udp_sk', 'udp_sock', true)]],
  ['unix', [pointerField('unix_sk', 'unix_sock')]],
  ['netlink', [pointerField('sk', 'netlink_sock')]],
  ['ipv6_route', [pointerField('rt', 'fib6_info')]],
  ['ksym', [pointerField('ksym', 'kallsym_iter')]],
]);

/**
 * Tracepoints with arguments that may be null (`n` and the argument's number) or an error pointer (`e`): pointers are trusted
 * otherwise.
 */
const TRACEPOINT_LINES = `
  sched_pi_setprio n1
  sched_stick_numa n2
  sched_swap_numa n2
  afs_make_fs_call n1
  afs_make_fs_calli n1
  afs_make_fs_call1 n1
  afs_make_fs_call2 n1
  afs_protocol_error n0
  afs_flock_ev n1
  cachefiles_lookup n0 e2
  cachefiles_unlink n0
  cachefiles_rename n0
  cachefiles_prep_read n0
  cachefiles_mark_active n0
  cachefiles_mark_failed n0
  cachefiles_mark_inactive n0
  cachefiles_vfs_error n0
  cachefiles_io_error n0
  cachefiles_ondemand_open n0
  cachefiles_ondemand_copen n0
  cachefiles_ondemand_close n0
  cachefiles_ondemand_read n0
  cachefiles_ondemand_cread n0
  cachefiles_ondemand_fd_write n0
  cachefiles_ondemand_fd_release n0
  ext4_mballoc_discard n1
  ext4_mballoc_free n1
  fib_table_lookup n2
  posix_lock_inode n1
  fcntl_setlk n1
  locks_remove_posix n1
  flock_lock_inode n1
  break_lease_noblock n1
  break_lease_block n1
  break_lease_unblock n1
  generic_delete_lease n1
  time_out_leases n1
  host1x_cdma_push_gather n4
  mm_khugepaged_scan_pmd n1
  mm_collapse_huge_page_isolate n0
  mm_khugepaged_scan_file n1
  mm_khugepaged_collapse_file n1
  mm_page_alloc n0
  mm_page_pcpu_drain n0
  mm_page_alloc_zone_locked n0
  netfs_failure n1
  device_pm_callback_start n1
  qdisc_dequeue n3
  rxrpc_recvdata n0
  rxrpc_resend n1
  kfree_skb n3
  xs_stream_read_data n0
  xprt_reserve_cong n1
  xprt_release_cong n1
  xprt_get_cong n1
  xprt_put_cong n1
  tcp_send_reset n0 n1
  tegra_dma_tx_status n2
  tmigr_update_events n0
  writeback_dirty_folio n1
  folio_wait_writeback n1
  mr_integ_alloc e3
`;

const tracepoints: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  TRACEPOINT_LINES.trim()
    .split('\n')
    .map((line) => {
      const [name, ...marks] = line.trim().split(' ');
      return [name, new Set(marks)] as const;
    }),
);

/** May argument `arg` of the tracepoint be null? */
export function mayBeNullArgument(tracepoint: string, arg: number): boolean {
  return tracepoints.get(tracepoint)?.has(`n${arg}`) === true;
}

/** May argument `arg` of the tracepoint be an error instead of a pointer? Then it is a number to the check. */
export function mayBeErrorArgument(tracepoint: string, arg: number): boolean {
  return tracepoints.get(tracepoint)?.has(`e${arg}`) === true;
}

/** Hooks whose arguments may be on their way to being freed. */
export const UNTRUSTED_LSM_HOOKS: ReadonlySet<string> = new Set([
  'bpf_map_free',
  'bpf_prog_free',
  'file_alloc_security',
  'file_free_security',
  'sk_alloc_security',
  'sk_free_security',
  'task_free',
]);

/** Hooks that return 0 or 1; all others return 0 or a negative error. */
export const BOOL_LSM_HOOKS: ReadonlySet<string> = new Set([
  'xfrm_state_pol_flow_match',
  'audit_rule_known',
  'inode_xattr_skipcap',
]);
