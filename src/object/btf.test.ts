import { describe, expect, it } from 'vitest';
import { BtfWriter } from '../testing/btf-writer.js';
import { Btf } from './btf.js';
import { ObjectError } from './index.js';

function parse(bytes: Uint8Array): Btf {
  return new Btf(bytes, '.BTF', (what) => new ObjectError('x.o', what));
}

describe('Btf', () => {
  it('reads every kind', () => {
    const writer = new BtfWriter();
    const int = writer.int('int', 4, true);
    const pointer = writer.pointer(int);
    const array = writer.array(int, int, 3);
    const struct = writer.struct('pair', 16, [
      ['a', int, 0],
      ['b', pointer, 64],
    ]);
    const union = writer.add(5, 'either', 1, 4, [writer.string('x'), int, 0]);
    const enumeration = writer.add(
      6,
      'sign',
      2,
      4,
      [writer.string('MINUS'), -1, writer.string('PLUS'), 1],
      1,
    );
    const forward = writer.add(7, 'later', 0, 0, [], 1);
    const typedef = writer.typedef('number', int);
    const modifiers = [9, 10, 11, 18].map((kind) => writer.add(kind, kind === 18 ? 'user' : '', 0, typedef));
    const func = writer.function('main', 1);
    const variable = writer.variable('v', modifiers[0], 1);
    const datasec = writer.datasec('.data', 4, [[variable, 0, 4]]);
    const float = writer.add(16, 'double', 0, 8);
    const tag = writer.add(17, 'important', 0, struct, [1]);
    const wide = writer.add(19, 'wide', 1, 8, [writer.string('BIG'), 5, 1]);
    const bits = writer.add(4, 'bits', 1, 4, [writer.string('flag'), int, (3 << 24) | 7], 1);
    const btf = parse(writer.build());

    expect(btf.typeCount).toBe(bits + 1);
    expect([int, pointer, array, struct, union].map((id) => btf.kindName(id))).toEqual([
      'int',
      'ptr',
      'array',
      'struct',
      'union',
    ]);
    expect(btf.intEncoding(int)).toBe(1);
    expect(btf.intBits(int)).toBe(32);
    expect(btf.array(array)).toEqual({ type: int, indexType: int, length: 3 });
    expect(btf.elementName(struct, 1)).toBe('b');
    expect([
      btf.elementType(struct, 1),
      btf.memberBitOffset(struct, 1),
      btf.memberBitSize(struct, 1),
    ]).toEqual([pointer, 64, 0]);
    expect([btf.memberBitOffset(bits, 0), btf.memberBitSize(bits, 0)]).toEqual([7, 3]);
    expect([btf.elementName(enumeration, 0), btf.enumValue(enumeration, 0)]).toEqual(['MINUS', -1n]);
    expect(btf.enumValue(wide, 0)).toBe((1n << 32n) + 5n);
    expect(btf.kindFlag(forward)).toBe(true);
    expect(modifiers.map((id) => btf.skipModifiers(id))).toEqual([int, int, int, int]);
    expect([btf.kindName(func), btf.vlen(func)]).toEqual(['func', 1]);
    expect(btf.varLinkage(variable)).toBe(1);
    expect(btf.secInfo(datasec, 0)).toEqual({ type: variable, offset: 0, size: 4 });
    expect(btf.declTagComponent(tag)).toBe(1);
    expect([array, struct, pointer, variable, float, func].map((id) => btf.resolveSize(id))).toEqual([
      12,
      16,
      8,
      4,
      8,
      undefined,
    ]);
    expect(btf.findByName('pair')).toBe(struct);
    expect(btf.findByName('pair', 5)).toBe(0);
    expect([btf.typeName(0), btf.typeName(9999), btf.string(1 << 30)]).toEqual(['', '', '']);
  });

  it('ends on types that refer to each other in a circle', () => {
    const writer = new BtfWriter();
    writer.typedef('a', 2);
    writer.typedef('b', 1);
    const array = writer.array(3, 1, 2);
    const btf = parse(writer.build());
    expect(btf.resolveSize(1)).toBeUndefined();
    expect(btf.resolveSize(array)).toBeUndefined();
    expect(() => btf.skipModifiers(1)).toThrow('x.o: .BTF: the typedefs behind type 1 do not end');
  });

  it('gives no size to what does not fit 32 bits', () => {
    const writer = new BtfWriter();
    const int = writer.int('int', 4);
    const inner = writer.array(int, int, 0x10000);
    const outer = writer.array(inner, int, 0x10000);
    expect(parse(writer.build()).resolveSize(outer)).toBeUndefined();
  });

  it.each([
    [
      'a type that does not exist',
      (writer: BtfWriter): number => writer.pointer(7),
      'type 1 refers to type 7, there are 2',
    ],
    ['an unknown kind', (writer: BtfWriter): number => writer.add(25, 'x', 0, 0), 'has unknown kind 25'],
    [
      'more members than there are',
      (writer: BtfWriter): number => writer.add(4, 'x', 9, 4),
      'runs past the end of the types',
    ],
  ])('refuses %s', (_name, build, message) => {
    const writer = new BtfWriter();
    build(writer);
    expect(() => parse(writer.build())).toThrow(message);
  });

  it.each([
    ['the magic', 0, 0xffff],
    ['the header length', 4, 0x7fffffff],
    ['the place of the types', 8, 0x7fffffff],
    ['the length of the types', 12, 0x7fffffff],
    ['the place of the strings', 16, 0x7fffffff],
    ['the length of the strings', 20, 0x7fffffff],
  ])('refuses a header with %s wrong', (_name, offset, value) => {
    const writer = new BtfWriter();
    writer.int('int', 4);
    const bytes = writer.build();
    new DataView(bytes.buffer).setUint32(offset, value, true);
    expect(() => parse(bytes)).toThrow(ObjectError);
  });
});
