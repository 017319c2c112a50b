import { describe, expect, it } from 'vitest';
import { strategyOf } from '../../../strategies/index.js';
import { reference } from '../../../strategies/reference.js';
import { floorOf } from '../floor.js';
import { firstDifference } from '../linear-compare.js';
import { PhaseLog } from '../phase-log.js';
import { DENSE_10K } from './dense.js';
import { expectedOf } from './expected.js';
import { FAMILIES, type Shape, slotsAfter } from './index.js';
import { synthesize } from './synthesize.js';
import { SyntheticRun } from './synthetic-run.js';

/** A shape with everything in proportion, small enough for the reference. */
function small(shape: Shape): Shape {
  const by = 400 / shape.slots;
  return {
    ...shape,
    slots: 400,
    patches: Math.round(shape.patches * by),
    deadRuns: Math.round(shape.deadRuns * by),
    subprogs: 4,
  };
}

const SMALL = FAMILIES.flatMap(({ shapes }) => shapes.map(small));

describe.each(SMALL)('$name, made small', (shape) => {
  const run = new SyntheticRun(shape, '1');
  const log = new PhaseLog(true);
  const got = run.run(strategyOf('linked-list'), log);

  it('runs as init, edits and finish, removals before the edits, and does all its patches', () => {
    const removes = shape.deadRuns > 0;
    expect(log.names).toEqual(['init', ...(removes ? ['removals'] : []), 'edits', 'finish']);
    expect(log.totalWork()).toMatchObject({
      slotsBefore: 400,
      slotsAfter: slotsAfter(shape),
      counts: {
        patches: shape.patches,
        expandingPatches: shape.patches,
        insnsAdded: shape.patches * (shape.patchLength - 1),
        removals: shape.deadRuns,
        insnsRemoved: shape.deadRuns * shape.deadLength,
      },
    });
  });

  it('is the same over the list, the array and the reference', () => {
    const wanted = run.run(reference, new PhaseLog(false));
    expect(firstDifference(got, wanted)).toBeUndefined();
    expect(firstDifference(run.run(strategyOf('array'), new PhaseLog(false)), wanted)).toBeUndefined();
  });
});

it.each(SMALL.filter(({ deadRuns }) => deadRuns === 0))(
  '$name, made small, is what arithmetic says',
  (shape) => {
    const got = new SyntheticRun(shape, '1').run(strategyOf('linked-list'), new PhaseLog(false));
    expect(firstDifference(expectedOf(synthesize(shape, '1')), got)).toBeUndefined();
  },
);

it('arithmetic refuses shapes that remove instructions', () => {
  const shape = SMALL.find(({ name }) => name === 'removal-heavy')!;
  expect(() => expectedOf(synthesize(shape, '1'))).toThrow('shape removal-heavy removes instructions');
});

describe('a shape too long for the reference store', () => {
  // The reference needs a minute for so many patches.
  const long = { ...DENSE_10K, name: 'long', slots: 210_000, patches: 20_000 };
  const run = new SyntheticRun(long, '1');
  const got = run.run(strategyOf('linked-list'), new PhaseLog(false));

  it('is calculated when the reference is asked, and is what a store makes', () => {
    const log = new PhaseLog(false);
    const wanted = run.run(reference, log);
    expect(log.names).toEqual([]);
    expect(firstDifference(got, wanted)).toBeUndefined();
  });

  it('is run once only, so that what was made for it alone can take it', () => {
    expect(firstDifference(run.run(floorOf(run), new PhaseLog(false)), got)).toBeUndefined();
  });
});

describe('what a workload keeps of its last run', () => {
  const kept = (slots: number): unknown => {
    const run = new SyntheticRun({ ...DENSE_10K, name: 'kept', slots, patches: 10, auxBytes: 12 }, '1');
    run.run(strategyOf('linked-list'), new PhaseLog(false));
    return run.lastRun;
  };

  it('is everything, unless two of it would not fit into memory', () => {
    expect(kept(1_000)).toBeDefined();
    expect(kept(500_001)).toBeUndefined();
  });
});
