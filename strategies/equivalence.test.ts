/** The model test: any editing session on all strategies and the reference at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from './index.js';
import { runInLockstep } from './testing/lockstep.js';
import { CASES, CRITICAL_SIZES } from './testing/sessions.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;

/** Sessions of `npm test`; `npm run test:long` runs a hundred times as many. */
const PROMISED_RUNS = 1_000;

describe('all strategies agree with the reference', () => {
  it('has strategies to compare, and sizes on both sides of their boundaries', () => {
    expect(STRATEGIES.map((strategy) => strategy.name)).toContain('array');
    expect(CRITICAL_SIZES).toEqual(expect.arrayContaining([63, 64, 65, 127, 128, 129, 502, 503, 504]));
  });

  it(
    'on any editing session of any program',
    () => {
      fc.assert(
        fc.property(CASES, (session) => {
          runInLockstep(session);
        }),
        { numRuns: fc.readConfigureGlobal().numRuns ?? PROMISED_RUNS },
      );
    },
    AS_LONG_AS_IT_TAKES,
  );
});
