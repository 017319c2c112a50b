import { expect, describe, it } from 'vitest';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { newCounters } from '../../strategies/counters.js';
import type { Store } from '../../strategies/store.js';
import { digestOf } from './linear-compare.js';
import { FINISH, noPatches, type PhaseLog } from './phase-log.js';
import { measureStrategy } from './sampling.js';
import type { MeasuredStrategy, Workload } from './workload.js';

const STRATEGY: MeasuredStrategy = {
  name: 'none',
  create: () => {
    throw new Error('the workload makes its output without a store');
  },
};

/** One instruction of which the `run`-th run says `words[run]`, or the last of them, and an aux record of so many words. */
function workloadOf(words: readonly number[], auxWords: number): Workload & { runs: number } {
  const store = { counters: newCounters() } as Store;
  const aux = new Uint32Array(auxWords);
  return {
    slots: 1,
    lastRun: undefined,
    runs: 0,
    run(_strategy: MeasuredStrategy, log: PhaseLog) {
      const insns = Int32Array.of(words[Math.min(this.runs++, words.length - 1)], 0);
      log.start();
      log.stop(FINISH, store, 1, noPatches());
      return { ...EMPTY, insns, aux, auxWords };
    },
  };
}

const EMPTY = { length: 1, subprogs: [], lineInfo: [], insnArray: new Int32Array(0), pokes: [] };

/** The digest of the output whose word is 1. */
function digestOfOne(auxWords: number): string {
  const one: LinearProgram = {
    ...EMPTY,
    insns: Int32Array.of(1, 0),
    aux: new Uint32Array(auxWords),
    auxWords,
  };
  return digestOf(one);
}

describe.each([
  ['that is kept', 16, ': slot 0: 00000002 00000000, reference 00000001 00000000'],
  ['too long to be kept', (64 << 18) + 1, ', which was not kept'],
])('an output %s', (_what, auxWords, detail) => {
  const measure = (workload: Workload) =>
    measureStrategy(workload, STRATEGY, digestOfOne(auxWords), STRATEGY, { budgetMs: 0, minSamples: 2 });

  it('is measured as long as every run gives it', () => {
    const workload = workloadOf([1], auxWords);
    expect(measure(workload).map(({ name }) => name)).toEqual([FINISH, 'total']);
    expect(workload.runs).toBeGreaterThan(10);
  });

  it('ends the measuring when a later run gives another', () => {
    const workload = workloadOf([1, 1, 2], auxWords);
    expect(() => measure(workload)).toThrow(`differs from its own first run${detail}`);
    expect(workload.runs).toBe(3);
  });
});
