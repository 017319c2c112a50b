import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answer } from './child-server.js';
import { compiledModule, inChildProcess, type Execute } from './child-process.js';
import type { Job, WorkloadSpec } from './child-protocol.js';
import { measureAll, type MeasureEvents, type MeasurePlan, type Target } from './measure.js';
import { FAKE_BENCH } from './testing/fake-bench.js';

const SAMPLING = { budgetMs: 2, minSamples: 6 };

function target(fileName: string, shape: string): Target {
  return { fileName, progName: 'main', workload: spec(shape) };
}

/** Small enough to share a process. */
function small(fileName: string, shape: string): Target {
  return { ...target(fileName, shape), slots: 4 };
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

function spec(shape: string): WorkloadSpec {
  return { kind: 'synthetic', shape, seed: '1' };
}

function referenceJob(...shapes: readonly string[]): Job {
  return { kind: 'reference', items: shapes.map((shape) => ({ workload: spec(shape) })) };
}

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

describe('workloads that share a process', () => {
  test('are the small ones, each strategy in a process of its own', async () => {
    const jobs: string[] = [];
    const counted: Execute = (job, stop) => {
      jobs.push(`${job.kind === 'measure' ? job.strategy : 'reference'} ${job.items.length}`);
      return here(job, stop);
    };
    const targets = [small('a.o', 'x'), target('b.o', 'x'), small('c.o', 'x')];
    const outcome = await measureAll(plan(targets, ['good', 'also-good']), counted, recorder().events, NEVER);
    expect(jobs).toEqual(['reference 2', 'reference 1', 'good 2', 'also-good 2', 'good 1', 'also-good 1']);
    expect(outcome.rows).toHaveLength(30);
  });

  test('lose only those that the reference cannot run', async () => {
    const { problems, events } = recorder();
    const targets = [small('a.o', 'x'), small('b.o', 'throws'), small('c.o', 'x')];
    const outcome = await measureAll(plan(targets, ['good']), here, events, NEVER);
    expect(problems).toEqual(['b.o: main: R1 is not a pointer']);
    expect(new Set(outcome.rows.map((row) => row.file_name))).toEqual(new Set(['a.o', 'c.o']));
  });
});

describe('several processes', () => {
  const order = async (seed: string): Promise<string[]> => {
    const { finished, events } = recorder();
    const targets = ['a.o', 'b.o', 'c.o'].map((file) => target(file, 'x'));
    await measureAll(
      { ...plan(targets, ['good', 'also-good']), processes: 3, seed },
      here,
      {
        ...events,
        finished: ({ target, strategy, process }) =>
          finished.push(`${process} ${target.fileName} ${strategy}`),
      },
      NEVER,
    );
    return finished;
  };

  test('are run in rounds, each in an order drawn from the seed', async () => {
    const first = await order('1');
    expect(first).toHaveLength(18);
    expect(first.map((line) => line[0]).join('')).toBe('111111222222333333');
    expect(new Set(first).size).toBe(18);
    expect(await order('1')).toEqual(first);
    expect(await order('2')).not.toEqual(first);
    expect(first.slice(0, 6)).not.toEqual([...first.slice(0, 6)].sort());
  });

  test('have a row each, in the order of their numbers', async () => {
    const targets = [target('a.o', 'x'), { ...target('b.o', 'x'), processes: 1 }];
    const { rows } = await measureAll(
      { ...plan(targets, ['good']), processes: 2 },
      here,
      recorder().events,
      NEVER,
    );
    expect(
      rows.filter((row) => row.pass === 'total').map((row) => `${row.file_name!} ${row.process!}`),
    ).toEqual(['a.o 1', 'a.o 2', 'b.o 1']);
  });

  test('are not tried again once one has failed', async () => {
    const { problems, finished, events } = recorder();
    const outcome = await measureAll(
      { ...plan([small('a.o', 'x'), small('b.o', 'x')], ['good', 'missing']), processes: 3 },
      here,
      events,
      NEVER,
    );
    expect(problems).toEqual([
      "a.o: main: missing: no strategy 'missing'",
      "b.o: main: missing: no strategy 'missing'",
    ]);
    expect(finished).toHaveLength(12);
    expect(outcome.rows).toHaveLength(30);
  });
});

test('a target that wants totals only has no rows for phases', async () => {
  const targets = [{ ...target('a.o', 'x'), onlyTotals: true }, target('b.o', 'x')];
  const { rows } = await measureAll(plan(targets, ['good']), here, recorder().events, NEVER);
  expect(rows.map((row) => `${row.file_name!} ${row.pass!}`)).toEqual([
    'a.o total',
    ...['init', 'hundred', 'one', 'finish', 'total'].map((pass) => `b.o ${pass}`),
  ]);
});

test('a target is measured over its own strategies only', async () => {
  const targets = [{ ...target('a.o', 'x'), strategies: ['also-good'] }, target('b.o', 'x')];
  const { finished, events } = recorder();
  await measureAll(plan(targets, ['good', 'also-good']), here, events, NEVER);
  expect(finished).toEqual(['1/3 a.o also-good', '2/3 b.o good', '3/3 b.o also-good']);
});

describe('a child process', () => {
  test('is compiled: npm test builds first', () => {
    expect(existsSync(compiledModule('src/bench/testing/fake-child.js'))).toBe(true);
  });

  test('answers its job and tells its own memory', async () => {
    const [reference] = await inFakeChild(referenceJob('steady'), NEVER);
    expect(reference.kind).toBe('reference');
    const [measured] = await inFakeChild(
      {
        kind: 'measure',
        strategy: 'good',
        sampling: SAMPLING,
        items: [
          {
            workload: spec('steady'),
            expected: reference.kind === 'reference' ? reference.digest : '',
            facts: undefined,
          },
        ],
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
    expect(await inFakeChild(referenceJob(shape), NEVER)).toEqual([{ kind: 'failed', reason }]);
  });

  test('that ends over one of its workloads loses that one only', async () => {
    const answers = await inFakeChild(referenceJob('a', 'exits', 'b', 'killed', 'throws', 'c'), NEVER);
    expect(answers.map((answer) => (answer.kind === 'failed' ? answer.reason : answer.kind))).toEqual([
      'reference',
      'process ended with code 3 and gave no answer',
      'reference',
      'process ended by SIGKILL and gave no answer',
      'R1 is not a pointer',
      'reference',
    ]);
  });

  test('that ends while its workloads take turns has each show it alone', async () => {
    const targets = ['a', 'ends-warming-up', 'b'].map((shape) => small(`${shape}.o`, shape));
    const { problems, events } = recorder();
    const outcome = await measureAll(plan(targets, ['good']), inFakeChild, events, NEVER);
    expect(problems).toEqual(['ends-warming-up.o: main: good: process ended with code 4 and gave no answer']);
    expect(new Set(outcome.rows.map((row) => row.file_name))).toEqual(new Set(['a.o', 'b.o']));
  });

  test('that hangs is killed', async () => {
    const impatient = inChildProcess({
      entry: compiledModule('src/bench/testing/fake-child.js'),
      timeoutMs: 300,
    });
    expect(await impatient(referenceJob('hangs'), NEVER)).toEqual([
      { kind: 'failed', reason: 'took longer than 0.3 s' },
    ]);
  });

  test('is killed when the run is stopped', async () => {
    const stop = new AbortController();
    const pending = inFakeChild(referenceJob('hangs', 'a'), stop.signal);
    setTimeout(() => {
      stop.abort();
    }, 100);
    expect(await pending).toEqual(Array(2).fill({ kind: 'failed', reason: 'interrupted' }));
  });

  test('that does not exist is a failed answer', async () => {
    const missing = inChildProcess({ entry: compiledModule('src/bench/no-such.js'), timeoutMs: 3000 });
    expect(await missing(referenceJob('a'), NEVER)).toMatchObject([{ kind: 'failed' }]);
  });

  test('in which a strategy is broken ends the whole run', async () => {
    const { problems, events } = recorder();
    const outcome = await measureAll(plan([target('a.o', 'x')], ['broken']), inFakeChild, events, NEVER);
    expect(outcome.ended).toBe('difference');
    expect(problems).toEqual(['a.o: main: broken: slot 2: 00000063 00000002, reference 00000002 00000002']);
  });
});
