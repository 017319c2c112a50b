import { describe, expect, it } from 'vitest';
import { ElfWriter } from '../testing/elf-writer.js';
import { ObjectError, parseObject } from './index.js';

/** A minimal object: one program of `r0 = 0; exit`. */
function smallest(): ElfWriter {
  const elf = new ElfWriter();
  const code = elf.code('xdp', [0xb7, 0, 0x95, 0]);
  elf.function('main', code, 0, 2);
  return elf;
}

function messageOf(bytes: Uint8Array): string {
  try {
    parseObject(bytes, 'x.o');
  } catch (error) {
    expect(error).toBeInstanceOf(ObjectError);
    return (error as ObjectError).message;
  }
  return 'no error';
}

/** The smallest object with one field overwritten. */
function patched(change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = smallest().build();
  change(new DataView(bytes.buffer), bytes);
  return bytes;
}

describe('ElfFile', () => {
  it('takes the smallest object there can be', () => {
    const object = parseObject(smallest().build(), 'dir/x.o');
    expect(object.fileName).toBe('x.o');
    expect(object.programs.map(({ name, section, type }) => [name, section, type])).toEqual([
      ['main', 'xdp', 6],
    ]);
    expect([...object.programs[0].insns]).toEqual([0xb7, 0, 0x95, 0]);
  });

  it('takes machine 0, as LLVM wrote before BPF had a number', () => {
    const elf = smallest();
    elf.machine = 0;
    expect(parseObject(elf.build(), 'x.o').programs).toHaveLength(1);
  });

  it.each([
    ['an empty file', new Uint8Array(0), 'x.o: the file is empty'],
    ['text', Buffer.from('#!/bin/sh\nexit 0\n'), 'x.o: not an ELF file (no ELF magic at offset 0)'],
    ['a cut header', smallest().build().subarray(0, 63), 'x.o: the ELF header is cut off (63 of 64 bytes)'],
    [
      '32 bits',
      patched((view) => {
        view.setUint8(4, 1);
      }),
      'x.o: a 32-bit ELF file; BPF objects are 64-bit (e_ident, offset 4)',
    ],
    [
      'big endian',
      patched((view) => {
        view.setUint8(5, 2);
      }),
      'x.o: a big-endian ELF file; only little-endian objects are supported (e_ident, offset 5)',
    ],
    [
      'another machine',
      patched((view) => {
        view.setUint16(18, 62, true);
      }),
      'x.o: not a BPF object: ELF machine 62 instead of 247 (e_machine, offset 18)',
    ],
    [
      'an executable',
      patched((view) => {
        view.setUint16(16, 2, true);
      }),
      'x.o: not a relocatable object: ELF type 2 instead of 1 (e_type, offset 16)',
    ],
    [
      'no section headers',
      patched((view) => {
        view.setUint32(40, 0, true);
      }),
      'x.o: there is no section header table (e_shoff, offset 40)',
    ],
    [
      'section headers far away',
      patched((view) => {
        view.setUint32(44, 1, true);
      }),
      /^x\.o: the section header table at offset 4294967\d+ is outside the file \(\d+ bytes\)$/,
    ],
    [
      'too many section headers',
      patched((view) => {
        view.setUint16(60, 999, true);
      }),
      /^x\.o: the section header table \(999 entries at offset \d+\) runs past the end of the file \(\d+ bytes\)$/,
    ],
    [
      'names in no section',
      patched((view) => {
        view.setUint16(62, 77, true);
      }),
      'x.o: section 77 does not exist and cannot hold section names (e_shstrndx, offset 62)',
    ],
  ])('says what is wrong with %s', (_name, bytes, message) => {
    if (typeof message === 'string') expect(messageOf(bytes)).toBe(message);
    else expect(messageOf(bytes)).toMatch(message);
  });

  it('names section and offset when contents run past the end of the file', () => {
    const elf = new ElfWriter();
    const code = elf.section({ name: 'xdp', flags: 4, bytes: new Uint8Array(16), size: 2 ** 40 });
    elf.function('main', code, 0, 2);
    expect(messageOf(elf.build())).toMatch(
      /^x\.o: section 3 \(xdp\): 1099511627776 bytes at offset \d+ run past the end/,
    );
  });

  it.each([
    [
      'an offset outside its section',
      16,
      1,
      /section 4 \(\.relxdp\): relocation 0 at offset 16 is outside section 3/,
    ],
    [
      'an offset inside an instruction',
      4,
      1,
      /section 4 \(\.relxdp\): relocation 0 at offset 4 is inside an instr/,
    ],
    [
      'a symbol that is not there',
      0,
      99,
      /section 4 \(\.relxdp\): relocation 0 names symbol 99, the file has 2$/,
    ],
  ])('refuses a relocation with %s', (_name, offset, symbol, message) => {
    const elf = smallest();
    elf.relocations(3, [[offset, symbol]]);
    expect(messageOf(elf.build())).toMatch(message);
  });

  it('refuses a symbol table without strings, with strange entries, or a second one', () => {
    const table = (change: (view: DataView, header: number) => void): string =>
      messageOf(
        patched((view) => {
          const sections = Number(view.getBigUint64(40, true));
          change(view, sections + 2 * 64);
        }),
      );
    expect(
      table((view, header) => {
        view.setUint32(header + 40, 55, true);
      }),
    ).toBe('x.o: section 2 (.symtab): link 55 names no string section');
    expect(
      table((view, header) => {
        view.setUint32(header + 56, 7, true);
      }),
    ).toBe('x.o: section 2 (.symtab): symbol entries of 7 bytes instead of 24');
    expect(
      table((view, header) => {
        view.setUint32(header + 4, 1, true);
      }),
    ).toBe('x.o: there is no symbol table (stripped file?)');
    const elf = smallest();
    elf.section({ name: 'again', type: 2, entrySize: 24 });
    expect(messageOf(elf.build())).toBe('x.o: section 4 (again): a second symbol table');
  });

  it('keeps messages on one line whatever the names in the file are', () => {
    const elf = new ElfWriter();
    const code = elf.section({ name: 'evil\nname\u001b[31m', flags: 4, bytes: new Uint8Array(16) });
    elf.function('ma\nin\u202e\u07de', code, 0, 99);
    expect(messageOf(elf.build())).toBe(
      'x.o: section 3 (evil?name?[31m): function "ma?in??": 792 bytes at offset 0 run past the end of the section (16 bytes)',
    );
  });
});
