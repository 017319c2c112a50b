/**
 * The container: header and section headers of an ELF64 little-endian file, and the bytes of its sections. Offsets and
 * sizes are bytes of the file. Every access is checked against the file's size before anything is read or allocated;
 * sections nobody asks for are not looked at, as in libelf. Source: System V ABI, chapter 4, and the generic ABI.
 */
import { StringTable, printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** Section types. */
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;

/** Section flag: machine instructions. */
export const SHF_EXECINSTR = 4;

/** Section indices with a meaning of their own. */
export const SHN_UNDEF = 0;
export const SHN_LORESERVE = 0xff00;

const EHDR_SIZE = 64;
const SHDR_SIZE = 64;
const SHN_XINDEX = 0xffff;

/** Where a file's bytes come from: memory, or a file of which only parts are read. */
export interface ByteSource {
  /** Bytes of the file. */
  readonly size: number;
  /** The bytes from `offset` on; the caller has checked that they are there. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes in memory; what is read are views of them. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

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

/** Unsigned 64-bit number; values from 2^53 on lose low bits but stay larger than any file. */
export function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

/** The same bytes as numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What `section` is called in messages: `section 3 (.text)`. */
export function describeSection(section: { readonly index: number; readonly name: string }): string {
  return `section ${section.index} (${printable(section.name)})`;
}

/** The sections of an ELF file. */
export class ElfSections {
  /** By section index; entry 0 is the null section. */
  readonly sections: readonly ElfSection[];
  private readonly byName = new Map<string, ElfSection>();

  /**
   * Reads header and section headers.
   * @param refuse says what is wrong with a file of that type and machine (`e_type`, `e_machine`), if anything
   * @throws what `bad` makes, when the file is no ELF64 little-endian file or its tables run out of it
   */
  constructor(
    private readonly source: ByteSource,
    protected readonly bad: ErrorMaker,
    private readonly refuse: (type: number, machine: number) => string | undefined = () => undefined,
  ) {
    const header = this.readHeader();
    this.sections = this.readSections(header);
    for (const section of this.sections) {
      if (section.index > 0 && !this.byName.has(section.name)) this.byName.set(section.name, section);
    }
  }

  private readHeader(): DataView {
    const { source, bad } = this;
    if (source.size === 0) throw bad('the file is empty');
    const view = viewOf(source.read(0, Math.min(source.size, EHDR_SIZE)));
    if (source.size < 4 || view.getUint32(0) !== 0x7f454c46)
      throw bad('not an ELF file (no ELF magic at offset 0)');
    if (source.size < EHDR_SIZE) {
      throw bad(`the ELF header is cut off (${source.size} of ${EHDR_SIZE} bytes)`);
    }
    const fileClass = view.getUint8(4);
    if (fileClass === 1) throw bad('a 32-bit ELF file; BPF objects are 64-bit (e_ident, offset 4)');
    if (fileClass !== 2) throw bad(`ELF class ${fileClass} is unknown (e_ident, offset 4)`);
    const encoding = view.getUint8(5);
    if (encoding === 2) {
      throw bad('a big-endian ELF file; only little-endian objects are supported (e_ident, offset 5)');
    }
    if (encoding !== 1) throw bad(`ELF data encoding ${encoding} is unknown (e_ident, offset 5)`);
    const problem = this.refuse(view.getUint16(16, true), view.getUint16(18, true));
    if (problem !== undefined) throw bad(problem);
    return view;
  }

  private readSections(header: DataView): ElfSection[] {
    const { source, bad } = this;
    const tableOffset = u64(header, 40);
    if (tableOffset === 0) throw bad('there is no section header table (e_shoff, offset 40)');
    const entrySize = header.getUint16(58, true);
    if (entrySize !== SHDR_SIZE) {
      throw bad(`section headers of ${entrySize} bytes instead of ${SHDR_SIZE} (e_shentsize, offset 58)`);
    }
    if (tableOffset + SHDR_SIZE > source.size) {
      throw bad(
        `the section header table at offset ${tableOffset} is outside the file (${source.size} bytes)`,
      );
    }
    // Numbers that do not fit the header are kept in the null section ("extended section numbering").
    const nullSection = viewOf(source.read(tableOffset, SHDR_SIZE));
    const count = header.getUint16(60, true) || u64(nullSection, 32);
    const nameIndex = header.getUint16(62, true);
    const namesAt = nameIndex === SHN_XINDEX ? nullSection.getUint32(40, true) : nameIndex;
    if (tableOffset + count * SHDR_SIZE > source.size) {
      throw bad(
        `the section header table (${count} entries at offset ${tableOffset}) runs past the end of the file (${source.size} bytes)`,
      );
    }
    if (count >= SHN_LORESERVE) {
      throw bad(`${count} sections are more than symbols can name (${SHN_LORESERVE - 1})`);
    }
    if (namesAt === 0 || namesAt >= count) {
      throw bad(`section ${namesAt} does not exist and cannot hold section names (e_shstrndx, offset 62)`);
    }

    const table = viewOf(source.read(tableOffset, count * SHDR_SIZE));
    const read = (index: number, name: string): ElfSection => {
      const at = index * SHDR_SIZE;
      return {
        index,
        name,
        type: table.getUint32(at + 4, true),
        flags: table.getUint32(at + 8, true),
        offset: u64(table, at + 24),
        size: u64(table, at + 32),
        link: table.getUint32(at + 40, true),
        info: table.getUint32(at + 44, true),
        entrySize: u64(table, at + 56),
      };
    };
    const names = new StringTable(this.contents(read(namesAt, 'section names')), `section ${namesAt}`, bad);
    const sections = [read(0, '')];
    for (let index = 1; index < count; index++) {
      sections.push(read(index, names.at(table.getUint32(index * SHDR_SIZE, true))));
    }
    return sections;
  }

  /** Bytes of the whole file. */
  get fileSize(): number {
    return this.source.size;
  }

  /**
   * The bytes of a section.
   * @throws when they run out of the file, or the section has none (`SHT_NOBITS`)
   */
  contents(section: ElfSection): Uint8Array {
    const { source, bad } = this;
    if (section.type === SHT_NOBITS) throw bad(`${describeSection(section)}: has no contents in the file`);
    if (section.offset + section.size > source.size) {
      throw bad(
        `${describeSection(section)}: ${section.size} bytes at offset ${section.offset} run past the end of the file (${source.size} bytes)`,
      );
    }
    return source.read(section.offset, section.size);
  }

  /** The first section of that name; undefined when there is none. */
  sectionByName(name: string): ElfSection | undefined {
    return this.byName.get(name);
  }
}
