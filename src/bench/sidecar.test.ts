import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COLUMN_NAMES, emptyRow } from './columns.js';
import { readCsv } from './csv.js';
import { readSidecar, writeResult, type RunRecord } from './sidecar.js';

const RUN: RunRecord = {
  command: 'patchbench run a.o',
  ended: 'complete',
  problems: ['b.o: not an ELF file'],
  kernel: '6.12',
  seed: '7',
  sampling: { budget_ms: 100, min_samples: 3, jobs: 1 },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbench-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a result', () => {
  test('is a CSV and a sidecar that says where it comes from', () => {
    const path = join(folder, 'out.csv');
    const rows = [{ ...emptyRow(), file_name: 'a.o', prog_name: 'p', duration: 3 }];
    writeResult(path, RUN, rows);
    expect(readdirSync(folder).sort()).toEqual(['out.csv', 'out.json']);
    expect(readCsv(path)).toEqual(rows);
    const sidecar = readSidecar(path);
    expect(sidecar).toMatchObject({ ...RUN, rows: 1, node: process.version });
    expect(sidecar.commit.hash).toMatch(/^([0-9a-f]{40}|unknown)$/);
    expect(Object.keys(sidecar.packages)).toContain('tinybench');
    expect(sidecar.columns.map((column) => column.name)).toEqual([...COLUMN_NAMES]);
  });

  test('names no folder of the machine it was made on', () => {
    const path = join(folder, 'out.csv');
    writeResult(path, RUN, []);
    expect(readFileSync(join(folder, 'out.json'), 'utf8')).not.toContain(process.cwd());
  });

  test('with a sidecar that is none is refused, saying where', () => {
    const path = join(folder, 'out.csv');
    writeFileSync(join(folder, 'out.json'), '{"schema": 1}');
    expect(() => readSidecar(path)).toThrow(/out\.json: command: /);
  });
});
