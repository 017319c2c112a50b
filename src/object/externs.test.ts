import { describe, expect, it } from 'vitest';
import { BtfWriter } from '../testing/btf-writer.js';
import { ElfWriter } from '../testing/elf-writer.js';
import { Btf } from './btf.js';
import { ObjectError, parseKernelConfig, parseObject } from './index.js';
import type { BpfObject, KernelTarget } from './index.js';

const EXIT = [0x95, 0];
const CALL = [0x1085, -1];
const LOAD = [0x18, 0, 0, 0];

/** A kernel with the function `present(void)`, the variable `counter` of type int, and a symbol. */
function kernel(more: Partial<KernelTarget> = {}): KernelTarget {
  const btf = new BtfWriter();
  const int = btf.int('int', 4);
  btf.function('present', 0);
  btf.variable('counter', int, 1);
  return {
    btf: new Btf(btf.build(), 'vmlinux', (what) => new ObjectError('kernel', what)),
    symbolAddress: (name) => (name === 'symbol' ? 0xffff_ffff_8123_4567n : undefined),
    ...more,
  };
}

/** An object that uses one extern of `.ksyms` once. */
function using(
  declare: (btf: BtfWriter) => number,
  name: string,
  words: number[],
  { weak = false, withKernel = true } = {},
): BpfObject {
  const btf = new BtfWriter();
  btf.datasec('.ksyms', 0, [[declare(btf), 0, 0]]);
  const elf = new ElfWriter();
  elf.code('xdp', [...words, ...EXIT]);
  elf.function('main', 3, 0, words.length / 2 + 1);
  const symbol = elf.symbol({ name, section: 0, binding: weak ? 2 : 1 });
  elf.relocations(3, [[0, symbol]]);
  elf.section({ name: '.BTF', bytes: btf.build() });
  return parseObject(elf.build(), 'x.o', withKernel ? { kernel: kernel() } : {});
}

const wordsOf = (object: BpfObject): number[] => [...object.programs[0].insns].slice(0, -2);

describe('Externs', () => {
  it('calls kernel functions by their BTF id', () => {
    const object = using((btf) => btf.function('present', 2), 'present', CALL);
    expect(wordsOf(object)).toEqual([0x2085, 3]);
  });

  it('loads kernel variables by their BTF id, symbols without type by their address', () => {
    const typed = using((btf) => btf.variable('counter', btf.int('int', 4), 2), 'counter', LOAD);
    expect(wordsOf(typed)).toEqual([0x3018, 4, 0, 0]);
    const untyped = using((btf) => btf.variable('symbol', 0, 2), 'symbol', LOAD);
    expect(wordsOf(untyped)).toEqual([0x18, 0x8123_4567 | 0, 0, -1]);
    expect([...untyped.symbolsByAddress!]).toEqual([[0xffff_ffff_8123_4567n, 'symbol']]);
  });

  it('takes weak externs that the kernel does not have for absent', () => {
    const call = using((btf) => btf.function('absent', 2), 'absent', CALL, { weak: true });
    expect(wordsOf(call)).toEqual([0x2085, 0]);
    const load = using((btf) => btf.variable('absent', btf.int('int', 4), 2), 'absent', LOAD, { weak: true });
    expect(wordsOf(load)).toEqual(LOAD);
  });

  it.each([
    [
      'a function',
      (btf: BtfWriter) => btf.function('absent', 2),
      CALL,
      'kernel function "absent" (.ksyms) is not in',
    ],
    [
      'a variable',
      (btf: BtfWriter) => btf.variable('absent', btf.int('int', 4), 2),
      LOAD,
      'kernel variable "absent" (.ksyms) is not in',
    ],
    [
      'a symbol',
      (btf: BtfWriter) => btf.variable('absent', 0, 2),
      LOAD,
      'kernel symbol "absent" (.ksyms) is not in',
    ],
  ])('fails the program that needs %s the kernel does not have', (_name, declare, words, reason) => {
    expect(using(declare, 'absent', words).failures[0].reason).toContain(`insn 0: ${reason}`);
  });

  it('compares types', () => {
    const object = using((btf) => btf.variable('counter', btf.pointer(0), 2), 'counter', LOAD);
    expect(object.failures[0].reason).toBe(
      'insn 0: kernel variable "counter" (.ksyms) has another type in the kernel',
    );
  });

  it('asks for a kernel when none is given', () => {
    const object = using((btf) => btf.function('present', 2), 'present', CALL, { withKernel: false });
    expect(object.failures[0].reason).toBe(
      'insn 0: kernel function "present" (.ksyms) needs a kernel\'s BTF',
    );
  });
});

