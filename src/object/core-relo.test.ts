import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BtfWriter } from '../testing/btf-writer.js';
import { ElfWriter } from '../testing/elf-writer.js';
import { Btf } from './btf.js';
import { CoreRelo } from './core-spec.js';
import { essentialName } from './core-types.js';
import { ObjectError, parseObject } from './index.js';

const EXIT = [0x95, 0];
/** `r0 = imm`, `r0 = imm ll`, `r0 = *(u32 *)(r1 + off)`. */
const mov = (imm: number): number[] => [0xb7, imm];
const load64 = (low: number, high = 0): number[] => [0x18, low, 0, high];
const load32 = (off: number): number[] => [0x1061 | (off << 16), 0];
/** What an instruction becomes that asks for something the kernel does not have. */
const POISON = [0x85, 195_896_080];

type Types = (btf: BtfWriter) => number;

function kernelBtf(types: Types): Btf {
  const writer = new BtfWriter();
  types(writer);
  return new Btf(writer.build(), 'vmlinux', (what) => new ObjectError('kernel', what));
}

/** The words of an instruction relocated against a kernel, or why not. The object's type is what `local` returns. */
function relocate(
  local: Types,
  kernel: Types | undefined,
  kind: number,
  access: string,
  words: number[],
): number[] | string {
  const btf = new BtfWriter();
  const type = local(btf);
  const ext = btf.buildExt({}, {}, { xdp: [[0, type, btf.string(access), kind]] });
  const elf = new ElfWriter();
  elf.code('xdp', [...words, ...EXIT]);
  elf.function('main', 3, 0, words.length / 2 + 1);
  elf.section({ name: '.BTF', bytes: btf.build() });
  elf.section({ name: '.BTF.ext', bytes: ext });
  const options = kernel === undefined ? {} : { kernel: { btf: kernelBtf(kernel) } };
  const object = parseObject(elf.build(), 'x.o', options);
  if (object.programs.length === 0) return object.failures[0].reason;
  return [...object.programs[0].insns].slice(0, -2);
}

/** A struct of 32-bit integers in that order. */
const ints =
  (name: string, ...fields: string[]): Types =>
  (btf) => {
    const int = btf.int('int', 4);
    return btf.struct(
      name,
      4 * fields.length,
      fields.map((field, i) => [field, int, 32 * i]),
    );
  };

/** A struct `s` with one member `f` of a type. */
const holding =
  (type: Types, bytes: number, bitOffset = 0): Types =>
  (btf) =>
    btf.struct('s', bytes, [['f', type(btf), bitOffset]]);

const signs =
  (name: string, ...values: [string, number][]): Types =>
  (btf) =>
    btf.add(
      6,
      name,
      values.length,
      4,
      values.flatMap(([value, number]) => [btf.string(value), number]),
    );

