import { describe, expect, it } from 'vitest';
import { callHelper, exit, mov64Imm, type InsnList } from '../isa/builders.js';
import { helperId } from '../kernel/helper-ids.js';
import { kernelTargetOf } from '../kernel/image.js';
import { profileOf } from '../kernel/index.js';
import { ATTACH_TYPE, PROG_TYPE } from '../kernel/types.js';
import { listing } from '../testing/fixup-harness.js';
import { program } from '../verifier/testing/programs.js';
import { FixupError } from './pass.js';
import { rewriteProgram } from './rewrite.js';

/** The words of a raw tracepoint's program on Linux 7.2, slot by slot. */
function onTracepoint(attachTarget: string, build: (out: InsnList) => void): string[] {
  const { object, program: made } = program({
    build,
    type: PROG_TYPE.TRACING,
    attachType: ATTACH_TYPE.TRACE_RAW_TP,
  });
  const attached = { ...made, attachTarget };
  const known = { ...object, kernel: kernelTargetOf('7.2') };
  const { linear } = rewriteProgram(known, attached, profileOf('7.2'), 'array');
  return listing((out) => {
    for (let slot = 0; slot < linear.length; slot++)
      out.push(linear.insns[2 * slot], linear.insns[2 * slot + 1]);
  });
}

describe('the number of arguments', () => {
  const countArguments = (out: InsnList): void => {
    callHelper(out, helperId('get_func_arg_cnt'));
    exit(out);
  };

  it('of a raw tracepoint is its prototype’s, without the one that programs do not see', () => {
    for (const [tracepoint, count] of [
      ['sched_switch', 4],
      ['task_newtask', 2],
    ] as const) {
      expect(onTracepoint(tracepoint, countArguments)).toEqual(
        listing((out) => {
          mov64Imm(out, 0, count);
          exit(out);
        }),
      );
    }
  });

  it('of a tracepoint that the kernel does not have is not known', () => {
    expect(() => onTracepoint('no_such_event', countArguments)).toThrow(FixupError);
    expect(() => onTracepoint('no_such_event', countArguments)).toThrow(
      "tracepoint no_such_event is not in the kernel's types",
    );
  });
});
