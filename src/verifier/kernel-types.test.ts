import { describe, expect, test } from 'vitest';
import {
  alu64Imm,
  callHelper,
  callKfunc,
  jmpA,
  jmpImm,
  ldFunc,
  ldImm64Pseudo,
  ldxMem,
  mov64Imm,
  mov64Reg,
} from '../isa/builders.js';
import type { InsnList } from '../isa/builders.js';
import { BPF_ADD, BPF_DW, BPF_JEQ, BPF_PSEUDO_BTF_ID, BPF_REG_FP, BPF_W } from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import { kernelTargetOf } from '../kernel/image.js';
import { profileOf } from '../kernel/index.js';
import { ATTACH_TYPE, PROG_TYPE } from '../kernel/types.js';
import { BTF_KIND_FUNC, BTF_KIND_STRUCT, BTF_KIND_VAR } from '../object/btf.js';
import {
  AUX_FLAGS,
  AUX_PTR_TYPE,
  FLAG_NON_SLEEPABLE,
  PTR_OTHER,
  PTR_TO_BTF_ID_PROBED,
  PTR_TO_CTX,
} from './facts.js';
import type { Facts } from './facts.js';
import { check } from './index.js';
import { auxOf, deadSlots, program, returnZero } from './testing/programs.js';

const BPF_F_SLEEPABLE = 1 << 4;

interface Traced {
  readonly build: (out: InsnList) => void;
  readonly attachType: number;
  readonly target: string;
  readonly release?: string;
  readonly flags?: number;
  readonly type?: number;
}

/** Facts of a tracing program against the kernel its release's profile is of. */
function traced({
  build,
  attachType,
  target,
  release = '6.12',
  flags = 0,
  type = PROG_TYPE.TRACING,
}: Traced): Facts {
  const { object, program: made } = program({ build, attachType, type });
  const attached = { ...made, attachTarget: target, flags };
  return check({ ...object, kernel: kernelTargetOf(release) }, attached, profileOf(release)).facts;
}

function kernelType(name: string, kind: number, release = '6.12'): number {
  const id = kernelTargetOf(release).btf.findByName(name, kind);
  expect(id, name).toBeGreaterThan(0);
  return id;
}

describe('pointers to kernel structures', () => {
  /** Loads a task from the context, and a word through it. */
  const loadsTask = (out: InsnList): void => {
    ldxMem(out, BPF_DW, 1, 1, 0);
    ldxMem(out, BPF_W, 2, 1, 0);
    returnZero(out);
  };

  test('that a function was called with are not trusted: loads are probes', () => {
    const facts = traced({
      build: loadsTask,
      attachType: ATTACH_TYPE.TRACE_FENTRY,
      target: 'wake_up_new_task',
    });
    expect(facts.unknowns).toEqual([]);
    expect(auxOf(facts, 0, AUX_PTR_TYPE)).toBe(PTR_TO_CTX);
    expect(auxOf(facts, 1, AUX_PTR_TYPE)).toBe(PTR_TO_BTF_ID_PROBED);
  });

  test('that a tracepoint gives are trusted, but in 6.1 none is', () => {
    const parts = { build: loadsTask, attachType: ATTACH_TYPE.TRACE_RAW_TP, target: 'task_newtask' };
    expect(auxOf(traced(parts), 1, AUX_PTR_TYPE)).toBe(PTR_OTHER);
    expect(auxOf(traced({ ...parts, release: '6.1' }), 1, AUX_PTR_TYPE)).toBe(PTR_TO_BTF_ID_PROBED);
  });

  test('that congestion control is given are trusted TCP sockets, whatever the prototype says', () => {
    const { btf } = kernelTargetOf('6.12');
    const place = (struct: string, member: string): number => {
      const id = kernelType(struct, BTF_KIND_STRUCT);
      return Array.from({ length: btf.vlen(id) }, (_, i) => btf.elementName(id, i)).indexOf(member);
    };
    const snd =
      btf.memberBitOffset(kernelType('tcp_sock', BTF_KIND_STRUCT), place('tcp_sock', 'snd_nxt')) / 8;
    const facts = traced({
      build: (out) => {
        ldxMem(out, BPF_DW, 1, 1, 0);
        ldxMem(out, BPF_W, 2, 1, snd);
        returnZero(out);
      },
      type: PROG_TYPE.STRUCT_OPS,
      attachType: place('tcp_congestion_ops', 'init'),
      target: 'tcp_congestion_ops',
    });
    expect(facts.unknowns).toEqual([]);
    expect(auxOf(facts, 1, AUX_PTR_TYPE)).toBe(PTR_OTHER);
  });

  test('may be null where the stub of a structure’s operation says so', () => {
    const dummy = { type: PROG_TYPE.STRUCT_OPS, attachType: 0, target: 'bpf_dummy_ops' };
    const checked = (out: InsnList): void => {
      ldxMem(out, BPF_DW, 1, 1, 0);
      jmpImm(out, BPF_JEQ, 1, 0, 1);
      ldxMem(out, BPF_W, 2, 1, 0);
      returnZero(out);
    };
    expect(traced({ ...dummy, build: checked }).unknowns).toEqual([]);
    expect(traced({ ...dummy, build: loadsTask }).unknowns.length).toBeGreaterThan(0);
    // Up to 6.8 stubs say nothing.
    expect(traced({ ...dummy, build: loadsTask, release: '6.1' }).unknowns).toEqual([]);
  });

  test('of per-cpu variables are of the variable’s type, and to be trusted no more than others', () => {
    const runqueues = kernelType('runqueues', BTF_KIND_VAR);
    const facts = traced({
      build: (out) => {
        ldImm64Pseudo(out, BPF_PSEUDO_BTF_ID, 1, runqueues, 0);
        callHelper(out, helperId('this_cpu_ptr'));
        ldxMem(out, BPF_W, 1, 0, 0);
        returnZero(out);
      },
      attachType: ATTACH_TYPE.TRACE_FENTRY,
      target: 'wake_up_new_task',
    });
    expect(facts.unknowns).toEqual([]);
    expect(auxOf(facts, 3, AUX_PTR_TYPE)).toBe(PTR_TO_BTF_ID_PROBED);
  });

  test('are not modelled without the kernel’s types, and that is said', () => {
    const { object, program: made } = program({
      build: loadsTask,
      attachType: ATTACH_TYPE.TRACE_FENTRY,
      type: PROG_TYPE.TRACING,
    });
    const { facts } = check(object, { ...made, attachTarget: 'wake_up_new_task' }, profileOf('6.12'));
    expect(facts.unknowns.length).toBeGreaterThan(0);
    expect(deadSlots(facts)).toEqual([]);
  });
});

