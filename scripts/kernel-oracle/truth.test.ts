import { describe, expect, it } from 'vitest';
import { Kallsyms } from './kallsyms.js';
import { nameObject, type RawProgram } from './truth.js';

const kallsyms = new Kallsyms(
  [
    '00000000000351c0 D pcpu_hot',
    'ffffffff81200000 T __bpf_call_base',
    'ffffffff81200040 T bpf_ktime_get_ns',
    'ffffffff82c079c0 D jiffies',
  ].join('\n'),
);

/** One instruction as the loader writes it. */
function insn(code: number, registers: number, off: number, imm: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8(registers, 1);
  bytes.writeInt16LE(off, 2);
  bytes.writeInt32LE(imm, 4);
  return bytes.toString('hex');
}

function wide(registers: number, value: bigint): string[] {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return [insn(0x18, registers, 0, low), insn(0, 0, 0, high)];
}

function named(program: Partial<RawProgram>): ReturnType<typeof nameObject>['programs'][number] {
  const raw = { name: 'p', section: 'xdp', verdict: 'success', ...program };
  return nameObject('a.o', '', '6.12', { verdict: 'opened', programs: [raw] }, kallsyms).programs[0];
}

const EXIT = insn(0x95, 0, 0, 0);

describe('what the kernel hands back', () => {
  it('has its helpers named by the distance of their functions', () => {
    const { calls, tail_calls } = named({ insns: [insn(0x85, 0, 0, 0x40), insn(0x85, 0, 0, 12), EXIT] });
    expect(calls).toEqual({ 0: 'bpf_ktime_get_ns' });
    expect(tail_calls).toEqual([1]);
  });

  it('has subprograms where calls aim when there is no func info', () => {
    const { calls, subprogs } = named({ insns: [insn(0x85, 0x10, 1, 1), EXIT, EXIT] });
    expect(calls).toEqual({});
    expect(subprogs?.map(({ start }) => start)).toEqual([0, 2]);
  });

  it('has addresses of symbols and allocated objects named', () => {
    const insns = [...wide(0, 0xffffffff82c079c0n), ...wide(3, 0xff11000012345600n), ...wide(1, 77n), EXIT];
    expect(named({ insns }).addresses).toEqual({ 0: 'jiffies', 2: 'heap' });
  });

  it('keeps a number that the program brought along', () => {
    const insns = [...wide(0, 0xff11000012345600n), ...wide(0, 0xffffffff82c07fffn), EXIT];
    expect(named({ insns, loaded: insns }).addresses).toEqual({});
  });

  it("names a per-cpu variable's offset only in front of a per-cpu move", () => {
    const offset = insn(0xb4, 0, 0, 0x351cc);
    const percpu = insn(0xbf, 0, -1, 0);
    expect(named({ insns: [offset, percpu, offset, EXIT] }).addresses).toEqual({ 0: 'pcpu_hot+0xc' });
  });

  it('names a per-cpu variable that the program refers to', () => {
    const insns = [...wide(1, 0x351c0n), ...wide(2, 0x351c8n), EXIT];
    expect(named({ insns }).addresses).toEqual({});
    expect(named({ insns, loaded_symbols: { 0: 'pcpu_hot' } }).addresses).toEqual({ 0: 'pcpu_hot' });
  });

  it('names what libbpf has put in for an untyped symbol', () => {
    const loaded = [...wide(1, 0xffffffff82c079c0n), ...wide(1, 0xffffffff82c079c8n), EXIT];
    expect(named({ loaded }).loaded_addresses).toEqual({ 0: 'jiffies' });
  });
});
