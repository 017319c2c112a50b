import { describe, expect, it } from 'vitest';
import * as b from '../isa/builders.js';
import * as op from '../isa/opcodes.js';
import { SK_BUFF, XDP_MD } from '../kernel/contexts/layouts.js';
import { profileOf } from '../kernel/index.js';
import { PROG_TYPE } from '../kernel/types.js';
import { listing, runPass, type PassCase } from '../testing/fixup-harness.js';
import { AUX_ZEXT } from '../../strategies/store.js';
import {
  AUX_CTX_FIELD_SIZE,
  AUX_FLAGS,
  AUX_PTR_TYPE,
  FLAG_SANITIZE_STACK_SPILL,
  PTR_OTHER,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID_PROBED,
  PTR_TO_CTX,
} from '../verifier/facts.js';
import { convertCtxAccesses } from './convert-ctx-accesses.js';

const profile = profileOf('6.12');
const len = profile.member('sk_buff', 'len').offset;
const protocol = profile.member('sk_buff', 'protocol').offset;

/** `insn; exit` through the pass, the first instruction with these aux words. */
function converted(
  type: keyof typeof PROG_TYPE,
  insn: (out: b.InsnSink) => void,
  aux: Readonly<Record<number, number>>,
  given: Partial<PassCase> = {},
) {
  return runPass(convertCtxAccesses, {
    type: PROG_TYPE[type],
    insns: (out) => {
      insn(out);
      b.exit(out);
    },
    aux: { 0: aux },
    ...given,
  }).insns;
}

function ending(build: (out: b.InsnSink) => void): string[] {
  return listing((out) => {
    build(out);
    b.exit(out);
  });
}

const wholeField = { [AUX_PTR_TYPE]: PTR_TO_CTX, [AUX_CTX_FIELD_SIZE]: 4 };

describe('loads narrower than their field', () => {
  it('load the whole field and mask it', () => {
    expect(
      converted('SCHED_CLS', (out) => b.ldxMem(out, op.BPF_B, 2, 1, SK_BUFF.at('len')), wholeField),
    ).toEqual(
      ending((out) => {
        b.ldxMem(out, op.BPF_W, 2, 1, len);
        b.alu32Imm(out, op.BPF_AND, 2, 0xff);
      }),
    );
  });

  it('shift first when they are not at the field’s start', () => {
    expect(
      converted('SCHED_CLS', (out) => b.ldxMem(out, op.BPF_H, 2, 1, SK_BUFF.at('len') + 2), wholeField),
    ).toEqual(
      ending((out) => {
        b.ldxMem(out, op.BPF_W, 2, 1, len);
        b.alu32Imm(out, op.BPF_RSH, 2, 16);
        b.alu32Imm(out, op.BPF_AND, 2, 0xffff);
      }),
    );
  });

  it('are not masked when the kernel’s member is as narrow', () => {
    expect(
      converted('SCHED_CLS', (out) => b.ldxMem(out, op.BPF_H, 2, 1, SK_BUFF.at('protocol')), wholeField),
    ).toEqual(ending((out) => b.ldxMem(out, op.BPF_H, 2, 1, protocol)));
  });

  it('of eight-byte fields shift all 64 bits and mask with 32 bits', () => {
    const period = profile.member('perf_sample_data', 'period').offset;
    const data = profile.member('bpf_perf_event_data_kern', 'data').offset;
    expect(
      converted('PERF_EVENT', (out) => b.ldxMem(out, op.BPF_W, 0, 6, 172), {
        [AUX_PTR_TYPE]: PTR_TO_CTX,
        [AUX_CTX_FIELD_SIZE]: 8,
      }),
    ).toEqual(
      ending((out) => {
        b.ldxMem(out, op.BPF_DW, 0, 6, data);
        b.ldxMem(out, op.BPF_DW, 0, 0, period);
        b.alu64Imm(out, op.BPF_RSH, 0, 32);
        b.alu32Imm(out, op.BPF_AND, 0, -1);
      }),
    );
  });

  it('extend the sign last', () => {
    expect(
      converted('SCHED_CLS', (out) => b.ldxMemsx(out, op.BPF_H, 2, 1, SK_BUFF.at('mark')), wholeField),
    ).toEqual(
      ending((out) => {
        b.ldxMem(out, op.BPF_W, 2, 1, profile.member('sk_buff', 'mark').offset);
        b.alu32Imm(out, op.BPF_AND, 2, 0xffff);
        b.movsx64Reg(out, 2, 2, 16);
      }),
    );
  });
});

