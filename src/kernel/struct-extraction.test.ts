import { describe, expect, it } from 'vitest';
import { BTF_KIND_STRUCT, BTF_KIND_UNION, Btf } from '../object/btf.js';
import { BtfWriter } from '../testing/btf-writer.js';
import { extractStructs } from './struct-extraction.js';

/** Adds a structure or union with bit field information: members are name, type, bit offset and width (0: no bit field). */
function composite(
  writer: BtfWriter,
  kind: number,
  name: string,
  bytes: number,
  members: readonly (readonly [name: string, type: number, bits: number, width: number])[],
): number {
  const words = members.flatMap(([member, type, bits, width]) => [
    writer.string(member),
    type,
    ((width << 24) | bits) >>> 0,
  ]);
  return writer.add(kind, name, members.length, bytes, words, 1);
}

function packetBtf(): Btf {
  const writer = new BtfWriter();
  const u8 = writer.int('u8', 1);
  const u32 = writer.int('u32', 4);
  const address = composite(writer, BTF_KIND_STRUCT, 'address', 8, [
    ['high', u32, 0, 0],
    ['low', u32, 32, 0],
  ]);
  const alias = writer.typedef('address_t', address);
  const inner = composite(writer, BTF_KIND_UNION, '', 8, [
    ['peer', alias, 0, 0],
    ['cookie', u32, 0, 0],
  ]);
  composite(writer, BTF_KIND_STRUCT, 'packet', 24, [
    ['kind', u8, 0, 3],
    ['clone', u8, 3, 1],
    ['', inner, 32, 0],
    ['data', writer.pointer(u8), 128, 0],
    ['tail', writer.array(u8, u32, 0), 192, 0],
  ]);
  return new Btf(writer.build(), 'test', (message) => new Error(message));
}

describe('extracting structures', () => {
  it('finds members by path, through typedefs and anonymous unions', () => {
    const { structs, missing } = extractStructs(packetBtf(), {
      packet: 'data peer.low cookie tail',
      address: '',
    });
    expect(missing).toEqual([]);
    expect(structs).toEqual({
      packet: { size: 24, members: { data: [16, 8], 'peer.low': [8, 4], cookie: [4, 4], tail: [24, 0] } },
      address: { size: 8, members: {} },
    });
  });

  it('tells bit position and width of bit fields', () => {
    const { structs } = extractStructs(packetBtf(), { packet: 'kind clone' });
    expect(structs['packet'].members).toEqual({ kind: [0, 1, 0, 3], clone: [0, 1, 3, 1] });
  });

  it('names what is missing and goes on', () => {
    const { structs, missing } = extractStructs(packetBtf(), {
      frame: 'data',
      packet: 'nothing kind.part cookie',
    });
    expect(Object.keys(structs)).toEqual(['packet']);
    expect(missing).toEqual([
      'no structure frame',
      'no member nothing of structure packet',
      'no member kind.part of structure packet',
    ]);
  });
});
