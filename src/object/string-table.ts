/**
 * Strings of an ELF or BTF string section: NUL-terminated bytes named by their offset.
 *
 * A hostile file can name one long string thousands of times, so every table has a budget: what all its decoded
 * strings may take together. Strings are kept once decoded.
 */

/** Longest name that is decoded; the kernel's own limit for BTF names is 128, for symbols 512. */
const MAX_NAME_BYTES = 16 * 1024;
/** All decoded strings of one table together, in bytes of memory. */
const MAX_TABLE_BYTES = 32 * 1024 * 1024;
/** What a kept string costs beside its characters, roughly. */
const STRING_OVERHEAD_BYTES = 64;

/** Makes the error for what is wrong with an input; the maker knows the file and adds it. */
export type ErrorMaker = (what: string) => Error;

export class StringTable {
  private readonly known = new Map<number, string>();
  private decodedBytes = 0;

  /**
   * @param bytes the section's contents
   * @param where the section, for errors
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly where: string,
    private readonly bad: ErrorMaker,
  ) {}

  /** Size of the section in bytes. */
  get size(): number {
    return this.bytes.length;
  }

  /**
   * The string at a byte offset.
   * @throws when the offset lies outside the section, or the string has no end or is absurdly long
   */
  at(offset: number): string {
    const known = this.known.get(offset);
    if (known !== undefined) return known;
    const { bytes } = this;
    if (offset >= bytes.length) {
      throw this.bad(`${this.where}: string offset ${offset} is outside the section (${bytes.length} bytes)`);
    }
    const end = bytes.indexOf(0, offset);
    if (end === -1) throw this.bad(`${this.where}: the string at offset ${offset} does not end`);
    if (end - offset > MAX_NAME_BYTES) {
      throw this.bad(`${this.where}: the string at offset ${offset} has ${end - offset} bytes`);
    }
    this.decodedBytes += end - offset + STRING_OVERHEAD_BYTES;
    if (this.decodedBytes > MAX_TABLE_BYTES) {
      throw this.bad(`${this.where}: the strings in use take more than ${MAX_TABLE_BYTES} bytes`);
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + offset, end - offset).toString('utf8');
    this.known.set(offset, text);
    return text;
  }
}

/**
 * A name from the file as it may stand in a one-line message: plain ASCII without control characters, so that it can
 * neither break the line nor turn a terminal's head, and at most 80 characters.
 */
export function printable(name: string): string {
  const clean = name.replace(/[^\x20-\x7e]/g, '?');
  return clean.length > 80 ? `${clean.slice(0, 77)}...` : clean;
}
