import { describe, expect, test } from 'vitest';
import {
  alu64Imm,
  callHelper,
  callSubprog,
  jmp32Imm,
  jmpA,
  jmpImm,
  jmpReg,
  ldMapFd,
  ldMapValue,
  ldxMem,
  mayGoto,
  mov64Imm,
  mov64Reg,
  stMem,
  stxMem,
} from '../isa/builders.js';
import type { InsnList } from '../isa/builders.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_B,
  BPF_DW,
  BPF_JEQ,
  BPF_JGT,
  BPF_JLT,
  BPF_JNE,
  BPF_JSGT,
  BPF_W,
} from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import { PROG_TYPE } from '../kernel/types.js';
import { checked, deadSlots, map, returnZero, rodata } from './testing/programs.js';
import type { ProgramParts } from './testing/programs.js';

const map_lookup_elem = helperId('map_lookup_elem');
const get_prandom_u32 = helperId('get_prandom_u32');

/** Slots that are dead in the program. */
function dead(build: (out: InsnList) => void, parts: Partial<ProgramParts> = {}): number[] {
  const { facts } = checked({ build, ...parts });
  expect(facts.unknowns).toEqual([]);
  return deadSlots(facts);
}

describe('reachability', () => {
  test('a branch on a constant has one side', () => {
    expect(
      dead((out) => {
        mov64Imm(out, 1, 5);
        jmpImm(out, BPF_JEQ, 1, 5, 2);
        mov64Imm(out, 2, 0);
        mov64Imm(out, 3, 0);
        returnZero(out);
      }),
    ).toEqual([2, 3]);
  });

  test('both sides of a branch on an unknown number are live', () => {
    expect(
      dead((out) => {
        callHelper(out, get_prandom_u32);
        jmpImm(out, BPF_JEQ, 0, 5, 1);
        mov64Imm(out, 2, 0);
        returnZero(out);
      }),
    ).toEqual([]);
  });

  test('a comparison narrows a number for those that follow', () => {
    expect(
      dead((out) => {
        callHelper(out, get_prandom_u32);
        jmpImm(out, BPF_JGT, 0, 10, 2);
        jmpImm(out, BPF_JLT, 0, 11, 1);
        mov64Imm(out, 1, 0);
        returnZero(out);
      }),
    ).toEqual([3]);
  });

  test('a masked number stays below the mask', () => {
    expect(
      dead((out) => {
        callHelper(out, get_prandom_u32);
        alu64Imm(out, BPF_AND, 0, 7);
        jmpImm(out, BPF_JLT, 0, 8, 1);
        mov64Imm(out, 1, 0);
        returnZero(out);
      }),
    ).toEqual([3]);
  });

  test('a copy is narrowed together with its original', () => {
    expect(
      dead((out) => {
        callHelper(out, get_prandom_u32);
        mov64Reg(out, 6, 0);
        jmpImm(out, BPF_JEQ, 0, 3, 1);
        jmpA(out, 2);
        jmpImm(out, BPF_JEQ, 6, 3, 1);
        mov64Imm(out, 1, 0);
        returnZero(out);
      }),
    ).toEqual([5]);
  });

  test('a number survives being spilled and filled', () => {
    expect(
      dead((out) => {
        mov64Imm(out, 1, 7);
        stxMem(out, BPF_DW, 10, 1, -8);
        ldxMem(out, BPF_DW, 2, 10, -8);
        jmpImm(out, BPF_JEQ, 2, 7, 1);
        mov64Imm(out, 1, 0);
        returnZero(out);
      }),
    ).toEqual([4]);
  });

  test('the address of the stack is not null, the result of a lookup may be', () => {
    expect(
      dead(
        (out) => {
          stMem(out, BPF_W, 10, -4, 0);
          mov64Reg(out, 2, 10);
          alu64Imm(out, BPF_ADD, 2, -4);
          ldMapFd(out, 1, 0);
          callHelper(out, map_lookup_elem);
          jmpImm(out, BPF_JEQ, 0, 0, 2);
          jmpImm(out, BPF_JNE, 0, 0, 1);
          mov64Imm(out, 1, 0);
          returnZero(out);
        },
        { maps: [map()] },
      ),
    ).toEqual([8]);
  });

  test('constants of .rodata decide branches, those of writable data do not', () => {
    const build = (out: InsnList): void => {
      ldMapValue(out, 1, 0, 4);
      ldxMem(out, BPF_W, 1, 1, 0);
      jmpImm(out, BPF_JEQ, 1, 0x04030201, 1);
      mov64Imm(out, 2, 0);
      returnZero(out);
    };
    const contents = [9, 9, 9, 9, 1, 2, 3, 4];
    expect(dead(build, { maps: [rodata(contents)] })).toEqual([4]);
    expect(dead(build, { maps: [{ ...rodata(contents), frozen: false, flags: 0 }] })).toEqual([]);
  });

  test('a subprogram that no live path calls is dead as a whole', () => {
    expect(
      dead(
        (out) => {
          mov64Imm(out, 1, 0);
          jmpImm(out, BPF_JEQ, 1, 0, 1);
          callSubprog(out, 2);
          returnZero(out);
          returnZero(out);
        },
        { subprogs: [5] },
      ),
    ).toEqual([2, 5, 6]);
  });

  test('a loop with a constant end is followed to the end', () => {
    const { facts, stats } = checked({
      build: (out) => {
        mov64Imm(out, 6, 0);
        alu64Imm(out, BPF_ADD, 6, 1);
        jmpImm(out, BPF_JLT, 6, 50, -2);
        jmpImm(out, BPF_JEQ, 6, 50, 1);
        mov64Imm(out, 1, 0);
        returnZero(out);
      },
    });
    expect(deadSlots(facts)).toEqual([4]);
    expect(stats.steps).toBe(104);
  });

  test('may_goto loops end although nothing in them does', () => {
    expect(
      dead((out) => {
        mov64Imm(out, 6, 0);
        mayGoto(out, 2);
        alu64Imm(out, BPF_ADD, 6, 1);
        jmpA(out, -3);
        returnZero(out);
      }),
    ).toEqual([]);
  });

  test('a byte of the packet is not negative', () => {
    const dataOff = 76;
    const endOff = 80;
    expect(
      dead(
        (out) => {
          ldxMem(out, BPF_W, 2, 1, dataOff);
          ldxMem(out, BPF_W, 3, 1, endOff);
          mov64Reg(out, 4, 2);
          alu64Imm(out, BPF_ADD, 4, 14);
          jmpReg(out, BPF_JGT, 4, 3, 3);
          ldxMem(out, BPF_B, 0, 2, 13);
          jmp32Imm(out, BPF_JSGT, 0, -1, 1);
          mov64Imm(out, 0, 1);
          returnZero(out);
        },
        { type: PROG_TYPE.SCHED_CLS },
      ),
    ).toEqual([7]);
  });
});
