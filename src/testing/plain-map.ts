/** The map that maps of tests differ from. */
import { MAP_TYPE } from '../kernel/types.js';
import type { MapDef } from '../object/program.js';

/** A hash map of 16 entries with 4-byte keys and 8-byte values, of which no types are known. */
export const PLAIN_MAP: MapDef = {
  name: 'map',
  type: MAP_TYPE.HASH,
  keySize: 4,
  valueSize: 8,
  maxEntries: 16,
  flags: 0,
  extra: 0n,
  frozen: false,
  keyTypeId: 0,
  valueTypeId: 0,
};