describe('kconfigMap', () => {
  /** An object that declares configuration values and uses the last. */
  function configured(
    declare: (btf: BtfWriter) => [string, number, boolean?][],
    target: KernelTarget | undefined,
  ): BpfObject {
    const btf = new BtfWriter();
    const externs = declare(btf);
    btf.datasec(
      '.kconfig',
      0,
      externs.map(([name, type]) => [btf.variable(name, type, 2), 0, 0]),
    );
    const elf = new ElfWriter();
    elf.code('xdp', [...LOAD, ...EXIT]);
    elf.function('main', 3, 0, 3);
    const symbols = externs.map(([name, , weak]) => elf.symbol({ name, section: 0, binding: weak ? 2 : 1 }));
    elf.relocations(3, [[0, symbols[symbols.length - 1]]]);
    elf.section({ name: '.BTF', bytes: btf.build() });
    return parseObject(elf.build(), 'object.o', target === undefined ? {} : { kernel: target });
  }

  const config = parseKernelConfig(
    [
      '# comment',
      'CONFIG_HZ=250',
      'CONFIG_BPF=y',
      'CONFIG_MOD=m',
      'CONFIG_NAME="vmlinux"',
      'CONFIG_HEX=0x10',
      '',
    ].join('\n'),
  );

  it('lays the values out by alignment, size and name, and fills them in', () => {
    const object = configured(
      (btf) => {
        const int = btf.int('int', 4, true);
        const char = btf.int('char', 1);
        const bool = btf.add(1, '_Bool', 0, 1, [(4 << 24) | 8]);
        const tristate = btf.add(6, 'libbpf_tristate', 1, 4, [btf.string('TRI_NO'), 0]);
        return [
          ['CONFIG_NAME', btf.array(char, int, 4)],
          ['CONFIG_BPF', bool],
          ['CONFIG_MOD', tristate],
          ['CONFIG_HEX', btf.int('long', 8)],
          ['CONFIG_ABSENT', int, true],
          ['LINUX_KERNEL_VERSION', int],
          ['CONFIG_HZ', int],
        ];
      },
      kernel({ config, release: '6.12.300+deb13-amd64' }),
    );
    expect(object.failures).toEqual([]);
    const [map] = object.maps;
    expect(map).toMatchObject({
      name: 'object.kconfig',
      valueSize: 29,
      flags: (1 << 7) | (1 << 10),
      frozen: true,
    });
    const view = new DataView(map.contents!.buffer);
    expect(view.getBigUint64(0, true)).toBe(16n);
    expect([8, 12, 16, 20].map((at) => view.getUint32(at, true))).toEqual([0, 250, 2, 0x060cff]);
    expect([...map.contents!].slice(24)).toEqual([1, 0x76, 0x6d, 0x6c, 0]);
    expect(wordsOf(object)).toEqual([0x2018, 0, 0, 12]);
  });

  it.each([
    ['no configuration', undefined, 'CONFIG_HZ', "needs a kernel's configuration"],
    ['a value that is not set', { config }, 'CONFIG_ABSENT', "is not set in the kernel's configuration"],
    ['a string for an int', { config }, 'CONFIG_NAME', 'is a string in the configuration'],
    ['a tristate for an int', { config }, 'CONFIG_MOD', 'is "m" in the configuration'],
    ['no release', { config }, 'LINUX_KERNEL_VERSION', "needs a kernel's release"],
    ['an unknown name', { config }, 'LINUX_MOOD', 'is no value that libbpf knows'],
  ])('fails the program with %s', (_name, more, name, reason) => {
    const target = more === undefined ? undefined : kernel(more);
    const object = configured((btf) => [[name, btf.int('int', 4, true)]], target);
    expect(object.failures[0].reason).toBe(`insn 0: extern "${name}" (.kconfig) ${reason}`);
  });
});
