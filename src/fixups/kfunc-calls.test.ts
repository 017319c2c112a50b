import { describe, expect, it } from 'vitest';
import { callKfunc, exit, ldImm64, ldxMem, mov64Imm } from '../isa/builders.js';
import { BPF_DW } from '../isa/opcodes.js';
import { kernelTargetOf } from '../kernel/image.js';
import { profileOf } from '../kernel/index.js';
import { ATTACH_TYPE, BPF_F_SLEEPABLE, PROG_TYPE } from '../kernel/types.js';
import { BTF_KIND_FUNC } from '../object/btf.js';
import { program } from '../verifier/testing/programs.js';
import { rewriteProgram } from './rewrite.js';

/** Name of the function that a security hook's call of `name` reaches on Linux 7.2. */
function calleeOn(hook: string, name: string): string | undefined {
  const kernel = kernelTargetOf('7.2');
  const { object, program: made } = program({
    build: (out) => {
      ldxMem(out, BPF_DW, 1, 1, 0);
      ldImm64(out, 2, 0, 0);
      callKfunc(out, kernel.btf.findByName(name, BTF_KIND_FUNC), 0);
      mov64Imm(out, 0, 0);
      exit(out);
    },
    type: PROG_TYPE.LSM,
    attachType: ATTACH_TYPE.LSM_MAC,
  });
  const attached = { ...made, attachTarget: hook, flags: BPF_F_SLEEPABLE };
  const { linear, symbols } = rewriteProgram({ ...object, kernel }, attached, profileOf('7.2'), 'array');
  return symbols.name(linear.insns[2 * 3 + 1]);
}

describe('calls of kernel functions', () => {
  it.each(['bpf_set_dentry_xattr', 'bpf_remove_dentry_xattr'])(
    '%s reach a form of their own from hooks that run with the inode locked',
    (name) => {
      expect(calleeOn('inode_setxattr', name)).toBe(`${name}_locked`);
      expect(calleeOn('inode_getxattr', name)).toBe(name);
    },
  );
});
