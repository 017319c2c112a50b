/**
 * The head of BTF: where its two parts lie.
 *
 *     magic:16 version:8 flags:8 | hdr_len | type_off type_len | str_off str_len      offsets count from the header's end
 *
 * Source: Documentation/bpf/btf.rst, Linux 6.12.
 */
import type { ErrorMaker } from './string-table.js';

export const BTF_MAGIC = 0xeb9f;
const BTF_VERSION = 1;
const HEADER_BYTES = 24;

/** The two parts of BTF. */
export interface BtfParts {
  readonly types: Uint8Array;
  readonly strings: Uint8Array;
}

/**
 * The bytes of the types and of the strings.
 * @param where what to call the bytes in errors
 * @throws what `bad` makes when the header is cut off, or says that a part lies where there is none
 */
export function readBtfHeader(bytes: Uint8Array, where: string, bad: ErrorMaker): BtfParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES) {
    throw bad(`${where}: the BTF header is cut off (${bytes.length} of ${HEADER_BYTES} bytes)`);
  }
  const magic = view.getUint16(0, true);
  if (magic !== BTF_MAGIC) throw bad(`${where}: BTF magic 0x${magic.toString(16)} at offset 0`);
  const headerBytes = view.getUint32(4, true);
  const typeStart = headerBytes + view.getUint32(8, true);
  const typeBytes = view.getUint32(12, true);
  const stringStart = headerBytes + view.getUint32(16, true);
  const stringBytes = view.getUint32(20, true);
  if (headerBytes < HEADER_BYTES || headerBytes > bytes.length) {
    throw bad(`${where}: a BTF header of ${headerBytes} bytes (offset 4)`);
  }
  if (stringStart + stringBytes > bytes.length) {
    throw bad(
      `${where}: ${stringBytes} bytes of strings at offset ${stringStart} run past its end (${bytes.length} bytes)`,
    );
  }
  if (typeStart + typeBytes > stringStart) {
    throw bad(`${where}: ${typeBytes} bytes of types at offset ${typeStart} overlap the strings`);
  }
  return {
    types: bytes.subarray(typeStart, typeStart + typeBytes),
    strings: bytes.subarray(stringStart, stringStart + stringBytes),
  };
}

/** BTF of the types and strings of both, those of `addition` behind those of `base`. */
export function joinBtf(base: BtfParts, addition: BtfParts): Uint8Array {
  const typeLength = base.types.length + addition.types.length;
  const stringLength = base.strings.length + addition.strings.length;
  const all = new Uint8Array(HEADER_BYTES + typeLength + stringLength);
  const view = new DataView(all.buffer);
  view.setUint32(0, BTF_MAGIC | (BTF_VERSION << 16), true);
  view.setUint32(4, HEADER_BYTES, true);
  view.setUint32(12, typeLength, true);
  view.setUint32(16, typeLength, true);
  view.setUint32(20, stringLength, true);
  let at = HEADER_BYTES;
  for (const part of [base.types, addition.types, base.strings, addition.strings]) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
