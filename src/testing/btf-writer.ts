/** Writes `.BTF` and `.BTF.ext` sections for tests, type by type; ids are handed out from 1 on. */
import { StringSection } from './elf-writer.js';

const HEADER_BYTES = 24;
const EXT_HEADER_BYTES = 32;

function bytesOf(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word >>> 0, true);
  });
  return bytes;
}

/** One record: byte offset in its section, then the words of its kind. */
export type ExtRecord = readonly number[];
/** Records of one kind, by the name of the section they are about. */
export type ExtPart = Readonly<Record<string, readonly ExtRecord[]>>;

export class BtfWriter {
  private readonly strings = new StringSection();
  private readonly words: number[] = [];
  private count = 0;

  /** Offset of a string. */
  string(text: string): number {
    return this.strings.add(text);
  }

  /** Adds a type of any kind: the kind's words follow its size or type. */
  add(
    kind: number,
    name: string,
    vlen: number,
    sizeOrType: number,
    more: readonly number[] = [],
    flag = 0,
  ): number {
    this.words.push(this.string(name), ((flag << 31) | (kind << 24) | vlen) >>> 0, sizeOrType);
    for (const word of more) this.words.push(word);
    return ++this.count;
  }

  int(name: string, bytes: number, signed = false): number {
    return this.add(1, name, 0, bytes, [((signed ? 1 : 0) << 24) | (8 * bytes)]);
  }

  pointer(type: number): number {
    return this.add(2, '', 0, type);
  }

  array(type: number, indexType: number, length: number): number {
    return this.add(3, '', 0, 0, [type, indexType, length]);
  }

  /** A struct of members (name, type, bit offset). */
  struct(name: string, bytes: number, members: readonly (readonly [string, number, number])[]): number {
    return this.add(
      4,
      name,
      members.length,
      bytes,
      members.flatMap(([member, type, offset]) => [this.string(member), type, offset]),
    );
  }

  typedef(name: string, type: number): number {
    return this.add(8, name, 0, type);
  }

  /** A function without parameters that returns `void`, with its linkage (0 static, 1 global, 2 extern). */
  function(name: string, linkage: number): number {
    const proto = this.add(13, '', 0, 0);
    return this.add(12, name, linkage, proto);
  }

  /** A variable with its linkage. */
  variable(name: string, type: number, linkage: number): number {
    return this.add(14, name, 0, type, [linkage]);
  }

  /** A data section of variables (type, offset, size). */
  datasec(name: string, bytes: number, variables: readonly (readonly [number, number, number])[]): number {
    return this.add(15, name, variables.length, bytes, variables.flat());
  }

  /** The `.BTF` section. */
  build(): Uint8Array {
    const types = bytesOf(this.words);
    const strings = this.strings.bytes();
    const file = new Uint8Array(HEADER_BYTES + types.length + strings.length);
    file.set(bytesOf([0x0001eb9f, HEADER_BYTES, 0, types.length, types.length, strings.length]));
    file.set(types, HEADER_BYTES);
    file.set(strings, HEADER_BYTES + types.length);
    return file;
  }

  /** The `.BTF.ext` section of func info (type id), line info (file, line, place) and CO-RE relocations. */
  buildExt(funcInfo: ExtPart, lineInfo: ExtPart = {}, coreRelos: ExtPart = {}): Uint8Array {
    const parts = [this.extPart(funcInfo, 8), this.extPart(lineInfo, 16), this.extPart(coreRelos, 16)];
    const header = [0x0001eb9f, EXT_HEADER_BYTES];
    let offset = 0;
    for (const part of parts) {
      header.push(offset, part.length);
      offset += part.length;
    }
    const file = new Uint8Array(EXT_HEADER_BYTES + offset);
    file.set(bytesOf(header));
    let at = EXT_HEADER_BYTES;
    for (const part of parts) {
      file.set(part, at);
      at += part.length;
    }
    return file;
  }

  private extPart(part: ExtPart, recordBytes: number): Uint8Array {
    const sections = Object.entries(part);
    if (sections.length === 0) return new Uint8Array(0);
    const words = [recordBytes];
    for (const [section, records] of sections)
      words.push(this.string(section), records.length, ...records.flat());
    return bytesOf(words);
  }
}
