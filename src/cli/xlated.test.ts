import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STRATEGIES } from '../../strategies/index.js';
import { loadObject } from '../object/index.js';
import { registerXlated, runXlated, type XlatedOptions } from './xlated.js';

const CORPUS = new URL('../../corpus/', import.meta.url).pathname;
const SUBPROGRAMS = join(CORPUS, 'subprograms.bpf.o');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'xlated-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command and collects what it says. */
function run(
  file: string,
  options: Partial<XlatedOptions> = {},
): { code: number; out: string; err: string[] } {
  let out = '';
  const err: string[] = [];
  const code = runXlated(
    file,
    { strategy: 'array', kernel: '6.12', ...options },
    {
      out: (text) => (out += text),
      err: (message) => err.push(message),
    },
  );
  return { code, out, err };
}

interface DumpJson {
  readonly insns: readonly string[];
  readonly calls: Readonly<Record<string, string>>;
  readonly subprogs: readonly { readonly start: number; readonly name: string }[];
  readonly line_info: readonly { readonly slot: number }[];
  readonly func_info: readonly { readonly slot: number; readonly name: string }[];
}

/** Objects of the corpus that are quick to rewrite. */
const SMALL = ['subprograms', 'tail_calls', 'divisions', 'callbacks', 'rodata_config', 'packet_filter'].map(
  (name) => join(CORPUS, `${name}.bpf.o`),
);

describe('xlated', () => {
  it('prints every program of an object, each under its name', () => {
    const { code, out, err } = run(SUBPROGRAMS);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    const { programs } = loadObject(SUBPROGRAMS);
    expect(programs.length).toBeGreaterThan(0);
    for (const { name, section } of programs) expect(out).toContain(`${section}  name ${name}\n`);
    expect(out).toMatch(/^ {3}0: \([0-9a-f]{2}\) /m);
    expect(out).toMatch(/^ +\d+: \(85\) call pc[+-]\d+#\w+$/m);
    expect(out).toMatch(/^int \w+\(.*\):$/m);
  });

  it('prints one program alone, and the same words as text, JSON and raw', () => {
    const [{ name }] = loadObject(SUBPROGRAMS).programs;
    const text = run(SUBPROGRAMS, { prog: name, opcodes: true });
    const bytes = [...text.out.matchAll(/^ {7}((?:[0-9a-f]{2} ?)+)$/gm)].map((row) =>
      row[1].replace(/ /g, ''),
    );
    const json = JSON.parse(run(SUBPROGRAMS, { prog: name, json: true }).out) as DumpJson;
    expect(json.insns.every((insn) => /^[0-9a-f]{16}$/.test(insn))).toBe(true);
    expect(bytes.join('')).toBe(json.insns.join(''));
    expect(json.func_info.map(({ slot }) => slot)).toEqual(json.subprogs.map(({ start }) => start));
    expect(json.line_info.length).toBeGreaterThan(0);

    const raw = join(folder, 'raw');
    expect(run(SUBPROGRAMS, { prog: name, raw })).toEqual({ code: 0, out: '', err: [] });
    expect(readFileSync(raw).toString('hex')).toBe(json.insns.join(''));
    expect(readdirSync(folder)).toEqual(['raw']);
  });

  it('keys the JSON of a whole object by program', () => {
    const json = JSON.parse(run(SUBPROGRAMS, { json: true }).out) as Record<string, DumpJson>;
    expect(Object.keys(json)).toEqual(loadObject(SUBPROGRAMS).programs.map(({ name }) => name));
  });

  it('names whatever a call calls', () => {
    for (const file of SMALL) {
      const json = JSON.parse(run(file, { json: true }).out) as Record<string, DumpJson>;
      for (const [name, { insns, calls }] of Object.entries(json))
        for (let slot = 0; slot < insns.length; slot++) {
          if (insns[slot].startsWith('18')) slot++;
          else if (insns[slot].startsWith('85'))
            expect({ file, name, slot, callee: calls[slot] }).toMatchObject({
              callee: expect.stringMatching(/^\w+$/) as string,
            });
        }
    }
  });

  it('prints the same on all strategies, byte for byte', () => {
    expect(STRATEGIES.length).toBeGreaterThan(1);
    for (const file of SMALL) {
      const first = run(file, { opcodes: true, linum: true });
      expect(first.code).toBe(0);
      for (const { name } of STRATEGIES)
        expect({ file, name, ...run(file, { opcodes: true, linum: true, strategy: name }) }).toEqual({
          file,
          name,
          ...first,
        });
    }
  });

  it('says in one line what does not exist', () => {
    const names = loadObject(SUBPROGRAMS)
      .programs.map(({ name }) => name)
      .join(', ');
    expect(run(SUBPROGRAMS, { prog: 'nope' })).toEqual({
      code: 1,
      out: '',
      err: [`${SUBPROGRAMS}: no program nope (it has: ${names})`],
    });
    const strategy = run(SUBPROGRAMS, { strategy: 'nope' });
    expect(strategy).toMatchObject({ code: 1, out: '' });
    expect(strategy.err).toEqual([expect.stringMatching(/^no strategy nope .*array/)]);
    const kernel = run(SUBPROGRAMS, { kernel: '2.4' });
    expect(kernel).toMatchObject({ code: 1, out: '' });
    expect(kernel.err).toEqual([expect.stringMatching(/2\.4.*6\.12/)]);
    const missing = join(folder, 'missing.o');
    expect(run(missing)).toMatchObject({ code: 1, out: '', err: [expect.stringContaining(missing)] });
    const bad = join(folder, 'bad.o');
    writeFileSync(bad, 'not ELF');
    const notElf = run(bad);
    rmSync(bad);
    expect(notElf).toMatchObject({ code: 1, out: '', err: [expect.stringContaining(bad)] });
  });

  it('asks for a program when a raw file could not hold all', () => {
    const raw = join(folder, 'several');
    const { code, err } = run(SUBPROGRAMS, { raw });
    expect(code).toBe(1);
    expect(err).toEqual([expect.stringContaining('--prog')]);
    expect(existsSync(raw)).toBe(false);
  });

  it('says when the raw file cannot be written', () => {
    const [{ name }] = loadObject(SUBPROGRAMS).programs;
    const { code, err } = run(SUBPROGRAMS, { prog: name, raw: join(SUBPROGRAMS, 'below-a-file') });
    expect(code).toBe(1);
    expect(err).toEqual([expect.stringContaining('cannot be written')]);
  });

  it('is a command with its options', async () => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    registerXlated(program);
    const raw = join(folder, 'by-command');
    const [{ name }] = loadObject(SUBPROGRAMS).programs;
    const before = process.exitCode;
    await program.parseAsync(['xlated', SUBPROGRAMS, '--prog', name, '--raw', raw], { from: 'user' });
    expect(process.exitCode).toBe(0);
    process.exitCode = before;
    expect(readFileSync(raw).length % 8).toBe(0);
    await expect(program.parseAsync(['xlated'], { from: 'user' })).rejects.toThrow(/object/);
  });
});
