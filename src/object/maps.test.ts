import { describe, expect, it } from 'vitest';
import { BtfWriter } from '../testing/btf-writer.js';
import { ElfWriter } from '../testing/elf-writer.js';
import { parseObject } from './index.js';
import type { BpfObject, MapDef } from './index.js';
import { dataMapName } from './globals.js';

const EXIT = [0x95, 0];
/** `r1 = 0 ll`, for a relocation to fill in. */
const load = (imm = 0): number[] => [0x118, imm, 0, 0];

/** Writes definition structs as the `__uint`, `__type` and `__array` macros of bpf_helpers.h make them. */
class Definitions {
  readonly btf = new BtfWriter();
  readonly int = this.btf.int('int', 4, true);

  uint(name: string, value: number): [string, number] {
    return [name, this.btf.pointer(this.btf.array(this.int, this.int, value))];
  }

  type(name: string, type: number): [string, number] {
    return [name, this.btf.pointer(type)];
  }

  values(type: number): [string, number] {
    return ['values', this.btf.array(this.btf.pointer(type), this.int, 0)];
  }

  struct(members: [string, number][]): number {
    return this.btf.struct(
      '',
      8 * members.length,
      members.map(([name, type], i) => [name, type, 64 * i]),
    );
  }
}

/** An object of one program and the maps defined by the structs, each 64 bytes of `.maps` apart. */
function withMaps(definitions: Definitions, maps: Record<string, number>): ElfWriter {
  const { btf } = definitions;
  const elf = new ElfWriter();
  elf.code('xdp', [...load(), ...EXIT]);
  elf.function('main', 3, 0, 3);
  const names = Object.keys(maps);
  elf.section({ name: '.maps', bytes: new Uint8Array(64 * names.length) });
  const symbols = names.map((name, i) =>
    elf.symbol({ name, section: 4, value: 64 * i, size: 64, binding: 1, type: 1 }),
  );
  btf.datasec(
    '.maps',
    0,
    names.map((name) => [btf.variable(name, maps[name], 1), 0, 64]),
  );
  elf.relocations(3, [[0, symbols[symbols.length - 1]]]);
  elf.section({ name: '.BTF', bytes: btf.build() });
  return elf;
}

const plain = (map: MapDef): Partial<MapDef> => ({
  name: map.name,
  type: map.type,
  keySize: map.keySize,
  valueSize: map.valueSize,
  maxEntries: map.maxEntries,
});

