import { expect, test } from 'vitest';
import { strategyOf } from '../../strategies/index.js';
import { reference } from '../../strategies/reference.js';
import { firstDifference } from './linear-compare.js';
import { PhaseLog } from './phase-log.js';
import { SyntheticRun } from './synthetic-workload.js';
import { DENSE_10K, synthesize } from './synthetic.js';

const SMALL = { ...DENSE_10K, name: 'small', slots: 400, patches: 200, subprogs: 4 };

test('a synthetic shape runs as init, edits and finish, and does all its patches', () => {
  const workload = new SyntheticRun(synthesize(SMALL, '1'));
  const log = new PhaseLog(true);
  const got = workload.run(strategyOf('linked-list'), log);
  expect(log.names).toEqual(['init', 'edits', 'finish']);
  expect(log.totalWork()).toMatchObject({
    slotsBefore: 400,
    slotsAfter: 800,
    counts: { patches: 200, expandingPatches: 200, insnsAdded: 400 },
  });
  expect(firstDifference(got, workload.run(reference, new PhaseLog(false)))).toBeUndefined();
});
