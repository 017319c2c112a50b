/** What a store is once it has reported a branch that became too long: what it was before, and saying the same again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BRANCH_OFF, branchKind, withOff } from '../src/isa/insn.js';
import { REFERENCE, STRATEGIES } from './index.js';
import { PatchBuffer } from './patch-buffer.js';
import { AUX_ORIG, NONE, type StoreInput } from './store.js';
import { expand, expectFailure, expectSameEnds, type Step } from './testing/failures.js';
import { GOTOL, JA, JEQ, MOV64, pick, plainInput } from './testing/programs.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;

/** Long enough for distances that do not fit into 16 bit. */
const SLOTS = 33_000;

const forward = (target: number): StoreInput => plainInput(SLOTS, { 0: { w0: JEQ, target } });
const backward = (slot: number): StoreInput => plainInput(SLOTS, { [slot]: { w0: JA, target: 0 } });

/** Patches the instruction at original slot `slot` to itself and others before it. */
const expanding =
  (slot: number, length = 2): Step =>
  (store) => {
    expand(store, slot, length);
  };

/** Patches the instruction at original slot `slot` to a prologue and itself, and makes jumps skip that. */
const prologueAt = (slot: number): Step[] => [
  (store) => store.replace(store.locate(slot), new PatchBuffer().push(MOV64, 1).push(MOV64, 2)),
  (store) => {
    store.skipPrologue(store.prev(store.locate(slot)), store.locate(slot));
  },
];

interface Scenario {
  readonly name: string;
  readonly input: StoreInput;
  readonly steps: readonly Step[];
  /** Original slot that is to be named. */
  readonly slot: number;
}

const BEYOND: readonly Step[] = [expanding(32_950), expanding(100), expanding(7)];

const SCENARIOS: readonly Scenario[] = [
  { name: 'a patch that stretches a forward branch', input: forward(32_768), steps: BEYOND, slot: 100 },
  { name: 'a patch that stretches a backward branch', input: backward(32_767), steps: BEYOND, slot: 100 },
  {
    name: 'a patch whose own branch then has too far to go',
    input: forward(32_768),
    steps: [
      (store) => {
        const patch = new PatchBuffer().pushOwnTarget(JEQ, 0).push(MOV64, 1);
        store.replace(store.locate(0), patch);
      },
    ],
    slot: 0,
  },
  {
    name: 'a patch, and a removal that would make room again',
    input: forward(32_768),
    steps: [...BEYOND, (store) => store.remove(store.locate(2_000), 500)],
    slot: 100,
  },
  {
    name: 'a patch, and the removal of the branch',
    input: forward(32_768),
    steps: [...BEYOND, (store) => store.remove(store.first(), 1)],
    slot: 100,
  },
  {
    name: 'a patch, and a nop in the place of the branch',
    input: forward(32_768),
    steps: [
      ...BEYOND,
      (store) => {
        store.setNop(store.first());
      },
    ],
    slot: 100,
  },
  {
    name: 'a patch, and a 32-bit jump in the place of the branch',
    input: forward(32_768),
    steps: [
      ...BEYOND,
      (store) => {
        store.setWords(store.first(), GOTOL, 0);
      },
    ],
    slot: 100,
  },
  {
    name: 'a patch, and another one of the branch',
    input: forward(32_768),
    steps: [...BEYOND, (store) => store.replace(store.first(), new PatchBuffer().push(MOV64, 0))],
    slot: 100,
  },
  {
    name: 'a patch, and a commit behind it',
    input: backward(32_767),
    steps: [
      ...BEYOND,
      (store) => {
        store.commit();
      },
      expanding(9),
    ],
    slot: 100,
  },
  {
    name: 'a prologue that jumps cannot skip',
    input: forward(32_767),
    steps: [expanding(3), ...prologueAt(32_767)],
    slot: 32_767,
  },
];

describe.each([REFERENCE, ...STRATEGIES])('$name', (strategy) => {
  it.each(SCENARIOS)('is unchanged by $name', ({ input, steps, slot }) => {
    expect(expectFailure(strategy, input, steps)).toBe(slot);
  });

  it('is unchanged when jumps cannot skip a prologue, also where others can', () => {
    const input = plainInput(SLOTS, {
      0: { w0: JEQ, target: 32_767 },
      30_000: { w0: JA, target: 32_767 },
      32_900: { w0: GOTOL, target: 32_767 },
    });
    const steps = [expanding(3), ...prologueAt(32_767), expanding(32_900)];
    expect(expectFailure(strategy, input, steps)).toBe(32_767);
  });
});

describe('all strategies', () => {
  it(
    'fail at the same patch and are unchanged by it, or do not fail',
    () => {
      const nearLimit = fc.integer({ min: 32_700, max: 32_768 });
      const cases = fc.record({
        slots: fc.integer({ min: 32_800, max: 33_100 }),
        forwards: fc.array(fc.tuple(fc.nat(40), nearLimit), { maxLength: 3 }),
        backwards: fc.array(fc.tuple(fc.nat(40), nearLimit), { maxLength: 3 }),
        shots: fc.array(
          fc.record({
            slot: fc.oneof(fc.nat(33_000), fc.nat(60), fc.integer({ min: 32_700, max: 32_820 })),
            length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 32 })),
            own: fc.nat(31),
            remove: fc.boolean(),
          }),
          { minLength: 1, maxLength: 12, size: 'max' },
        ),
      });
      fc.assert(
        fc.property(cases, ({ slots, forwards, backwards, shots }) => {
          const branches: Record<number, { w0: number; target: number }> = {};
          for (const [slot, reach] of forwards) {
            branches[slot] = { w0: JEQ, target: Math.min(slot + reach, slots) };
          }
          for (const [target, reach] of backwards) {
            const slot = Math.min(target + reach - 1, slots - 2);
            branches[slot] = { w0: JA, target };
          }
          const input = plainInput(slots, branches, { auxWords: 3 });
          const aimed = new Set(Object.values(branches).map(({ target }) => target));
          const steps = shots.map((shot) => shotAt({ ...shot, slot: pick(shot.slot, slots) }, aimed));
          expectSameEnds(STRATEGIES, input, steps);
        }),
        { numRuns: Math.min(fc.readConfigureGlobal().numRuns ?? 6, 2_000) },
      );
    },
    AS_LONG_AS_IT_TAKES,
  );
});

interface Shot {
  readonly slot: number;
  readonly length: number;
  readonly own: number;
  readonly remove: boolean;
}

/** A patch, or now and then the removal of one plain instruction nobody aims at. */
function shotAt({ slot, length, own, remove }: Shot, aimed: ReadonlySet<number>): Step {
  return (store) => {
    const pos = store.locate(slot);
    if (pos === NONE) return;
    const isBranch = branchKind(store.word0(pos)) === BRANCH_OFF;
    if (remove && !aimed.has(slot) && !isBranch && store.aux(pos, AUX_ORIG) !== 0) {
      store.remove(pos, 1);
      return;
    }
    const patch = new PatchBuffer();
    for (let at = 0; at < length; at++) {
      if (at === pick(own, length) && isBranch) patch.pushOwnTarget(JEQ, 1);
      else if (at % 5 === 3) patch.push(withOff(JA, -at), 0);
      else patch.push(MOV64, at);
    }
    store.replace(pos, patch);
  };
}
