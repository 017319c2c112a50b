import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from './index.js';
import { clusteredEdits, edits } from './testing/edits.js';
import { runInLockstep } from './testing/lockstep.js';
import { programs } from './testing/programs.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;

/** Generated cases of a property: `RUNS`, or as many as this repository promises. */
function runs(promised: number): { numRuns: number } {
  return { numRuns: fc.readConfigureGlobal().numRuns ?? promised };
}

describe('all strategies agree with the reference', () => {
  it('has strategies to compare', () => {
    expect(STRATEGIES.map((strategy) => strategy.name)).toContain('array');
  });

  it(
    'on any editing session of a small program',
    () => {
      fc.assert(
        fc.property(programs(24), edits(14), (input, session) => {
          runInLockstep(input, session, undefined, 'all');
        }),
        runs(600),
      );
    },
    AS_LONG_AS_IT_TAKES,
  );

  it(
    'on any editing session of a program that spans several chunks and leaves',
    () => {
      fc.assert(
        fc.property(programs(260), edits(20), (input, session) => {
          runInLockstep(input, session);
        }),
        runs(250),
      );
    },
    AS_LONG_AS_IT_TAKES,
  );

  it(
    'on any editing session around one place, which then holds many times what it held',
    () => {
      fc.assert(
        fc.property(programs(60), clusteredEdits(40), (input, session) => {
          runInLockstep(input, session);
        }),
        runs(150),
      );
    },
    AS_LONG_AS_IT_TAKES,
  );
});
