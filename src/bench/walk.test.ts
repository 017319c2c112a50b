import { expect, test } from 'vitest';
import { STRATEGIES } from '../../strategies/index.js';
import { reference } from '../../strategies/reference.js';
import { digestOf } from './linear-compare.js';
import { PhaseLog } from './phase-log.js';
import { walkOver } from './walk.js';
import { DENSE_10K } from './workloads/index.js';
import { SyntheticRun } from './workloads/synthetic-run.js';

const workload = new SyntheticRun(
  { ...DENSE_10K, name: 'small', slots: 400, patches: 200, subprogs: 4 },
  '1',
);

test('a counted store does what the store does and tells the steps of each phase', () => {
  const { linear, walk } = walkOver(workload, reference);
  expect(digestOf(linear)).toBe(digestOf(workload.run(reference, new PhaseLog(false))));
  // Each of the 400 slots is stepped to once, the first by `first`, and once past the last; patches are stepped over.
  expect(walk).toEqual({ init: 0, edits: 401, finish: 0 });
});

test('steps are the same for every strategy', () => {
  const walks = STRATEGIES.map((strategy) => walkOver(workload, strategy).walk);
  expect(walks.length).toBeGreaterThan(5);
  expect(new Set(walks.map((walk) => JSON.stringify(walk))).size).toBe(1);
});
