/**
 * Reader of the one kind of ELF file a BPF compiler writes: ELF64, little endian, relocatable, machine 247 (`EM_BPF`)
 * or 0 (what LLVM wrote before BPF had a number). Offsets and sizes are bytes of the file. Every access is checked
 * against the file's size before anything is read or allocated; sections nobody asks for are not looked at, as in
 * libelf. Source: System V ABI, chapter 4 and the generic ABI's ELF64 tables.
 */
import { StringTable, printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** `e_machine` of BPF. */
export const EM_BPF = 247;

/** Section types. */
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;

/** Section flag: machine instructions. */
export const SHF_EXECINSTR = 4;

/** Section indices with a meaning of their own. */
export const SHN_UNDEF = 0;
export const SHN_LORESERVE = 0xff00;

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
const EHDR_SIZE = 64;
const SHDR_SIZE = 64;
const SYM_SIZE = 24;
const REL_SIZE = 16;
const SHN_XINDEX = 0xffff;

/** One entry of the section header table. */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  /** Low 32 bits of the flags. */
  readonly flags: number;
  /** Byte offset of the contents in the file. */
  readonly offset: number;
  /** Bytes of the contents; for `SHT_NOBITS` the size in memory. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

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

/** Unsigned 64-bit number; values from 2^53 on lose low bits but stay larger than any file. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What `section` is called in messages: `section 3 (.text)`. */
export function describeSection(section: { readonly index: number; readonly name: string }): string {
  return `section ${section.index} (${printable(section.name)})`;
}

/** A parsed ELF file; contents and symbols are read on demand from the bytes given. */
export class ElfFile {
  /** By section index; entry 0 is the null section. */
  readonly sections: readonly ElfSection[];
  /** Entries of the symbol table, the null symbol included; 0 when there is no table. */
  readonly symbolCount: number;
  private readonly byName = new Map<string, ElfSection>();
  private readonly symbols: DataView;
  private readonly symbolNames: StringTable;

  /**
   * Reads header, section headers and the place of the symbol table.
   * @throws what `bad` makes, when the bytes are no ELF64 little-endian relocatable BPF file or its tables run out of it
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly bad: ErrorMaker,
  ) {
    const view = viewOf(bytes);
    this.checkHeader(view);
    this.sections = this.readSections(view);

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
    const strings = this.sections.at(table.link);
    if (table.link === 0 || strings === undefined) {
      throw bad(`${describeSection(table)}: link ${table.link} names no string section`);
    }
    this.symbolNames = new StringTable(this.contents(strings), describeSection(strings), bad);
  }

  private checkHeader(view: DataView): void {
    const { bytes, bad } = this;
    if (bytes.length === 0) throw bad('the file is empty');
    if (bytes.length < 4 || view.getUint32(0) !== 0x7f454c46)
      throw bad('not an ELF file (no ELF magic at offset 0)');
    if (bytes.length < EHDR_SIZE) {
      throw bad(`the ELF header is cut off (${bytes.length} of ${EHDR_SIZE} bytes)`);
    }
    const fileClass = bytes[4];
    if (fileClass === 1) throw bad('a 32-bit ELF file; BPF objects are 64-bit (e_ident, offset 4)');
    if (fileClass !== 2) throw bad(`ELF class ${fileClass} is unknown (e_ident, offset 4)`);
    const data = bytes[5];
    if (data === 2)
      throw bad('a big-endian ELF file; only little-endian objects are supported (e_ident, offset 5)');
    if (data !== 1) throw bad(`ELF data encoding ${data} is unknown (e_ident, offset 5)`);
    const machine = view.getUint16(18, true);
    if (machine !== EM_BPF && machine !== 0) {
      throw bad(`not a BPF object: ELF machine ${machine} instead of ${EM_BPF} (e_machine, offset 18)`);
    }
    const type = view.getUint16(16, true);
    if (type !== ET_REL) {
      throw bad(`not a relocatable object: ELF type ${type} instead of ${ET_REL} (e_type, offset 16)`);
    }
  }

  private readSections(view: DataView): ElfSection[] {
    const { bytes, bad } = this;
    const tableOffset = u64(view, 40);
    if (tableOffset === 0) throw bad('there is no section header table (e_shoff, offset 40)');
    const entrySize = view.getUint16(58, true);
    if (entrySize !== SHDR_SIZE) {
      throw bad(`section headers of ${entrySize} bytes instead of ${SHDR_SIZE} (e_shentsize, offset 58)`);
    }
    if (tableOffset + SHDR_SIZE > bytes.length) {
      throw bad(
        `the section header table at offset ${tableOffset} is outside the file (${bytes.length} bytes)`,
      );
    }
    // Counts that do not fit the header are kept in the null section (generic ABI, "extended section numbering").
    const count = view.getUint16(60, true) || u64(view, tableOffset + 32);
    const nameIndex = view.getUint16(62, true);
    const namesAt = nameIndex === SHN_XINDEX ? view.getUint32(tableOffset + 40, true) : nameIndex;
    if (tableOffset + count * SHDR_SIZE > bytes.length) {
      throw bad(
        `the section header table (${count} entries at offset ${tableOffset}) runs past the end of the file (${bytes.length} bytes)`,
      );
    }
    if (count >= SHN_LORESERVE) {
      throw bad(`${count} sections are more than symbols can name (${SHN_LORESERVE - 1})`);
    }
    if (namesAt === 0 || namesAt >= count) {
      throw bad(`section ${namesAt} does not exist and cannot hold section names (e_shstrndx, offset 62)`);
    }

    const header = (index: number, name: string): ElfSection => {
      const at = tableOffset + index * SHDR_SIZE;
      return {
        index,
        name,
        type: view.getUint32(at + 4, true),
        flags: view.getUint32(at + 8, true),
        offset: u64(view, at + 24),
        size: u64(view, at + 32),
        link: view.getUint32(at + 40, true),
        info: view.getUint32(at + 44, true),
        entrySize: u64(view, at + 56),
      };
    };
    const names = new StringTable(this.contents(header(namesAt, 'section names')), `section ${namesAt}`, bad);
    const sections = [header(0, '')];
    for (let index = 1; index < count; index++) {
      const nameOffset = view.getUint32(tableOffset + index * SHDR_SIZE, true);
      sections.push(header(index, names.at(nameOffset)));
    }
    return sections;
  }

  /** Bytes of the whole file. */
  get fileSize(): number {
    return this.bytes.length;
  }

  /**
   * The bytes of a section, a view of the file.
   * @throws when they run out of the file, or the section has none (`SHT_NOBITS`)
   */
  contents(section: ElfSection): Uint8Array {
    if (section.type === SHT_NOBITS)
      throw this.bad(`${describeSection(section)}: has no contents in the file`);
    const end = section.offset + section.size;
    if (end > this.bytes.length) {
      throw this.bad(
        `${describeSection(section)}: ${section.size} bytes at offset ${section.offset} run past the end of the file (${this.bytes.length} bytes)`,
      );
    }
    return this.bytes.subarray(section.offset, end);
  }

  /** The first section of that name; undefined when there is none. */
  sectionByName(name: string): ElfSection | undefined {
    if (this.byName.size === 0) {
      for (const section of this.sections) {
        if (section.index > 0 && !this.byName.has(section.name)) this.byName.set(section.name, section);
      }
    }
    return this.byName.get(name);
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
      return this.sections[symbol.section]?.name ?? '';
    return this.symbolNames.at(symbol.nameOffset);
  }

  /**
   * Entries of a `SHT_REL` section as pairs (byte offset in the target section, symbol index), in file order. Relocation
   * types say nothing that the instruction does not, and are ignored as in libbpf.
   * @throws when the entries are malformed, leave the target section or name no symbol
   */
  relocations(section: ElfSection, target: ElfSection): { offsets: Uint32Array; symbols: Uint32Array } {
    const { bad } = this;
    if (section.entrySize !== REL_SIZE) {
      throw bad(
        `${describeSection(section)}: relocation entries of ${section.entrySize} bytes instead of ${REL_SIZE}`,
      );
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
          `${describeSection(section)}: relocation ${i} at offset ${offset} is outside ${describeSection(target)} (${target.size} bytes)`,
        );
      }
      if (symbol >= this.symbolCount) {
        throw bad(
          `${describeSection(section)}: relocation ${i} names symbol ${symbol}, the file has ${this.symbolCount}`,
        );
      }
      offsets[i] = offset;
      symbols[i] = symbol;
    }
    return { offsets, symbols };
  }
}
