/**
 * `struct bpf_perf_event_data` to registers and sample (`pe_prog_convert_ctx_access()`, kernel/trace/bpf_trace.c, Linux 6.12).
 */
import { ldxMem } from '../../isa/builders.js';
import { BPF_DW } from '../../isa/opcodes.js';
import { BPF_PERF_EVENT_DATA } from '../../kernel/contexts/layouts.js';
import type { KernelProfile } from '../../kernel/profile.js';
import { FieldTable, loadFieldThrough, loadPointer } from './conversion.js';

/** `pe_prog_convert_ctx_access()`: the registers are at the context's start, offset by offset. */
export function perfEventTable(profile: KernelProfile): FieldTable {
  const data = profile.member('bpf_perf_event_data_kern', 'data');
  const registers = profile.member('bpf_perf_event_data_kern', 'regs');
  return new FieldTable(BPF_PERF_EVENT_DATA)
    .anywhere('regs', (access) => {
      loadPointer(access, registers);
      ldxMem(access.out, BPF_DW, access.dst, access.dst, access.off);
    })
    .at('sample_period', loadFieldThrough(data, profile.member('perf_sample_data', 'period')))
    .at('addr', loadFieldThrough(data, profile.member('perf_sample_data', 'addr')));
}
