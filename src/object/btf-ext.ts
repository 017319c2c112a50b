/**
 * The `.BTF.ext` section: which function, source line or CO-RE relocation belongs to which instruction. Per kind:
 *
 *     record size | section name, n | n records | section name, n | n records | ...
 *     record = byte offset of the instruction in that section, then what the kind adds
 *
 * Offsets become slots here, at the border, and stay relative to the ELF section; link.ts re-bases them on a program.
 * Source: Documentation/bpf/btf.rst, Linux 6.12; leniency as in libbpf's `btf_ext__new()`.
 */
import type { Btf } from './btf.js';
import type { ElfFile } from './elf.js';
import type { ErrorMaker } from './string-table.js';

const BTF_MAGIC = 0xeb9f;
const SLOT_BYTES = 8;
/** Most records out of order that are accepted: each function looks through all of them. */
const MAX_UNSORTED = 16 * 1024;

/** Records of one kind that belong to one ELF section, in the order of the file. */
export interface ExtRecords {
  /** Slot in the ELF section, per record. */
  readonly slots: Uint32Array;
  /** The words behind the offset: `width` per record. */
  readonly words: Uint32Array;
  readonly width: number;
  /** `slots` never decreases. */
  readonly sorted: boolean;
}

/** Words per record that are kept of each kind. */
export const FUNC_INFO_WORDS = 1;
export const LINE_INFO_WORDS = 3;
export const CORE_RELO_WORDS = 3;

/** Records by index of the ELF section they are about. */
export interface BtfExt {
  /** Words: type id of the FUNC. */
  readonly funcInfo: ReadonlyMap<number, ExtRecords>;
  /** Words: file name offset, line offset, `line << 10 | column`. */
  readonly lineInfo: ReadonlyMap<number, ExtRecords>;
  /** Words: local type id, offset of the access string, kind. */
  readonly coreRelos: ReadonlyMap<number, ExtRecords>;
}

/** An object without the section, or one whose section libbpf passes over. */
export const NO_BTF_EXT: BtfExt = { funcInfo: new Map(), lineInfo: new Map(), coreRelos: new Map() };

/**
 * Reads a `.BTF.ext` section.
 * @param where what to call it in errors
 * @throws what `bad` makes, naming a byte offset, when it is malformed
 */
export function parseBtfExt(
  bytes: Uint8Array,
  where: string,
  btf: Btf,
  elf: ElfFile,
  bad: ErrorMaker,
): BtfExt {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw bad(`${where}: the header is cut off (${bytes.length} bytes)`);
  const magic = view.getUint16(0, true);
  if (magic !== BTF_MAGIC) throw bad(`${where}: magic 0x${magic.toString(16)} at offset 0`);
  if (view.getUint8(2) !== 1) throw bad(`${where}: version ${view.getUint8(2)} is unknown (offset 2)`);
  if (view.getUint8(3) !== 0)
    throw bad(`${where}: flags 0x${view.getUint8(3).toString(16)} are unknown (offset 3)`);
  const headerBytes = view.getUint32(4, true);
  if (headerBytes < 24 || headerBytes > bytes.length)
    throw bad(`${where}: a header of ${headerBytes} bytes (offset 4)`);

  const segment = (
    headerOffset: number,
    name: string,
    width: number,
  ): Map<number, ExtRecords> | undefined => {
    const start = headerBytes + view.getUint32(headerOffset, true);
    const length = view.getUint32(headerOffset + 4, true);
    if (length === 0) return new Map();
    if (start % 4 !== 0 || length < 4 || start + length > bytes.length) {
      throw bad(
        `${where}: ${name} of ${length} bytes at offset ${start} is misplaced (${bytes.length} bytes in all)`,
      );
    }
    return parseSegment({ view, start, end: start + length, name, width }, where, btf, elf, bad);
  };
  const funcInfo = segment(8, 'func info', FUNC_INFO_WORDS);
  const lineInfo = segment(16, 'line info', LINE_INFO_WORDS);
  const coreRelos =
    headerBytes >= 32 ? segment(24, 'CO-RE relocations', CORE_RELO_WORDS) : new Map<number, never>();
  // libbpf passes over the whole section when one of its parts has a size but no records.
  if (funcInfo === undefined || lineInfo === undefined || coreRelos === undefined) return NO_BTF_EXT;
  return { funcInfo, lineInfo, coreRelos };
}

/** One part of the section: bytes `start` to `end` of `view`, records of which `width` words are kept. */
interface Segment {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly width: number;
}

function parseSegment(
  { view, start, end, name, width }: Segment,
  where: string,
  btf: Btf,
  elf: ElfFile,
  bad: ErrorMaker,
): Map<number, ExtRecords> | undefined {
  const recordBytes = view.getUint32(start, true);
  if (recordBytes < 4 + 4 * width || recordBytes % 4 !== 0) {
    throw bad(`${where}: ${name} records of ${recordBytes} bytes (offset ${start})`);
  }
  if (start + 4 === end) return undefined;
  const bySection = new Map<number, ExtRecords>();
  for (let at = start + 4; at < end;) {
    if (at + 8 > end) throw bad(`${where}: ${name} at offset ${at} is cut off`);
    const nameOffset = view.getUint32(at, true);
    const count = view.getUint32(at + 4, true);
    const next = at + 8 + count * recordBytes;
    if (count === 0 || next > end) {
      throw bad(`${where}: ${count} ${name} records at offset ${at} do not fit (${end - at - 8} bytes left)`);
    }
    const section = elf.sectionByName(btf.string(nameOffset));
    // A name that no section has is passed over; of two lots for one section libbpf reads the first.
    if (section !== undefined && !bySection.has(section.index)) {
      bySection.set(
        section.index,
        readRecords({ view, start: at + 8, end: next, name, width }, recordBytes, where, bad),
      );
    }
    at = next;
  }
  return bySection;
}

function readRecords(
  { view, start, end, name, width }: Segment,
  recordBytes: number,
  where: string,
  bad: ErrorMaker,
): ExtRecords {
  const count = (end - start) / recordBytes;
  const slots = new Uint32Array(count);
  const words = new Uint32Array(count * width);
  let sorted = true;
  for (let i = 0, at = start; i < count; i++, at += recordBytes) {
    const offset = view.getUint32(at, true);
    if (offset % SLOT_BYTES !== 0) {
      throw bad(`${where}: ${name} at offset ${at} is about byte ${offset}, inside an instruction`);
    }
    slots[i] = offset / SLOT_BYTES;
    if (i > 0 && slots[i] < slots[i - 1]) sorted = false;
    for (let word = 0; word < width; word++)
      words[i * width + word] = view.getUint32(at + 4 + 4 * word, true);
  }
  if (!sorted && count > MAX_UNSORTED)
    throw bad(`${where}: ${count} ${name} records at offset ${start} are out of order`);
  return { slots, words, width, sorted };
}

/**
 * The records that belong to the slots `[first, last)` of their section: those from the first to the last record in the
 * range, as `adjust_prog_btf_ext_info()` of libbpf picks them. `from === to` when there are none.
 */
export function recordsInRange(
  records: ExtRecords,
  first: number,
  last: number,
): { from: number; to: number } {
  const { slots } = records;
  if (records.sorted) return { from: lowerBound(slots, first), to: lowerBound(slots, last) };
  let from = -1;
  let to = -1;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    if (slot < first) continue;
    if (slot >= last) break;
    if (from === -1) from = i;
    to = i + 1;
  }
  return { from, to };
}

/** Index of the first element that is not less than `value`. */
export function lowerBound(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
