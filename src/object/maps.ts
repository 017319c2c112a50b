/**
 * BTF-defined maps: variables of the section `.maps` whose struct type spells the definition.
 *
 *     struct {
 *         __uint(type, BPF_MAP_TYPE_HASH);    int (*type)[1];            the array's length is the number
 *         __type(key, u32);                   u32 *key;                  the type pointed to
 *         __ulong(map_extra, 1ull << 40);     enum { … = 1ull << 40 } map_extra;
 *         __array(values, struct inner);      struct inner *values[];    the inner map's definition
 *     } counts SEC(".maps");
 *
 * Source: `parse_btf_map_def()` and `bpf_object__init_user_btf_map()`, tools/lib/bpf/libbpf.c, Linux 6.12. Pinning is
 * accepted and ignored: it says where user space finds the map.
 */
import {
  BTF_KIND_ARRAY,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_LINKAGE_GLOBAL,
} from './btf-kinds.js';
import type { Btf } from './btf.js';
import type { DataSections, DataVariable } from './data-sections.js';
import { describeSection } from './elf-sections.js';
import type { ElfSection } from './elf-sections.js';
import {
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_UNSPEC,
  BPF_MAP_TYPE_USER_RINGBUF,
  describedByBtf,
  isMapInMap,
} from './map-types.js';
import type { MapDef } from './program.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** A map and where the object's code refers to it. */
export interface PlacedMap {
  readonly def: MapDef;
  /** Template of the maps that the map holds, a definition of its own. */
  readonly innerDef?: MapDef;
  /** Or where in the same section the map is defined that serves as template (legacy definitions). */
  readonly innerOffset?: number;
  /** ELF section that the map is or is defined in. */
  readonly section: number;
  /** Byte offset of the definition in that section; 0 for global data, where the map is the section. */
  readonly offset: number;
}

const PAGE_BYTES = 4096;

interface RawDef {
  type: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
  extra: bigint;
  keyTypeId: number;
  valueTypeId: number;
  inner: RawDef | undefined;
}

function emptyDef(): RawDef {
  return {
    type: BPF_MAP_TYPE_UNSPEC,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    extra: 0n,
    keyTypeId: 0,
    valueTypeId: 0,
    inner: undefined,
  };
}

/**
 * The maps that a `.maps` section defines, in the order of their offsets.
 * @throws what `bad` makes, naming the map, for a definition that libbpf refuses
 */
export function btfMaps(
  section: ElfSection,
  btf: Btf,
  dataSections: DataSections,
  bad: ErrorMaker,
): PlacedMap[] {
  const where = describeSection(section);
  const variables = dataSections.variables(section.name);
  if (variables === undefined) throw bad(`${where}: there is no BTF DATASEC for it`);
  return variables.map((variable) => placedMap(variable, section, btf, bad));
}

function placedMap(variable: DataVariable, section: ElfSection, btf: Btf, bad: ErrorMaker): PlacedMap {
  const where = `${describeSection(section)}: map "${printable(variable.name)}"`;
  if (variable.name === '')
    throw bad(`${describeSection(section)}: the map at offset ${variable.offset} has no name`);
  if (variable.offset + variable.size > section.size) {
    throw bad(`${where}: ${variable.size} bytes at offset ${variable.offset} are outside the section`);
  }
  if (variable.linkage !== BTF_LINKAGE_GLOBAL) throw bad(`${where}: a map must be a global variable`);
  const struct = btf.skipModifiers(btf.type(variable.id));
  if (btf.kind(struct) !== BTF_KIND_STRUCT) {
    throw bad(`${where}: its type is of kind ${btf.kindName(struct)} instead of struct`);
  }
  if (btf.size(struct) > variable.size) throw bad(`${where}: the definition is larger than the variable`);

  const raw = new DefinitionReader(where, btf, bad, false).read(struct);
  const placed = { def: mapDef(variable.name, raw), section: section.index, offset: variable.offset };
  return raw.inner === undefined
    ? placed
    : { ...placed, innerDef: mapDef(`${variable.name}.inner`, raw.inner) };
}

function mapDef(name: string, raw: RawDef): MapDef {
  const isRing = raw.type === BPF_MAP_TYPE_RINGBUF || raw.type === BPF_MAP_TYPE_USER_RINGBUF;
  const described = describedByBtf(raw.type);
  return {
    name,
    type: raw.type,
    keySize: raw.keySize,
    valueSize: raw.valueSize,
    maxEntries: isRing ? ringBufferSize(raw.maxEntries) : raw.maxEntries,
    flags: raw.flags,
    extra: raw.extra,
    frozen: false,
    keyTypeId: described ? raw.keyTypeId : 0,
    valueTypeId: described ? raw.valueTypeId : 0,
  };
}

/** The kernel takes only powers of two of pages: libbpf rounds up (`adjust_ringbuf_sz()`). */
function ringBufferSize(bytes: number): number {
  const pages = bytes / PAGE_BYTES;
  if (bytes === 0 || (Number.isInteger(pages) && Number.isInteger(Math.log2(pages)))) return bytes;
  for (let size = PAGE_BYTES; size <= 0xffff_ffff; size *= 2) {
    if (size > bytes) return size;
  }
  return bytes;
}

