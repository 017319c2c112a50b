import { describe, expect, it } from 'vitest';
import { exit, ldImm64, mov64Imm, mov64Reg, wordsOf } from './builders.js';
import { listing } from './listing.js';

const program = wordsOf((out) => {
  mov64Imm(out, 1, 1);
  ldImm64(out, 2, 2, 3);
  mov64Reg(out, 0, 2);
  exit(out);
});
const lines = [
  { slot: 0, source: '\t  long a = 1;', file: 'a.c', line: 4, column: 7 },
  { slot: 3, source: 'return a;', file: 'a.c', line: 5, column: 2 },
];

describe('the listing', () => {
  it('numbers slots in four columns and counts both of a 64-bit load', () => {
    expect([...listing(program)]).toEqual([
      '   0: (b7) r1 = 1',
      '   1: (18) r2 = 0x300000002',
      '   3: (bf) r0 = r2',
      '   4: (95) exit',
    ]);
  });

  it('puts the head of a function before the source line, and both before the instruction', () => {
    const functions = [
      { slot: 0, head: 'int entry(void * ctx)' },
      { slot: 4, head: '' },
    ];
    expect([...listing(program, { functions, lines })]).toEqual([
      'int entry(void * ctx):',
      '; long a = 1;',
      '   0: (b7) r1 = 1',
      '   1: (18) r2 = 0x300000002',
      '; return a;',
      '   3: (bf) r0 = r2',
      '   4: (95) exit',
    ]);
  });

  it('adds file, line and column to source lines with linum', () => {
    expect([...listing(program, { lines, linum: true })][0]).toBe(
      '; long a = 1; [file:a.c line_num:4 line_col:7]',
    );
  });

  it('adds the bytes of each instruction with opcodes, both slots of a 64-bit load in one line', () => {
    expect([...listing(program, { opcodes: true })].slice(0, 4)).toEqual([
      '   0: (b7) r1 = 1',
      '       b7 01 00 00 01 00 00 00',
      '   1: (18) r2 = 0x300000002',
      '       18 02 00 00 02 00 00 00 00 00 00 00 03 00 00 00',
    ]);
  });

  it('prints the last of several source lines that are due, and the rest of them late, as bpftool does', () => {
    const crowded = [0, 1, 2, 2].map((slot, i) => ({
      slot,
      source: `line ${i}`,
      file: '',
      line: 0,
      column: 0,
    }));
    const printed = [...listing(program, { lines: crowded })];
    expect(printed).toEqual([
      '; line 0',
      '   0: (b7) r1 = 1',
      '; line 1',
      '   1: (18) r2 = 0x300000002',
      '; line 3',
      '   3: (bf) r0 = r2',
      '; line 3',
      '   4: (95) exit',
    ]);
  });

  it('stops at the end of a program that is cut off in a 64-bit load', () => {
    expect([...listing(program.subarray(0, 4), { opcodes: true })]).toEqual([
      '   0: (b7) r1 = 1',
      '       b7 01 00 00 01 00 00 00',
      '   1: (18) r2 = 0x2',
      '       18 02 00 00 02 00 00 00',
    ]);
  });
});
