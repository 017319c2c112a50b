import { describe, expect, it } from 'vitest';
import { exit, mov64Imm } from '../isa/builders.js';
import { profileOf } from '../kernel/index.js';
import type { LineInfo } from '../object/program.js';
import { program } from '../verifier/testing/programs.js';
import { FixupError } from './pass.js';
import { prepare } from './rewrite.js';

const lineAt = (slot: number): LineInfo => ({ slot, fileNameOff: 0, lineOff: 0, line: 1, column: 1 });

describe('laying out what stores are made from', () => {
  const { object, program: made } = program({
    build: (out) => {
      mov64Imm(out, 0, 0);
      exit(out);
    },
  });
  const withLines =
    (...slots: number[]) =>
    (): unknown =>
      prepare(object, { ...made, lineInfo: slots.map(lineAt) }, profileOf('6.12'));

  it('takes line info in the order of the instructions', () => {
    expect(withLines(0, 1)).not.toThrow();
    expect(withLines()).not.toThrow();
  });

  it.each([
    ['a second entry of an instruction', [0, 0], 'line info of insn 0 behind that of insn 0: not in order'],
    ['an earlier instruction', [1, 0], 'line info of insn 0 behind that of insn 1: not in order'],
    ['no instruction', [0, 2], 'line info of insn 2 behind that of insn 0: not in order'],
  ])('refuses line info of %s, as the kernel does', (_, slots, message) => {
    expect(withLines(...slots)).toThrow(FixupError);
    expect(withLines(...slots)).toThrow(message);
  });
});
