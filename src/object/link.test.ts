import { describe, expect, it } from 'vitest';
import { BtfWriter } from '../testing/btf-writer.js';
import { codeBytes, ElfWriter, EXECINSTR } from '../testing/elf-writer.js';
import { parseObject } from './index.js';
import type { BpfObject } from './index.js';

/** `call` of a subprogram with an immediate, and `exit`, as instruction words. */
const call = (imm: number): number[] => [0x1085, imm];
const EXIT = [0x95, 0];
/** `r1 = 0 ll`, for a relocation to fill in. */
const load = (imm = 0): number[] => [0x118, imm, 0, 0];

/**
 * An object of a program `main` in `xdp` and subprograms in `.text`, with func info. A call or load of a subprogram is
 * written as its name, relocated as clang does for global functions (against the function) or static ones (against the
 * section).
 */
function program(functions: Record<string, (number | string)[]>, statics: readonly string[] = []): ElfWriter {
  const elf = new ElfWriter();
  const names = Object.keys(functions);
  const starts = new Map<string, number>();
  let textLength = 0;
  for (const name of names.slice(1)) {
    starts.set(name, textLength);
    textLength +=
      functions[name].reduce((sum: number, part) => sum + (typeof part === 'string' ? 2 : 1), 0) / 2;
  }
  const text = 4;
  const wordsOf = (name: string): number[] =>
    functions[name].flatMap((part) => {
      if (typeof part === 'number') return [part];
      return call(statics.includes(part) ? starts.get(part)! - 1 : -1);
    });
  elf.code('xdp', wordsOf(names[0]));
  elf.code('.text', names.slice(1).flatMap(wordsOf));
  const sectionSymbol = elf.symbol({ name: '', section: text, type: 3 });
  const symbols = new Map<string, number>();
  const btf = new BtfWriter();
  const funcInfo: Record<string, number[][]> = { xdp: [], '.text': [] };
  for (const name of names) {
    const isMain = name === names[0];
    const isStatic = statics.includes(name);
    const start = isMain ? 0 : starts.get(name)!;
    const length = wordsOf(name).length / 2;
    symbols.set(name, elf.function(name, isMain ? 3 : text, start, length, { binding: isStatic ? 0 : 1 }));
    funcInfo[isMain ? 'xdp' : '.text'].push([8 * start, btf.function(name, isStatic ? 0 : 1)]);
  }
  const relocations = (section: number, own: readonly string[]): void => {
    const entries: [number, number][] = [];
    let offset = 0;
    for (const name of own) {
      for (const part of functions[name]) {
        if (typeof part === 'string')
          entries.push([offset, statics.includes(part) ? sectionSymbol : symbols.get(part)!]);
        offset += typeof part === 'string' ? 8 : 4;
      }
    }
    elf.relocations(section, entries);
  };
  relocations(3, names.slice(0, 1));
  relocations(text, names.slice(1));
  if (names.length === 1) delete funcInfo['.text'];
  const ext = btf.buildExt(funcInfo);
  elf.section({ name: '.BTF', bytes: btf.build() });
  elf.section({ name: '.BTF.ext', bytes: ext });
  return elf;
}

function only(object: BpfObject): BpfObject['programs'][number] {
  expect(object.failures).toEqual([]);
  expect(object.programs).toHaveLength(1);
  return object.programs[0];
}

