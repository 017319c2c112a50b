/**
 * Contexts of cgroup sysctl and socket option programs (`sysctl_convert_ctx_access()`, `cg_sockopt_convert_ctx_access()`,
 * kernel/bpf/cgroup.c, Linux 6.12).
 */
import { ldxMem, rawInsn, stxMem } from '../../isa/builders.js';
import { classOf } from '../../isa/insn.js';
import { BPF_DW, BPF_MEM, BPF_W } from '../../isa/opcodes.js';
import { BPF_SOCKOPT, BPF_SYSCTL } from '../../kernel/contexts/layouts.js';
import type { KernelProfile, Member } from '../../kernel/profile.js';
import {
  FieldTable,
  loadMember,
  loadOrStoreMember,
  loadPointer,
  sizeBits,
  spareRegister,
  type Converter,
} from './conversion.js';
import { NestedAccess } from './sock-addr.js';

/** `sysctl_convert_ctx_access()` */
export function sysctlTable(profile: KernelProfile): FieldTable {
  const write = profile.member('bpf_sysctl_kern', 'write');
  const position = profile.member('bpf_sysctl_kern', 'ppos');
  const nested = new NestedAccess(profile, 'bpf_sysctl_kern');
  return new FieldTable(BPF_SYSCTL)
    .at('write', (access) => {
      access.targetSize = write.size;
      ldxMem(access.out, access.size, access.dst, access.src, write.offset);
    })
    .at('file_pos', (access) => {
      access.targetSize = 4;
      nested.convert(access, position, access.write ? BPF_W : access.size, 0);
    });
}

/** The value the system call will return: it hangs on the current task (`struct bpf_cg_run_ctx`). */
function returnValue(profile: KernelProfile): Converter {
  const task = profile.member('bpf_sockopt_kern', 'current_task');
  const saved = profile.member('bpf_sockopt_kern', 'tmp_reg').offset;
  const context = profile.member('task_struct', 'bpf_ctx');
  const value = profile.member('bpf_cg_run_ctx', 'retval');
  return (access) => {
    const { out, dst, src, imm } = access;
    if (!access.write) {
      loadPointer(access, task);
      ldxMem(out, sizeBits(context.size), dst, dst, context.offset);
      ldxMem(out, sizeBits(value.size), dst, dst, value.offset);
      return;
    }
    const register = spareRegister(access);
    stxMem(out, BPF_DW, dst, register, saved);
    ldxMem(out, sizeBits(task.size), register, dst, task.offset);
    ldxMem(out, sizeBits(context.size), register, register, context.offset);
    rawInsn(out, classOf(access.code) | BPF_MEM | sizeBits(value.size), register, src, value.offset, imm);
    ldxMem(out, BPF_DW, register, dst, saved);
  };
}

/** `cg_sockopt_convert_ctx_access()` */
export function sockoptTable(profile: KernelProfile): FieldTable {
  const context = (name: string): Member => profile.member('bpf_sockopt_kern', name);
  return new FieldTable(BPF_SOCKOPT)
    .at('sk', loadMember(context('sk')))
    .at('level', loadOrStoreMember(context('level')))
    .at('optname', loadOrStoreMember(context('optname')))
    .at('optlen', loadOrStoreMember(context('optlen')))
    .at('retval', returnValue(profile))
    .at('optval', loadMember(context('optval')))
    .at('optval_end', loadMember(context('optval_end')));
}
