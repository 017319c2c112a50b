import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  alu32Imm,
  alu32Reg,
  alu64Imm,
  alu64Reg,
  callHelper,
  exit,
  jmp32Imm,
  jmp32Reg,
  jmpImm,
  jmpReg,
  ldxMem,
  mov64Imm,
  stxMem,
} from '../isa/builders.js';
import type { InsnList } from '../isa/builders.js';
import { ALU_OPS, JMP_OPS } from '../isa/field-names.js';
import {
  BPF_ADD,
  BPF_ARSH,
  BPF_DIV,
  BPF_DW,
  BPF_JNE,
  BPF_LSH,
  BPF_MOD,
  BPF_MOV,
  BPF_RSH,
} from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import { VerifierError } from './facts.js';
import { check } from './index.js';
import { deadSlots, profile, program } from './testing/programs.js';
import { anyNumber } from './testing/ranges.js';
import { reachedSlots } from './testing/reached-slots.js';

/** Registers the generated programs work with; they keep their values over calls. */
const REGS = [6, 7, 8, 9] as const;
const get_prandom_u32 = helperId('get_prandom_u32');

type Piece = (out: InsnList, left: number) => void;

const reg = fc.constantFrom(...REGS);
const smallImm = fc.oneof(fc.integer({ min: -4, max: 20 }), fc.integer());

const aluPiece: fc.Arbitrary<Piece> = fc
  .tuple(fc.constantFrom(...Object.values(ALU_OPS)), reg, reg, smallImm, fc.boolean(), fc.boolean())
  .map(([op, dst, src, imm, fromReg, wide]) => (out) => {
    if (fromReg) (wide ? alu64Reg : alu32Reg)(out, op, dst, src);
    else if (op === BPF_LSH || op === BPF_RSH || op === BPF_ARSH)
      (wide ? alu64Imm : alu32Imm)(out, op, dst, imm & 31);
    else
      (wide ? alu64Imm : alu32Imm)(out, op, dst, (op === BPF_DIV || op === BPF_MOD) && imm === 0 ? 3 : imm);
  });

/** A jump forward, over up to four of the instructions that are left. */
const jumpPiece: fc.Arbitrary<Piece> = fc
  .tuple(
    fc.constantFrom(...Object.values(JMP_OPS)),
    reg,
    reg,
    smallImm,
    fc.boolean(),
    fc.boolean(),
    fc.integer({ min: 0, max: 4 }),
  )
  .map(([op, dst, src, imm, fromReg, wide, over]) => (out, left) => {
    const off = Math.min(over, left);
    if (fromReg) (wide ? jmpReg : jmp32Reg)(out, op, dst, src, off);
    else (wide ? jmpImm : jmp32Imm)(out, op, dst, imm, off);
  });

const callPiece: fc.Arbitrary<Piece> = fc.constant((out: InsnList) => {
  callHelper(out, get_prandom_u32);
});
const takePiece: fc.Arbitrary<Piece> = reg.map((dst) => (out: InsnList) => {
  alu64Reg(out, BPF_MOV, dst, 0);
});
const stackPiece: fc.Arbitrary<Piece> = fc
  .tuple(reg, fc.integer({ min: 1, max: 3 }), fc.boolean())
  .map(([r, place, load]) => (out: InsnList) => {
    if (load) ldxMem(out, BPF_DW, r, 10, -8 * place);
    else stxMem(out, BPF_DW, 10, r, -8 * place);
  });

const piece = fc.oneof(
  { arbitrary: aluPiece, weight: 5 },
  { arbitrary: jumpPiece, weight: 4 },
  { arbitrary: callPiece, weight: 1 },
  { arbitrary: takePiece, weight: 1 },
  { arbitrary: stackPiece, weight: 2 },
);
const pieces = fc.array(piece, { minLength: 5, maxLength: 60 });
/** Few enough for the paths through some turns to be counted. */
const loopBody = fc.array(piece, { minLength: 3, maxLength: 9 });

/** Registers and stack get values, then come the pieces, one instruction each; then the exit. */
function build(out: InsnList, body: readonly Piece[]): void {
  for (const [i, r] of REGS.entries()) {
    callHelper(out, get_prandom_u32);
    alu64Reg(out, BPF_MOV, r, 0);
    if (i < 3) stxMem(out, BPF_DW, 10, r, -8 * (i + 1));
  }
  body.forEach((piece, i) => {
    piece(out, body.length - i - 1);
  });
  mov64Imm(out, 0, 0);
  exit(out);
}

describe('what the check takes for dead', () => {
  test('is never reached by a program that runs', () => {
    let dead = 0;
    fc.assert(
      fc.property(
        pieces,
        fc.array(fc.array(anyNumber, { minLength: 4, maxLength: 8 }), { minLength: 4, maxLength: 4 }),
        (body, runs) => {
          const { object, program: made } = program({
            build: (out) => {
              build(out, body);
            },
          });
          const { facts } = check(object, made, profile);
          const unseen = deadSlots(facts);
          dead += unseen.length;
          for (const results of runs) {
            const came = reachedSlots(made.insns, results);
            expect(unseen.filter((slot) => came.has(slot))).toEqual([]);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(dead).toBeGreaterThan(0);
  });

  test('is, in loops with a constant end, never reached by a program that runs', () => {
    fc.assert(
      fc.property(
        loopBody,
        fc.integer({ min: 1, max: 8 }),
        fc.array(anyNumber, { minLength: 4, maxLength: 8 }),
        (body, turns, results) => {
          const { object, program: made } = program({
            build: (out) => {
              for (const r of REGS) {
                callHelper(out, get_prandom_u32);
                alu64Reg(out, BPF_MOV, r, 0);
              }
              for (let i = 1; i <= 3; i++) stxMem(out, BPF_DW, 10, 6, -8 * i);
              // The counter lives on the stack, where no piece of the body comes.
              mov64Imm(out, 1, turns);
              stxMem(out, BPF_DW, 10, 1, -32);
              const top = out.length;
              body.forEach((piece, i) => {
                piece(out, body.length - i - 1);
              });
              ldxMem(out, BPF_DW, 1, 10, -32);
              alu64Imm(out, BPF_ADD, 1, -1);
              stxMem(out, BPF_DW, 10, 1, -32);
              jmpImm(out, BPF_JNE, 1, 0, top - out.length - 1);
              mov64Imm(out, 0, 0);
              exit(out);
            },
          });
          try {
            const unseen = deadSlots(check(object, made, profile).facts);
            const came = reachedSlots(made.insns, results);
            expect(unseen.filter((slot) => came.has(slot))).toEqual([]);
          } catch (error) {
            // Many branches in a loop are too much for the kernel as well.
            expect(error).toBeInstanceOf(VerifierError);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
