/**
 * The packet loads of classic BPF (`BPF_LD | BPF_ABS`, `BPF_LD | BPF_IND`) become a call that ends the program with 0
 * when the offset is outside the packet (`bpf_gen_ld_abs()`, net/core/filter.c, Linux 6.12). R6 holds the context.
 */
import { alu32Reg, alu64Imm, callHelper, exit, jmpImm, mov64Imm, mov64Reg } from '../isa/builders.js';
import {
  BPF_ADD,
  BPF_B,
  BPF_H,
  BPF_IND,
  BPF_JSGE,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_2,
  BPF_REG_6,
  BPF_XOR,
} from '../isa/opcodes.js';
import { codeOf, modeOf, srcOf } from '../isa/insn.js';
import type { Pos } from '../../strategies/store.js';
import type { FixupEnv } from './pass.js';

/** Replaces the packet load at `pos`; returns the position of the last instruction. */
export function rewritePacketLoad(env: FixupEnv, pos: Pos, w0: number, imm: number): Pos {
  const { symbols, patcher } = env;
  const patch = env.patch.clear();
  const code = codeOf(w0);
  if (modeOf(code) === BPF_IND) {
    mov64Reg(patch, BPF_REG_2, srcOf(w0));
    if (imm !== 0) alu64Imm(patch, BPF_ADD, BPF_REG_2, imm);
  } else {
    mov64Imm(patch, BPF_REG_2, imm);
  }
  mov64Reg(patch, BPF_REG_1, BPF_REG_6);
  const size = code & 0x18;
  const bits = size === BPF_B ? 8 : size === BPF_H ? 16 : 32;
  callHelper(patch, symbols.number(`bpf_skb_load_helper_${bits}_no_cache`));
  jmpImm(patch, BPF_JSGE, BPF_REG_0, 0, 2);
  alu32Reg(patch, BPF_XOR, BPF_REG_0, BPF_REG_0);
  exit(patch);
  return patcher.replace(pos, patch);
}