describe('CoreRelocator', () => {
  const { FIELD_BYTE_OFFSET, FIELD_BYTE_SIZE, FIELD_EXISTS, FIELD_SIGNED } = CoreRelo;

  it('moves a field to where the kernel has it, in every form of instruction', () => {
    const local = ints('s', 'a', 'b');
    const kernel = ints('s', 'x', 'y', 'z', 'b');
    expect(relocate(local, kernel, FIELD_BYTE_OFFSET, '0:1', load32(4))).toEqual(load32(12));
    expect(relocate(local, kernel, FIELD_BYTE_OFFSET, '0:1', mov(4))).toEqual(mov(12));
    expect(relocate(local, kernel, FIELD_BYTE_OFFSET, '0:1', load64(4))).toEqual(load64(12));
    expect(relocate(local, kernel, FIELD_BYTE_OFFSET, '2:1', mov(20))).toEqual(mov(44));
  });

  it('makes the instruction invalid when the field is not there, and says so when asked', () => {
    const local = ints('s', 'a', 'b');
    const kernel = ints('s', 'b');
    expect(relocate(local, kernel, FIELD_BYTE_OFFSET, '0:0', load32(0))).toEqual(POISON);
    expect(relocate(local, kernel, FIELD_BYTE_OFFSET, '0:0', load64(0))).toEqual([...POISON, ...POISON]);
    expect(relocate(local, kernel, FIELD_EXISTS, '0:0', mov(1))).toEqual(mov(0));
    expect(relocate(local, kernel, FIELD_EXISTS, '0:1', mov(1))).toEqual(mov(1));
    expect(relocate(local, ints('other', 'a'), FIELD_EXISTS, '0:0', mov(1))).toEqual(mov(0));
  });

  it('ignores flavors and finds fields in members without a name', () => {
    const local = ints('s___old', 'a', 'b');
    const kernel: Types = (btf) => {
      const int = btf.int('int', 4);
      const inner = btf.struct('', 8, [
        ['c', int, 0],
        ['b', int, 32],
      ]);
      return btf.struct('s', 16, [
        ['a', int, 0],
        ['', inner, 64],
      ]);
    };
    expect(relocate(local, kernel, FIELD_BYTE_OFFSET, '0:1', load32(4))).toEqual(load32(12));
    expect(['s___x', 's___x___y', '___s', 's___', 's_____x', 'a'].map(essentialName)).toEqual([
      's',
      's___x',
      '___s',
      's___',
      's_____x',
      'a',
    ]);
  });

  it('follows arrays, and refuses elements the kernel does not have', () => {
    const array =
      (length: number): Types =>
      (btf) => {
        const int = btf.int('int', 4);
        return btf.struct('s', 8 + 4 * length, [
          ['n', int, 0],
          ['f', btf.array(int, int, length), 64],
          ['end', int, 64 + 32 * length],
        ]);
      };
    expect(relocate(array(4), array(8), FIELD_BYTE_OFFSET, '0:1:3', mov(20))).toEqual(mov(20));
    expect(relocate(array(4), array(2), FIELD_BYTE_OFFSET, '0:1:3', mov(20))).toEqual(POISON);
    expect(relocate(array(4), array(9), FIELD_BYTE_OFFSET, '0:2', mov(24))).toEqual(mov(44));
    expect(relocate(array(2), array(2), FIELD_BYTE_OFFSET, '0:1:2', mov(0))).toBe(
      'insn 0: CO-RE relocation of "s 0:1:2": it names an element outside its array',
    );
  });

  it('gives size and sign', () => {
    const small = holding((btf) => btf.int('u16', 2), 2);
    const large = holding((btf) => btf.int('long', 8, true), 8);
    expect(relocate(small, large, FIELD_BYTE_SIZE, '0:0', mov(2))).toEqual(mov(8));
    expect(relocate(small, large, FIELD_SIGNED, '0:0', mov(0))).toEqual(mov(1));
  });

  it('changes the width of loads of unsigned integers and pointers only', () => {
    const unsigned = (bytes: number): Types => holding((btf) => btf.int('u', bytes), bytes);
    const signed = (bytes: number): Types => holding((btf) => btf.int('s', bytes, true), bytes);
    expect(relocate(unsigned(4), unsigned(8), FIELD_BYTE_OFFSET, '0:0', load32(0))).toEqual([0x1079, 0]);
    expect(relocate(unsigned(4), unsigned(1), FIELD_BYTE_OFFSET, '0:0', load32(0))).toEqual([0x1071, 0]);
    expect(relocate(signed(4), signed(8), FIELD_BYTE_OFFSET, '0:0', load32(0))).toEqual(POISON);
    expect(relocate(unsigned(2), unsigned(8), FIELD_BYTE_OFFSET, '0:0', load32(0))).toBe(
      'insn 0: CO-RE relocation of "s 0:0": the instruction does not access 2 bytes',
    );
  });

  it('gives the shifts that cut a bit field out of a 64-bit load', () => {
    const bits =
      (offset: number, width: number): Types =>
      (btf) =>
        btf.add(4, 's', 1, 8, [btf.string('f'), btf.int('unsigned int', 4), (width << 24) | offset], 1);
    const { FIELD_LSHIFT_U64, FIELD_RSHIFT_U64 } = CoreRelo;
    expect(relocate(bits(0, 3), bits(37, 5), FIELD_BYTE_OFFSET, '0:0', mov(0))).toEqual(mov(4));
    expect(relocate(bits(0, 3), bits(37, 5), FIELD_BYTE_SIZE, '0:0', mov(4))).toEqual(mov(4));
    expect(relocate(bits(0, 3), bits(37, 5), FIELD_LSHIFT_U64, '0:0', mov(61))).toEqual(mov(54));
    expect(relocate(bits(0, 3), bits(37, 5), FIELD_RSHIFT_U64, '0:0', mov(61))).toEqual(mov(59));
    // A field across two 32-bit units takes a unit of 64 bits.
    expect(relocate(bits(0, 3), bits(30, 5), FIELD_BYTE_SIZE, '0:0', mov(4))).toEqual(mov(8));
    expect(relocate(bits(0, 3), bits(30, 5), FIELD_BYTE_OFFSET, '0:0', mov(0))).toEqual(mov(0));
  });

  it('answers questions about types', () => {
    const { TYPE_ID_LOCAL, TYPE_ID_TARGET, TYPE_EXISTS, TYPE_SIZE, TYPE_MATCHES } = CoreRelo;
    const local = ints('s', 'a', 'b');
    const more = ints('s', 'c', 'b', 'a');
    expect(relocate(local, more, TYPE_ID_LOCAL, '0', mov(99))).toEqual(mov(2));
    expect(relocate(local, undefined, TYPE_ID_LOCAL, '0', mov(99))).toEqual(mov(2));
    expect(relocate(local, more, TYPE_ID_TARGET, '0', load64(99))).toEqual(load64(2));
    expect(relocate(local, ints('t', 'a'), TYPE_ID_TARGET, '0', load64(99))).toEqual(load64(0));
    expect(relocate(local, more, TYPE_EXISTS, '0', mov(1))).toEqual(mov(1));
    expect(relocate(local, ints('t', 'a'), TYPE_EXISTS, '0', mov(1))).toEqual(mov(0));
    expect(relocate(local, more, TYPE_SIZE, '0', mov(8))).toEqual(mov(12));
    expect(relocate(local, more, TYPE_MATCHES, '0', mov(1))).toEqual(mov(1));
    expect(relocate(more, local, TYPE_MATCHES, '0', mov(1))).toEqual(mov(0));
  });

  it('takes values of enumerations from the kernel', () => {
    const { ENUMVAL_EXISTS, ENUMVAL_VALUE } = CoreRelo;
    const local = signs('sign', ['PLUS', 1], ['MINUS___old', 2]);
    const kernel = signs('sign', ['ZERO', 0], ['MINUS', -1]);
    expect(relocate(local, kernel, ENUMVAL_VALUE, '1', mov(2))).toEqual(mov(-1));
    expect(relocate(local, kernel, ENUMVAL_VALUE, '1', load64(2))).toEqual(load64(-1, -1));
    expect(relocate(local, kernel, ENUMVAL_VALUE, '0', mov(1))).toEqual(POISON);
    expect(relocate(local, kernel, ENUMVAL_EXISTS, '0', mov(1))).toEqual(mov(0));
  });

  it('refuses what is ambiguous', () => {
    const two: Types = (btf) => {
      ints('s', 'a', 'b')(btf);
      return ints('s___2', 'b', 'a')(btf);
    };
    expect(relocate(ints('s', 'a'), two, FIELD_BYTE_OFFSET, '0:0', mov(0))).toBe(
      'insn 0: CO-RE relocation of "s 0:0": the kernel has several such types with the field at different offsets',
    );
  });

  it.each([
    ['no kernel', ints('s', 'a'), undefined, 0, '0:0', mov(0), "needs a kernel's BTF"],
    [
      'a wrong value',
      ints('s', 'a', 'b'),
      ints('s', 'b'),
      0,
      '0:1',
      mov(8),
      'the instruction does not hold 4',
    ],
    ['a jump', ints('s', 'a'), ints('s', 'a'), 0, '0:0', [0x05, 0], 'opcode 0x5 cannot be relocated'],
    ['a bad access', ints('s', 'a'), ints('s', 'a'), 0, '0:', mov(0), 'its access string is malformed'],
    ['no member', ints('s', 'a'), ints('s', 'a'), 0, '0:7', mov(0), 'it names a member that does not exist'],
    ['a wrong kind', ints('s', 'a'), ints('s', 'a'), 99, '0:0', mov(0), 'its kind 99 is unknown'],
    ['no name', ints('', 'a'), ints('', 'a'), 0, '0:0', mov(0), 'its type has no name'],
  ])('says in one line what is wrong with %s', (_name, local, kernel, kind, access, words, reason) => {
    expect(relocate(local, kernel, kind, access, words)).toContain(reason);
  });

  it('finds any field of a struct wherever the kernel has moved it', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { minLength: 1 });
    const cases = names.chain((fields) =>
      fc.record({
        fields: fc.constant(fields),
        moved: fc.shuffledSubarray(fields, { minLength: 0 }),
        index: fc.nat({ max: fields.length - 1 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ fields, moved, index }) => {
        const place = moved.indexOf(fields[index]);
        const relocated = relocate(
          ints('s', ...fields),
          ints('s', ...moved),
          0,
          `0:${index}`,
          mov(4 * index),
        );
        expect(relocated).toEqual(place === -1 ? POISON : mov(4 * place));
      }),
      { numRuns: 200 },
    );
  });
});
