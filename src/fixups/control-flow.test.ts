import { describe, expect, it } from 'vitest';
import * as b from '../isa/builders.js';
import * as op from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import { listing, runPass } from '../testing/fixup-harness.js';
import { AUX_LOOP_CALLBACK } from '../verifier/facts.js';
import { doMiscFixups } from './misc-fixups.js';
import { optimizeBpfLoop } from './optimize-bpf-loop.js';

const { BPF_DW, BPF_REG_AX, BPF_REG_FP } = op;
const MAX_LOOPS = 8 * 1024 * 1024;

describe('may_goto', () => {
  it('forward counts down and leaves for its target, shifted behind the patch', () => {
    const { insns, env } = runPass(doMiscFixups, {
      insns: (out) => {
        b.mov64Imm(out, 0, 0);
        b.mayGoto(out, 1);
        b.jmpA(out, -2);
        b.exit(out);
      },
      subprogFacts: [{ stackDepth: 16 }],
    });
    expect(insns).toEqual(
      listing((out) => {
        b.stMem(out, BPF_DW, BPF_REG_FP, -24, MAX_LOOPS);
        b.mov64Imm(out, 0, 0);
        b.ldxMem(out, BPF_DW, BPF_REG_AX, BPF_REG_FP, -24);
        b.jmpImm(out, op.BPF_JEQ, BPF_REG_AX, 0, 3);
        b.alu64Imm(out, op.BPF_SUB, BPF_REG_AX, 1);
        b.stxMem(out, BPF_DW, BPF_REG_FP, BPF_REG_AX, -24);
        b.jmpA(out, -5);
        b.exit(out);
      }),
    );
    expect(env.stacks[0]?.depth).toBe(24);
  });

  it('backward aims in front of the patch', () => {
    const { insns } = runPass(doMiscFixups, {
      insns: (out) => {
        b.mov64Imm(out, 0, 0);
        b.mov64Imm(out, 0, 1);
        b.mayGoto(out, -2);
        b.exit(out);
      },
    });
    // Slot 0 is the counter's initialisation; the jump at slot 4 leads to slot 2.
    expect(insns[4]).toBe(listing((out) => b.jmpImm(out, op.BPF_JEQ, BPF_REG_AX, 0, -3))[0]);
  });

  it('that comes first in a subprogram is not initialised again by the jump back to it', () => {
    const { insns } = runPass(doMiscFixups, {
      insns: (out) => {
        b.mayGoto(out, 1);
        b.jmpA(out, -2);
        b.exit(out);
      },
    });
    // 0 st, 1 ldx, 2 jeq, 3 sub, 4 stx, 5 ja -> 1, 6 exit
    expect(insns[5]).toBe(listing((out) => b.jmpA(out, -5))[0]);
  });

  it('shares one counter between all of a subprogram', () => {
    const { insns, env } = runPass(doMiscFixups, {
      insns: (out) => {
        b.callSubprog(out, 1);
        b.exit(out);
        b.mayGoto(out, 0);
        b.mayGoto(out, 0);
        b.exit(out);
      },
      subprogs: [0, 2],
      subprogFacts: [{ stackDepth: 8 }, { stackDepth: 0 }],
    });
    expect(env.stacks.map(({ depth }) => depth)).toEqual([8, 8]);
    expect(
      insns.filter((insn) => insn === listing((out) => b.stMem(out, BPF_DW, BPF_REG_FP, -8, MAX_LOOPS))[0]),
    ).toHaveLength(1);
    expect(insns[0]).toBe(listing((out) => b.callSubprog(out, 1))[0]);
  });
});

describe('may_goto bounded by time (7.2)', () => {
  it('asks for the time when its counter is used up, in the scratch register of that release', () => {
    const scratch = 12;
    const { insns, env } = runPass(doMiscFixups, {
      release: '7.2',
      insns: (out) => {
        b.mayGoto(out, 1);
        b.jmpA(out, -2);
        b.exit(out);
      },
    });
    expect(insns).toEqual(
      listing((out) => {
        b.stMem(out, BPF_DW, BPF_REG_FP, -16, 0xffff);
        b.stMem(out, BPF_DW, BPF_REG_FP, -8, 0);
        b.ldxMem(out, BPF_DW, scratch, BPF_REG_FP, -16);
        b.jmpImm(out, op.BPF_JEQ, scratch, 0, 6);
        b.alu64Imm(out, op.BPF_SUB, scratch, 1);
        b.jmpImm(out, op.BPF_JNE, scratch, 0, 2);
        b.mov64Imm(out, scratch, -16);
        b.callHelper(out, 1);
        b.stxMem(out, BPF_DW, BPF_REG_FP, scratch, -16);
        b.jmpA(out, -8);
        b.exit(out);
      }),
    );
    expect(env.symbols.name(1)).toBe('arch_bpf_timed_may_goto');
    expect(env.stacks[0]?.depth).toBe(16);
  });
});

