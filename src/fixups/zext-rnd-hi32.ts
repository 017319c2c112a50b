/**
 * Zero extension of subregister definitions and, for the load flag `BPF_F_TEST_RND_HI32`, random upper halves
 * (`opt_subreg_zext_lo32_rnd_hi32()`, kernel/bpf/verifier.c, Linux 6.12). The x86-64 JIT zero-extends by itself, so that
 * only compare-and-exchange is patched: it writes R0 also when the comparison fails.
 */
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CMPXCHG,
  BPF_IMM,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_LSH,
  BPF_MOV,
  BPF_OR,
  BPF_STX,
  BPF_X,
} from '../isa/opcodes.js';
import { classOf, codeOf, definedRegister, definesSubregister, modeOf, word0 } from '../isa/insn.js';
import { AUX_ZEXT, NONE } from '../../strategies/store.js';
import { AUX_PTR_TYPE, PTR_TO_CTX } from '../verifier/facts.js';
import type { FixupEnv, Pass } from './pass.js';

function isCompareAndExchange(w0: number, imm: number): boolean {
  const code = codeOf(w0);
  return classOf(code) === BPF_STX && modeOf(code) === BPF_ATOMIC && imm === BPF_CMPXCHG;
}

export const zextRndHi32: Pass = {
  name: 'zext-rnd-hi32',

  applies: () => true,

  run(env: FixupEnv): void {
    const { store, patcher, patch } = env;
    const scratch = env.profile.scratchRegister;
    for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) {
      const w0 = store.word0(pos);
      const imm = store.word1(pos);
      if (store.aux(pos, AUX_ZEXT) !== 0) {
        if (!isCompareAndExchange(w0, imm)) continue;
        const dst = definedRegister(w0, imm);
        // imm 1 marks the move as the verifier's own zero extension (BPF_ZEXT_REG).
        patch
          .clear()
          .push(w0, imm)
          .push(word0(BPF_ALU | BPF_MOV | BPF_X, dst, dst, 0), 1);
        pos = patcher.replace(pos, patch);
        continue;
      }
      if (!env.rndHi32) continue;

      const dst = definedRegister(w0, imm);
      if (dst === -1) continue;
      const code = codeOf(w0);
      if (!definesSubregister(w0, imm)) {
        // The second half of a 64-bit immediate load is no instruction of its own.
        if (classOf(code) === BPF_LD && modeOf(code) === BPF_IMM) pos = store.next(pos);
        continue;
      }
      // A context load may have become a wider one.
      if (classOf(code) === BPF_LDX && store.aux(pos, AUX_PTR_TYPE) === PTR_TO_CTX) continue;
      patch
        .clear()
        .push(w0, imm)
        .push(word0(BPF_ALU64 | BPF_MOV | BPF_K, scratch, 0, 0), env.randomU32() | 0)
        .push(word0(BPF_ALU64 | BPF_LSH | BPF_K, scratch, 0, 0), 32)
        .push(word0(BPF_ALU64 | BPF_OR | BPF_X, dst, scratch, 0), 0);
      pos = patcher.replace(pos, patch);
    }
    store.commit();
  },
};
