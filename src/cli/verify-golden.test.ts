import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../bench/checkout.js';
import { sha256Of } from '../bench/golden-format.js';
import { dumpAsJson, dumpXlated } from '../fixups/dump.js';
import { rewriteProgram } from '../fixups/rewrite.js';
import { profileOf } from '../kernel/index.js';
import { loadObject } from '../object/index.js';
import { registerVerifyGolden } from './verify-golden.js';

const FILE = 'atomics.bpf.o';
const OBJECT = join(packageRoot(), 'corpus', FILE);

/** The kernel's table has variables, not their members. */
function asInKallsyms(name: string): string {
  return name === 'pcpu_hot.cpu_number' ? 'pcpu_hot+0xc' : name;
}

interface Record {
  sha256: string;
  programs: { name: string; insns: string[]; verdict: string }[];
}

/** A record as the oracle would write it of a kernel that does exactly what is done here. */
function ownRecord(): Record {
  const object = loadObject(OBJECT);
  const hex = (words: Int32Array): string[] =>
    Array.from({ length: words.length / 2 }, (_, slot) =>
      Buffer.from(Int32Array.from(words.subarray(2 * slot, 2 * slot + 2)).buffer).toString('hex'),
    );
  const programs = object.programs.map((program) => {
    const { linear, symbols } = rewriteProgram(object, program, profileOf('6.12'), 'array');
    const json = dumpAsJson(dumpXlated({ linear, object, program, symbols }));
    const line = (index: number, slot: number): number[] => {
      const { fileNameOff, lineOff, line: number, column } = program.lineInfo[index];
      return [slot, fileNameOff, lineOff, number, column];
    };
    const func = (index: number, slot: number): unknown[] => {
      const { typeId } = program.funcInfo[index];
      return [slot, typeId, object.btf!.typeName(typeId)];
    };
    const maps = [...program.insns]
      .map((word, at) => [at / 2, word & 0xff, (word >> 12) & 0xf, program.insns[at + 1]] as const)
      .filter(([slot, code, src]) => Number.isInteger(slot) && code === 0x18 && (src === 1 || src === 2))
      .map(([slot, , , map]) => [slot, object.maps[map].name]);
    return {
      name: program.name,
      section: program.section,
      verdict: 'success',
      prog_type: program.type,
      attach_type: program.attachType,
      prog_flags: program.flags,
      loaded: hex(program.insns),
      loaded_maps: Object.fromEntries(maps) as object,
      loaded_line_info: program.lineInfo.map(({ slot }, index) => line(index, slot)),
      loaded_func_info: program.funcInfo.map(({ slot }, index) => func(index, slot)),
      insns: json['insns'] as string[],
      calls: json['calls'],
      maps: json['maps'],
      addresses: Object.fromEntries(
        Object.entries(json['addresses'] as object).map(([slot, name]) => [slot, asInKallsyms(String(name))]),
      ),
      line_info: linear.lineInfo.map(({ index, slot }) => line(index, slot)),
      func_info: linear.subprogs.map(({ id, start }) => func(id, start)),
    };
  });
  const head = { object: FILE, sha256: sha256Of(OBJECT), kernel: 'none', verdict: 'opened' };
  return { ...head, programs };
}

let records = '';
let printed = '';
beforeEach(() => {
  records = mkdtempSync(join(tmpdir(), 'verify-golden-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(records, { recursive: true });
  process.exitCode = undefined;
});

/** Runs the command; its exit code. */
function run(record: Record, ...args: string[]): number {
  writeFileSync(join(records, `${FILE}.json`), JSON.stringify(record));
  const program = new Command().exitOverride();
  registerVerifyGolden(program);
  program.parse(['verify-golden', OBJECT, '--kernel', '6.12', '--records', records, ...args], {
    from: 'user',
  });
  const code = Number(process.exitCode);
  process.exitCode = undefined;
  return code;
}

describe('verify-golden', () => {
  it('ends with 0 and counts all programs when they are identical', () => {
    const record = ownRecord();
    expect(run(record)).toBe(0);
    const all = record.programs.length;
    expect(printed.match(/\d+ \(100\.0 %\)/g)).toEqual(Array(3).fill(`${all} (100.0 %)`));
  });

  it('shows the first differing slot of a program from both sides and ends with 1', () => {
    const record = ownRecord();
    const { insns, name } = record.programs[1];
    insns[insns.length - 1] = 'b700000007000000';
    expect(run(record)).toBe(1);
    expect(printed).toContain(
      `6.12 ${FILE} ${name}: translated instructions differ first at ${insns.length - 1}`,
    );
    expect(printed).toContain(`kernel  ${insns.length - 1}: (b7) r0 = 7`);
    expect(printed).toContain(`ours    ${insns.length - 1}: (95) exit`);
    expect(printed).toContain(`${record.programs.length - 1} (`);
  });

  it('does not compare an object with the record of another build of it', () => {
    expect(run({ ...ownRecord(), sha256: '00' })).toBe(1);
    expect(printed).toContain('is not the file that the kernel was given');
    expect(printed).toContain('0 (0.0 %)');
  });

  it('leaves out what the kernel has refused, and ends with 1 when that is everything', () => {
    const record = ownRecord();
    for (const program of record.programs) program.verdict = 'failure';
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(run(record)).toBe(1);
    expect(printed).toMatch(/6\.12 +0 {2}0/);
  });

  it('prints a line of JSON per program when asked', () => {
    expect(run(ownRecord(), '--json', '--prog', 'with_result')).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({
      kernel: '6.12',
      program: 'with_result',
      loaded: {},
      xlated: {},
    });
  });

  it('wants to know the kernel of objects that are not the corpus', () => {
    const program = new Command().exitOverride();
    registerVerifyGolden(program);
    expect(() => program.parse(['verify-golden', OBJECT], { from: 'user' })).toThrow('--kernel RELEASE');
  });
});
