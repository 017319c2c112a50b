import { describe, expect, test } from 'vitest';
import {
  alu64Imm,
  callHelper,
  jmpImm,
  jmpReg,
  ldFunc,
  ldMapFd,
  ldMapValue,
  ldxMem,
  mov32Reg,
  mov64Imm,
  mov64Reg,
  neg64,
  stMem,
} from '../isa/builders.js';
import type { InsnList } from '../isa/builders.js';
import { word0 } from '../isa/insn.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_DIV,
  BPF_DW,
  BPF_JA,
  BPF_JEQ,
  BPF_JGT,
  BPF_JMP,
  BPF_JNE,
  BPF_JSGT,
  BPF_MOD,
  BPF_SUB,
  BPF_W,
} from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import { profileOf } from '../kernel/index.js';
import { MAP_TYPE } from '../kernel/types.js';
import type { Facts } from './facts.js';
import { check } from './index.js';
import { deadSlots, map, program, returnZero, rodata } from './testing/programs.js';
import type { ProgramParts } from './testing/programs.js';

const get_prandom_u32 = helperId('get_prandom_u32');
const map_lookup_elem = helperId('map_lookup_elem');
const loop = helperId('loop');

function factsFor(release: string, parts: ProgramParts): Facts {
  const { object, program: made } = program(parts);
  return check(object, made, profileOf(release)).facts;
}

/** Dead slots on each release. */
function deadOn(parts: ProgramParts): Record<string, number[]> {
  return Object.fromEntries(
    ['6.1', '6.12', '7.2'].map((release) => [release, deadSlots(factsFor(release, parts))]),
  );
}

/** A random number in R0, an operation on it, and an instruction that is dead when R0 is at most `max`. */
function bounded(op: (out: InsnList) => void, max: number): ProgramParts {
  return {
    build: (out) => {
      callHelper(out, get_prandom_u32);
      op(out);
      jmpImm(out, BPF_JGT, 0, max, 2);
      returnZero(out);
      returnZero(out);
    },
  };
}

describe('releases know different things of numbers:', () => {
  test('a remainder is below its divisor from 7.2 on', () => {
    const dead = deadOn(
      bounded((out) => {
        alu64Imm(out, BPF_MOD, 0, 10);
      }, 9),
    );
    expect(dead).toEqual({ '6.1': [], '6.12': [], '7.2': [5, 6] });
  });

  test('a quotient has the bounds of its dividend divided from 7.2 on', () => {
    const dead = deadOn(
      bounded((out) => {
        alu64Imm(out, BPF_AND, 0, 0xff);
        alu64Imm(out, BPF_DIV, 0, 16);
      }, 15),
    );
    expect(dead).toEqual({ '6.1': [], '6.12': [], '7.2': [6, 7] });
  });

  test('a negated number has negated bounds from 7.2 on', () => {
    const dead = deadOn({
      build: (out) => {
        callHelper(out, get_prandom_u32);
        alu64Imm(out, BPF_AND, 0, 7);
        neg64(out, 0);
        jmpImm(out, BPF_JSGT, 0, 0, 2);
        returnZero(out);
        returnZero(out);
      },
    });
    expect(dead).toEqual({ '6.1': [], '6.12': [], '7.2': [6, 7] });
  });

  test('a value that was excluded in the middle of a range stays excluded from 7.2 on', () => {
    const dead = deadOn({
      build: (out) => {
        callHelper(out, get_prandom_u32);
        jmpImm(out, BPF_JEQ, 0, 5, 2);
        jmpImm(out, BPF_JNE, 0, 5, 1);
        mov64Imm(out, 1, 1);
        returnZero(out);
      },
    });
    expect(dead).toEqual({ '6.1': [], '6.12': [], '7.2': [3] });
  });

  test('ranges that do not meet tell from 6.12 on that numbers differ, before only known numbers do', () => {
    const dead = deadOn({
      build: (out) => {
        callHelper(out, get_prandom_u32);
        jmpImm(out, BPF_JGT, 0, 4, 3);
        jmpImm(out, BPF_JEQ, 0, 7, 4);
        returnZero(out);
        returnZero(out);
        returnZero(out);
      },
    });
    expect(dead).toEqual({ '6.1': [], '6.12': [7, 8], '7.2': [7, 8] });
  });

  /** R6 made from a byte in R0, that is then found to be at most 3; dead when R6 is at most `max`. */
  const dependent = (make: (out: InsnList) => void, max: number): ProgramParts => ({
    build: (out) => {
      callHelper(out, get_prandom_u32);
      alu64Imm(out, BPF_AND, 0, 0xff);
      make(out);
      jmpImm(out, BPF_JGT, 0, 3, 2);
      jmpImm(out, BPF_JSGT, 6, max, 3);
      mov64Imm(out, 1, 1);
      returnZero(out);
      returnZero(out);
    },
  });

  test('32-bit copies are linked from 6.12 on', () => {
    const dead = deadOn(
      dependent((out) => {
        mov32Reg(out, 6, 0);
      }, 3),
    );
    expect(dead).toEqual({ '6.1': [], '6.12': [8, 9], '7.2': [8, 9] });
  });

  test('sums with a constant are linked from 6.12 on', () => {
    const dead = deadOn(
      dependent((out) => {
        mov64Reg(out, 6, 0);
        alu64Imm(out, BPF_ADD, 6, 1);
      }, 4),
    );
    expect(dead).toEqual({ '6.1': [], '6.12': [9, 10], '7.2': [9, 10] });
  });

  test('differences from a constant are linked from 7.2 on', () => {
    const dead = deadOn(
      dependent((out) => {
        mov64Reg(out, 6, 0);
        alu64Imm(out, BPF_SUB, 6, 1);
      }, 2),
    );
    expect(dead).toEqual({ '6.1': [], '6.12': [], '7.2': [9, 10] });
  });
});

