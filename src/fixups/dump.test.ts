import { describe, expect, it } from 'vitest';
import * as b from '../isa/builders.js';
import {
  BPF_B,
  BPF_DW,
  BPF_PROBE_MEM,
  BPF_PROBE_MEM32,
  BPF_PROBE_MEMSX,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_W,
} from '../isa/opcodes.js';
import { Btf } from '../object/btf.js';
import type { BpfObject, BpfProgram, MapDef } from '../object/program.js';
import { BtfWriter } from '../testing/btf-writer.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { AUX_ORIG } from '../../strategies/store.js';
import { dumpAsJson, dumpBytes, dumpListing, dumpXlated, type DumpInput } from './dump.js';
import { AUX_FLAGS, FLAG_SYMBOL_ADDRESS } from '../verifier/facts.js';
import { FixupError } from './pass.js';
import { AUX_BEYOND_END } from './removed-callees.js';
import { SymbolTable } from './symbols.js';

const AUX_WORDS = AUX_BEYOND_END + 1;

function mapNamed(name: string): MapDef {
  return {
    name,
    type: 2,
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
    flags: 0,
    extra: 0n,
    frozen: false,
    keyTypeId: 0,
    valueTypeId: 0,
  };
}

/** A rewritten program written down here; `addressed` are the slots that hold a symbol's number. */
function inputOf(
  build: (out: b.InsnList) => void,
  given: {
    readonly subprogs?: readonly (readonly [id: number, start: number])[];
    readonly addressed?: readonly number[];
    readonly linear?: Partial<LinearProgram>;
    readonly symbols?: readonly string[];
  } = {},
): DumpInput {
  const out = new b.InsnList();
  build(out);
  const aux = new Uint32Array(AUX_WORDS * out.length);
  for (let slot = 0; slot < out.length; slot++) aux[slot * AUX_WORDS + AUX_ORIG] = slot + 1;
  for (const slot of given.addressed ?? []) aux[slot * AUX_WORDS + AUX_FLAGS] = FLAG_SYMBOL_ADDRESS;
  // Longer than the program, as a store may leave it.
  const insns = new Int32Array(2 * out.length + 2).fill(0x55);
  insns.set(out.words());
  const linear: LinearProgram = {
    insns,
    aux,
    auxWords: AUX_WORDS,
    length: out.length,
    subprogs: (given.subprogs ?? [[0, 0]]).map(([id, start]) => ({ id, start, lineInfoIndex: 0 })),
    lineInfo: [],
    insnArray: new Int32Array(0),
    pokes: [],
    ...given.linear,
  };
  const symbols = new SymbolTable();
  for (const name of given.symbols ?? []) symbols.number(name);
  const program: BpfProgram = {
    name: 'entry',
    section: 'tc',
    type: 3,
    attachType: 0,
    flags: 0,
    attachTarget: '',
    insns: out.words(),
    subprogs: ['entry', 'first', 'second', 'third'].map((name, start) => ({ name, start, global: false })),
    lineInfo: [
      { slot: 0, fileNameOff: 1, lineOff: 2, line: 10, column: 3 },
      { slot: 1, fileNameOff: 1, lineOff: 3, line: 11, column: 5 },
    ],
    funcInfo: [
      { slot: 0, typeId: 7 },
      { slot: 1, typeId: 8 },
    ],
  };
  const object: BpfObject = {
    fileName: 'test.bpf.o',
    license: 'GPL',
    maps: [mapNamed('counts'), mapNamed('test.rodata'), mapNamed('jumps')],
    programs: [program],
    failures: [],
    btf: {
      string: (offset) => ['', 'test.c', '\tint a;', 'return a;'][offset] ?? '',
      typeName: (id) => `function${id}`,
    },
  };
  return { linear, object, program, symbols };
}

const hexOf = (input: DumpInput): unknown => dumpAsJson(dumpXlated(input))['insns'];
const textOf = (input: DumpInput): string[] => [...dumpListing(dumpXlated(input))];

