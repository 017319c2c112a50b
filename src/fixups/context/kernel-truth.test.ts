import { describe, expect, it } from 'vitest';
import { classOf, dstOf, modeOf, offOf, sizeOf, srcOf } from '../../isa/insn.js';
import { BPF_LDX, BPF_MEM, BPF_MEMSX, BPF_ST, BPF_STX } from '../../isa/opcodes.js';
import { contextAccess, socketAccess } from '../../kernel/contexts/index.js';
import { RELEASES, profileOf } from '../../kernel/index.js';
import { runPass } from '../../testing/fixup-harness.js';
import {
  AUX_CTX_FIELD_SIZE,
  AUX_PTR_TYPE,
  PTR_TO_CTX,
  PTR_TO_SOCKET,
  PTR_TO_SOCK_COMMON,
} from '../../verifier/facts.js';
import { convertCtxAccesses } from '../convert-ctx-accesses.js';
import { bytesOf } from './conversion.js';
import {
  CONTEXT_KINDS,
  REFUSED,
  accessCases,
  digestOf,
  hexOf,
  type AccessCase,
  type ContextKind,
} from './testing/accesses.js';
import { KERNEL_TRUTH } from './testing/kernel-truth.js';

/** What the check and the conversion of `release` make of an access, in the form of the kernels' answers. */
function ourAnswer(release: string, context: ContextKind, { kind, insns }: AccessCase): string {
  const { contexts } = profileOf(release);
  const aux: Record<number, Record<number, number>> = {};
  for (let slot = 0; 2 * slot < insns.length; slot++) {
    const w0 = insns[2 * slot] ?? 0;
    const cls = classOf(w0);
    if (cls !== BPF_LDX && cls !== BPF_ST && cls !== BPF_STX) continue;
    const mode = modeOf(w0);
    if (mode !== BPF_MEM && mode !== BPF_MEMSX) continue;
    const size = bytesOf(sizeOf(w0));
    const write = cls !== BPF_LDX;
    const base = write ? dstOf(w0) : srcOf(w0);
    const common = context.socket?.common ?? false;
    const behindSocket = kind === 'socket-load' && base === 6;
    const access = behindSocket
      ? socketAccess(common ? 'PTR_TO_SOCK_COMMON' : 'PTR_TO_SOCKET', offOf(w0), size)
      : contextAccess(context.type, context.attachType, offOf(w0), size, write, mode === BPF_MEMSX, contexts);
    if (!access.valid) return REFUSED;
    const pointer = behindSocket ? (common ? PTR_TO_SOCK_COMMON : PTR_TO_SOCKET) : PTR_TO_CTX;
    aux[slot] = { [AUX_PTR_TYPE]: pointer, [AUX_CTX_FIELD_SIZE]: access.fieldSize };
  }
  const { linear } = runPass(convertCtxAccesses, {
    release,
    type: context.type,
    attachType: context.attachType,
    insns: (out) => {
      for (let i = 0; i < insns.length; i += 2) out.push(insns[i] ?? 0, insns[i + 1] ?? 0);
    },
    aux,
  });
  return hexOf(linear.insns, linear.length);
}

describe.each(Object.entries(KERNEL_TRUTH))('Linux %s', (release, { kinds, digests }) => {
  // A context that differs: ask the kernel again (scripts/context-truth.ts) and compare access by access.
  it.each(CONTEXT_KINDS)('takes, refuses and converts every access of $name as we do', (context) => {
    const answers = accessCases(context)
      .filter(({ kind }) => kinds.includes(kind))
      .map((access) => [access.name, ourAnswer(release, context, access)] as const);
    expect(answers.length).toBeGreaterThan(10);
    expect(digestOf(answers)).toBe(digests[context.name]);
  });
});

it('was asked for every release that has a profile', () => {
  expect(Object.keys(KERNEL_TRUTH).sort()).toEqual([...RELEASES].sort());
});
