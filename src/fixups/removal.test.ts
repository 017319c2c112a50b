import { describe, expect, it } from 'vitest';
import * as b from '../isa/builders.js';
import * as op from '../isa/opcodes.js';
import { AUX_SEEN } from '../../strategies/store.js';
import { listing, runPass } from '../testing/fixup-harness.js';
import { AUX_FASTCALL_SPILLS } from '../verifier/facts.js';
import { hardWireDeadCodeBranches } from './hard-wire-dead-code-branches.js';
import { removeDeadCode } from './remove-dead-code.js';
import { removeFastcallSpillsFills } from './remove-fastcall-spills-fills.js';
import { removeNops } from './remove-nops.js';
import type { FixupEnv, Pass } from './pass.js';

const DEAD = { [AUX_SEEN]: 0 };

/** Several passes as one, for rules that show only in their sequence. */
function sequence(...passes: Pass[]): Pass {
  return {
    name: 'sequence',
    applies: () => true,
    run: (env: FixupEnv) => {
      for (const pass of passes) pass.run(env);
    },
  };
}

describe('dead branches', () => {
  it('become a plain jump when only the jump was taken', () => {
    const { insns } = runPass(hardWireDeadCodeBranches, {
      insns: (out) => {
        b.jmpImm(out, op.BPF_JEQ, 1, 0, 1);
        b.mov64Imm(out, 0, 1);
        b.exit(out);
      },
      aux: { 1: DEAD },
    });
    expect(insns[0]).toBe(listing((out) => b.jmpA(out, 1))[0]);
  });

  it('become a nop when the jump was never taken', () => {
    const { insns } = runPass(hardWireDeadCodeBranches, {
      insns: (out) => {
        b.jmp32Imm(out, op.BPF_JEQ, 1, 0, 1);
        b.exit(out);
        b.exit(out);
      },
      aux: { 2: DEAD },
    });
    expect(insns[0]).toBe(listing((out) => b.jmpA(out, 0))[0]);
  });

  it('stay when both ways were seen', () => {
    const { insns } = runPass(hardWireDeadCodeBranches, {
      insns: (out) => {
        b.mayGoto(out, 1);
        b.jmpImm(out, op.BPF_JSGT, 1, 5, -2);
        b.exit(out);
      },
    });
    expect(insns).toEqual(
      listing((out) => {
        b.mayGoto(out, 1);
        b.jmpImm(out, op.BPF_JSGT, 1, 5, -2);
        b.exit(out);
      }),
    );
  });
});

describe('dead code', () => {
  it('goes, with one removal for each run', () => {
    const { insns, env } = runPass(removeDeadCode, {
      insns: (out) => {
        b.jmpA(out, 2);
        b.mov64Imm(out, 0, 1);
        b.mov64Imm(out, 0, 2);
        b.mov64Imm(out, 0, 3);
        b.exit(out);
        b.exit(out);
      },
      aux: { 1: DEAD, 2: DEAD, 5: DEAD },
    });
    expect(insns).toEqual(
      listing((out) => {
        b.jmpA(out, 0);
        b.mov64Imm(out, 0, 3);
        b.exit(out);
      }),
    );
    expect(env.patcher.counts).toMatchObject({ removals: 2, insnsRemoved: 3, patches: 0 });
  });

  it('takes whole subprograms along', () => {
    const { linear } = runPass(removeDeadCode, {
      insns: (out) => {
        b.mov64Imm(out, 0, 0);
        b.exit(out);
        b.mov64Imm(out, 0, 1);
        b.exit(out);
        b.mov64Imm(out, 0, 2);
        b.exit(out);
      },
      subprogs: [0, 2, 4],
      aux: { 2: DEAD, 3: DEAD },
    });
    expect(linear.subprogs.map(({ id, start }) => ({ id, start }))).toEqual([
      { id: 0, start: 0 },
      { id: 2, start: 2 },
    ]);
  });
});

describe('nops', () => {
  it('go, also several in a row and those that dead code left', () => {
    const { insns } = runPass(sequence(removeDeadCode, removeNops), {
      insns: (out) => {
        b.jmpA(out, 1);
        b.mov64Imm(out, 0, 9);
        b.jmpA(out, 0);
        b.jmpA(out, 0);
        b.mov64Imm(out, 0, 0);
        b.exit(out);
      },
      aux: { 1: DEAD },
    });
    expect(insns).toEqual(
      listing((out) => {
        b.mov64Imm(out, 0, 0);
        b.exit(out);
      }),
    );
  });

  it('that only a later removal makes stay: the walk goes forward once', () => {
    const { insns } = runPass(removeNops, {
      insns: (out) => {
        b.jmpA(out, 1);
        b.jmpA(out, 0);
        b.exit(out);
      },
    });
    expect(insns).toEqual(
      listing((out) => {
        b.jmpA(out, 0);
        b.exit(out);
      }),
    );
  });
});

describe('may_goto that goes nowhere', () => {
  const mayGotos = (out: b.InsnSink): void => {
    b.mov64Imm(out, 0, 0);
    b.mayGoto(out, 1);
    b.mayGoto(out, 0);
    b.exit(out);
  };

  it('goes in 7.2, and so does the one in front of it that this leaves aiming at the next instruction', () => {
    const { insns } = runPass(removeNops, { release: '7.2', insns: mayGotos });
    expect(insns).toEqual(
      listing((out) => {
        b.mov64Imm(out, 0, 0);
        b.exit(out);
      }),
    );
  });

  it('stays in 6.12', () => {
    expect(runPass(removeNops, { insns: mayGotos }).insns).toEqual(listing(mayGotos));
  });
});

describe('fastcall spills and fills', () => {
  it('become nops in pairs around the call and give back the stack', () => {
    const { insns, env } = runPass(sequence(removeFastcallSpillsFills, removeNops), {
      insns: (out) => {
        b.stxMem(out, op.BPF_DW, 10, 1, -16);
        b.stxMem(out, op.BPF_DW, 10, 2, -24);
        b.callHelper(out, 8);
        b.ldxMem(out, op.BPF_DW, 2, 10, -24);
        b.ldxMem(out, op.BPF_DW, 1, 10, -16);
        b.exit(out);
      },
      aux: { 2: { [AUX_FASTCALL_SPILLS]: 2 } },
      subprogFacts: [{ stackDepth: 24, fastcallStackOff: -8 }],
    });
    expect(insns).toEqual(
      listing((out) => {
        b.callHelper(out, 8);
        b.exit(out);
      }),
    );
    expect(env.stacks[0]?.depth).toBe(8);
  });

  it('keep the stack of a subprogram that uses the slots otherwise', () => {
    const { env } = runPass(removeFastcallSpillsFills, {
      insns: (out) => {
        b.stxMem(out, op.BPF_DW, 10, 1, -16);
        b.callHelper(out, 8);
        b.ldxMem(out, op.BPF_DW, 1, 10, -16);
        b.exit(out);
      },
      aux: { 1: { [AUX_FASTCALL_SPILLS]: 1 } },
      subprogFacts: [{ stackDepth: 16, fastcallStackOff: 0, keepFastcallStack: true }],
    });
    expect(env.stacks[0]?.depth).toBe(16);
  });
});
