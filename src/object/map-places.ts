/** All maps of an object in their final order, and where its code finds them. */
import { describeSection } from './elf-sections.js';
import type { ElfFile } from './elf.js';
import type { ElfSection } from './elf-sections.js';
import { dataKind, globalDataMaps } from './globals.js';
import { legacyMaps } from './legacy-maps.js';
import { btfMaps } from './maps.js';
import type { PlacedMap } from './maps.js';
import { BPF_MAP_TYPE_ARENA } from './map-types.js';
import type { MapDef } from './program.js';
import type { Btf } from './btf.js';
import { DataSections, VariableSymbols } from './data-sections.js';
import type { ErrorMaker } from './string-table.js';

/** Name of the section of variables that live in the object's arena (`ARENA_SEC` of libbpf). */
const ARENA_SECTION = '.addr_space.1';

export class MapPlaces {
  /** Legacy maps, BTF-defined maps, global data, configuration values, then the templates of inner maps. */
  readonly maps: readonly MapDef[];
  private readonly bySection = new Map<number, Map<number, number>>();
  /** Index of the map of configuration values; absent when the object uses none. */
  readonly kconfigIndex: number | undefined;
  private readonly dataSections = new Map<number, number>();

  /**
   * Reads every definition of the object.
   * @throws what `bad` makes for a definition that cannot be
   */
  constructor(
    elf: ElfFile,
    btf: Btf | undefined,
    kconfig: MapDef | undefined,
    fileName: string,
    private readonly bad: ErrorMaker,
  ) {
    const variables = btf && new DataSections(btf, new VariableSymbols(elf), bad);
    const placed: PlacedMap[] = [];
    const legacy = elf.sectionByName('maps');
    if (legacy !== undefined && legacy.size > 0) placed.push(...legacyMaps(legacy, elf, bad));
    const section = elf.sectionByName('.maps');
    if (section !== undefined) {
      if (btf === undefined || variables === undefined)
        throw bad(`${describeSection(section)}: map definitions need a .BTF section`);
      placed.push(...btfMaps(section, btf, variables, bad));
    }
    const defined = placed.length;
    placed.push(...globalDataMaps(elf, btf, variables, fileName, bad));

    if (kconfig !== undefined) {
      this.kconfigIndex = placed.length;
      placed.push({ def: kconfig, section: elf.symbolSection, offset: 0 });
    }

    const maps: MapDef[] = [];
    placed.forEach((map, index) => {
      maps.push(map.def);
      if (index >= defined) this.dataSections.set(map.section, index);
      else this.place(map, index);
    });
    placed.forEach((map, index) => {
      const inner = this.innerIndex(map, maps);
      if (inner !== undefined) maps[index] = { ...map.def, inner };
    });
    this.placeArena(elf, maps.slice(0, defined));
    this.maps = maps;
  }

  private place(map: PlacedMap, index: number): void {
    let section = this.bySection.get(map.section);
    if (section === undefined) {
      section = new Map();
      this.bySection.set(map.section, section);
    }
    if (!section.has(map.offset)) section.set(map.offset, index);
  }

  private innerIndex(map: PlacedMap, maps: MapDef[]): number | undefined {
    if (map.innerDef !== undefined) return maps.push(map.innerDef) - 1;
    return map.innerOffset === undefined ? undefined : this.definedAt(map.section, map.innerOffset);
  }

  private placeArena(elf: ElfFile, maps: readonly MapDef[]): void {
    const isUsed = (section: ElfSection): boolean => section.name === ARENA_SECTION && section.size > 0;
    const section = elf.sections.find(isUsed);
    if (section === undefined || dataKind(section) !== undefined) return;
    const arena = maps.findIndex((map) => map.type === BPF_MAP_TYPE_ARENA);
    if (arena === -1) throw this.bad(`${describeSection(section)}: there is no arena map for its variables`);
    this.dataSections.set(section.index, arena);
  }

  /** Index of the map that holds a data section's variables; undefined when the section is none. */
  ofDataSection(section: number): number | undefined {
    return this.dataSections.get(section);
  }

  /** Index of the map defined at a byte offset of a section of map definitions; undefined when there is none. */
  definedAt(section: number, offset: number): number | undefined {
    return this.bySection.get(section)?.get(offset);
  }
}