describe('a lookup by a known key', () => {
  const lookup = (key: number, parts: Parameters<typeof map>[0]): ProgramParts => ({
    maps: [map(parts)],
    build: (out) => {
      stMem(out, BPF_W, 10, -8, key);
      mov64Reg(out, 2, 10);
      alu64Imm(out, BPF_ADD, 2, -8);
      ldMapFd(out, 1, 0);
      callHelper(out, map_lookup_elem);
      jmpImm(out, BPF_JEQ, 0, 0, 2);
      returnZero(out);
      returnZero(out);
    },
  });

  test('that an array has finds a value, from 7.2 on', () => {
    const dead = deadOn(lookup(1, { type: MAP_TYPE.ARRAY, maxEntries: 2 }));
    expect(dead).toEqual({ '6.1': [], '6.12': [], '7.2': [9, 10] });
  });

  test('finds none for certain in other maps, or when the array is smaller', () => {
    expect(deadOn(lookup(1, { type: MAP_TYPE.HASH, maxEntries: 2 }))['7.2']).toEqual([]);
    expect(deadOn(lookup(2, { type: MAP_TYPE.ARRAY, maxEntries: 2 }))['7.2']).toEqual([]);
  });
});

test('a callback may not be called at all from 6.12 on, before it is called once', () => {
  const dead = deadOn({
    subprogs: [14],
    build: (out) => {
      stMem(out, BPF_DW, 10, -8, 0);
      mov64Imm(out, 1, 10);
      ldFunc(out, 2, 11);
      mov64Reg(out, 3, 10);
      alu64Imm(out, BPF_ADD, 3, -8);
      mov64Imm(out, 4, 0);
      callHelper(out, loop);
      ldxMem(out, BPF_DW, 1, 10, -8);
      jmpImm(out, BPF_JEQ, 1, 0, 2);
      returnZero(out);
      returnZero(out);
      stMem(out, BPF_DW, 2, 0, 1);
      returnZero(out);
    },
  });
  expect(dead).toEqual({ '6.1': [12, 13], '6.12': [], '7.2': [] });
});

describe('jumps on numbers known whatever the path', () => {
  const plainJump = (off: number): number => word0(BPF_JMP | BPF_JA, 0, 0, off);

  test('become plain jumps before the check of 7.2, and stay as they are for others', () => {
    const parts: ProgramParts = {
      maps: [rodata([7, 0, 0, 0])],
      build: (out) => {
        mov64Imm(out, 3, 2);
        mov64Reg(out, 4, 3);
        jmpReg(out, BPF_JEQ, 3, 4, 0);
        ldMapValue(out, 1, 0, 0);
        ldxMem(out, BPF_W, 1, 1, 0);
        jmpImm(out, BPF_JNE, 1, 7, 1);
        mov64Imm(out, 5, 0);
        returnZero(out);
      },
    };
    const { insns } = factsFor('7.2', parts);
    expect(insns?.[2 * 2]).toBe(plainJump(0));
    expect(insns?.[2 * 6]).toBe(plainJump(0));
    expect(factsFor('6.12', parts).insns).toBeUndefined();
  });

  test('are not those that paths disagree about, nor those on numbers wider than 32 bits', () => {
    const { insns } = factsFor('7.2', {
      build: (out) => {
        callHelper(out, get_prandom_u32);
        mov64Imm(out, 1, 1);
        jmpImm(out, BPF_JEQ, 0, 0, 1);
        mov64Imm(out, 1, 2);
        jmpImm(out, BPF_JEQ, 1, 1, 1);
        mov64Imm(out, 2, -1);
        mov64Imm(out, 2, -1);
        jmpImm(out, BPF_JEQ, 2, -1, 0);
        returnZero(out);
      },
    });
    expect(insns).toBeUndefined();
  });
});
