/**
 * What the kernel puts around programs that implement operations of its structures: calls of functions of its own in front
 * of them and behind them. Only queueing disciplines have such calls (`bpf_qdisc_gen_prologue()` and
 * `bpf_qdisc_gen_epilogue()`, net/sched/bpf_qdisc.c, Linux 7.2).
 */
import type { PatchBuffer } from '../../../strategies/patch-buffer.js';
import { callKfunc, exit, jmpImm, ldxMem, mov64Reg } from '../../isa/builders.js';
import {
  BPF_DW,
  BPF_JEQ,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_2,
  BPF_REG_6,
  BPF_REG_FP,
} from '../../isa/opcodes.js';
import { PROG_TYPE } from '../../kernel/types.js';
import { BTF_KIND_FUNC } from '../../object/btf.js';
import { attachTargetOf } from '../../verifier/attach-target.js';
import type { FixupEnv } from '../pass.js';

/** Calls around a program; 0 where there is none. */
export interface OperationHooks {
  /** BTF id of the function that is called first; what it returns is returned when it is not 0. */
  readonly before: number;
  /** BTF id of the function that is called last. */
  readonly after: number;
}

const NOTHING: OperationHooks = { before: 0, after: 0 };

/** What surrounds the program, by the operation that it implements. */
export function operationHooks({ object, program }: FixupEnv): OperationHooks {
  const btf = object.kernel?.btf;
  if (program.type !== PROG_TYPE.STRUCT_OPS || program.attachTarget !== 'Qdisc_ops' || btf === undefined)
    return NOTHING;
  switch (attachTargetOf(btf, program)?.name) {
    case 'init':
      return { before: btf.findByName('bpf_qdisc_init_prologue', BTF_KIND_FUNC), after: 0 };
    case 'reset':
    case 'destroy':
      return { before: 0, after: btf.findByName('bpf_qdisc_reset_destroy_epilogue', BTF_KIND_FUNC) };
    default:
      return NOTHING;
  }
}

/** Appends the call that comes first, with the discipline and where it says what is wrong; the context stays in R6. */
export function genOperationPrologue(out: PatchBuffer, func: number): void {
  mov64Reg(out, BPF_REG_6, BPF_REG_1);
  ldxMem(out, BPF_DW, BPF_REG_2, BPF_REG_1, 16);
  ldxMem(out, BPF_DW, BPF_REG_1, BPF_REG_1, 0);
  callKfunc(out, func, 0);
  jmpImm(out, BPF_JEQ, BPF_REG_0, 0, 1);
  exit(out);
  mov64Reg(out, BPF_REG_1, BPF_REG_6);
}

/**
 * Appends the call that takes an exit's place, with the discipline.
 * @param contextOffset where in the stack the context was saved
 */
export function genOperationEpilogue(out: PatchBuffer, func: number, contextOffset: number): void {
  ldxMem(out, BPF_DW, BPF_REG_1, BPF_REG_FP, contextOffset);
  ldxMem(out, BPF_DW, BPF_REG_1, BPF_REG_1, 0);
  callKfunc(out, func, 0);
  exit(out);
}
