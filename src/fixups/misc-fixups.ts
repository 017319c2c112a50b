/**
 * One walk over the program that makes every remaining instruction one the JIT can translate (`do_misc_fixups()`,
 * kernel/bpf/verifier.c, Linux 6.12, privileged load on x86-64): division guards, packet loads, `may_goto`, helper calls. What
 * unprivileged loads need besides (masked pointer arithmetic) does not arise here.
 */
import {
  BPF_ABS,
  BPF_ADDR_SPACE_CAST,
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_IND,
  BPF_JCOND,
  BPF_JMP,
  BPF_LD,
  BPF_MOV,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_X,
} from '../isa/opcodes.js';
import { classOf, codeOf, dstOf, modeOf, offOf, opOf, srcOf, word0 } from '../isa/insn.js';
import { NONE, type Pos } from '../../strategies/store.js';
import { AUX_FLAGS, FLAG_NEEDS_ZEXT } from '../verifier/facts.js';
import { appendExceptionCallback } from './exception-callback.js';
import { guardDivision } from './division-guards.js';
import { rewriteKfuncCall } from './kfunc-calls.js';
import { rewriteHelperCall } from './helper-calls.js';
import { initialiseMayGotoCounters, rewriteMayGoto } from './may-goto.js';
import { rewritePacketLoad } from './packet-loads.js';
import type { FixupEnv, Pass, SubprogStack } from './pass.js';

export const doMiscFixups: Pass = {
  name: 'misc-fixups',

  applies: () => true,

  run(env: FixupEnv): void {
    appendExceptionCallback(env);
    const { store, stacks } = env;
    let subprog = 0;
    let stack = stacks[store.subprogId(subprog)];
    for (let pos = store.first(); pos !== NONE;) {
      pos = store.next(fixInsn(env, pos, stack));
      if (store.startsSubprog(pos, subprog + 1)) {
        // Only now does the subprogram's own depth grow: all its `may_goto` share one slot.
        stack.depth += stack.extra;
        subprog++;
        if (pos !== NONE) stack = stacks[store.subprogId(subprog)]!;
      }
    }
    initialiseMayGotoCounters(env);
    store.commit();
  },
};

/** Rewrites one instruction if it needs it; returns the position of what is last in its place. */
function fixInsn(env: FixupEnv, pos: Pos, stack: SubprogStack): Pos {
  const { store } = env;
  const w0 = store.word0(pos);
  const code = codeOf(w0);
  switch (classOf(code)) {
    case BPF_ALU:
    case BPF_ALU64:
      return fixAlu(env, pos, w0, store.word1(pos));
    case BPF_LD: {
      const mode = modeOf(code);
      return mode === BPF_ABS || mode === BPF_IND ? rewritePacketLoad(env, pos, w0, store.word1(pos)) : pos;
    }
    case BPF_JMP:
      if (code === (BPF_JMP | BPF_JCOND)) return rewriteMayGoto(env, pos, stack);
      if (code !== (BPF_JMP | BPF_CALL)) return pos;
      switch (srcOf(w0)) {
        case BPF_PSEUDO_CALL:
          return pos;
        case BPF_PSEUDO_KFUNC_CALL:
          return rewriteKfuncCall(env, pos, w0, store.word1(pos));
        default:
          return rewriteHelperCall(env, pos, store.word1(pos));
      }
    default:
      return pos;
  }
}

function fixAlu(env: FixupEnv, pos: Pos, w0: number, imm: number): Pos {
  const { store } = env;
  const code = codeOf(w0);
  if (code === (BPF_ALU64 | BPF_MOV | BPF_X) && imm !== 0) {
    // An address space cast from the arena to the kernel is a move that clears the upper half.
    if (offOf(w0) === BPF_ADDR_SPACE_CAST && imm === 1) {
      store.setWords(pos, word0(BPF_ALU | BPF_MOV | BPF_X, dstOf(w0), srcOf(w0), 0), 0);
    }
    return pos;
  }
  if ((store.aux(pos, AUX_FLAGS) & FLAG_NEEDS_ZEXT) !== 0) {
    const narrow = (w0 & ~0xff) | BPF_ALU | opOf(code) | (code & BPF_X);
    store.setWords(pos, narrow, imm);
    return guardDivision(env, pos, narrow, imm);
  }
  return guardDivision(env, pos, w0, imm);
}
