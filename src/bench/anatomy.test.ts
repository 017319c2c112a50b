import { describe, expect, it } from 'vitest';
import { arrayParts } from '../../strategies/ablation/index.js';
import { PARTS } from '../../strategies/ablation/parts.js';
import { strategyOf } from '../../strategies/index.js';
import { reference } from '../../strategies/reference.js';
import { Anatomy, WALK } from './anatomy.js';
import { firstDifference } from './linear-compare.js';
import { PhaseLog } from './phase-log.js';
import { DENSE_10K, type Shape } from './workloads/index.js';
import { SyntheticRun } from './workloads/synthetic-run.js';

const SHAPE: Shape = {
  ...DENSE_10K,
  name: 'small',
  slots: 2_000,
  patches: 500,
  deadRuns: 100,
  deadLength: 2,
};

describe('the anatomy of a workload', () => {
  const workload = new Anatomy(new SyntheticRun(SHAPE, '1'));

  it('leaves phases as they are over a store that does not time its parts', () => {
    const log = new PhaseLog(true);
    workload.run(strategyOf('array'), log);
    expect(log.names).toEqual(['init', 'removals', 'edits', 'finish']);
    expect(workload.slots).toBe(2_000);
    expect(workload.lastRun).toBeDefined();
  });

  it('reports the parts of a store that does, which make up the same whole', () => {
    const phases = new PhaseLog(true);
    workload.run(strategyOf('array'), phases);
    const log = new PhaseLog(true);
    const linear = workload.run(arrayParts, log);
    expect(log.names).toEqual(['init', ...PARTS, WALK, 'finish']);
    expect(log.durations).toHaveLength(log.names.length);
    for (const [at, duration] of log.durations.entries()) {
      if (log.names[at] !== 'branch-probe') expect(duration, log.names[at]).toBeGreaterThan(0);
    }
    expect(log.totalWork()).toEqual(phases.totalWork());
    const summed = log.work.reduce((sum, { counters }) => sum + counters.auxBytesMoved, 0);
    expect(summed).toBe(phases.totalWork().counters.auxBytesMoved);
    expect(log.work[log.names.indexOf(WALK)].counts).toMatchObject({ patches: 500, removals: 100 });
    expect(firstDifference(linear, workload.run(reference, new PhaseLog(false)))).toBeUndefined();
  });
});
