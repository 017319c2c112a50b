/**
 * What is put in front of programs that write to packets directly: a packet shared with others is copied first
 * (`bpf_unclone_prologue()`, net/core/filter.c, Linux 6.12).
 */
import type { PatchBuffer } from '../../../strategies/patch-buffer.js';
import { alu32Imm, alu64Reg, callHelper, exit, jmpImm, ldxMem, mov64Reg } from '../../isa/builders.js';
import {
  BPF_AND,
  BPF_B,
  BPF_JEQ,
  BPF_MOV,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_2,
  BPF_REG_6,
  BPF_XOR,
} from '../../isa/opcodes.js';
import { helperId } from '../../kernel/helper-ids.js';
import type { KernelProfile } from '../../kernel/profile.js';
import { PROG_TYPE } from '../../kernel/types.js';

const BPF_FUNC_skb_pull_data = helperId('skb_pull_data');

/** What a program returns to have the packet dropped. */
const TC_ACT_SHOT = 2;
const SK_DROP = 0;

const DROP_VERDICTS: ReadonlyMap<number, number> = new Map([
  [PROG_TYPE.SCHED_CLS, TC_ACT_SHOT],
  [PROG_TYPE.SCHED_ACT, TC_ACT_SHOT],
  [PROG_TYPE.LWT_XMIT, TC_ACT_SHOT],
  [PROG_TYPE.SK_SKB, SK_DROP],
]);

/** Program types whose packet data is always the program's own to write. */
const NO_PROLOGUE: ReadonlySet<number> = new Set([PROG_TYPE.XDP, PROG_TYPE.SK_MSG, PROG_TYPE.CGROUP_SOCKOPT]);

/** May programs of this type write to packet data at all? */
export function hasPrologue(progType: number): boolean {
  return DROP_VERDICTS.has(progType) || NO_PROLOGUE.has(progType);
}

/**
 * Appends the prologue of a program that writes to packet data; what is next is its first instruction. Appends nothing for
 * types that need none.
 */
export function genPrologue(out: PatchBuffer, profile: KernelProfile, progType: number): void {
  const verdict = DROP_VERDICTS.get(progType);
  if (verdict === undefined) return;
  const cloned = profile.member('sk_buff', 'cloned');
  const { bitOffset = 0 } = cloned;
  ldxMem(out, BPF_B, BPF_REG_6, BPF_REG_1, cloned.offset);
  alu32Imm(out, BPF_AND, BPF_REG_6, 1 << bitOffset);
  jmpImm(out, BPF_JEQ, BPF_REG_6, 0, 7);
  mov64Reg(out, BPF_REG_6, BPF_REG_1);
  alu64Reg(out, BPF_XOR, BPF_REG_2, BPF_REG_2);
  callHelper(out, BPF_FUNC_skb_pull_data);
  jmpImm(out, BPF_JEQ, BPF_REG_0, 0, 2);
  alu32Imm(out, BPF_MOV, BPF_REG_0, verdict);
  exit(out);
  mov64Reg(out, BPF_REG_1, BPF_REG_6);
}
