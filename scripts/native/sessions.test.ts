import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strategyOf } from '../../strategies/index.js';
import { reference } from '../../strategies/reference.js';
import { PhaseLog } from '../../src/bench/phase-log.js';
import { DENSE_10K } from '../../src/bench/workloads/dense.js';
import { SyntheticRun } from '../../src/bench/workloads/synthetic-run.js';
import { programFile, recordSession, Replay, sessionFile, sessionOf } from './sessions.js';

const SMALL = { ...DENSE_10K, name: 'small', slots: 700, patches: 200, subprogs: 4, longestJump: 64 };
const SHAPES = [
  SMALL,
  { ...SMALL, patches: 0 },
  { ...SMALL, patches: 300, jumpShare: 0.3, auxBytes: 56 },
  { ...SMALL, patchForm: 'plain' as const, patchLength: 20 },
  { ...SMALL, patchForm: 'plain' as const, patchLength: 2, slotsPerLine: 1 },
];

function hasCompiler(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a recorded session', () => {
  it.each(SHAPES.map((shape, at) => ({ shape, at })))(
    'replays to the program that the workload ends in (shape $at)',
    ({ shape }) => {
      const workload = new SyntheticRun(shape, '1');
      const session = sessionOf(sessionFile(recordSession(workload)));
      const wanted = programFile(workload.run(reference, new PhaseLog(false)));
      for (const name of ['array', 'batch', 'linked-list', 'overlay']) {
        const got = programFile(new Replay(session).run(strategyOf(name), new PhaseLog(false)));
        expect(got.equals(wanted), name).toBe(true);
      }
    },
  );
});

describe.skipIf(!hasCompiler())('the C model', () => {
  let folder = '';
  const model = () => join(folder, 'model');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchbench-model-'));
    const sources = ['main.c', 'array.c', 'batch.c', 'list.c', 'deferred.c'];
    const paths = sources.map((file) => fileURLToPath(new URL(file, import.meta.url)));
    execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', model(), ...paths]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(SHAPES.map((shape, at) => ({ shape, at })))(
    'ends in the same program, whatever holds it, also when run again (shape $at)',
    ({ shape }) => {
      const workload = new SyntheticRun(shape, '1');
      const session = join(folder, 'session');
      const output = join(folder, 'output');
      writeFileSync(session, sessionFile(recordSession(workload)));
      const wanted = programFile(workload.run(reference, new PhaseLog(false)));
      for (const name of ['array', 'batch', 'linked-list']) {
        const times = execFileSync(model(), [session, name, '3', output], { encoding: 'utf8' });
        expect(times).toMatch(/^\d+ \d+\n$/);
        expect(readFileSync(output).equals(wanted)).toBe(true);
      }
    },
  );

  it('refuses a strategy that it does not model, and a session that is not there', () => {
    const run = (...args: string[]) => execFileSync(model(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    expect(() => run(join(folder, 'nothing'), 'array', '1', join(folder, 'output'))).toThrow(
      /cannot be read/,
    );
    writeFileSync(join(folder, 'session'), sessionFile(recordSession(new SyntheticRun(SMALL, '1'))));
    expect(() => run(join(folder, 'session'), 'rope', '1', join(folder, 'output'))).toThrow(/not modelled/);
  });
});
