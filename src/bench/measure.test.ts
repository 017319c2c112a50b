import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answer } from './child-server.js';
import { compiledModule, inChildProcess, type Execute } from './child-process.js';
import type { Job } from './child-protocol.js';
import { measureAll, type MeasureEvents, type MeasurePlan, type Target } from './measure.js';
import { FAKE_BENCH } from './testing/fake-bench.js';

const SAMPLING = { budgetMs: 2, minSamples: 6 };

function target(fileName: string, shape: string): Target {
  return { fileName, progName: 'main', workload: { kind: 'synthetic', shape, seed: '1' } };
}

function plan(targets: readonly Target[], strategies: readonly string[], jobs = 1): MeasurePlan {
  return { targets, strategies, sampling: SAMPLING, jobs, kernel: '6.12', seed: '1' };
}

/** Collects what is told while measuring. */
function recorder() {
  const problems: string[] = [];
  const finished: string[] = [];
  const events: MeasureEvents = {
    finished: ({ done, of, target, strategy }) =>
      finished.push(`${done}/${of} ${target.fileName} ${strategy}`),
    problem: (line) => problems.push(line),
  };
  return { problems, finished, events };
}

const NEVER = new AbortController().signal;

/** Does the job in this process: fast, and enough for all that is not about processes. */
const here: Execute = (job) => Promise.resolve(answer(FAKE_BENCH, job));

/** Does the job in a real child over the fakes. */
const inFakeChild = inChildProcess({
  entry: compiledModule('src/bench/testing/fake-child.js'),
  timeoutMs: 3000,
});

const REFERENCE: Job = { kind: 'reference', workload: { kind: 'synthetic', shape: 'steady', seed: '1' } };

describe('measuring', () => {
  test('gives a row per target, strategy and phase, ordered by file whatever the order of work', async () => {
    const { problems, finished, events } = recorder();
    const outcome = await measureAll(
      plan([target('b.o', 'x'), target('a.o', 'x')], ['good']),
      here,
      events,
      NEVER,
    );
    expect(
      outcome.rows.map((row) => `${row.file_name!} ${row.strategy!} ${row.pass!} ${row.verdict!}`),
    ).toEqual(
      ['a.o', 'b.o'].flatMap((file) =>
        ['init', 'hundred', 'one', 'finish', 'total'].map((pass) => `${file} good ${pass} success`),
      ),
    );
    expect(outcome).toMatchObject({ problems: 0, ended: 'complete' });
    expect(problems).toEqual([]);
    expect(finished).toEqual(['1/2 b.o good', '2/2 a.o good']);
  });

  test('gives each phase its own share of the counters and the total all of them', async () => {
    const { rows } = await measureAll(plan([target('a.o', 'x')], ['good']), here, recorder().events, NEVER);
    const figures = rows.map((row) => [
      row.pass,
      row.prog_size,
      row.prog_size_out,
      row.patches,
      row.insns_removed,
      row.insn_moved_bytes,
      row.allocations,
    ]);
    expect(figures).toEqual([
      ['init', 4, 4, 0, 0, 0, 1],
      ['hundred', 4, 7, 3, 0, 100, 0],
      ['one', 7, 4, 0, 3, 1, 0],
      ['finish', 4, 4, 0, 0, 0, 0],
      ['total', 4, 4, 3, 3, 101, 1],
    ]);
    for (const row of rows) expect(row.samples).toBeGreaterThanOrEqual(SAMPLING.minSamples);
  });

  test.each([
    ['broken', 'slot 2: 00000063 00000002, reference 00000002 00000002'],
    ['unsteady', 'differs from its own first run: slot 2: 00000063 00000002, reference 00000002 00000002'],
    ['refusing', 'fails where the reference does not: insn 7 cannot be patched due to 16-bit range'],
  ])('ends at the first output that is not the reference’s: %s', async (strategy, difference) => {
    const { problems, events } = recorder();
    const targets = [target('a.o', 'x'), target('b.o', 'x')];
    const outcome = await measureAll(plan(targets, ['good', strategy]), here, events, NEVER);
    expect(outcome).toMatchObject({ ended: 'difference', problems: 1 });
    expect(problems).toEqual([`a.o: main: ${strategy}: ${difference}`]);
    expect(outcome.rows.filter((row) => row.verdict === 'success')).toHaveLength(5);
    expect(outcome.rows.at(-1)).toMatchObject({ strategy, pass: 'total', verdict: 'failure', samples: null });
    expect(outcome.rows.some((row) => row.file_name === 'b.o')).toBe(false);
  });

  test('goes on after a target that cannot be run', async () => {
    const { problems, events } = recorder();
    const targets = [target('a.o', 'throws'), target('b.o', 'x')];
    const outcome = await measureAll(plan(targets, ['good']), here, events, NEVER);
    expect(problems).toEqual(['a.o: main: R1 is not a pointer']);
    expect(outcome).toMatchObject({ ended: 'complete', problems: 1 });
    expect(outcome.rows.map((row) => row.file_name)).toEqual(Array(5).fill('b.o'));
  });

  test('keeps the rows that are finished when it is interrupted', async () => {
    const stop = new AbortController();
    const { events } = recorder();
    const outcome = await measureAll(
      plan([target('a.o', 'x'), target('b.o', 'x')], ['good']),
      here,
      {
        ...events,
        finished: () => {
          stop.abort();
        },
      },
      stop.signal,
    );
    expect(outcome.ended).toBe('interrupted');
    expect(outcome.rows).toHaveLength(5);
  });

  test('runs the reference once a target, also with several children at a time', async () => {
    const jobs: string[] = [];
    const counted: Execute = (job, stop) => {
      jobs.push(job.kind);
      return here(job, stop);
    };
    const targets = [target('a.o', 'x'), target('b.o', 'x')];
    const outcome = await measureAll(plan(targets, ['good', 'good2'], 3), counted, recorder().events, NEVER);
    expect(jobs.filter((kind) => kind === 'reference')).toHaveLength(2);
    expect(outcome.problems).toBe(2);
  });
});

