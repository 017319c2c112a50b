import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answer } from '../bench/child-server.js';
import type { Execute } from '../bench/child-process.js';
import { readCsv } from '../bench/csv.js';
import { syntheticTarget } from '../bench/targets.js';
import { readSidecar } from '../bench/sidecar.js';
import { FAKE_BENCH } from '../bench/testing/fake-bench.js';
import { runMeasurement } from './measurement.js';

const here: Execute = (job) => Promise.resolve(answer(FAKE_BENCH, job));

let folder: string;
let stderr: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbench-'));
  stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function measure(shapes: readonly string[], strategies: readonly string[], problems: readonly string[] = []) {
  return runMeasurement(
    {
      targets: shapes.map((shape) => syntheticTarget(shape, '1')),
      strategies,
      sampling: { budgetMs: 1, minSamples: 3 },
      jobs: 1,
      kernel: '6.12',
      seed: '1',
    },
    {
      timeoutMs: 1000,
      quiet: false,
      out: join(folder, 'out.csv'),
      command: 'test',
      problems,
      execute: here,
    },
  );
}

describe('a measurement', () => {
  test('that goes well ends with 0, a line per finished item, and its CSV', async () => {
    const ended = await measure(['even', 'odd'], ['good']);
    expect(ended.exitCode).toBe(0);
    expect(stderr).toMatch(
      /^\[1\/2\] synthetic even good [\d.]+ [nu]s\n\[2\/2\] synthetic odd good [\d.]+ [nu]s\n$/,
    );
    expect(readCsv(join(folder, 'out.csv'))).toHaveLength(10);
    expect(readSidecar(join(folder, 'out.csv'))).toMatchObject({ ended: 'complete', rows: 10, problems: [] });
  });

  test('in which an output differs ends with 1 and says program, strategy and slot', async () => {
    const ended = await measure(['even', 'odd'], ['good', 'broken']);
    expect(ended.exitCode).toBe(1);
    expect(stderr).toContain('patchbench: synthetic: even: broken: slot 2: ');
    expect(stderr).not.toContain('odd');
    expect(readSidecar(join(folder, 'out.csv')).ended).toBe('difference');
  });

  test('goes on after a workload that cannot be run, and ends with 1', async () => {
    const ended = await measure(['throws', 'odd'], ['good']);
    expect(ended.exitCode).toBe(1);
    expect(stderr).toContain('patchbench: synthetic: throws: R1 is not a pointer\n');
    expect(ended.rows).toHaveLength(5);
  });

  test('after bad inputs ends with 1 although all that could be measured was', async () => {
    const ended = await measure(['even'], ['good'], ['b.o: not an ELF file']);
    expect(ended.exitCode).toBe(1);
    expect(readSidecar(join(folder, 'out.csv')).problems).toEqual(['b.o: not an ELF file']);
  });

  test('that is interrupted keeps what is finished and ends with 130', async () => {
    const interrupting: Execute = (job) => {
      if (job.kind === 'measure') process.emit('SIGINT');
      return here(job, new AbortController().signal);
    };
    const ended = await runMeasurement(
      {
        targets: ['even', 'odd'].map((shape) => syntheticTarget(shape, '1')),
        strategies: ['good'],
        sampling: { budgetMs: 1, minSamples: 3 },
        jobs: 1,
        kernel: '6.12',
        seed: '1',
      },
      {
        timeoutMs: 1000,
        quiet: true,
        out: join(folder, 'out.csv'),
        command: 'test',
        problems: [],
        execute: interrupting,
      },
    );
    expect(ended.exitCode).toBe(130);
    expect(existsSync(join(folder, 'out.csv'))).toBe(true);
    expect(readCsv(join(folder, 'out.csv'))).toHaveLength(5);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });
});
