/**
 * Access rules of the contexts of tracing programs, x86-64 (kernel/trace/bpf_trace.c and include/linux/bpf.h, Linux 6.12), and
 * of the few contexts nothing converts.
 */
import {
  DENIED,
  WHOLE,
  btfPointer,
  exactly,
  narrow,
  pointer,
  within,
  type Access,
  type AccessRule,
} from './access.js';
import { BPF_PERF_EVENT_DATA } from './layouts.js';

/** `sizeof(struct pt_regs)` on x86-64. */
const PT_REGS_SIZE = 168;
/** `PERF_MAX_TRACE_SIZE` */
const MAX_TRACE_SIZE = 8192;
/** `MAX_BPF_FUNC_ARGS` eight-byte arguments. */
const ARGUMENTS_SIZE = 12 * 8;
/** `U16_MAX`: the most a syscall program's context can have. */
const SYSCALL_CONTEXT_END = 0xffff;

function alignedLoad({ offset, size, write }: Access, from: number, to: number): boolean {
  return !write && offset >= from && offset < to && offset % size === 0;
}

/** `kprobe_prog_is_valid_access()` */
export const kprobe: AccessRule = (access) => {
  const { offset, size, write, contexts } = access;
  if (write && !contexts.kprobeStores) return DENIED;
  return offset >= 0 && offset % size === 0 && offset + size <= PT_REGS_SIZE ? WHOLE : DENIED;
};

/** `tp_prog_is_valid_access()`: the first eight bytes are the kernel's. */
export const tracepoint: AccessRule = (access) => (alignedLoad(access, 8, MAX_TRACE_SIZE) ? WHOLE : DENIED);

/** `raw_tp_prog_is_valid_access()` */
export const rawTracepoint: AccessRule = (access) =>
  alignedLoad(access, 0, ARGUMENTS_SIZE) ? WHOLE : DENIED;

/** `raw_tp_writable_prog_is_valid_access()` */
export const rawTracepointWritable: AccessRule = (access) => {
  if (access.offset === 0) return !access.write && access.size === 8 ? pointer('PTR_TO_TP_BUFFER') : DENIED;
  return rawTracepoint(access);
};

const BTF_ARGUMENT = btfPointer('');

/**
 * `tracing_prog_is_valid_access()` as far as it does not need BTF: whether there is such an argument, and what it is, BTF of
 * the traced function tells (`btf_ctx_access()`, kernel/bpf/btf.c).
 */
export const tracing: AccessRule = (access) =>
  alignedLoad(access, 0, ARGUMENTS_SIZE) && access.offset % 8 === 0 ? BTF_ARGUMENT : DENIED;

/** `btf_ctx_access()` alone, for hooks without a common limit. */
export const hook: AccessRule = ({ offset, write }) =>
  !write && offset >= 0 && offset % 8 === 0 ? BTF_ARGUMENT : DENIED;

/** `pe_prog_is_valid_access()` */
export const perfEvent: AccessRule = (access) => {
  if (!alignedLoad(access, 0, BPF_PERF_EVENT_DATA.size)) return DENIED;
  return within(access, BPF_PERF_EVENT_DATA, 'sample_period', 'addr')
    ? narrow(access, 8)
    : exactly(access, 8);
};

/** `syscall_prog_is_valid_access()`, kernel/bpf/syscall.c */
export const syscall: AccessRule = ({ offset, size }) =>
  offset >= 0 && offset < SYSCALL_CONTEXT_END && offset % size === 0 ? WHOLE : DENIED;

/** `lirc_mode2_is_valid_access()`, drivers/media/rc/bpf-lirc.c */
export const infrared: AccessRule = (access) =>
  access.offset === 0 && !access.write ? exactly(access, 4) : DENIED;