describe('the dump view', () => {
  it('shows a tail call as a call of helper 12, whatever its poke descriptor', () => {
    const input = inputOf((out) => {
      b.tailCall(out, 3);
    });
    expect(hexOf(input)).toEqual(['850000000c000000']);
    expect(textOf(input)).toEqual(['   0: (85) call bpf_tail_call#12']);
  });

  it('shows probe loads and stores as plain ones, but sign-extending ones as they are', () => {
    const input = inputOf((out) => {
      b.ldxProbe(out, BPF_PROBE_MEM, BPF_W, 1, 2, 4);
      b.ldxProbe(out, BPF_PROBE_MEM32, BPF_DW, 1, 2, 4);
      b.rawInsn(out, 0xab, 1, 2, 4, 0);
      b.rawInsn(out, 0xb2, 1, 0, 4, 9);
      b.ldxProbe(out, BPF_PROBE_MEMSX, BPF_B, 1, 2, 4);
      b.rawInsn(out, 0x40, 0, 2, 0, 4);
    });
    expect(textOf(input)).toEqual([
      '   0: (61) r1 = *(u32 *)(r2 +4)',
      '   1: (79) r1 = *(u64 *)(r2 +4)',
      '   2: (6b) *(u16 *)(r1 +4) = r2',
      '   3: (72) *(u8 *)(r1 +4) = 9',
      '   4: BUG_ldx_51',
      '   5: (40) r0 = *(u32 *)skb[r2 + 4]',
    ]);
  });

  it('names helpers and kernel functions by the symbol table', () => {
    const input = inputOf(
      (out) => {
        b.callHelper(out, 2);
        b.callKfunc(out, 1, 0);
        b.callHelper(out, 9);
      },
      { symbols: ['bpf_cpumask_create', '__htab_map_lookup_elem'] },
    );
    expect(textOf(input)).toEqual([
      '   0: (85) call __htab_map_lookup_elem#2',
      '   1: (85) call bpf_cpumask_create#1',
      '   2: (85) call unknown#9',
    ]);
    expect(dumpAsJson(dumpXlated(input))['calls']).toEqual({
      0: '__htab_map_lookup_elem',
      1: 'bpf_cpumask_create',
    });
  });

  it('shows the distance of a subprogram call in the offset and its number among the remaining ones', () => {
    const input = inputOf(
      (out) => {
        b.callSubprog(out, 2);
        b.callSubprog(out, 2);
        b.exit(out);
        b.callSubprog(out, 0);
        b.exit(out);
      },
      // Subprogram 1 was dead and went: 3 is number 2 now.
      {
        subprogs: [
          [0, 0],
          [2, 3],
          [3, 4],
        ],
      },
    );
    expect(hexOf(input)).toEqual([
      '8510020001000000',
      '8510020002000000',
      '9500000000000000',
      '8510000002000000',
      '9500000000000000',
    ]);
    expect(textOf(input)[0]).toBe('   0: (85) call pc+2#second');
    expect(textOf(input)[3]).toBe('   3: (85) call pc+0#third');
  });

  it('shows distance and number of a subprogram whose address is loaded', () => {
    const input = inputOf(
      (out) => {
        b.ldFunc(out, 2, 2);
        b.exit(out);
        b.exit(out);
      },
      {
        subprogs: [
          [0, 0],
          [1, 3],
        ],
      },
    );
    expect(hexOf(input)).toEqual([
      '1842000002000000',
      '0000000001000000',
      '9500000000000000',
      '9500000000000000',
    ]);
    expect(textOf(input)[0]).toBe('   0: (18) r2 = subprog[+2]');
  });

  it('cuts a far distance to 16 bits, and the number with it, as Linux 6.12 does', () => {
    const far = 0x10000 + 2;
    const build = (out: b.InsnList): void => {
      b.callSubprog(out, far);
      b.callSubprog(out, far);
      for (let slot = 2; slot <= far + 1; slot++) b.exit(out);
      b.exit(out);
    };
    const subprogs = [
      [0, 0],
      [1, 3],
      [2, far + 1],
      [3, far + 2],
    ] as const;
    const input = inputOf(build, { subprogs });
    const insns = hexOf(input) as string[];
    // 0 + 2 + 1 is where subprogram 1 starts by chance, 1 + 2 + 1 where none does.
    expect(insns.slice(0, 2)).toEqual(['8510020001000000', '85100200feffffff']);
    const dump = dumpXlated(input);
    expect([dump.calls.get(0), dump.calls.get(1)]).toEqual(['second', 'third']);
  });

  it('shows a far distance as 0 with the right number where the kernel does', () => {
    const far = 40000;
    const input = inputOf(
      (out) => {
        b.callSubprog(out, far);
        for (let slot = 1; slot <= far + 1; slot++) b.exit(out);
      },
      {
        subprogs: [
          [0, 0],
          [1, far + 1],
        ],
      },
    );
    expect((hexOf({ ...input, farCalls: 'zero' }) as string[])[0]).toBe('8510000001000000');
  });

  it('refuses a call that aims at no subprogram', () => {
    const input = inputOf(
      (out) => {
        b.callSubprog(out, 0);
        b.exit(out);
        b.exit(out);
      },
      {
        subprogs: [
          [0, 0],
          [1, 2],
        ],
      },
    );
    expect(() => dumpXlated(input)).toThrow(FixupError);
    expect(() => dumpXlated(input)).toThrow('insn 0: no subprogram starts at insn 1');
  });

  it('leaves the distance of what aims at removed subprograms where only one subprogram is left', () => {
    const input = inputOf((out) => {
      b.ldFunc(out, 2, 3);
      b.callSubprog(out, 1);
      b.exit(out);
    });
    expect(hexOf(input)).toEqual([
      '1842000003000000',
      '0000000000000000',
      '8510000001000000',
      '9500000000000000',
    ]);
    expect((hexOf({ ...input, farCalls: 'zero' }) as string[])[2]).toBe('8510010000000000');
  });

  it('shows the distance to beyond the end where a pass has noted one', () => {
    const input = inputOf((out) => {
      b.ldFunc(out, 2, -1);
      b.callSubprog(out, -3);
      b.exit(out);
    });
    for (const slot of [0, 2]) input.linear.aux[slot * input.linear.auxWords + AUX_BEYOND_END] = 5;
    expect(hexOf(input)).toEqual([
      '1842000008000000',
      '0000000000000000',
      '8510000006000000',
      '9500000000000000',
    ]);
    expect((hexOf({ ...input, farCalls: 'zero' }) as string[])[2]).toBe('8510060000000000');
  });

  it('shows the address of a kernel variable in place of its BTF id, or a number that has its name', () => {
    const input = inputOf((out) => {
      b.ldImm64Pseudo(out, BPF_PSEUDO_BTF_ID, 1, 1, 0);
    });
    const types = new BtfWriter();
    types.variable('runqueues', 0, 1);
    const btf = new Btf(types.build(), 'vmlinux', (what) => new Error(what));
    const known = { ...input.object, kernel: { btf, symbolAddress: () => 0xffff_ffff_8123_4567n } };
    const unknown = { ...input.object, kernel: { btf } };
    expect(hexOf({ ...input, object: known })).toEqual(['1801000067452381', '00000000ffffffff']);
    expect(hexOf({ ...input, object: unknown })).toEqual(['1801000001000000', '0000000000000000']);
    for (const object of [known, unknown])
      expect(dumpAsJson(dumpXlated({ ...input, object }))['addresses']).toEqual({ 0: 'runqueues' });
  });

  it('names the addresses that the loader put in for symbols', () => {
    const input = inputOf((out) => {
      b.ldImm64(out, 1, 0x8123_4567 | 0, -1);
      b.ldImm64(out, 2, 0x8123_4568 | 0, -1);
    });
    const object = { ...input.object, symbolsByAddress: new Map([[0xffff_ffff_8123_4567n, 'symbol']]) };
    expect(dumpAsJson(dumpXlated({ ...input, object }))['addresses']).toEqual({ 0: 'symbol' });
  });

  it('shows map loads by index plus one, by descriptor whatever way they were written', () => {
    const input = inputOf((out) => {
      b.ldMapFd(out, 1, 0);
      b.ldMapValue(out, 1, 1, 16);
      b.ldImm64Pseudo(out, BPF_PSEUDO_MAP_IDX, 1, 2, 0);
      b.ldImm64Pseudo(out, BPF_PSEUDO_MAP_IDX_VALUE, 1, 1, 8);
    });
    expect(textOf(input)).toEqual([
      '   0: (18) r1 = map[id:1]',
      '   2: (18) r1 = map[id:2][0]+16',
      '   4: (18) r1 = map[id:3]',
      '   6: (18) r1 = map[id:2][0]+8',
    ]);
    expect(dumpAsJson(dumpXlated(input))['maps']).toEqual({
      0: 'counts',
      2: 'test.rodata',
      4: 'jumps',
      6: 'test.rodata',
    });
  });

  it('names what passes marked as a kernel address, and leaves equal constants of the program alone', () => {
    const input = inputOf(
      (out) => {
        b.ldImm64(out, 0, 1, -1);
        b.ldImm64(out, 0, 1, -1);
        b.mov32Imm(out, 0, 2);
        b.movPercpu(out, 0, 0);
        b.mov32Imm(out, 0, 2);
        b.exit(out);
      },
      { symbols: ['jiffies', 'pcpu_hot.cpu_number'], addressed: [2, 4] },
    );
    expect(dumpAsJson(dumpXlated(input))['addresses']).toEqual({ 2: 'jiffies', 4: 'pcpu_hot.cpu_number' });
  });

  it('does not take the second half of a 64-bit load for an instruction', () => {
    const input = inputOf((out) => {
      b.ldImm64Pseudo(out, 0, 1, 0, 0x85);
      b.exit(out);
    });
    expect(hexOf(input)).toEqual(['1801000000000000', '0000000085000000', '9500000000000000']);
  });

  it('carries line info, func info, subprograms and poke descriptors in final slots', () => {
    const input = inputOf(
      (out) => {
        b.mov64Imm(out, 0, 0);
        b.exit(out);
        b.tailCall(out, 1);
        b.exit(out);
      },
      {
        subprogs: [
          [0, 0],
          [1, 2],
          [5, 3],
        ],
        linear: { lineInfo: [{ index: 1, slot: 2 }], pokes: [{ map: 2, key: 7, slot: 2 }] },
      },
    );
    expect(dumpAsJson(dumpXlated(input))).toMatchObject({
      line_info: [{ slot: 2, file: 'test.c', line: 11, column: 5, source: 'return a;' }],
      func_info: [
        { slot: 0, name: 'function7' },
        { slot: 2, name: 'function8' },
      ],
      subprogs: [
        { start: 0, name: 'entry' },
        { start: 2, name: 'first' },
        { start: 3, name: 'subprog 5' },
      ],
      pokes: [{ slot: 2, map: 'jumps', key: 7 }],
    });
    expect(textOf(input)[2]).toBe('; return a;');
  });

  it('leaves its input as it was and writes words little-endian', () => {
    const input = inputOf((out) => {
      b.tailCall(out, 3);
      b.ldMapFd(out, 1, 0);
    });
    const before = input.linear.insns.slice();
    const bytes = dumpBytes(dumpXlated(input));
    expect(input.linear.insns).toEqual(before);
    expect(bytes.length).toBe(8 * 3);
    expect([...bytes.subarray(0, 8)]).toEqual([0x85, 0, 0, 0, 12, 0, 0, 0]);
    expect([...bytes.subarray(8, 16)]).toEqual([0x18, 0x11, 0, 0, 1, 0, 0, 0]);
  });
});
