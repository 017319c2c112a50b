/**
 * Inlines `bpf_loop()` calls whose callback is known and whose flags are 0 (`optimize_bpf_loop()`,
 * `inline_bpf_loop()`, kernel/bpf/verifier.c, Linux 6.12): nineteen instructions that keep bound, counter and context in
 * R6 to R8, spilled to stack the subprogram gets for it.
 */
import { alu64Imm, jmpA, jmpImm, jmpReg, ldxMem, mov32Imm, mov64Reg, stxMem } from '../isa/builders.js';
import {
  BPF_ADD,
  BPF_CALL,
  BPF_DW,
  BPF_JEQ,
  BPF_JGE,
  BPF_JLE,
  BPF_JMP,
  BPF_PSEUDO_CALL,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_2,
  BPF_REG_3,
  BPF_REG_6,
  BPF_REG_7,
  BPF_REG_8,
  BPF_REG_FP,
} from '../isa/opcodes.js';
import { word0 } from '../isa/insn.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import { NONE } from '../../strategies/store.js';
import { BPF_FUNC_loop } from '../kernel/special-helpers.js';
import { AUX_LOOP_CALLBACK } from '../verifier/facts.js';
import type { FixupEnv, Pass } from './pass.js';

/** Bytes of a spilled register. */
const REG_SIZE = 8;
/** Registers the inlined loop spills. */
const SPILLED = 3;
const E2BIG = 7;
const HELPER_CALL = word0(BPF_JMP | BPF_CALL, 0, 0, 0);

export const optimizeBpfLoop: Pass = {
  name: 'optimize-bpf-loop',

  applies: () => true,

  run(env: FixupEnv): void {
    const { store, patcher, patch, stacks, profile } = env;
    let subprog = 0;
    let stack = stacks[store.subprogId(subprog)];
    let extra = 0;
    for (let pos = store.first(); pos !== NONE;) {
      if (store.word1(pos) === BPF_FUNC_loop && store.word0(pos) === HELPER_CALL) {
        const callback = store.aux(pos, AUX_LOOP_CALLBACK) - 1;
        if (callback >= 0) {
          extra = REG_SIZE * SPILLED + padding(stack.depth);
          inlinedLoop(patch.clear(), -(stack.depth + extra), callback, profile.maxLoops);
          pos = patcher.replace(pos, patch);
        }
      }
      pos = store.next(pos);
      if (store.startsSubprog(pos, subprog + 1)) {
        stack.depth += extra;
        extra = 0;
        subprog++;
        if (pos !== NONE) stack = stacks[store.subprogId(subprog)]!;
      }
    }
    store.commit();
  },
};

/** Bytes from a stack depth to the next multiple of a register's size. */
function padding(depth: number): number {
  return (REG_SIZE - (depth % REG_SIZE)) % REG_SIZE;
}

/** `bpf_loop(R1 = bound, R2 = callback, R3 = context, R4 = 0)` in line; `base` is the lowest spill slot's offset. */
function inlinedLoop(out: PatchBuffer, base: number, callback: number, maxLoops: number): void {
  const bound = BPF_REG_6;
  const counter = BPF_REG_7;
  const context = BPF_REG_8;
  // A bound that is too large: -E2BIG, and on to the end of the patch.
  jmpImm(out, BPF_JLE, BPF_REG_1, maxLoops, 2);
  mov32Imm(out, BPF_REG_0, -E2BIG);
  jmpA(out, 16);
  stxMem(out, BPF_DW, BPF_REG_FP, bound, base);
  stxMem(out, BPF_DW, BPF_REG_FP, counter, base + REG_SIZE);
  stxMem(out, BPF_DW, BPF_REG_FP, context, base + 2 * REG_SIZE);
  mov64Reg(out, bound, BPF_REG_1);
  mov32Imm(out, counter, 0);
  mov64Reg(out, context, BPF_REG_3);
  // Loop head, also the target of the backward jump below.
  jmpReg(out, BPF_JGE, counter, bound, 5);
  mov64Reg(out, BPF_REG_1, counter);
  mov64Reg(out, BPF_REG_2, context);
  out.pushSubprog(word0(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0), 0, callback);
  alu64Imm(out, BPF_ADD, counter, 1);
  jmpImm(out, BPF_JEQ, BPF_REG_0, 0, -6);
  mov64Reg(out, BPF_REG_0, counter);
  ldxMem(out, BPF_DW, bound, BPF_REG_FP, base);
  ldxMem(out, BPF_DW, counter, BPF_REG_FP, base + REG_SIZE);
  ldxMem(out, BPF_DW, context, BPF_REG_FP, base + 2 * REG_SIZE);
}
