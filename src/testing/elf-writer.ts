/**
 * Writes small BPF objects for tests: sections, symbols and relocations by hand, as clang lays them out. What a test
 * gives is written as it is, wrong values included: that is what the tests of bad input need.
 */

/** A section as a test describes it; numbers left out are zero. */
export interface SectionSpec {
  readonly name: string;
  /** `SHT_…`; 1 (PROGBITS) when left out. */
  readonly type?: number;
  readonly flags?: number;
  /** Contents; none for `SHT_NOBITS`. */
  readonly bytes?: Uint8Array;
  /** Size in the header; that of the contents when left out. */
  readonly size?: number;
  /** Byte offset in the header; where the contents are when left out. */
  readonly offset?: number;
  readonly link?: number;
  readonly info?: number;
  readonly entrySize?: number;
}

/** A symbol; a local one of no type when left out. */
export interface SymbolSpec {
  readonly name: string;
  readonly section: number;
  readonly value?: number;
  readonly size?: number;
  /** `STB_…`: 0 local, 1 global, 2 weak. */
  readonly binding?: number;
  /** `STT_…`: 1 object, 2 function, 3 section. */
  readonly type?: number;
  readonly visibility?: number;
}

/** Section flag of code. */
export const EXECINSTR = 4;

const EHDR_SIZE = 64;
const SHDR_SIZE = 64;
const SYM_SIZE = 24;
const REL_SIZE = 16;

/** Bytes of instruction slots given as words. */
export function codeBytes(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setInt32(4 * i, word, true);
  });
  return bytes;
}

/** Collects strings for a string section. */
export class StringSection {
  private readonly parts: Buffer[] = [Buffer.from([0])];
  private length = 1;
  private readonly offsets = new Map<string, number>([['', 0]]);

  /** Offset of a string, added at its first use. */
  add(text: string): number {
    const known = this.offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.length;
    const part = Buffer.from(`${text}\0`, 'utf8');
    this.parts.push(part);
    this.length += part.length;
    this.offsets.set(text, offset);
    return offset;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }
}

/** One object file under construction. Sections 1 and 2 are the strings and the symbol table. */
export class ElfWriter {
  /** `e_machine`. */
  machine = 247;
  private readonly strings = new StringSection();
  private readonly sections: SectionSpec[] = [];
  private readonly symbols: SymbolSpec[] = [{ name: '', section: 0 }];

  /** Adds a section and returns its index. */
  section(spec: SectionSpec): number {
    this.sections.push(spec);
    return this.sections.length + 2;
  }

  /** Adds a section of code given as instruction words and returns its index. */
  code(name: string, words: readonly number[]): number {
    return this.section({ name, flags: EXECINSTR, bytes: codeBytes(words) });
  }

  /** Adds a symbol and returns its index. */
  symbol(spec: SymbolSpec): number {
    this.symbols.push(spec);
    return this.symbols.length - 1;
  }

  /** Adds a global function over `slots` instructions of a section and returns its symbol. */
  function(
    name: string,
    section: number,
    slot: number,
    slots: number,
    more: Partial<SymbolSpec> = {},
  ): number {
    return this.symbol({ name, section, value: 8 * slot, size: 8 * slots, binding: 1, type: 2, ...more });
  }

  /** Adds the relocation section of a section: pairs of byte offset and symbol index, type 1 (`R_BPF_64_64`). */
  relocations(target: number, entries: readonly (readonly [offset: number, symbol: number])[]): number {
    const bytes = new Uint8Array(REL_SIZE * entries.length);
    const view = new DataView(bytes.buffer);
    entries.forEach(([offset, symbol], i) => {
      view.setUint32(REL_SIZE * i, offset, true);
      view.setUint32(REL_SIZE * i + 8, 1, true);
      view.setUint32(REL_SIZE * i + 12, symbol, true);
    });
    const name = `.rel${this.sections[target - 3]?.name ?? ''}`;
    return this.section({ name, type: 9, bytes, link: 2, info: target, entrySize: REL_SIZE });
  }

  /** The file's bytes. */
  build(): Uint8Array {
    const { strings } = this;
    const names = ['.strtab', '.symtab', ...this.sections.map(({ name }) => name)].map((name) =>
      strings.add(name),
    );
    const symbols = this.symbolBytes();
    const all: SectionSpec[] = [
      { name: '.strtab', type: 3, bytes: strings.bytes() },
      { name: '.symtab', type: 2, bytes: symbols, link: 1, entrySize: SYM_SIZE },
      ...this.sections,
    ];

    const offsets: number[] = [];
    let end = EHDR_SIZE;
    for (const { bytes } of all) {
      offsets.push(end);
      end += Math.ceil((bytes?.length ?? 0) / 8) * 8;
    }
    const file = new Uint8Array(end + SHDR_SIZE * (all.length + 1));
    const view = new DataView(file.buffer);
    this.writeHeader(view, end, all.length + 1);
    all.forEach((section, i) => {
      if (section.bytes !== undefined) file.set(section.bytes, offsets[i]);
      const at = end + SHDR_SIZE * (i + 1);
      const u64 = (offset: number, value: number): void => {
        view.setBigUint64(at + offset, BigInt(value), true);
      };
      view.setUint32(at, names[i], true);
      view.setUint32(at + 4, section.type ?? 1, true);
      u64(8, section.flags ?? 0);
      u64(24, section.offset ?? offsets[i]);
      u64(32, section.size ?? section.bytes?.length ?? 0);
      view.setUint32(at + 40, section.link ?? 0, true);
      view.setUint32(at + 44, section.info ?? 0, true);
      u64(56, section.entrySize ?? 0);
    });
    return file;
  }

  private symbolBytes(): Uint8Array {
    const bytes = new Uint8Array(SYM_SIZE * this.symbols.length);
    const view = new DataView(bytes.buffer);
    this.symbols.forEach((symbol, i) => {
      const at = SYM_SIZE * i;
      view.setUint32(at, this.strings.add(symbol.name), true);
      view.setUint8(at + 4, ((symbol.binding ?? 0) << 4) | (symbol.type ?? 0));
      view.setUint8(at + 5, symbol.visibility ?? 0);
      view.setUint16(at + 6, symbol.section, true);
      view.setBigUint64(at + 8, BigInt(symbol.value ?? 0), true);
      view.setBigUint64(at + 16, BigInt(symbol.size ?? 0), true);
    });
    return bytes;
  }

  private writeHeader(view: DataView, sectionTable: number, sectionCount: number): void {
    view.setUint32(0, 0x7f454c46);
    view.setUint8(4, 2);
    view.setUint8(5, 1);
    view.setUint8(6, 1);
    view.setUint16(16, 1, true);
    view.setUint16(18, this.machine, true);
    view.setUint32(20, 1, true);
    view.setUint32(40, sectionTable, true);
    view.setUint16(52, EHDR_SIZE, true);
    view.setUint16(58, SHDR_SIZE, true);
    view.setUint16(60, sectionCount, true);
    view.setUint16(62, 1, true);
  }
}