/** Reads the members of one definition struct; `isInner` for that of a map in a map. */
class DefinitionReader {
  constructor(
    private readonly where: string,
    private readonly btf: Btf,
    private readonly bad: ErrorMaker,
    private readonly isInner: boolean,
  ) {}

  read(struct: number): RawDef {
    const { btf } = this;
    const def = emptyDef();
    const members = btf.vlen(struct);
    for (let i = 0; i < members; i++) {
      const name = btf.elementName(struct, i);
      const type = btf.elementType(struct, i);
      switch (name) {
        case 'type':
          def.type = this.number(name, type);
          break;
        case 'max_entries':
          def.maxEntries = this.number(name, type);
          break;
        case 'map_flags':
          def.flags = this.number(name, type);
          break;
        case 'numa_node':
          this.number(name, type);
          break;
        case 'key_size':
          def.keySize = this.agree(name, def.keySize, this.number(name, type));
          break;
        case 'key':
          def.keyTypeId = this.pointee(name, type);
          def.keySize = this.agree(name, def.keySize, this.sizeOf(name, def.keyTypeId));
          break;
        case 'value_size':
          def.valueSize = this.agree(name, def.valueSize, this.number(name, type));
          break;
        case 'value':
          def.valueTypeId = this.pointee(name, type);
          def.valueSize = this.agree(name, def.valueSize, this.sizeOf(name, def.valueTypeId));
          break;
        case 'values':
          if (i !== members - 1) throw this.wrong('"values" is not the last member');
          this.values(def, type);
          break;
        case 'pinning':
          if (this.isInner) throw this.wrong('an inner map cannot be pinned');
          if (this.number(name, type) > 1) throw this.wrong('"pinning" has an unknown value');
          break;
        case 'map_extra':
          def.extra = this.longNumber(name, type);
          break;
        default:
          throw this.wrong(`member "${printable(name)}" is unknown`);
      }
    }
    if (def.type === BPF_MAP_TYPE_UNSPEC) throw this.wrong('the map type is missing');
    return def;
  }

  private wrong(what: string): Error {
    return this.bad(`${this.where}: ${this.isInner ? 'inner map: ' : ''}${what}`);
  }

  private agree(name: string, known: number, size: number): number {
    if (known !== 0 && known !== size) throw this.wrong(`"${name}" says ${size} bytes after ${known}`);
    return size;
  }

  private number(name: string, type: number): number {
    const { btf } = this;
    const pointer = btf.skipModifiers(type);
    const array = btf.kind(pointer) === BTF_KIND_PTR ? btf.type(pointer) : 0;
    if (btf.kind(array) !== BTF_KIND_ARRAY) throw this.wrong(`"${name}" is no pointer to an array`);
    return btf.array(array).length;
  }

  private longNumber(name: string, type: number): bigint {
    const { btf } = this;
    const plain = btf.skipModifiers(type);
    const kind = btf.kind(plain);
    if (kind === BTF_KIND_PTR) return BigInt(this.number(name, type));
    if ((kind !== BTF_KIND_ENUM && kind !== BTF_KIND_ENUM64) || btf.vlen(plain) !== 1) {
      throw this.wrong(`"${name}" is no enumeration of one value`);
    }
    const value = btf.enumValue(plain, 0);
    // libbpf takes a value of 32 bits for a signed one.
    return BigInt.asUintN(64, kind === BTF_KIND_ENUM ? BigInt.asIntN(32, value) : value);
  }

  private pointee(name: string, type: number): number {
    if (this.btf.kind(type) !== BTF_KIND_PTR) {
      throw this.wrong(`"${name}" is of kind ${this.btf.kindName(type)} instead of ptr`);
    }
    return this.btf.type(type);
  }

  private sizeOf(name: string, type: number): number {
    const size = this.btf.resolveSize(type);
    if (size === undefined) throw this.wrong(`the type of "${name}" has no size`);
    return size;
  }

  private values(def: RawDef, type: number): void {
    const { btf } = this;
    if (this.isInner) throw this.wrong('maps nest only once');
    const holdsPrograms = def.type === BPF_MAP_TYPE_PROG_ARRAY;
    if (!holdsPrograms && !isMapInMap(def.type))
      throw this.wrong('only map-in-map and prog-array have "values"');
    def.valueSize = this.agree('values', def.valueSize, 4);
    if (btf.kind(type) !== BTF_KIND_ARRAY || btf.array(type).length !== 0) {
      throw this.wrong('"values" is no array of length zero');
    }
    const pointer = btf.skipModifiers(btf.array(type).type);
    if (btf.kind(pointer) !== BTF_KIND_PTR) throw this.wrong('"values" holds no pointers');
    const value = btf.skipModifiers(btf.type(pointer));
    const wanted = holdsPrograms ? BTF_KIND_FUNC_PROTO : BTF_KIND_STRUCT;
    if (btf.kind(value) !== wanted) throw this.wrong(`"values" points to a ${btf.kindName(value)}`);
    if (!holdsPrograms) def.inner = new DefinitionReader(this.where, btf, this.bad, true).read(value);
  }
}