describe('btfMaps', () => {
  it('reads sizes, types, flags and numbers of 64 bits', () => {
    const d = new Definitions();
    const long = d.btf.int('long', 8);
    const extra = d.btf.add(19, '', 1, 8, [d.btf.string('extra'), 3, 1]);
    const struct = d.struct([
      d.uint('type', 1),
      d.uint('max_entries', 100),
      d.uint('map_flags', 1),
      d.uint('pinning', 1),
      d.type('key', d.int),
      d.type('value', long),
      ['map_extra', extra],
    ]);
    const object = parseObject(withMaps(d, { counts: struct }).build(), 'x.o');
    expect(object.maps).toEqual([
      {
        name: 'counts',
        type: 1,
        keySize: 4,
        valueSize: 8,
        maxEntries: 100,
        flags: 1,
        extra: (1n << 32n) + 3n,
        frozen: false,
        keyTypeId: d.int,
        valueTypeId: long,
      },
    ]);
    expect([...object.programs[0].insns]).toEqual([0x1118, 0, 0, 0, ...EXIT]);
  });

  it('gives a map without a size room for one entry, but storage, which must have none', () => {
    const d = new Definitions();
    const sizeless = (type: number): number =>
      d.struct([d.uint('type', type), d.type('key', d.int), d.type('value', d.int)]);
    const { maps } = parseObject(withMaps(d, { hash: sizeless(1), storage: sizeless(29) }).build(), 'x.o');
    expect(maps.map(({ maxEntries }) => maxEntries)).toEqual([1, 0]);
  });

  it('puts the template of a map in a map behind all others', () => {
    const d = new Definitions();
    const inner = d.struct([
      d.uint('type', 2),
      d.uint('max_entries', 7),
      d.type('key', d.int),
      d.type('value', d.int),
    ]);
    const outer = d.struct([
      d.uint('type', 12),
      d.uint('max_entries', 3),
      d.uint('key_size', 4),
      d.values(inner),
    ]);
    const ring = d.struct([d.uint('type', 27), d.uint('max_entries', 5000)]);
    const { maps, programs } = parseObject(withMaps(d, { outer, ring }).build(), 'x.o');
    expect(maps.map(plain)).toEqual([
      { name: 'outer', type: 12, keySize: 4, valueSize: 4, maxEntries: 3 },
      { name: 'ring', type: 27, keySize: 0, valueSize: 0, maxEntries: 8192 },
      { name: 'outer.inner', type: 2, keySize: 4, valueSize: 4, maxEntries: 7 },
    ]);
    expect(maps.map(({ inner: index }) => index)).toEqual([2, undefined, undefined]);
    expect(programs[0].insns[1]).toBe(1);
  });

  it.each([
    [
      'an unknown member',
      (d: Definitions) => [d.uint('type', 1), d.uint('colour', 1)],
      'member "colour" is unknown',
    ],
    ['no type', (d: Definitions) => [d.uint('max_entries', 1)], 'the map type is missing'],
    [
      'two key sizes',
      (d: Definitions) => [d.uint('key_size', 8), d.type('key', d.int)],
      '"key" says 4 bytes after 8',
    ],
    [
      'a number that is none',
      (d: Definitions) => [d.type('type', d.int)],
      '"type" is no pointer to an array',
    ],
    [
      'a key without size',
      (d: Definitions) => [d.type('key', d.btf.function('f', 1))],
      'the type of "key" has no size',
    ],
    [
      'values of a plain map',
      (d: Definitions) => [d.uint('type', 1), d.values(d.struct([]))],
      'only map-in-map and prog-array have "values"',
    ],
    [
      'maps in maps in maps',
      (d: Definitions) => [
        d.uint('type', 12),
        d.values(d.struct([d.uint('type', 12), d.values(d.struct([d.uint('type', 1)]))])),
      ],
      'inner map: maps nest only once',
    ],
    [
      'an unknown pinning',
      (d: Definitions) => [d.uint('type', 1), d.uint('pinning', 2)],
      '"pinning" has an unknown value',
    ],
  ] as [string, (d: Definitions) => [string, number][], string][])(
    'refuses %s',
    (_name, members, message) => {
      const d = new Definitions();
      const elf = withMaps(d, { m: d.struct(members(d)) });
      expect(() => parseObject(elf.build(), 'x.o')).toThrow(`x.o: section 4 (.maps): map "m": ${message}`);
    },
  );
});