describe('a child process', () => {
  test('is compiled: npm test builds first', () => {
    expect(existsSync(compiledModule('src/bench/testing/fake-child.js'))).toBe(true);
  });

  test('answers its job and tells its own memory', async () => {
    const reference = await inFakeChild(REFERENCE, NEVER);
    expect(reference.kind).toBe('reference');
    const measured = await inFakeChild(
      {
        kind: 'measure',
        workload: REFERENCE.workload,
        strategy: 'good',
        expected: reference.kind === 'reference' ? reference.digest : '',
        facts: undefined,
        sampling: SAMPLING,
      },
      NEVER,
    );
    expect(measured).toMatchObject({ kind: 'measured' });
    expect(measured.kind === 'measured' && measured.peakRssKb).toBeGreaterThan(10_000);
  });

  test.each([
    ['exits', 'process ended with code 3 and gave no answer'],
    ['killed', 'process ended by SIGKILL and gave no answer'],
    ['throws', 'R1 is not a pointer'],
  ])('that %s is a failed answer of one line', async (shape, reason) => {
    const job: Job = { kind: 'reference', workload: { kind: 'synthetic', shape, seed: '1' } };
    expect(await inFakeChild(job, NEVER)).toEqual({ kind: 'failed', reason });
  });

  test('that hangs is killed', async () => {
    const impatient = inChildProcess({
      entry: compiledModule('src/bench/testing/fake-child.js'),
      timeoutMs: 300,
    });
    const job: Job = { kind: 'reference', workload: { kind: 'synthetic', shape: 'hangs', seed: '1' } };
    expect(await impatient(job, NEVER)).toEqual({ kind: 'failed', reason: 'took longer than 0.3 s' });
  });

  test('is killed when the run is stopped', async () => {
    const stop = new AbortController();
    const job: Job = { kind: 'reference', workload: { kind: 'synthetic', shape: 'hangs', seed: '1' } };
    const pending = inFakeChild(job, stop.signal);
    setTimeout(() => {
      stop.abort();
    }, 100);
    expect(await pending).toEqual({ kind: 'failed', reason: 'interrupted' });
  });

  test('that does not exist is a failed answer', async () => {
    const missing = inChildProcess({ entry: compiledModule('src/bench/no-such.js'), timeoutMs: 3000 });
    expect(await missing(REFERENCE, NEVER)).toMatchObject({ kind: 'failed' });
  });

  test('in which a strategy is broken ends the whole run', async () => {
    const { problems, events } = recorder();
    const outcome = await measureAll(plan([target('a.o', 'x')], ['broken']), inFakeChild, events, NEVER);
    expect(outcome.ended).toBe('difference');
    expect(problems).toEqual(['a.o: main: broken: slot 2: 00000063 00000002, reference 00000002 00000002']);
  });
});
