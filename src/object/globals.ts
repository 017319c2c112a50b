/**
 * Global variables: each data section (`.rodata`, `.data`, `.bss`, `.rodata.*`, `.data.*`, `.bss.*`) becomes an array map
 * of one element. Source: `bpf_object__init_internal_map()`, tools/lib/bpf/libbpf.c, Linux 6.12.
 */
import { BTF_KIND_DATASEC } from './btf-kinds.js';
import type { Btf } from './btf.js';
import type { DataSections } from './data-sections.js';
import { describeSection, SHF_EXECINSTR, SHT_NOBITS, SHT_PROGBITS } from './elf-sections.js';
import type { ElfFile } from './elf.js';
import type { ElfSection } from './elf-sections.js';
import type { PlacedMap } from './maps.js';
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, BPF_MAP_TYPE_ARRAY } from './map-types.js';
import type { ErrorMaker } from './string-table.js';

/** The kernel's limit of an array's value (`array_map_alloc_check()`, kernel/bpf/arraymap.c). */
const MAX_VALUE_BYTES = 0x7fff_ffff;
/** All zero-initialised sections of one object together: what we are ready to hold in memory. */
const MAX_ZEROED_BYTES = 64 * 1024 * 1024;
/** `BPF_OBJ_NAME_LEN` without the NUL. */
const NAME_CHARS = 15;

/** What the section holds: variables that start as zero, can be written, or never change; undefined for others. */
export function dataKind(section: ElfSection): 'rodata' | 'data' | 'bss' | undefined {
  const named = (prefix: string): boolean => section.name === prefix || section.name.startsWith(`${prefix}.`);
  if (section.size === 0) return undefined;
  if (section.type === SHT_NOBITS) return named('.bss') ? 'bss' : undefined;
  if (section.type !== SHT_PROGBITS || (section.flags & SHF_EXECINSTR) !== 0) return undefined;
  if (named('.data')) return 'data';
  return named('.rodata') ? 'rodata' : undefined;
}

/**
 * The maps of an object's data sections, in the order of the sections.
 * @param fileName with or without folders; its stem goes into the maps' names
 * @throws what `bad` makes, when a section is cut off or larger than can be
 */
export function globalDataMaps(
  elf: ElfFile,
  btf: Btf | undefined,
  dataSections: DataSections | undefined,
  fileName: string,
  bad: ErrorMaker,
): PlacedMap[] {
  const maps: PlacedMap[] = [];
  let zeroed = 0;
  for (const section of elf.sections) {
    const kind = dataKind(section);
    if (kind === undefined) continue;
    if (section.size > MAX_VALUE_BYTES) {
      throw bad(`${describeSection(section)}: ${section.size} bytes are more than a map's value can have`);
    }
    if (kind === 'bss') zeroed += section.size;
    if (zeroed > MAX_ZEROED_BYTES) {
      throw bad(
        `${describeSection(section)}: ${section.size} bytes; more than ${MAX_ZEROED_BYTES} bytes of zeroed variables are not supported`,
      );
    }
    const typeId = btf?.findByName(section.name) ?? 0;
    const isDatasec = btf !== undefined && typeId !== 0 && btf.kind(typeId) === BTF_KIND_DATASEC;
    const variables = isDatasec ? dataSections?.variables(section.name) : undefined;
    const exposed = isDatasec && dataSections !== undefined && dataSections.isExposed(section.name);
    maps.push({
      section: section.index,
      offset: 0,
      def: {
        name: dataMapName(fileName, section.name),
        type: BPF_MAP_TYPE_ARRAY,
        keySize: 4,
        valueSize: section.size,
        maxEntries: 1,
        flags: (kind === 'rodata' ? BPF_F_RDONLY_PROG : 0) | (exposed ? BPF_F_MMAPABLE : 0),
        extra: 0n,
        contents: kind === 'bss' ? new Uint8Array(section.size) : elf.contents(section),
        frozen: kind === 'rodata',
        keyTypeId: 0,
        valueTypeId: typeId,
        ...(variables === undefined ? {} : { variables }),
      },
    });
  }
  return maps;
}

/**
 * Name of the map of a data section: as much of the file's stem as fits in front of the section's name in 15 characters,
 * with room for seven of the section's even where it has fewer; no stem for sections with two dots.
 *
 *     dataMapName('pystacks180.bpf.o', '.rodata')  'pystacks.rodata'
 *     dataMapName('pystacks180.bpf.o', '.bss')     'pystacks.bss'
 *     dataMapName('x.o', '.rodata.config')         '.rodata.config'
 */
export function dataMapName(fileName: string, section: string): string {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1).slice(0, NAME_CHARS);
  const dot = base.indexOf('.');
  const stem = dot === -1 ? base : base.slice(0, dot);
  const room = Math.min(Math.max(7, section.length), NAME_CHARS);
  const prefix = section.includes('.', 1) ? '' : stem.slice(0, NAME_CHARS - room);
  return (prefix + section.slice(0, room)).replace(/[^A-Za-z0-9_.]/g, '_');
}
