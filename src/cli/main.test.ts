import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { compiledModule } from '../bench/child-process.js';
import { COLUMN_NAMES } from '../bench/columns.js';
import { readCsv, rowsFromCsv } from '../bench/csv.js';
import { corpusFolder } from '../bench/manifest.js';
import { runCommandLine } from './outcome.js';
import { makeProgram } from './program.js';

const OBJECT = join(corpusFolder(), 'storage.bpf.o');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbench-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the command line in this process: enough for what starts no children. */
async function inProcess(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await runCommandLine(makeProgram(), args);
    return { ...written, status: exitCode() };
  } finally {
    vi.restoreAllMocks();
    process.exitCode = before;
  }
}

function exitCode(): number {
  return Number(process.exitCode ?? 0);
}

/** Runs it as users do. */
function patchbench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [compiledModule('src/cli/main.js'), ...args],
    {
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  return { status, stdout, stderr };
}

describe('patchbench', () => {
  test.each([
    [['run'], "missing required argument 'objects'"],
    [['run', OBJECT, '--no-such'], "unknown option '--no-such'"],
    [['run', OBJECT, '--time', 'soon'], 'Not a whole number from 1 on.'],
    [['run', OBJECT, '-e', 'file,insns'], "unknown column 'insns'"],
    [['run', OBJECT, '--strategy', 'hope'], 'no strategy hope'],
    [['run', OBJECT, '--kernel', '2.4'], 'no profile of kernel 2.4'],
    [['run', OBJECT, '-o', 'xml'], "argument 'xml' is invalid"],
    [['list', 'everything'], "'everything' is invalid for argument 'topic'"],
  ])('refuses wrong usage in one line and ends with 2: %j', async (args, message) => {
    const { status, stdout, stderr } = await inProcess(...args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^patchbench: [^\n]+\n$/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('as a process has the same exit code for wrong usage', () => {
    expect(patchbench('run', '--no-such')).toMatchObject({
      status: 2,
      stderr: "patchbench: unknown option '--no-such'\n",
    });
  });

  test('shows its version and its help on stdout and ends with 0', async () => {
    expect(await inProcess('-V')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^patchbench v\d/) as string,
    });
    expect(await inProcess('run', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Examples:') as string,
    });
  });

  test('lists what there is', async () => {
    const { status, stdout } = await inProcess('list');
    expect(status).toBe(0);
    for (const known of [
      'linked-list',
      '6.12',
      'convert-ctx-accesses',
      'duration_p50_ns',
      'storage.bpf.o',
      'ladder-1M',
    ])
      expect(stdout).toContain(known);
  });

  test('measures what it can, tells each bad input in one line, and ends with 1', () => {
    const empty = join(folder, 'empty.o');
    const text = join(folder, 'text.o');
    writeFileSync(empty, '');
    writeFileSync(text, 'no object at all\n');
    const missing = join(folder, 'missing.o');
    const barren = mkdtempSync(join(folder, 'barren-'));
    const { status, stdout, stderr } = patchbench(
      ...['-o', 'csv', '-q', '--time', '2', '--strategy', 'linked-list'],
      ...[empty, text, missing, barren, OBJECT],
    );
    expect(status).toBe(1);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/^patchbench: \S+: /);
    const rows = rowsFromCsv(stdout);
    expect(new Set(rows.map((row) => row.file_name))).toEqual(new Set(['storage.bpf.o']));
    expect(rows.every((row) => row.verdict === 'success')).toBe(true);
  });

  test('takes a folder for the object files in it', () => {
    const objects = mkdtempSync(join(folder, 'objects-'));
    copyFileSync(OBJECT, join(objects, 'storage.bpf.o'));
    writeFileSync(join(objects, 'notes.txt'), 'no object');
    const { status, stdout } = patchbench('-o', 'json', '-q', '--time', '2', '--strategy', 'array', objects);
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as { file_name: string }[];
    expect(new Set(rows.map((row) => row.file_name))).toEqual(new Set(['storage.bpf.o']));
  });

  test('shows a table, and writes all rows with a sidecar where it is told', () => {
    const out = join(folder, 'out.csv');
    const { status, stdout, stderr } = patchbench(
      '--time',
      '2',
      '--strategy',
      'array,linked-list',
      '--out',
      out,
      OBJECT,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^File +Program +Strategy +Verdict +Duration \(us\)/);
    expect(stdout).toMatch(/\nDone\. Processed 1 files, \d+ programs\. Skipped 0 files, 0 programs\.\n$/);
    expect(stderr).toMatch(/^\[1\/\d+\] storage\.bpf\.o \w+ array [\d.]+ [num]?s\n/);
    const rows = readCsv(out);
    expect(Object.keys(rows[0])).toEqual([...COLUMN_NAMES]);
    expect(new Set(rows.map((row) => row.strategy))).toEqual(new Set(['array', 'linked-list']));
  });

  test("gives a CSV that veristat can read when asked for veristat's columns", () => {
    const { status, stdout } = patchbench(
      ...['-q', '--time', '2', '--strategy', 'array', '-o', 'csv', '--pass', 'total'],
      ...['-e', 'file_name,prog_name,verdict,duration,prog_size', OBJECT],
    );
    expect(status).toBe(0);
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header).toBe('file_name,prog_name,verdict,duration,prog_size');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^[^,"]+,[^,"]+,(success|failure),\d+,\d+$/);
  });
});
