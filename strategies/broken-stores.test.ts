/** Can the model test fail? Deliberately broken stores must be caught by it, and within the cases of one `npm test`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from './index.js';
import { BROKEN_ARRAYS } from './testing/broken/array.js';
import { BROKEN_CONTAINERS } from './testing/broken/containers.js';
import { BROKEN_RULES } from './testing/broken/rules.js';
import { runInLockstep, variantsOf } from './testing/lockstep.js';
import { CASES } from './testing/sessions.js';

/** Sessions that `npm test` runs on the sound stores. */
const CASES_ALLOWED = 1_000;

const BROKEN = [...BROKEN_RULES, ...BROKEN_CONTAINERS, ...BROKEN_ARRAYS].map((fixture) => ({
  ...fixture,
  of: fixture.strategy.name,
}));

describe('the model test', () => {
  it('has at least ten broken stores to catch, of most families', () => {
    expect(BROKEN.length).toBeGreaterThanOrEqual(10);
    expect(new Set(BROKEN.map(({ of }) => of)).size).toBeGreaterThan(STRATEGIES.length / 2);
  });

  it.each(BROKEN)('catches that, in $of, $fault', ({ strategy, fault, of }) => {
    const variants = variantsOf(strategy);
    const session = fc.property(CASES, (drawn) => {
      runInLockstep(drawn, variants);
    });
    const { failed, numRuns } = fc.check(session, { numRuns: CASES_ALLOWED, endOnFailure: true });
    console.info(`caught at case ${numRuns}: ${of}, ${fault}`);
    expect(failed, `${CASES_ALLOWED} cases tell nothing`).toBe(true);
    expect(numRuns).toBeLessThanOrEqual(CASES_ALLOWED);
  });
});