describe('legacyMaps', () => {
  const def = (...words: number[]): number[] => words;

  function withLegacyMaps(words: number[], size: number, count: number): BpfObject {
    const elf = new ElfWriter();
    elf.code('xdp', [...load(), ...EXIT]);
    elf.function('main', 3, 0, 3);
    elf.section({ name: 'maps', bytes: new Uint8Array(Int32Array.from(words).buffer) });
    const symbols = Array.from({ length: count }, (_, i) =>
      elf.symbol({ name: `m${i}`, section: 4, value: size * i, size, binding: 1, type: 1 }),
    );
    elf.relocations(3, [[0, symbols[count - 1]]]);
    return parseObject(elf.build(), 'x.o');
  }

  it('reads struct bpf_map_def', () => {
    const object = withLegacyMaps([...def(1, 4, 8, 100, 1), ...def(2, 4, 16, 5, 0)], 20, 2);
    expect(object.maps.map(plain)).toEqual([
      { name: 'm0', type: 1, keySize: 4, valueSize: 8, maxEntries: 100 },
      { name: 'm1', type: 2, keySize: 4, valueSize: 16, maxEntries: 5 },
    ]);
    expect([...object.programs[0].insns]).toEqual([0x1118, 1, 0, 0, ...EXIT]);
  });

  it('finds inner maps by index (28 bytes) and by id (36 bytes)', () => {
    const samples = withLegacyMaps([...def(13, 4, 4, 9, 0, 1, 0), ...def(2, 4, 4, 1, 0, 0, 0)], 28, 2);
    expect(samples.maps.map(({ inner }) => inner)).toEqual([1, undefined]);
    const iproute2 = withLegacyMaps(
      [...def(2, 4, 4, 1, 0, 42, 0, 0, 0), ...def(12, 4, 4, 9, 0, 7, 0, 42, 0)],
      36,
      2,
    );
    expect(iproute2.maps.map(({ inner }) => inner)).toEqual([undefined, 0]);
  });

  it('refuses definitions that are too short or leave the section', () => {
    expect(() => withLegacyMaps([1, 2, 3, 4], 16, 1)).toThrow(
      'map "m0": a definition of 16 bytes at offset 0',
    );
    expect(() => withLegacyMaps([1, 2, 3, 4, 5], 24, 1)).toThrow(
      '24 bytes at offset 0 are outside the section',
    );
  });
});

describe('globalDataMaps', () => {
  it('makes a map of each data section, with the offset of the variable in the second immediate', () => {
    const elf = new ElfWriter();
    elf.code('xdp', [...load(4), ...load(), ...EXIT]);
    elf.function('main', 3, 0, 5);
    const rodata = elf.section({ name: '.rodata', bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    const bss = elf.section({ name: '.bss', type: 8, size: 24 });
    elf.section({ name: '.data.empty', bytes: new Uint8Array(0) });
    const section = elf.symbol({ name: '', section: rodata, type: 3 });
    const variable = elf.symbol({ name: 'v', section: bss, value: 16, size: 8, binding: 1, type: 1 });
    elf.relocations(3, [
      [0, section],
      [16, variable],
    ]);
    const btf = new BtfWriter();
    const int = btf.int('int', 4);
    btf.datasec('.bss', 0, [[btf.variable('v', int, 1), 0, 8]]);
    elf.section({ name: '.BTF', bytes: btf.build() });
    const { maps, programs } = parseObject(elf.build(), 'a/long_object_name.bpf.o');
    expect(maps.map(({ name, valueSize, flags, frozen }) => [name, valueSize, flags, frozen])).toEqual([
      ['long_obj.rodata', 8, 1 << 7, true],
      ['long_obj.bss', 24, 1 << 10, false],
    ]);
    expect([...maps[0].contents!]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(maps[1].contents).toEqual(new Uint8Array(24));
    expect([...programs[0].insns]).toEqual([0x2118, 0, 0, 4, 0x2118, 1, 0, 16, ...EXIT]);
  });

  it.each([
    ['my_object_name.o', '.rodata', 'my_objec.rodata'],
    ['my_object_name.o', '.bss', 'my_objec.bss'],
    ['dir/my_object_name.bpf.o', '.kconfig', 'my_obje.kconfig'],
    ['x.o', '.rodata.abracadabra', '.rodata.abracad'],
    ['with-dash.o', '.data', 'with_das.data'],
  ])('names the map of %s %s as libbpf does', (file, section, name) => {
    expect(dataMapName(file, section)).toBe(name);
  });

  it('refuses zeroed sections that no map can hold or that would take too much memory', () => {
    const bss = (size: number): (() => BpfObject) => {
      const elf = new ElfWriter();
      elf.section({ name: '.bss', type: 8, size });
      return () => parseObject(elf.build(), 'x.o');
    };
    expect(bss(2 ** 32)).toThrow(
      "x.o: section 3 (.bss): 4294967296 bytes are more than a map's value can have",
    );
    expect(bss(2 ** 30)).toThrow(
      /^x\.o: section 3 \(\.bss\): 1073741824 bytes; more than \d+ bytes of zeroed variables/,
    );
  });
});
