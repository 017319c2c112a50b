/**
 * Maps of the time before BTF: symbols of the section `maps`, each a record
 *
 *     type | key_size | value_size | max_entries | map_flags      (5 x u32: struct bpf_map_def)
 *     … | inner_map_idx | numa_node                               (28 bytes: the kernel's samples)
 *     … | id | pinning | inner_id | inner_idx                     (36 bytes: struct bpf_elf_map of iproute2)
 *
 * libbpf 1.0 and later refuse them; libbpf 0.x, iproute2 and other loaders take them.
 */
import { STT_SECTION } from './elf.js';
import { describeSection } from './elf-sections.js';
import type { ElfFile, ElfSymbol } from './elf.js';
import type { ElfSection } from './elf-sections.js';
import type { PlacedMap } from './maps.js';
import { isMapInMap } from './map-types.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

const DEF_BYTES = 20;
const SAMPLES_DEF_BYTES = 28;
const IPROUTE2_DEF_BYTES = 36;

/** Most maps one section can define; an object with more is no object anyone made. */
const MAX_MAPS = 4096;

/**
 * The maps of a legacy section, in the order of the symbol table.
 * @throws what `bad` makes, naming the map, when a definition leaves the section or is too short
 */
export function legacyMaps(section: ElfSection, elf: ElfFile, bad: ErrorMaker): PlacedMap[] {
  const bytes = elf.contents(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const symbols: ElfSymbol[] = [];
  for (let i = 0; i < elf.symbolCount; i++) {
    const symbol = elf.symbol(i);
    if (symbol.section === section.index && symbol.type !== STT_SECTION) symbols.push(symbol);
    if (symbols.length > MAX_MAPS) throw bad(`${describeSection(section)}: more than ${MAX_MAPS} maps`);
  }
  const records = symbols.map((symbol) => {
    const name = elf.symbolName(symbol);
    const where = `${describeSection(section)}: map "${printable(name)}"`;
    // Old compilers give the symbols no size: then the definitions share the section evenly.
    const size = symbol.size === 0 ? Math.floor(section.size / symbols.length) : symbol.size;
    if (symbol.value + size > section.size) {
      throw bad(
        `${where}: ${size} bytes at offset ${symbol.value} are outside the section (${section.size} bytes)`,
      );
    }
    if (size < DEF_BYTES) throw bad(`${where}: a definition of ${size} bytes at offset ${symbol.value}`);
    const word = (index: number): number =>
      4 * index + 4 <= size ? view.getUint32(symbol.value + 4 * index, true) : 0;
    return { name, where, size, offset: symbol.value, word };
  });

  return records.map(({ name, where, size, offset, word }) => {
    const def = {
      name,
      type: word(0),
      keySize: word(1),
      valueSize: word(2),
      maxEntries: word(3),
      flags: word(4),
      extra: 0n,
      frozen: false,
      keyTypeId: 0,
      valueTypeId: 0,
    };
    const placed = { def, section: section.index, offset };
    if (!isMapInMap(def.type) || size < SAMPLES_DEF_BYTES) return placed;
    const inner =
      size >= IPROUTE2_DEF_BYTES
        ? records.find((other) => word(7) !== 0 && other.word(5) === word(7))
        : records[word(5)];
    if (inner === undefined) throw bad(`${where}: the inner map it names does not exist`);
    return { ...placed, innerOffset: inner.offset };
  });
}
