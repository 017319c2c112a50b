/**
 * The one kind of ELF file a BPF compiler writes: relocatable, machine 247 (`EM_BPF`) or 0 (what LLVM wrote before BPF
 * had a number), with a symbol table and relocations without addends.
 */
import { describeSection, ElfSections, memorySource, SHT_SYMTAB, u64, viewOf } from './elf-sections.js';
import type { ElfSection } from './elf-sections.js';
import { StringTable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** `e_machine` of BPF. */
export const EM_BPF = 247;

/** Symbol binding, type and visibility. */
export const STB_LOCAL = 0;
export const STB_GLOBAL = 1;
export const STB_WEAK = 2;
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;
export const STV_INTERNAL = 1;
export const STV_HIDDEN = 2;

const ET_REL = 1;
const SYM_SIZE = 24;
const REL_SIZE = 16;

/** One entry of the symbol table. */
export interface ElfSymbol {
  readonly index: number;
  /** Offset of the name in the symbol string table, see `ElfFile.symbolName`. */
  readonly nameOffset: number;
  readonly binding: number;
  readonly type: number;
  readonly visibility: number;
  /** Section index; `SHN_UNDEF` for externs, `SHN_LORESERVE` and above for the special ones. */
  readonly section: number;
  /** Byte offset in the section. */
  readonly value: number;
  /** Bytes. */
  readonly size: number;
}

function refuseOthers(type: number, machine: number): string | undefined {
  if (machine !== EM_BPF && machine !== 0) {
    return `not a BPF object: ELF machine ${machine} instead of ${EM_BPF} (e_machine, offset 18)`;
  }
  if (type === ET_REL) return undefined;
  return `not a relocatable object: ELF type ${type} instead of ${ET_REL} (e_type, offset 16)`;
}

/** A BPF object; contents and symbols are read on demand from the bytes given. */
export class ElfFile extends ElfSections {
  /** Entries of the symbol table, the null symbol included. */
  readonly symbolCount: number;
  /** Index of the symbol table's section. */
  readonly symbolSection: number;
  private readonly symbols: DataView;
  private readonly symbolNames: StringTable;

  /**
   * Reads header, section headers and the place of the symbol table.
   * @throws what `bad` makes, when the bytes are no ELF64 little-endian relocatable BPF file or its tables run out of it
   */
  constructor(bytes: Uint8Array, bad: ErrorMaker) {
    super(memorySource(bytes), bad, refuseOthers);
    const tables = this.sections.filter((section) => section.type === SHT_SYMTAB);
    if (tables.length === 0) throw bad('there is no symbol table (stripped file?)');
    if (tables.length > 1) throw bad(`${describeSection(tables[1])}: a second symbol table`);
    const table = tables[0];
    if (table.entrySize !== SYM_SIZE) {
      throw bad(
        `${describeSection(table)}: symbol entries of ${table.entrySize} bytes instead of ${SYM_SIZE}`,
      );
    }
    this.symbols = viewOf(this.contents(table));
    this.symbolCount = Math.floor(table.size / SYM_SIZE);
    this.symbolSection = table.index;
    const strings = this.sections.at(table.link);
    if (table.link === 0 || strings === undefined) {
      throw bad(`${describeSection(table)}: link ${table.link} names no string section`);
    }
    this.symbolNames = new StringTable(this.contents(strings), describeSection(strings), bad);
  }

  /** The symbol at `index`, which must be less than `symbolCount`. */
  symbol(index: number): ElfSymbol {
    const { symbols } = this;
    const at = index * SYM_SIZE;
    const info = symbols.getUint8(at + 4);
    return {
      index,
      nameOffset: symbols.getUint32(at, true),
      binding: info >>> 4,
      type: info & 0xf,
      visibility: symbols.getUint8(at + 5) & 3,
      section: symbols.getUint16(at + 6, true),
      value: u64(symbols, at + 8),
      size: u64(symbols, at + 16),
    };
  }

  /**
   * Name of a symbol, for section symbols without one the section's.
   * @throws when its offset leaves the string section
   */
  symbolName(symbol: ElfSymbol): string {
    if (symbol.type === STT_SECTION && symbol.nameOffset === 0)
      return this.sections.at(symbol.section)?.name ?? '';
    return this.symbolNames.at(symbol.nameOffset);
  }

  /**
   * Entries of a `SHT_REL` section: byte offset in the target section and symbol index, in file order. Relocation types
   * say nothing that the instruction does not, and are ignored as in libbpf.
   * @throws when the entries are malformed, leave the target section or name no symbol
   */
  relocations(section: ElfSection, target: ElfSection): { offsets: Uint32Array; symbols: Uint32Array } {
    const { bad } = this;
    const where = describeSection(section);
    if (section.entrySize !== REL_SIZE) {
      throw bad(`${where}: relocation entries of ${section.entrySize} bytes instead of ${REL_SIZE}`);
    }
    const view = viewOf(this.contents(section));
    const count = Math.floor(section.size / REL_SIZE);
    const offsets = new Uint32Array(count);
    const symbols = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const offset = u64(view, i * REL_SIZE);
      const symbol = view.getUint32(i * REL_SIZE + 12, true);
      if (offset >= target.size) {
        throw bad(
          `${where}: relocation ${i} at offset ${offset} is outside ${describeSection(target)} (${target.size} bytes)`,
        );
      }
      if (symbol >= this.symbolCount) {
        throw bad(`${where}: relocation ${i} names symbol ${symbol}, the file has ${this.symbolCount}`);
      }
      offsets[i] = offset;
      symbols[i] = symbol;
    }
    return { offsets, symbols };
  }
}
