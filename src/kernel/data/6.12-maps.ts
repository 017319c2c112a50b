/**
 * Map types of Linux 6.12: those of 6.1, whose per-CPU lookups now go in line, and two new ones. Sources as in 6.1-maps.ts, and
 * kernel/bpf/arena.c.
 */
import type { ProfileTables } from '../profile-tables.js';
import { MAPS_6_1 } from './6.1-maps.js';

export const MAPS_6_12: ProfileTables['maps'] = {
  ...MAPS_6_1,
  PERCPU_HASH: { ...MAPS_6_1.PERCPU_HASH, genLookup: 'percpu-hash' },
  PERCPU_ARRAY: { ...MAPS_6_1.PERCPU_ARRAY, genLookup: 'percpu-array' },
  CGRP_STORAGE: {
    direct: `
      map_lookup_elem:bpf_cgrp_storage_lookup_elem map_update_elem:bpf_cgrp_storage_update_elem
      map_delete_elem:bpf_cgrp_storage_delete_elem
    `,
  },
  ARENA: {
    direct: `
      map_lookup_elem:arena_map_lookup_elem map_update_elem:arena_map_update_elem
      map_delete_elem:arena_map_delete_elem map_push_elem:arena_map_push_elem
      map_pop_elem:arena_map_pop_elem map_peek_elem:arena_map_peek_elem
    `,
  },
};
