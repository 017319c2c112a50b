import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BtfWriter } from '../testing/btf-writer.js';
import { ElfWriter } from '../testing/elf-writer.js';
import { loadKernelBtf, loadModuleBtf, parseKallsyms, parseKernelConfig, parseObject } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'patchbench-kernel-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A kernel of the types `int` (1) and `struct task` (2). */
function vmlinux(): BtfWriter {
  const btf = new BtfWriter();
  const int = btf.int('int', 4);
  btf.struct('task', 8, [['pid', int, 32]]);
  return btf;
}

/** Split BTF behind `vmlinux()`: `struct conn` (3), a prototype (4) and a function (5), strings continuing its own. */
function module(): Uint8Array {
  const base = vmlinux().build();
  const baseStrings = new DataView(base.buffer).getUint32(20, true);
  const strings = Buffer.from('conn\0ct_lookup\0pid\0', 'latin1');
  const [conn, lookup, pid] = [0, 5, 15].map((offset) => baseStrings + offset);
  const types = Uint32Array.of(
    ...[conn, (4 << 24) | 1, 4, pid, 1, 0],
    ...[0, 13 << 24, 0],
    ...[lookup, 12 << 24, 4],
  );
  const header = Uint32Array.of(0x0001eb9f, 24, 0, types.byteLength, types.byteLength, strings.length);
  return new Uint8Array(
    Buffer.concat([header, types].map((part) => Buffer.from(part.buffer)).concat(strings)),
  );
}

describe('loadKernelBtf', () => {
  it('reads raw BTF and the .BTF section of an ELF file of any machine', () => {
    const raw = loadKernelBtf(file('raw.btf', vmlinux().build()));
    expect(raw.findByName('task')).toBe(2);
    const elf = new ElfWriter();
    elf.machine = 62;
    elf.section({ name: '.BTF', bytes: vmlinux().build() });
    expect(loadKernelBtf(file('vmlinux', elf.build())).findByName('task')).toBe(2);
  });

  it('says what is wrong with other files', () => {
    const elf = file('empty', new ElfWriter().build());
    expect(() => loadKernelBtf(elf)).toThrow(`${elf}: there is no .BTF section`);
    const text = file('text', Buffer.from('hello'));
    expect(() => loadKernelBtf(text)).toThrow(`${text}: not an ELF file`);
    const damaged = file('damaged', vmlinux().build().subarray(0, 40));
    expect(() => loadKernelBtf(damaged)).toThrow(`${damaged}: BTF: `);
    expect(() => loadKernelBtf(join(folder, 'missing'))).toThrow('missing: no such file');
  });
});

describe('loadModuleBtf', () => {
  const kernel = loadKernelBtf(file('kernel.btf', vmlinux().build()));
  const conntrack = { name: 'conntrack', btf: loadModuleBtf(file('module.btf', module()), kernel) };

  it('continues the types and strings of the kernel', () => {
    expect(conntrack.btf.typeCount).toBe(6);
    expect([2, 3, 5].map((id) => conntrack.btf.typeName(id))).toEqual(['task', 'conn', 'ct_lookup']);
    expect(() => loadModuleBtf(file('alone.btf', module().slice(0, 24)), kernel)).toThrow('run past its end');
  });

  it('serves relocations and calls that the kernel proper cannot', () => {
    const btf = new BtfWriter();
    const int = btf.int('int', 4);
    const conn = btf.struct('conn', 12, [['pid', int, 64]]);
    const lookup = btf.function('ct_lookup', 2);
    btf.datasec('.ksyms', 0, [[lookup, 0, 0]]);
    const ext = btf.buildExt({}, {}, { xdp: [[0, conn, btf.string('0:0'), 0]] });
    const elf = new ElfWriter();
    elf.code('xdp', [0xb7, 8, 0x1085, -1, 0x95, 0]);
    elf.function('main', 3, 0, 3);
    elf.relocations(3, [[8, elf.symbol({ name: 'ct_lookup', section: 0, binding: 1 })]]);
    elf.section({ name: '.BTF', bytes: btf.build() });
    elf.section({ name: '.BTF.ext', bytes: ext });
    const object = parseObject(elf.build(), 'x.o', { kernel: { btf: kernel, modules: [conntrack] } });
    expect(object.failures).toEqual([]);
    expect([...object.programs[0].insns]).toEqual([0xb7, 0, 0x2085 | (1 << 16), 5, 0x95, 0]);
  });
});

describe('parseKernelConfig', () => {
  it('keeps the first value of each name', () => {
    expect([...parseKernelConfig('CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_A=n\nCONFIG_C="x=y"\n')]).toEqual(
      [
        ['CONFIG_A', 'y'],
        ['CONFIG_C', '"x=y"'],
      ],
    );
  });
});

describe('parseKallsyms', () => {
  it('gives addresses of names that have one', () => {
    const address = parseKallsyms(
      [
        'ffffffff81000000 T _text',
        'ffffffff82000000 d ops.llvm.77',
        '0000000000000001 t a',
        '0000000000000002 t a',
      ].join('\n'),
    );
    expect(['_text', 'ops', 'a', 'b'].map(address)).toEqual([
      0xffff_ffff_8100_0000n,
      0xffff_ffff_8200_0000n,
      undefined,
      undefined,
    ]);
  });
});
