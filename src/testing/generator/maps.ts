/** The maps every generated object has: one of each kind that programs work with in a way of its own. */
import { MAP_TYPE } from '../../kernel/types.js';
import type { MapDef } from '../../object/program.js';
import { PLAIN_MAP } from '../plain-map.js';

const BPF_F_NO_PREALLOC = 1;
const BPF_F_RDONLY_PROG = 1 << 7;
const BPF_F_MMAPABLE = 1 << 10;

/** Contents of `.rodata`: four-byte constants that dead code hangs on. */
export const RODATA = [0, 1, 7, 0x7fff_ffff] as const;

function map(name: string, type: number, rest: Partial<MapDef> = {}): MapDef {
  return { ...PLAIN_MAP, name, type, ...rest };
}

function contents(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

export const MAPS: readonly MapDef[] = [
  map('numbers', MAP_TYPE.ARRAY),
  // A size that is no power of two: the inlined lookup multiplies instead of shifting.
  map('records', MAP_TYPE.ARRAY, { valueSize: 24, maxEntries: 5 }),
  map('table', MAP_TYPE.HASH, { keySize: 8, valueSize: 16 }),
  map('recent', MAP_TYPE.LRU_HASH, { valueSize: 40, maxEntries: 1024 }),
  map('per_cpu', MAP_TYPE.PERCPU_ARRAY, { valueSize: 16, maxEntries: 4 }),
  map('per_cpu_table', MAP_TYPE.PERCPU_HASH, { keySize: 8 }),
  map('prefixes', MAP_TYPE.LPM_TRIE, { keySize: 8, flags: BPF_F_NO_PREALLOC }),
  map('fifo', MAP_TYPE.QUEUE, { keySize: 0 }),
  map('lifo', MAP_TYPE.STACK, { keySize: 0 }),
  map('inner', MAP_TYPE.HASH, { valueSize: 16 }),
  map('outer_array', MAP_TYPE.ARRAY_OF_MAPS, { valueSize: 4, inner: 9 }),
  map('outer_hash', MAP_TYPE.HASH_OF_MAPS, { valueSize: 4, inner: 9 }),
  map('programs', MAP_TYPE.PROG_ARRAY, { valueSize: 4, maxEntries: 8 }),
  map('events', MAP_TYPE.RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 }),
  map('prog.rodata', MAP_TYPE.ARRAY, {
    valueSize: 4 * RODATA.length,
    maxEntries: 1,
    flags: BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
    contents: contents(RODATA),
    frozen: true,
  }),
  map('prog.data', MAP_TYPE.ARRAY, {
    valueSize: 32,
    maxEntries: 1,
    flags: BPF_F_MMAPABLE,
    contents: contents([1, 2, 3, 4, 5, 6, 7, 8]),
  }),
  map('prog.bss', MAP_TYPE.ARRAY, {
    valueSize: 64,
    maxEntries: 1,
    flags: BPF_F_MMAPABLE,
    contents: new Uint8Array(64),
  }),
];

/** Indices of the maps of these types, global data apart. */
function indices(...types: readonly number[]): readonly number[] {
  return MAPS.flatMap(({ type, contents }, index) =>
    types.includes(type) && contents === undefined ? [index] : [],
  );
}

/** Maps with keys and values, for lookup, update and delete. */
export const KEYED = indices(
  MAP_TYPE.ARRAY,
  MAP_TYPE.HASH,
  MAP_TYPE.LRU_HASH,
  MAP_TYPE.PERCPU_ARRAY,
  MAP_TYPE.PERCPU_HASH,
  MAP_TYPE.LPM_TRIE,
);
/** Of those, the ones from which a program may delete. */
export const DELETABLE = indices(MAP_TYPE.HASH, MAP_TYPE.LRU_HASH, MAP_TYPE.PERCPU_HASH, MAP_TYPE.LPM_TRIE);
/** Maps that can be walked by `bpf_for_each_map_elem()`. */
export const WALKABLE = indices(
  MAP_TYPE.ARRAY,
  MAP_TYPE.HASH,
  MAP_TYPE.LRU_HASH,
  MAP_TYPE.PERCPU_ARRAY,
  MAP_TYPE.PERCPU_HASH,
);
export const QUEUES = indices(MAP_TYPE.QUEUE, MAP_TYPE.STACK);
export const OUTER = indices(MAP_TYPE.ARRAY_OF_MAPS, MAP_TYPE.HASH_OF_MAPS);
/** Global data that programs may write. */
export const WRITABLE_DATA = MAPS.flatMap(({ contents, frozen }, index) =>
  contents !== undefined && !frozen ? [index] : [],
);

/** Index of the map of that name. */
export function mapIndex(name: string): number {
  const index = MAPS.findIndex((each) => each.name === name);
  if (index === -1) throw new Error(`no map is called ${name}`);
  return index;
}
