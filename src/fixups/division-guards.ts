/**
 * Division and remainder by a register never trap: x / 0 is 0, x % 0 is x, and the most negative number divided by -1 is
 * itself (`do_misc_fixups()`, kernel/bpf/verifier.c, Linux 6.12; RFC 9669 section 4.1).
 */
import { alu32Reg, jmpA, mov32Imm, mov32Reg, mov64Reg, rawInsn } from '../isa/builders.js';
import {
  BPF_ADD,
  BPF_ALU,
  BPF_ALU64,
  BPF_DIV,
  BPF_JEQ,
  BPF_JGT,
  BPF_JMP,
  BPF_JMP32,
  BPF_JNE,
  BPF_MOD,
  BPF_MOV,
  BPF_NEG,
  BPF_X,
  BPF_XOR,
} from '../isa/opcodes.js';
import { classOf, codeOf, dstOf, offOf, opOf, srcOf } from '../isa/insn.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { Pos } from '../../strategies/store.js';
import type { FixupEnv } from './pass.js';

/** `off` of a signed division or remainder. */
const SIGNED = 1;

/** Guards the instruction at `pos` if it divides; returns the position of its last instruction. */
export function guardDivision(env: FixupEnv, pos: Pos, w0: number, imm: number): Pos {
  const code = codeOf(w0);
  const op = opOf(code);
  if (op !== BPF_DIV && op !== BPF_MOD) return pos;
  const signed = offOf(w0) === SIGNED;
  const patch = env.patch.clear();
  if ((code & BPF_X) !== 0) {
    if (!signed) guardUnsigned(patch, w0, imm);
    else if (env.profile.features.signedDivisionGuards)
      guardSigned(patch, w0, imm, env.profile.scratchRegister);
  } else if (signed && imm === -1 && env.profile.features.signedDivisionGuards) {
    if (op === BPF_DIV) rawInsn(patch, classOf(code) | BPF_NEG, dstOf(w0), 0, 0, 0);
    else mov32Imm(patch, dstOf(w0), 0);
  }
  return patch.length === 0 ? pos : env.patcher.replace(pos, patch);
}

function guardUnsigned(out: PatchBuffer, w0: number, imm: number): void {
  const code = codeOf(w0);
  const is64 = classOf(code) === BPF_ALU64;
  const jump = is64 ? BPF_JMP : BPF_JMP32;
  const dst = dstOf(w0);
  if (opOf(code) === BPF_DIV) {
    rawInsn(out, jump | BPF_JNE, srcOf(w0), 0, 2, 0);
    alu32Reg(out, BPF_XOR, dst, dst);
    jmpA(out, 1);
    out.push(w0, imm);
    return;
  }
  rawInsn(out, jump | BPF_JEQ, srcOf(w0), 0, is64 ? 1 : 2, 0);
  out.push(w0, imm);
  if (is64) return;
  // A 32-bit remainder zero-extends also when nothing is divided.
  jmpA(out, 1);
  mov32Reg(out, dst, dst);
}

function guardSigned(out: PatchBuffer, w0: number, imm: number, scratch: number): void {
  const code = codeOf(w0);
  const is64 = classOf(code) === BPF_ALU64;
  const jump = is64 ? BPF_JMP : BPF_JMP32;
  const alu = is64 ? BPF_ALU64 : BPF_ALU;
  const dst = dstOf(w0);
  // Scratch = divisor + 1: 0 for -1, 1 for 0, so that one unsigned comparison tells both cases from all others.
  mov64Reg(out, scratch, srcOf(w0));
  rawInsn(out, alu | BPF_ADD, scratch, 0, 0, 1);
  if (opOf(code) === BPF_DIV) {
    rawInsn(out, jump | BPF_JGT, scratch, 0, 4, 1);
    rawInsn(out, jump | BPF_JEQ, scratch, 0, 1, 0);
    rawInsn(out, alu | BPF_MOV, dst, 0, 0, 0);
    rawInsn(out, alu | BPF_NEG, dst, 0, 0, 0);
    jmpA(out, 1);
    out.push(w0, imm);
    return;
  }
  rawInsn(out, jump | BPF_JGT, scratch, 0, 3, 1);
  rawInsn(out, jump | BPF_JEQ, scratch, 0, is64 ? 3 : 4, 1);
  mov32Imm(out, dst, 0);
  jmpA(out, 1);
  out.push(w0, imm);
  if (is64) return;
  jmpA(out, 1);
  mov32Reg(out, dst, dst);
}
