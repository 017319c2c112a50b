/** Map types of Linux 7.2: those of 6.12 and two new ones. Sources as there, and kernel/bpf/bpf_insn_array.c. */
import type { ProfileTables } from '../profile-tables.js';
import { MAPS_6_12 } from './6.12-maps.js';

export const MAPS_7_2: ProfileTables['maps'] = {
  ...MAPS_6_12,
  INSN_ARRAY: {
    direct: `
      map_lookup_elem:insn_array_lookup_elem map_update_elem:insn_array_update_elem
      map_delete_elem:insn_array_delete_elem
    `,
  },
  RHASH: {
    direct: `
      map_lookup_elem:rhtab_map_lookup_elem map_update_elem:rhtab_map_update_elem
      map_delete_elem:rhtab_map_delete_elem for_each_map_elem:bpf_each_rhash_elem
    `,
    genLookup: 'resizable-hash',
  },
};
