/**
 * Maps as the check sees them: by an id that registers carry. The inner map of a map of maps is a map of its own for
 * each outer map, as the kernel's `inner_map_meta` is.
 */
import { MAP_TYPE } from '../kernel/types.js';
import { r } from './int64.js';
import type { BpfObject, MapDef } from '../object/program.js';

/** `BPF_F_RDONLY_PROG`: programs cannot write to the map. */
const BPF_F_RDONLY_PROG = 1 << 7;

export class MapInfo {
  constructor(
    /** From 1 on; what registers carry. */
    readonly id: number,
    /** Index in the object's maps. */
    readonly index: number,
    readonly def: MapDef,
    /** What a lookup in a map of maps returns; null for others. */
    readonly inner: MapInfo | null,
  ) {}

  get type(): number {
    return this.def.type;
  }

  /** Contents that no one can change, when loads from them are constants (`bpf_map_is_rdonly`); undefined otherwise. */
  get constants(): Uint8Array | undefined {
    const { def } = this;
    return def.frozen && def.type === MAP_TYPE.ARRAY ? def.contents : undefined;
  }

  /**
   * Reads from contents that no one can change (`bpf_map_direct_read`): leaves the number in int64.ts' `r`.
   * @returns false when there are none, or not at that place
   */
  readConstant(at: number, size: number, signed: boolean): boolean {
    const bytes = this.constants;
    if (bytes === undefined || !this.readOnly || !(at >= 0) || at + size > bytes.length) return false;
    let low = 0;
    let high = 0;
    for (let i = Math.min(size, 4) - 1; i >= 0; i--) low = (low << 8) | bytes[at + i];
    if (size === 8) {
      for (let i = 7; i >= 4; i--) high = (high << 8) | bytes[at + i];
    } else if (signed) {
      const shift = 32 - 8 * size;
      low = (low << shift) >> shift;
      high = low >> 31;
    }
    r.h = high;
    r.l = low;
    return true;
  }

  get readOnly(): boolean {
    return (this.def.flags & BPF_F_RDONLY_PROG) !== 0;
  }

  get isSockMap(): boolean {
    return this.def.type === MAP_TYPE.SOCKMAP || this.def.type === MAP_TYPE.SOCKHASH;
  }

  /** Does a lookup return the value itself, one per map element, with a direct address for each? */
  get isArena(): boolean {
    return this.def.type === MAP_TYPE.ARENA;
  }
}

/** The object's maps by id; index 0 is unused. */
export function mapsOf(object: BpfObject): readonly (MapInfo | undefined)[] {
  const maps: (MapInfo | undefined)[] = [undefined];
  const count = object.maps.length;
  let innerId = count + 1;
  object.maps.forEach((def, index) => {
    const template = def.inner === undefined ? undefined : object.maps[def.inner];
    const inner = template === undefined ? null : new MapInfo(innerId++, def.inner!, template, null);
    maps[index + 1] = new MapInfo(index + 1, index, def, inner);
    if (inner !== null) maps[inner.id] = inner;
  });
  return maps;
}