describe('kernel functions', () => {
  test('of an iterator end their loop, on paths of their own', () => {
    const [create, next, destroy] = ['new', 'next', 'destroy'].map((part) =>
      kernelType(`bpf_iter_num_${part}`, BTF_KIND_FUNC),
    );
    const iterator = (out: InsnList): void => {
      mov64Reg(out, 1, BPF_REG_FP);
      alu64Imm(out, BPF_ADD, 1, -8);
    };
    const facts = traced({
      build: (out) => {
        iterator(out);
        mov64Imm(out, 2, 0);
        mov64Imm(out, 3, 10);
        callKfunc(out, create, 0);
        iterator(out);
        callKfunc(out, next, 0);
        jmpImm(out, BPF_JEQ, 0, 0, 2);
        ldxMem(out, BPF_W, 1, 0, 0);
        jmpA(out, -6);
        iterator(out);
        callKfunc(out, destroy, 0);
        returnZero(out);
      },
      attachType: ATTACH_TYPE.TRACE_FENTRY,
      target: 'wake_up_new_task',
    });
    expect(facts.unknowns).toEqual([]);
    expect(deadSlots(facts)).toEqual([]);
  });

  test('and helpers called where the program may not sleep are marked', () => {
    const [lock, unlock] = ['lock', 'unlock'].map((part) =>
      kernelType(`bpf_rcu_read_${part}`, BTF_KIND_FUNC),
    );
    const now = helperId('ktime_get_ns');
    const facts = traced({
      build: (out) => {
        callHelper(out, now);
        callKfunc(out, lock, 0);
        callHelper(out, now);
        callKfunc(out, unlock, 0);
        callHelper(out, now);
        returnZero(out);
      },
      attachType: ATTACH_TYPE.TRACE_FENTRY,
      target: 'wake_up_new_task',
      flags: BPF_F_SLEEPABLE,
    });
    expect(facts.unknowns).toEqual([]);
    const marked = [0, 2, 4].map((slot) => (auxOf(facts, slot, AUX_FLAGS) & FLAG_NON_SLEEPABLE) !== 0);
    expect(marked).toEqual([false, true, false]);
  });

  test('that no one knows leave a result of which nothing is known, and are named', () => {
    const facts = traced({
      build: (out) => {
        callKfunc(out, 0x7fff_ffff, 0);
        jmpImm(out, BPF_JEQ, 0, 0, 2);
        returnZero(out);
        returnZero(out);
      },
      attachType: ATTACH_TYPE.TRACE_FENTRY,
      target: 'wake_up_new_task',
    });
    expect(facts.unknowns).toEqual(['insn 0: call of kernel function 2147483647 is not modelled']);
    expect(deadSlots(facts)).toEqual([]);
  });

  test('that no one knows may call the functions they are given', () => {
    const { object, program: made } = program({
      build: (out) => {
        ldFunc(out, 1, 4);
        callKfunc(out, 0x7fff_ffff, 0);
        returnZero(out);
        jmpImm(out, BPF_JEQ, 1, 0, 2);
        returnZero(out);
        returnZero(out);
      },
      type: PROG_TYPE.TRACING,
      subprogs: [5],
    });
    const kernel = kernelTargetOf('6.12');
    const { facts } = check({ ...object, kernel }, made, profileOf('6.12'));
    expect(deadSlots(facts)).toEqual([]);
  });
});