describe('bpf_loop', () => {
  const program = {
    insns: (out: b.InsnSink): void => {
      b.callHelper(out, helperId('loop'));
      b.exit(out);
      b.mov64Imm(out, 0, 0);
      b.exit(out);
    },
    subprogs: [0, 2],
    subprogFacts: [{ stackDepth: 12 }, { stackDepth: 0 }],
  };

  it('with a known callback becomes a loop that calls it', () => {
    const { insns, env, linear } = runPass(optimizeBpfLoop, {
      ...program,
      aux: { 0: { [AUX_LOOP_CALLBACK]: 2 } },
    });
    // 12 bytes of stack round up to 16; three spill slots lie below.
    expect(insns.slice(0, 19)).toEqual(
      listing((out) => {
        b.jmpImm(out, op.BPF_JLE, 1, MAX_LOOPS, 2);
        b.mov32Imm(out, 0, -7);
        b.jmpA(out, 16);
        b.stxMem(out, BPF_DW, 10, 6, -40);
        b.stxMem(out, BPF_DW, 10, 7, -32);
        b.stxMem(out, BPF_DW, 10, 8, -24);
        b.mov64Reg(out, 6, 1);
        b.mov32Imm(out, 7, 0);
        b.mov64Reg(out, 8, 3);
        b.jmpReg(out, op.BPF_JGE, 7, 6, 5);
        b.mov64Reg(out, 1, 7);
        b.mov64Reg(out, 2, 8);
        b.callSubprog(out, 7);
        b.alu64Imm(out, op.BPF_ADD, 7, 1);
        b.jmpImm(out, op.BPF_JEQ, 0, 0, -6);
        b.mov64Reg(out, 0, 7);
        b.ldxMem(out, BPF_DW, 6, 10, -40);
        b.ldxMem(out, BPF_DW, 7, 10, -32);
        b.ldxMem(out, BPF_DW, 8, 10, -24);
      }),
    );
    expect(linear.subprogs[1]?.start).toBe(20);
    expect(env.stacks[0]?.depth).toBe(12 + 4 + 24);
  });

  it('stays a call where the check found it not fit', () => {
    const { insns, env } = runPass(optimizeBpfLoop, program);
    expect(insns).toEqual(listing(program.insns));
    expect(env.stacks[0]?.depth).toBe(12);
  });
});

describe('exceptions', () => {
  const throwing = {
    insns: (out: b.InsnSink): void => {
      b.mov64Imm(out, 0, 0);
      b.exit(out);
    },
    seenException: true,
  };

  it('without a callback get one behind the program that returns what was thrown', () => {
    const { insns, linear, env } = runPass(doMiscFixups, throwing);
    expect(insns.slice(2)).toEqual(
      listing((out) => {
        b.mov64Reg(out, 0, 1);
        b.exit(out);
      }),
    );
    expect(linear.subprogs.map(({ id, start }) => [id, start])).toEqual([
      [0, 0],
      [1, 2],
    ]);
    expect(env.patcher.counts.patches).toBe(1);
  });

  it('with a callback of the program’s own get none', () => {
    expect(runPass(doMiscFixups, { ...throwing, exceptionCallback: 0 }).insns).toEqual(
      listing(throwing.insns),
    );
  });
});

describe('packet loads', () => {
  it('call the helper of their size and end the program outside the packet', () => {
    const { insns, env } = runPass(doMiscFixups, {
      insns: (out) => {
        b.ldAbs(out, op.BPF_H, 12);
        b.ldInd(out, op.BPF_B, 7, 14);
        b.ldInd(out, op.BPF_W, 8, 0);
        b.exit(out);
      },
    });
    expect(insns).toEqual(
      listing((out) => {
        for (const [call, load] of [
          [
            1,
            () => {
              b.mov64Imm(out, 2, 12);
            },
          ],
          [
            2,
            () => {
              b.mov64Reg(out, 2, 7);
              b.alu64Imm(out, op.BPF_ADD, 2, 14);
            },
          ],
          [
            3,
            () => {
              b.mov64Reg(out, 2, 8);
            },
          ],
        ] as const) {
          load();
          b.mov64Reg(out, 1, 6);
          b.callHelper(out, call);
          b.jmpImm(out, op.BPF_JSGE, 0, 0, 2);
          b.alu32Reg(out, op.BPF_XOR, 0, 0);
          b.exit(out);
        }
        b.exit(out);
      }),
    );
    expect([1, 2, 3].map((number) => env.symbols.name(number))).toEqual([
      'bpf_skb_load_helper_16_no_cache',
      'bpf_skb_load_helper_8_no_cache',
      'bpf_skb_load_helper_32_no_cache',
    ]);
  });
});