describe('Linker', () => {
  it('appends subprograms where libbpf does: each before the next call of its caller is looked at', () => {
    const elf = program({
      main: ['a', 'b', ...EXIT],
      b: [...EXIT],
      a: ['c', 'b', ...EXIT],
      unused: [...EXIT],
      c: [...EXIT],
    });
    const made = only(parseObject(elf.build(), 'x.o'));
    expect(made.subprogs).toEqual([
      { name: 'main', start: 0, global: true },
      { name: 'a', start: 3, global: true },
      { name: 'c', start: 6, global: true },
      { name: 'b', start: 7, global: true },
    ]);
    expect([...made.insns]).toEqual([
      ...call(2),
      ...call(5),
      ...EXIT,
      ...call(2),
      ...call(2),
      ...EXIT,
      ...EXIT,
      ...EXIT,
    ]);
    expect(made.funcInfo.map(({ slot }) => slot)).toEqual([0, 3, 6, 7]);
  });

  it('follows calls of static functions, whose place is in the immediate', () => {
    const elf = program({ main: ['b', ...EXIT], a: [...EXIT], b: ['a', ...EXIT] }, ['a', 'b']);
    const made = only(parseObject(elf.build(), 'x.o'));
    expect(made.subprogs).toEqual([
      { name: 'main', start: 0, global: true },
      { name: 'b', start: 2, global: false },
      { name: 'a', start: 4, global: false },
    ]);
    expect([...made.insns]).toEqual([...call(1), ...EXIT, ...call(1), ...EXIT, ...EXIT]);
  });

  it('ends with recursion, which it is not the one to refuse', () => {
    const made = only(parseObject(program({ main: ['a', ...EXIT], a: ['a', ...EXIT] }).build(), 'x.o'));
    expect([...made.insns]).toEqual([...call(1), ...EXIT, ...call(-1), ...EXIT]);
  });

  it('goes through a chain of calls of any depth', () => {
    const functions: Record<string, (number | string)[]> = { main: ['f0', ...EXIT] };
    for (let i = 0; i < 5000; i++) functions[`f${i}`] = [`f${i + 1}`, ...EXIT];
    functions['f5000'] = [...EXIT];
    expect(only(parseObject(program(functions).build(), 'x.o')).subprogs).toHaveLength(5002);
  });

  it('makes the linkage of hidden functions static', () => {
    const elf = new ElfWriter();
    elf.code('xdp', [...call(-1), ...EXIT]);
    elf.code('.text', EXIT);
    elf.function('main', 3, 0, 2);
    const hidden = elf.function('hidden', 4, 0, 1, { visibility: 2 });
    elf.relocations(3, [[0, hidden]]);
    const btf = new BtfWriter();
    const ext = btf.buildExt({
      xdp: [[0, btf.function('main', 1)]],
      '.text': [[0, btf.function('hidden', 1)]],
    });
    elf.section({ name: '.BTF', bytes: btf.build() });
    elf.section({ name: '.BTF.ext', bytes: ext });
    expect(only(parseObject(elf.build(), 'x.o')).subprogs.map(({ global }) => global)).toEqual([true, false]);
  });

  it('loads the address of a subprogram', () => {
    const elf = new ElfWriter();
    elf.code('xdp', [...load(8), ...EXIT]);
    elf.code('.text', [...EXIT, ...EXIT]);
    elf.function('main', 3, 0, 3);
    elf.function('first', 4, 0, 1, { binding: 0 });
    elf.function('second', 4, 1, 1, { binding: 0 });
    const section = elf.symbol({ name: '', section: 4, type: 3 });
    elf.relocations(3, [[0, section]]);
    const made = only(parseObject(elf.build(), 'x.o'));
    expect(made.subprogs.map(({ name, start }) => [name, start])).toEqual([
      ['main', 0],
      ['second', 3],
    ]);
    expect([...made.insns]).toEqual([0x4118, 2, 0, 0, ...EXIT, ...EXIT]);
  });

  it('re-bases line info, that of subprograms too', () => {
    const elf = new ElfWriter();
    elf.code('xdp', [...call(-1), ...EXIT]);
    elf.code('.text', [...EXIT, 0xb7, 0, ...EXIT]);
    elf.function('main', 3, 0, 2);
    elf.function('skipped', 4, 0, 1);
    const sub = elf.function('sub', 4, 1, 2);
    elf.relocations(3, [[0, sub]]);
    const btf = new BtfWriter();
    const file = btf.string('x.c');
    const text = btf.string('return 0;');
    const line = (offset: number, number: number, column: number): number[] => [
      offset,
      file,
      text,
      (number << 10) | column,
    ];
    const ext = btf.buildExt(
      {},
      { xdp: [line(0, 5, 2), line(8, 6, 3)], '.text': [line(0, 1, 1), line(8, 2, 9), line(16, 3, 1)] },
    );
    elf.section({ name: '.BTF', bytes: btf.build() });
    elf.section({ name: '.BTF.ext', bytes: ext });
    const object = parseObject(elf.build(), 'x.o');
    expect(only(object).lineInfo.map(({ slot, line: number, column }) => [slot, number, column])).toEqual([
      [0, 5, 2],
      [1, 6, 3],
      [2, 2, 9],
      [3, 3, 1],
    ]);
    expect(object.btf?.string(only(object).lineInfo[2].lineOff)).toBe('return 0;');
  });

  it('gives each program its own failure and makes the others', () => {
    const elf = new ElfWriter();
    elf.code('xdp', [...call(-1), ...EXIT]);
    elf.code('tc', EXIT);
    elf.code('nonsense/x', EXIT);
    elf.code('struct_ops/init', EXIT);
    elf.function('broken', 3, 0, 2);
    elf.function('fine', 4, 0, 1);
    elf.function('unknown', 5, 0, 1);
    elf.function('ops', 6, 0, 1);
    const extern = elf.symbol({ name: 'bpf_kfunc', section: 0, binding: 1 });
    elf.relocations(3, [[0, extern]]);
    const object = parseObject(elf.build(), 'x.o');
    expect(object.programs.map(({ name }) => name)).toEqual(['fine']);
    expect(object.failures).toEqual([
      { program: 'broken', section: 'xdp', reason: 'insn 0: extern "bpf_kfunc" has no BTF declaration' },
      {
        program: 'unknown',
        section: 'nonsense/x',
        reason: 'section name "nonsense/x" tells no program type',
      },
      {
        program: 'ops',
        section: 'struct_ops/init',
        reason: 'no variable in section ".struct_ops" refers to the program',
      },
    ]);
  });

  it('refuses map file numbers that the compiler left in the code', () => {
    const elf = new ElfWriter();
    elf.code('xdp', [0x1118, 7, 0, 0, ...EXIT]);
    elf.function('main', 3, 0, 3);
    expect(parseObject(elf.build(), 'x.o').failures[0].reason).toBe(
      'insn 0: load of a map by number, without a relocation',
    );
  });

  it('names every function of a section that overlaps its end, by section and offset', () => {
    const elf = new ElfWriter();
    elf.section({ name: 'xdp', flags: EXECINSTR, bytes: codeBytes(EXIT) });
    elf.function('main', 3, 1, 1);
    expect(() => parseObject(elf.build(), 'x.o')).toThrow(
      'x.o: section 3 (xdp): function "main": 8 bytes at offset 8 run past the end of the section (8 bytes)',
    );
  });
});
