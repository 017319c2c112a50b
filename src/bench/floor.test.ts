import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reference } from '../../strategies/reference.js';
import type { StoreInput } from '../../strategies/store.js';
import { apply, fit, guide, type Edit, type Fitted } from '../../strategies/testing/edits.js';
import { CASES } from '../../strategies/testing/sessions.js';
import { FLOOR, floorOf } from './floor.js';
import { firstDifference } from './linear-compare.js';
import { PhaseLog } from './phase-log.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** An editing session as a workload, fitted to the program by a run over the reference. */
function sessionOf(input: StoreInput, session: readonly Edit[]): Workload {
  const leader = guide(input);
  const fitted: Fitted[] = [];
  let exact = true;
  let hidden = false;
  for (const edit of session) {
    // The floor is told nothing that a store would refuse, a second hidden subprogram among that.
    if (edit.do === 'refused' || (edit.do === 'addSubprog' && hidden)) continue;
    if (edit.do === 'addSubprog') hidden = true;
    const each = fit(edit, leader, exact);
    fitted.push(each);
    apply(leader, each);
    if (edit.do === 'remove') exact = false;
    if (edit.do === 'commit' || edit.do === 'addSubprog') exact = true;
  }
  return {
    slots: input.insns.length / 2,
    lastRun: undefined,
    run(strategy: MeasuredStrategy) {
      const store = strategy.create(input);
      const follower = { store, input, cursor: store.first() };
      for (const each of fitted) {
        apply(follower, each);
        follower.store.check();
      }
      return follower.store.finish();
    },
  };
}

/** What differs from the reference in the floor's first, second and third run. */
function differences(workload: Workload): (string | undefined)[] {
  const wanted = workload.run(reference, new PhaseLog(false));
  const floor = floorOf(workload);
  return [1, 2, 3].map(() => firstDifference(workload.run(floor, new PhaseLog(false)), wanted));
}

const NOTHING = [undefined, undefined, undefined];

describe('the floor', () => {
  it('has a name that is no strategy’s', () => {
    expect(floorOf(sessionOf(smallest(), [])).name).toBe(FLOOR);
  });

  it('gives the reference’s program on every run of any editing session', () => {
    fc.assert(
      fc.property(CASES, ({ input, edits }) => {
        expect(differences(sessionOf(input, edits))).toEqual(NOTHING);
      }),
      { numRuns: fc.readConfigureGlobal().numRuns ?? 300 },
    );
  }, 0);

  it('gives it also where a patch’s own instructions are patched, in all orders', () => {
    const twice: Edit = { do: 'replace', items: [{ type: 'plain', w0: MOV }, { type: 'replaced' }] };
    for (const steps of [-2, -1, 1, 2]) {
      const session: Edit[] = [];
      for (let nth = 0; nth < 40; nth++) session.push(twice, { do: 'walk', steps });
      expect(differences(sessionOf(smallest(), session))).toEqual(NOTHING);
    }
  });

  it('moves nothing but what ends in the output', () => {
    const workload = sessionOf(smallest(), []);
    const store = floorOf(workload).create(smallest());
    const { insns } = store.finish();
    expect(store.counters.insnBytesMoved).toBe(2 * insns.byteLength);
    expect(store.counters.nodeVisits).toBe(0);
  });
});

/** `mov r0, 0`. */
const MOV = 0xb7;
/** `exit`. */
const EXIT = 0x95;

function smallest(): StoreInput {
  return {
    insns: Int32Array.of(MOV, 0, EXIT, 0),
    aux: Uint32Array.of(1, 1, 0, 2, 1, 0),
    auxWords: 3,
    subprogStarts: Int32Array.of(0),
    lineInfoSlots: Int32Array.of(0),
    insnArraySlots: Int32Array.of(1),
  };
}
