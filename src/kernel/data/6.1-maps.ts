/**
 * Map types of Linux 6.1 and the kernel functions behind their operations (`struct bpf_map_ops`: kernel/bpf/*map*.c,
 * hashtab.c, net/core/sock_map.c, net/xdp/xskmap.c …), by the helper that ends in them.
 */
import type { ProfileTables } from '../profile-tables.js';

export const MAPS_6_1 = {
  HASH: {
    direct: `
      map_lookup_elem:htab_map_lookup_elem map_update_elem:htab_map_update_elem
      map_delete_elem:htab_map_delete_elem for_each_map_elem:bpf_for_each_hash_elem
    `,
    genLookup: 'hash',
  },
  ARRAY: {
    direct: `
      map_lookup_elem:array_map_lookup_elem map_update_elem:array_map_update_elem
      map_delete_elem:array_map_delete_elem for_each_map_elem:bpf_for_each_array_elem
    `,
    genLookup: 'array',
  },
  PROG_ARRAY: {
    direct: `
      map_lookup_elem:fd_array_map_lookup_elem map_delete_elem:fd_array_map_delete_elem
    `,
  },
  PERF_EVENT_ARRAY: {
    direct: `
      map_lookup_elem:fd_array_map_lookup_elem map_delete_elem:fd_array_map_delete_elem
    `,
  },
  PERCPU_HASH: {
    direct: `
      map_lookup_elem:htab_percpu_map_lookup_elem map_update_elem:htab_percpu_map_update_elem
      map_delete_elem:htab_map_delete_elem for_each_map_elem:bpf_for_each_hash_elem
      map_lookup_percpu_elem:htab_percpu_map_lookup_percpu_elem
    `,
  },
  PERCPU_ARRAY: {
    direct: `
      map_lookup_elem:percpu_array_map_lookup_elem map_update_elem:array_map_update_elem
      map_delete_elem:array_map_delete_elem for_each_map_elem:bpf_for_each_array_elem
      map_lookup_percpu_elem:percpu_array_map_lookup_percpu_elem
    `,
  },
  STACK_TRACE: {
    direct: `
      map_lookup_elem:stack_map_lookup_elem map_update_elem:stack_map_update_elem
      map_delete_elem:stack_map_delete_elem
    `,
  },
  CGROUP_ARRAY: {
    direct: `
      map_lookup_elem:fd_array_map_lookup_elem map_delete_elem:fd_array_map_delete_elem
    `,
  },
  LRU_HASH: {
    direct: `
      map_lookup_elem:htab_lru_map_lookup_elem map_update_elem:htab_lru_map_update_elem
      map_delete_elem:htab_lru_map_delete_elem for_each_map_elem:bpf_for_each_hash_elem
    `,
    genLookup: 'lru-hash',
  },
  LRU_PERCPU_HASH: {
    direct: `
      map_lookup_elem:htab_lru_percpu_map_lookup_elem map_update_elem:htab_lru_percpu_map_update_elem
      map_delete_elem:htab_lru_map_delete_elem for_each_map_elem:bpf_for_each_hash_elem
      map_lookup_percpu_elem:htab_lru_percpu_map_lookup_percpu_elem
    `,
  },
  LPM_TRIE: {
    direct: `
      map_lookup_elem:trie_lookup_elem map_update_elem:trie_update_elem map_delete_elem:trie_delete_elem
    `,
  },
  ARRAY_OF_MAPS: {
    direct: `
      map_lookup_elem:array_of_map_lookup_elem map_delete_elem:fd_array_map_delete_elem
    `,
    genLookup: 'array-of-maps',
  },
  HASH_OF_MAPS: {
    direct: `
      map_lookup_elem:htab_of_map_lookup_elem map_delete_elem:htab_map_delete_elem
    `,
    genLookup: 'hash-of-maps',
  },
  DEVMAP: {
    direct: `
      map_lookup_elem:dev_map_lookup_elem map_update_elem:dev_map_update_elem
      map_delete_elem:dev_map_delete_elem redirect_map:dev_map_redirect
    `,
  },
  SOCKMAP: {
    direct: `
      map_lookup_elem:sock_map_lookup map_update_elem:sock_map_update_elem
      map_delete_elem:sock_map_delete_elem
    `,
  },
  CPUMAP: {
    direct: `
      map_lookup_elem:cpu_map_lookup_elem map_update_elem:cpu_map_update_elem
      map_delete_elem:cpu_map_delete_elem redirect_map:cpu_map_redirect
    `,
  },
  XSKMAP: {
    direct: `
      map_lookup_elem:xsk_map_lookup_elem map_update_elem:xsk_map_update_elem
      map_delete_elem:xsk_map_delete_elem redirect_map:xsk_map_redirect
    `,
    genLookup: 'xsk',
  },
  SOCKHASH: {
    direct: `
      map_lookup_elem:sock_hash_lookup map_update_elem:sock_map_update_elem
      map_delete_elem:sock_hash_delete_elem
    `,
  },
  CGROUP_STORAGE: {
    direct: `
      map_lookup_elem:cgroup_storage_lookup_elem map_update_elem:cgroup_storage_update_elem
      map_delete_elem:cgroup_storage_delete_elem
    `,
  },
  REUSEPORT_SOCKARRAY: {
    direct: `
      map_lookup_elem:reuseport_array_lookup_elem map_delete_elem:reuseport_array_delete_elem
    `,
  },
  PERCPU_CGROUP_STORAGE: {
    direct: `
      map_lookup_elem:cgroup_storage_lookup_elem map_update_elem:cgroup_storage_update_elem
      map_delete_elem:cgroup_storage_delete_elem
    `,
  },
  QUEUE: {
    direct: `
      map_lookup_elem:queue_stack_map_lookup_elem map_update_elem:queue_stack_map_update_elem
      map_delete_elem:queue_stack_map_delete_elem map_push_elem:queue_stack_map_push_elem
      map_pop_elem:queue_map_pop_elem map_peek_elem:queue_map_peek_elem
    `,
  },
  STACK: {
    direct: `
      map_lookup_elem:queue_stack_map_lookup_elem map_update_elem:queue_stack_map_update_elem
      map_delete_elem:queue_stack_map_delete_elem map_push_elem:queue_stack_map_push_elem
      map_pop_elem:stack_map_pop_elem map_peek_elem:stack_map_peek_elem
    `,
  },
  SK_STORAGE: {
    direct: `
      map_lookup_elem:bpf_fd_sk_storage_lookup_elem map_update_elem:bpf_fd_sk_storage_update_elem
      map_delete_elem:bpf_fd_sk_storage_delete_elem
    `,
  },
  DEVMAP_HASH: {
    direct: `
      map_lookup_elem:dev_map_hash_lookup_elem map_update_elem:dev_map_hash_update_elem
      map_delete_elem:dev_map_hash_delete_elem redirect_map:dev_hash_map_redirect
    `,
  },
  STRUCT_OPS: {
    direct: `
      map_lookup_elem:bpf_struct_ops_map_lookup_elem map_update_elem:bpf_struct_ops_map_update_elem
      map_delete_elem:bpf_struct_ops_map_delete_elem
    `,
  },
  RINGBUF: {
    direct: `
      map_lookup_elem:ringbuf_map_lookup_elem map_update_elem:ringbuf_map_update_elem
      map_delete_elem:ringbuf_map_delete_elem
    `,
  },
  INODE_STORAGE: {
    direct: `
      map_lookup_elem:bpf_fd_inode_storage_lookup_elem map_update_elem:bpf_fd_inode_storage_update_elem
      map_delete_elem:bpf_fd_inode_storage_delete_elem
    `,
  },
  TASK_STORAGE: {
    direct: `
      map_lookup_elem:bpf_pid_task_storage_lookup_elem map_update_elem:bpf_pid_task_storage_update_elem
      map_delete_elem:bpf_pid_task_storage_delete_elem
    `,
  },
  BLOOM_FILTER: {
    direct: `
      map_lookup_elem:bloom_map_lookup_elem map_update_elem:bloom_map_update_elem
      map_delete_elem:bloom_map_delete_elem map_push_elem:bloom_map_push_elem
      map_pop_elem:bloom_map_pop_elem map_peek_elem:bloom_map_peek_elem
    `,
  },
  USER_RINGBUF: {
    direct: `
      map_lookup_elem:ringbuf_map_lookup_elem map_update_elem:ringbuf_map_update_elem
      map_delete_elem:ringbuf_map_delete_elem
    `,
  },
} satisfies ProfileTables['maps'];
