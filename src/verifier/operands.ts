/**
 * Reads and writes of registers by the instruction being checked: initialised or not, liveness, and which definitions of
 * a low half need the high half cleared because all 64 bits are read later (`check_reg_arg()`, `is_reg64()`,
 * `mark_insn_zext()`, kernel/bpf/verifier.c, Linux 6.12).
 */
import { classOf, codeOf, modeOf, opOf, sizeOf, srcOf } from '../isa/insn.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_DW,
  BPF_END,
  BPF_EXIT,
  BPF_IMM,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_MEMSX,
  BPF_PSEUDO_CALL,
  BPF_REG_5,
  BPF_REG_FP,
  BPF_STX,
} from '../isa/opcodes.js';
import type { VerifierEnv } from './env.js';
import { markRegRead } from './liveness.js';
import { NOT_INIT, SCALAR_VALUE } from './reg-types.js';
import { LIVE_READ32, LIVE_READ64, LIVE_WRITTEN, markNotInit, markUnknown } from './register.js';
import type { Reg } from './register.js';

/** Are all 64 bits of the register read? */
function reads64(env: VerifierEnv, reg: Reg): boolean {
  const w0 = env.word0(env.slot);
  const code = codeOf(w0);
  const op = opOf(code);
  switch (classOf(code)) {
    case BPF_JMP:
      return op !== BPF_CALL || srcOf(w0) !== BPF_PSEUDO_CALL;
    case BPF_ALU64:
      return !isShortSwap(op, env.imm(env.slot));
    case BPF_ALU:
      return op === BPF_END && env.imm(env.slot) === 64;
    case BPF_JMP32:
      return false;
    case BPF_STX:
      // A pointer is stored whole, or not at all.
      return reg.type !== SCALAR_VALUE || sizeOf(code) === BPF_DW;
    default:
      return true;
  }
}

/** Are all 64 bits of the register defined? */
function writes64(env: VerifierEnv): boolean {
  const w0 = env.word0(env.slot);
  const code = codeOf(w0);
  const op = opOf(code);
  switch (classOf(code)) {
    case BPF_JMP:
      return op === BPF_EXIT || op !== BPF_CALL;
    case BPF_ALU64:
      return !isShortSwap(op, env.imm(env.slot));
    case BPF_ALU:
      return op === BPF_END && env.imm(env.slot) === 64;
    case BPF_JMP32:
      return false;
    case BPF_LDX:
      return sizeOf(code) === BPF_DW || modeOf(code) === BPF_MEMSX;
    case BPF_STX:
      return sizeOf(code) === BPF_DW;
    case BPF_LD:
      return modeOf(code) === BPF_IMM;
    default:
      return true;
  }
}

/** A byte swap of 16 or 32 bits leaves a number of as many. */
function isShortSwap(op: number, imm: number): boolean {
  return op === BPF_END && (imm === 16 || imm === 32);
}

/** All 64 bits of `reg` are read: the instruction that defined its low half must clear the high half. */
export function markInsnZext(env: VerifierEnv, reg: Reg): void {
  if (reg.subregDef === 0) return;
  env.markZext(reg.subregDef - 1);
  reg.subregDef = 0;
}

/** The instruction reads the register. */
export function checkRead(env: VerifierEnv, regno: number): void {
  const reg = env.regs[regno];
  if (reg.type === NOT_INIT) {
    env.refuse(`R${regno} is read before it was written`);
    markUnknown(reg);
  }
  if (regno === BPF_REG_FP) return;
  if (reads64(env, reg)) {
    markInsnZext(env, reg);
    markRegRead(reg, reg.parent, LIVE_READ64);
  } else {
    markRegRead(reg, reg.parent, LIVE_READ32);
  }
}

/** The instruction writes the register; what it holds then is the caller's to say. */
export function checkWrite(env: VerifierEnv, regno: number): void {
  if (regno === BPF_REG_FP) env.refuse('the frame pointer is written');
  markWritten(env, env.regs[regno]);
}

/** The instruction writes the register with something unknown. */
export function checkWriteUnknown(env: VerifierEnv, regno: number): void {
  checkWrite(env, regno);
  markUnknown(env.regs[regno]);
}

function markWritten(env: VerifierEnv, reg: Reg): void {
  reg.live |= LIVE_WRITTEN;
  reg.subregDef = writes64(env) ? 0 : env.slot + 1;
}

/** After a call R0 to R5 hold nothing (`clear_caller_saved_regs`). */
export function clearCallerSaved(env: VerifierEnv, regs: readonly Reg[]): void {
  for (let i = 0; i <= BPF_REG_5; i++) {
    markNotInit(regs[i]);
    markWritten(env, regs[i]);
  }
}
