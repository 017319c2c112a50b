import { describe, expect, test } from 'vitest';
import {
  alu64Imm,
  alu64Reg,
  callHelper,
  callSubprog,
  exit,
  jmpA,
  jmpImm,
  ldImm64,
  ldMapFd,
  mov64Imm,
  rawInsn,
  stxMem,
} from '../isa/builders.js';
import type { InsnList } from '../isa/builders.js';
import { BPF_ADD, BPF_DW, BPF_JEQ, BPF_JLT, BPF_JNE } from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import { VerifierError } from './facts.js';
import { check } from './index.js';
import { checked, profile, program, returnZero } from './testing/programs.js';
import type { ProgramParts } from './testing/programs.js';

const get_prandom_u32 = helperId('get_prandom_u32');

/** What the check of a malformed program says. */
function complaint(build: (out: InsnList) => void, parts: Partial<ProgramParts> = {}): string {
  try {
    checked({ build, ...parts });
  } catch (error) {
    expect(error).toBeInstanceOf(VerifierError);
    return (error as Error).message;
  }
  return 'no complaint';
}

/** A program of the given parts, one after the other. */
type Part = (out: InsnList) => void;

const malformed: readonly (readonly [
  name: string,
  complaint: RegExp,
  parts: readonly Part[],
  subprogs?: readonly number[],
])[] = [
  ['no instructions', /^insn 0: .*no instructions/, []],
  [
    'an unknown opcode',
    /^insn 2: unknown opcode/,
    [
      returnZero,
      (out) => {
        rawInsn(out, 0xff, 0, 0, 0, 0);
      },
    ],
  ],
  [
    'a register that is none',
    /^insn 0: unknown opcode/,
    [
      (out) => {
        mov64Imm(out, 12, 0);
      },
      returnZero,
    ],
  ],
  [
    'a store to an argument on the stack, which found its way through the rules of registers',
    /^insn 0: arguments on the stack/,
    [
      (out) => {
        stxMem(out, BPF_DW, 11, 1, -8);
      },
      returnZero,
    ],
  ],
  [
    'a jump out of the program',
    /^insn 0: jump out of range/,
    [
      (out) => {
        jmpA(out, 5);
      },
      returnZero,
    ],
  ],
  [
    'a jump before the program',
    /^insn 2: jump out of range/,
    [
      returnZero,
      (out) => {
        jmpA(out, -4);
      },
    ],
  ],
  [
    'a program that falls off its end',
    /^insn 2: the last instruction/,
    [
      returnZero,
      (out) => {
        mov64Imm(out, 1, 0);
      },
    ],
  ],
  [
    'half a 64-bit load',
    /^insn 0: invalid 64-bit immediate load/,
    [
      (out) => {
        rawInsn(out, 0x18, 1, 0, 0, 0);
      },
      returnZero,
    ],
  ],
  [
    'a jump into a 64-bit load',
    /^insn 0: jump into the middle/,
    [
      (out) => {
        jmpA(out, 1);
        ldImm64(out, 1, 0, 0);
      },
      returnZero,
    ],
  ],
  [
    'a map that does not exist',
    /^insn 0: map 3 does not exist/,
    [
      (out) => {
        ldMapFd(out, 1, 3);
      },
      returnZero,
    ],
  ],
  [
    'a call of no subprogram',
    /^insn 0: no subprogram starts at slot 2/,
    [
      (out) => {
        callSubprog(out, 1);
      },
      returnZero,
    ],
  ],
  ['unreachable instructions', /^insn 2: unreachable/, [returnZero, returnZero]],
  [
    'recursion',
    /^insn \d+: .*(recursive|too deep)/,
    [
      (out) => {
        callSubprog(out, 1);
        exit(out);
        callSubprog(out, -1);
        exit(out);
      },
    ],
    [2],
  ],
  [
    'an endless loop',
    /^insn \d+: infinite loop/,
    [
      (out) => {
        mov64Imm(out, 6, 0);
        callHelper(out, get_prandom_u32);
        jmpImm(out, BPF_JNE, 0, 0, -2);
        jmpImm(out, BPF_JEQ, 6, 0, -3);
      },
      returnZero,
    ],
  ],
  [
    'more branches than are kept waiting',
    /^insn \d+: the sequence of 8193 jumps is too complex/,
    [
      (out) => {
        mov64Imm(out, 6, 0);
        for (let i = 0; i < 9000; i++) {
          callHelper(out, get_prandom_u32);
          alu64Reg(out, BPF_ADD, 6, 0);
          jmpImm(out, BPF_JEQ, 0, i, 0);
        }
      },
      returnZero,
    ],
  ],
];

describe('a malformed program is refused, naming slot and cause', () => {
  for (const [name, pattern, parts, subprogs = []] of malformed) {
    test(name, () => {
      const build = (out: InsnList): void => {
        for (const part of parts) part(out);
      };
      expect(complaint(build, { subprogs })).toMatch(pattern);
    });
  }

  test('a loop that counts too far', () => {
    const { object, program: made } = program({
      build: (out) => {
        mov64Imm(out, 6, 0);
        alu64Imm(out, BPF_ADD, 6, 1);
        jmpImm(out, BPF_JLT, 6, 0x7fff_ffff, -2);
        returnZero(out);
      },
    });
    expect(() => check(object, made, profile, { maxSteps: 10_000 })).toThrow(
      /^insn \d+: more than 10000 steps/,
    );
  });
});
