import { describe, expect, it } from 'vitest';
import {
  callKfunc,
  callSubprog,
  exit,
  jmpImm,
  ldxMem,
  mov64Imm,
  mov64Reg,
  stxMem,
  type InsnSink,
} from '../../isa/builders.js';
import { BPF_DW, BPF_JEQ, BPF_REG_FP } from '../../isa/opcodes.js';
import { kernelTargetOf } from '../../kernel/image.js';
import { profileOf } from '../../kernel/index.js';
import { PROG_TYPE } from '../../kernel/types.js';
import { BTF_KIND_FUNC, BTF_KIND_STRUCT } from '../../object/btf.js';
import { listing } from '../../testing/fixup-harness.js';
import { program } from '../../verifier/testing/programs.js';
import { FixupError } from '../pass.js';
import { rewriteProgram } from '../rewrite.js';

const kernel = kernelTargetOf('7.2');

function funcId(name: string): number {
  return kernel.btf.findByName(name, BTF_KIND_FUNC);
}

/** A program that implements an operation of queueing disciplines on Linux 7.2, rewritten; one string a slot. */
function operation(
  member: string,
  build: (out: InsnSink) => void,
  subprogs: readonly number[] = [],
): { insns: string[]; symbols: (number: number) => string | undefined } {
  const ops = kernel.btf.findByName('Qdisc_ops', BTF_KIND_STRUCT);
  const members = Array.from({ length: kernel.btf.vlen(ops) }, (_, i) => kernel.btf.elementName(ops, i));
  const { object, program: made } = program({
    build,
    type: PROG_TYPE.STRUCT_OPS,
    attachType: members.indexOf(member),
    subprogs,
  });
  const { linear, symbols } = rewriteProgram(
    { ...object, kernel },
    { ...made, attachTarget: 'Qdisc_ops' },
    profileOf('7.2'),
    'linked-list',
  );
  const insns = listing((out) => {
    for (let slot = 0; slot < linear.length; slot++)
      out.push(linear.insns[2 * slot], linear.insns[2 * slot + 1]);
  });
  return { insns, symbols: (number) => symbols.name(number) };
}

const returnZero = (out: InsnSink): void => {
  mov64Imm(out, 0, 0);
  exit(out);
};

describe('a queueing discipline', () => {
  it('is initialised by a call that may end its operation', () => {
    const { insns, symbols } = operation('init', returnZero);
    expect(insns).toEqual(
      listing((out) => {
        mov64Reg(out, 6, 1);
        ldxMem(out, BPF_DW, 2, 1, 16);
        ldxMem(out, BPF_DW, 1, 1, 0);
        callKfunc(out, 1, 0);
        jmpImm(out, BPF_JEQ, 0, 0, 1);
        exit(out);
        mov64Reg(out, 1, 6);
        returnZero(out);
      }),
    );
    expect(symbols(1)).toBe('bpf_qdisc_init_prologue');
    expect(funcId('bpf_qdisc_init_prologue')).toBeGreaterThan(0);
  });

  it.each(['reset', 'destroy'])(
    'is cleaned up behind its operation %s, which keeps the context',
    (member) => {
      const { insns, symbols } = operation(member, (out) => {
        stxMem(out, BPF_DW, BPF_REG_FP, 1, -8);
        exit(out);
      });
      expect(insns).toEqual(
        listing((out) => {
          stxMem(out, BPF_DW, BPF_REG_FP, 1, -16);
          stxMem(out, BPF_DW, BPF_REG_FP, 1, -8);
          ldxMem(out, BPF_DW, 1, BPF_REG_FP, -16);
          ldxMem(out, BPF_DW, 1, 1, 0);
          callKfunc(out, 1, 0);
          exit(out);
        }),
      );
      expect(symbols(1)).toBe('bpf_qdisc_reset_destroy_epilogue');
    },
  );

  it('keeps the exits of subprograms', () => {
    const { insns } = operation(
      'reset',
      (out) => {
        callSubprog(out, 1);
        exit(out);
        returnZero(out);
      },
      [2],
    );
    expect(insns.slice(-2)).toEqual(listing(returnZero));
    expect(insns).toHaveLength(8);
  });

  it('with other operations gets nothing', () => {
    expect(operation('peek', returnZero).insns).toEqual(listing(returnZero));
  });

  it('cannot have several exits in front of an epilogue yet', () => {
    const twoExits = (out: InsnSink): void => {
      ldxMem(out, BPF_DW, 1, 1, 0);
      ldxMem(out, BPF_DW, 2, 1, 0);
      jmpImm(out, BPF_JEQ, 2, 0, 1);
      exit(out);
      exit(out);
    };
    expect(() => operation('destroy', twoExits)).toThrow(FixupError);
    expect(() => operation('destroy', twoExits)).toThrow(
      'insn 4: a second exit of a program with an epilogue',
    );
  });
});
