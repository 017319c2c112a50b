/**
 * Constant blinding: hides every immediate behind a random number, as the JIT does when hardened
 * (`bpf_jit_blind_constants()`, kernel/bpf/core.c, Linux 6.12). The heaviest patching a real program takes.
 *
 * The kernel blinds a copy of each subprogram on its own; here the whole program is blinded at once, which takes the
 * same patches in the same order over one longer array.
 */
import { alu32Imm, alu32RegOff, alu64Imm, alu64Reg, alu64RegOff, rawInsn, stxMem } from '../isa/builders.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_ADD,
  BPF_AND,
  BPF_DIV,
  BPF_EXIT,
  BPF_CALL,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LSH,
  BPF_MEM,
  BPF_MOD,
  BPF_MOV,
  BPF_MUL,
  BPF_OR,
  BPF_PROBE_MEM32,
  BPF_PSEUDO_FUNC,
  BPF_ST,
  BPF_STX,
  BPF_SUB,
  BPF_TAIL_CALL,
  BPF_X,
  BPF_XOR,
  LD_IMM64,
} from '../isa/opcodes.js';
import { classOf, codeOf, dstOf, modeOf, offOf, opOf, srcOf, word0 } from '../isa/insn.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import { NONE } from '../../strategies/store.js';
import type { FixupEnv, Pass } from './pass.js';

/** ALU operations whose immediate is blinded; shifts and negation are not. */
const BLINDED_ALU = new Set([BPF_ADD, BPF_SUB, BPF_AND, BPF_OR, BPF_XOR, BPF_MUL, BPF_MOV, BPF_DIV, BPF_MOD]);

/** Jump operations that compare nothing. */
const NO_COMPARISON = new Set([BPF_JA, BPF_CALL, BPF_EXIT, BPF_JCOND, BPF_TAIL_CALL]);

/** The 64-bit immediate load being blinded: its second half needs what the first half was. */
interface ImmediateLoad {
  dst: number;
  low: number;
}

export const blindConstants: Pass = {
  name: 'blind-constants',

  applies: (env) => env.blindConstants,

  run(env: FixupEnv): void {
    const { store, patcher, patch } = env;
    const scratch = env.profile.scratchRegister;
    const load: ImmediateLoad = { dst: 0, low: 0 };
    for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) {
      const w0 = store.word0(pos);
      const imm = store.word1(pos);
      let high = 0;
      if (codeOf(w0) === LD_IMM64) {
        const second = store.next(pos);
        if (srcOf(w0) === BPF_PSEUDO_FUNC) {
          pos = second;
          continue;
        }
        load.dst = dstOf(w0);
        load.low = imm;
        high = store.word1(second);
      }
      // Drawn for every instruction looked at, blinded or not, as the kernel does.
      const random = env.randomU32() | 0;
      if (blind(patch.clear(), scratch, w0, imm, high, load, random)) pos = patcher.replace(pos, patch);
    }
    store.commit();
  },
};

/** Writes the blinded form of one instruction to `patch`; false when it needs none. */
function blind(
  patch: PatchBuffer,
  scratch: number,
  w0: number,
  imm: number,
  high: number,
  load: ImmediateLoad,
  random: number,
): boolean {
  const code = codeOf(w0);
  const dst = dstOf(w0);
  if (dst === scratch || srcOf(w0) === scratch) return false;
  const op = opOf(code);

  switch (classOf(code)) {
    case BPF_ALU:
    case BPF_ALU64: {
      if ((code & BPF_X) !== 0 || !BLINDED_ALU.has(op)) return false;
      if (imm === 0 && op === BPF_MOV) {
        alu64Reg(patch, BPF_XOR, dst, dst);
        return true;
      }
      if (classOf(code) === BPF_ALU) {
        blind32(patch, scratch, imm, random);
        alu32RegOff(patch, op, dst, scratch, offOf(w0));
      } else {
        blind64(patch, scratch, imm, random);
        alu64RegOff(patch, op, dst, scratch, offOf(w0));
      }
      return true;
    }
    case BPF_JMP:
      if ((code & BPF_X) !== 0 || NO_COMPARISON.has(op)) return false;
      blind64(patch, scratch, imm, random);
      patch.pushOwnTarget(word0(BPF_JMP | op | BPF_X, dst, scratch, 0), 0);
      return true;
    case BPF_JMP32:
      if ((code & BPF_X) !== 0 || NO_COMPARISON.has(op)) return false;
      blind32(patch, scratch, imm, random);
      patch.pushOwnTarget(word0(BPF_JMP32 | op | BPF_X, dst, scratch, 0), 0);
      return true;
    case BPF_ST: {
      const mode = modeOf(code);
      if (mode !== BPF_MEM && mode !== BPF_PROBE_MEM32) return false;
      blind64(patch, scratch, imm, random);
      if (mode === BPF_MEM) stxMem(patch, code & 0x18, dst, scratch, offOf(w0));
      else rawInsn(patch, BPF_STX | BPF_PROBE_MEM32 | (code & 0x18), dst, scratch, offOf(w0), 0);
      return true;
    }
    default:
      if (code === LD_IMM64) {
        blind64(patch, scratch, high, random);
        alu64Imm(patch, BPF_LSH, scratch, 32);
        alu64Reg(patch, BPF_MOV, load.dst, scratch);
        return true;
      }
      if (code !== 0) return false;
      blind32(patch, scratch, load.low, random);
      alu64Reg(patch, BPF_OR, load.dst, scratch);
      return true;
  }
}

/** Scratch register = imm, by way of a random number, 32 bits wide. */
function blind32(patch: PatchBuffer, scratch: number, imm: number, random: number): void {
  alu32Imm(patch, BPF_MOV, scratch, random ^ imm);
  alu32Imm(patch, BPF_XOR, scratch, random);
}

/** Scratch register = imm, by way of a random number, sign-extended to 64 bits. */
function blind64(patch: PatchBuffer, scratch: number, imm: number, random: number): void {
  alu64Imm(patch, BPF_MOV, scratch, random ^ imm);
  alu64Imm(patch, BPF_XOR, scratch, random);
}