describe('programs that write to packets', () => {
  const prologueOf = (verdict: number) => (out: b.InsnSink) => {
    b.ldxMem(out, op.BPF_B, 6, 1, profile.member('sk_buff', 'cloned').offset);
    b.alu32Imm(out, op.BPF_AND, 6, 1);
    b.jmpImm(out, op.BPF_JEQ, 6, 0, 7);
    b.mov64Reg(out, 6, 1);
    b.alu64Reg(out, op.BPF_XOR, 2, 2);
    b.callHelper(out, 39);
    b.jmpImm(out, op.BPF_JEQ, 0, 0, 2);
    b.alu32Imm(out, op.BPF_MOV, 0, verdict);
    b.exit(out);
    b.mov64Reg(out, 1, 6);
  };

  it('copy a shared packet first, jumps to the start lead behind that', () => {
    const insns = (out: b.InsnSink): void => {
      b.mov64Imm(out, 0, 0);
      b.jmpImm(out, op.BPF_JEQ, 0, 1, -2);
      b.exit(out);
    };
    for (const [type, verdict] of [
      ['SCHED_CLS', 2],
      ['LWT_XMIT', 2],
      ['SK_SKB', 0],
    ] as const) {
      const given = { type: PROG_TYPE[type], insns, seenDirectWrite: true };
      for (const strategy of ['array', 'linked-list'])
        expect(runPass(convertCtxAccesses, given, strategy).insns).toEqual(
          listing((out) => {
            prologueOf(verdict)(out);
            insns(out);
          }),
        );
    }
  });

  it('convert their first instruction too', () => {
    expect(
      converted('SCHED_CLS', (out) => b.ldxMem(out, op.BPF_W, 2, 1, SK_BUFF.at('len')), wholeField, {
        seenDirectWrite: true,
      }),
    ).toEqual(
      ending((out) => {
        prologueOf(2)(out);
        b.ldxMem(out, op.BPF_W, 2, 1, len);
      }),
    );
  });

  it('need nothing where packets are never shared', () => {
    const data = profile.member('xdp_buff', 'data').offset;
    expect(
      converted(
        'XDP',
        (out) => b.ldxMem(out, op.BPF_W, 2, 1, XDP_MD.at('data')),
        { [AUX_PTR_TYPE]: PTR_TO_CTX },
        { seenDirectWrite: true },
      ),
    ).toEqual(ending((out) => b.ldxMem(out, op.BPF_DW, 2, 1, data)));
  });

  it('are refused where the kernel has no prologue', () => {
    expect(() =>
      converted('SOCKET_FILTER', (out) => b.mov64Imm(out, 0, 0), {}, { seenDirectWrite: true }),
    ).toThrow('SOCKET_FILTER programs cannot write to packet data');
  });
});

describe('accesses that keep their place', () => {
  it('through untrusted kernel pointers become probe loads', () => {
    const probed = { [AUX_PTR_TYPE]: PTR_TO_BTF_ID_PROBED };
    expect(converted('KPROBE', (out) => b.ldxMem(out, op.BPF_DW, 1, 2, 8), probed)).toEqual(
      ending((out) => b.ldxProbe(out, op.BPF_PROBE_MEM, op.BPF_DW, 1, 2, 8)),
    );
    expect(converted('KPROBE', (out) => b.ldxMemsx(out, op.BPF_W, 1, 2, 8), probed)).toEqual(
      ending((out) => b.ldxProbe(out, op.BPF_PROBE_MEMSX, op.BPF_W, 1, 2, 8)),
    );
  });

  it('to an arena get its opcodes, atomics among them', () => {
    const arena = { [AUX_PTR_TYPE]: PTR_TO_ARENA };
    expect(converted('SYSCALL', (out) => b.stMem(out, op.BPF_H, 1, 4, 7), arena)).toEqual(
      ending((out) => b.rawInsn(out, op.BPF_ST | op.BPF_PROBE_MEM32 | op.BPF_H, 1, 0, 4, 7)),
    );
    expect(converted('SYSCALL', (out) => b.atomicAdd(out, op.BPF_DW, 1, 2, 4), arena)).toEqual(
      ending((out) => b.rawInsn(out, op.BPF_STX | op.BPF_PROBE_ATOMIC | op.BPF_DW, 1, 2, 4, op.BPF_ADD)),
    );
    expect(() => converted('SYSCALL', (out) => b.ldxMemsx(out, op.BPF_B, 1, 2, 0), arena)).toThrow(
      'insn 0: sign extending loads from arena are not supported',
    );
  });

  it('to memory stay as they are, also at offsets a context has', () => {
    const other = { [AUX_PTR_TYPE]: PTR_OTHER };
    expect(converted('SCHED_CLS', (out) => b.ldxMem(out, op.BPF_W, 1, 10, 0), other)).toEqual(
      ending((out) => b.ldxMem(out, op.BPF_W, 1, 10, 0)),
    );
    expect(converted('KPROBE', (out) => b.ldxMem(out, op.BPF_DW, 1, 1, 112), wholeField)).toEqual(
      ending((out) => b.ldxMem(out, op.BPF_DW, 1, 1, 112)),
    );
  });
});

it('puts a barrier behind a spill that speculation could bypass', () => {
  expect(
    converted('SOCKET_FILTER', (out) => b.stxMem(out, op.BPF_DW, 10, 1, -8), {
      [AUX_PTR_TYPE]: PTR_OTHER,
      [AUX_FLAGS]: FLAG_SANITIZE_STACK_SPILL,
    }),
  ).toEqual(
    ending((out) => {
      b.stxMem(out, op.BPF_DW, 10, 1, -8);
      b.nospec(out);
    }),
  );
});

it('moves the aux record to the last instruction of a conversion', () => {
  const { linear } = runPass(convertCtxAccesses, {
    type: PROG_TYPE.SCHED_CLS,
    insns: (out) => {
      b.ldxMem(out, op.BPF_W, 2, 1, SK_BUFF.at('ifindex'));
      b.exit(out);
    },
    aux: { 0: wholeField },
  });
  expect(linear.length).toBe(3);
  expect(Array.from({ length: 3 }, (_, slot) => linear.aux[slot * linear.auxWords + AUX_PTR_TYPE])).toEqual([
    0,
    PTR_TO_CTX,
    0,
  ]);
  expect(linear.aux[linear.auxWords + AUX_ZEXT]).toBe(1);
});

it('names program type and field of an access it cannot convert', () => {
  expect(() =>
    converted('SOCKET_FILTER', (out) => b.ldxMem(out, op.BPF_DW, 2, 1, SK_BUFF.at('flow_keys')), wholeField),
  ).toThrow(
    'insn 0: SOCKET_FILTER: no conversion for the load of 8 bytes at offset 144 (__sk_buff.flow_keys)',
  );
});
