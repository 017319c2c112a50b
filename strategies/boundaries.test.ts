/** Sizes and orders at which containers split, grow, move or run out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withOff } from '../src/isa/insn.js';
import { REFERENCE } from './index.js';
import { PATCH_MAX, PatchBuffer } from './patch-buffer.js';
import { AUX_ORIG, NONE, type Pos, type Store, type StoreInput } from './store.js';
import { expectSame } from './testing/compare.js';
import { VARIANTS, variantName } from './testing/lockstep.js';
import { JA, JEQ, MOV32, MOV64, pick, plainInput } from './testing/programs.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;

const NAMED = VARIANTS.map((variant) => ({ ...variant, name: variantName(variant) }));

type Script = (store: Store) => void;

/** `slots` instructions, every seventh a branch some way forward, every eleventh one back, a line every third. */
function program(slots: number): StoreInput {
  const branches: Record<number, { w0: number; target: number }> = {};
  const lines: number[] = [];
  for (let slot = 0; slot < slots; slot++) {
    if (slot % 7 === 3) branches[slot] = { w0: JEQ, target: Math.min(slot + 2 + (slot % 40), slots) };
    if (slot % 11 === 5) branches[slot] = { w0: JA, target: Math.max(slot - (slot % 50), 0) };
    if (slot % 3 === 0) lines.push(slot);
  }
  return plainInput(slots, branches, {
    lineInfoSlots: Int32Array.from(lines),
    insnArraySlots: Int32Array.of(slots - 1, slots >> 1),
    subprogStarts: slots > 20 ? Int32Array.of(0, slots >> 2, slots - 2) : Int32Array.of(0),
  });
}

/** A patch of `length` that ends in what is replaced; longer ones begin with a jump to it, and one to its behind. */
function patchFor(store: Store, pos: Pos, length: number): PatchBuffer {
  const patch = new PatchBuffer();
  for (let at = 0; at < length - 1; at++) {
    if (at === 0) patch.push(withOff(JEQ, length - 2), 1);
    else if (at === 1) patch.push(withOff(JEQ, length - 2), 2);
    else patch.push(MOV32, at);
  }
  return patch.pushReplaced(store.word0(pos), store.word1(pos));
}

/** The first original instruction from `slot` on that is still there. */
function firstLeft(store: Store, slot: number): Pos {
  let at = slot;
  while (store.locate(at) === NONE) at++;
  return store.locate(at);
}

function patchSlots(slots: readonly number[], lengthAt: (nth: number) => number): Script {
  return (store) => {
    slots.forEach((slot, nth) => {
      const pos = store.locate(slot);
      if (pos !== NONE) store.replace(pos, patchFor(store, pos, lengthAt(nth)));
    });
  };
}

function expectAgreement(variant: (typeof NAMED)[number], input: StoreInput, script: Script): void {
  const run = (store: Store): Store => {
    script(store);
    store.check();
    return store;
  };
  const wanted = run(REFERENCE.create(input)).finish();
  expectSame(run(variant.strategy.create(input, variant.options)).finish(), wanted, variant.name);
  expect(wanted.length).toBeGreaterThan(0);
}

/** Chunks and leaves are powers of two, filled to three quarters; a page holds 503 instructions behind its header. */
const SIZES = [
  1, 2, 3, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 191, 192, 193, 256, 257, 384, 385, 502, 503,
  504,
];

describe.each(NAMED)('$name agrees with the reference', (variant) => {
  it('when the first, the last and both instructions are patched, at every critical size', () => {
    for (const slots of SIZES) {
      for (const length of [2, 3, PATCH_MAX]) {
        for (const where of [[0], [slots - 1], [slots - 1, 0], [0, 0, slots >> 1, slots - 1, slots - 1]]) {
          expectAgreement(
            variant,
            program(slots),
            patchSlots(where, () => length),
          );
        }
      }
    }
  });

  it('when a program is removed but for one instruction, at every critical size', () => {
    for (const slots of SIZES.filter((size) => size > 2)) {
      const input = plainInput(slots, {}, { lineInfoSlots: Int32Array.of(0, slots - 1) });
      for (const kept of [0, slots >> 1, slots - 1]) {
        expectAgreement(variant, input, (store) => {
          if (kept < slots - 1) store.remove(store.locate(kept + 1), slots - 1 - kept);
          if (kept > 0) store.remove(store.first(), kept);
          const pos = store.first();
          store.replace(pos, patchFor(store, pos, PATCH_MAX));
        });
      }
    }
  });

  it('when blocks are split that have only inserted instructions behind the first, or on one side', () => {
    for (const slots of [2, 3, 20]) {
      expectAgreement(variant, plainInput(slots), (store) => {
        const lastPos = (): Pos => {
          let last = store.first();
          for (let pos = last; pos !== NONE; pos = store.next(pos)) last = pos;
          return last;
        };
        const patch = patchFor(store, store.locate(slots - 1), PATCH_MAX);
        store.remove(store.replace(store.locate(slots - 1), patch), 1);
        for (let nth = 0; nth < 10; nth++) {
          store.replace(lastPos(), patch);
          store.check();
        }
        expect(store.locate(slots - 1)).toBe(NONE);
        expect(store.aux(store.locate(0), AUX_ORIG)).toBe(1);
      });
    }
  });

  const SLOTS = 700;
  const all = Array.from({ length: SLOTS }, (_, slot) => slot);
  const orders: Record<string, number[]> = {
    ascending: all,
    descending: all.toReversed(),
    clustered: all.map((nth) => 350 + (nth % 12)),
    scattered: all.map((nth) => pick(nth * 389, SLOTS)),
    'from both ends': all.map((nth) => (nth % 2 === 0 ? nth >> 1 : SLOTS - 1 - (nth >> 1))),
  };
  it.each(Object.keys(orders))('on patches in %s order', (order) => {
    expectAgreement(
      variant,
      program(SLOTS),
      patchSlots(orders[order], (nth) => 1 + (nth % 5)),
    );
  });

  it('on the longest patches everywhere, in two passes', () => {
    expectAgreement(variant, program(200), (store) => {
      patchSlots(all.slice(0, 200), () => PATCH_MAX)(store);
      store.commit();
      patchSlots(all.slice(0, 200).toReversed(), () => 2)(store);
    });
  });

  it('when new instructions are patched again and again, ever deeper', () => {
    expectAgreement(variant, program(40), (store) => {
      let pos = store.locate(20);
      for (let depth = 0; depth < 300; depth++) {
        const last = store.replace(pos, patchFor(store, pos, 3));
        pos = store.prev(depth % 2 === 0 ? last : store.prev(last));
      }
      store.commit();
      expect(store.length()).toBe(640);
    });
  });

  it('when single instructions are removed one after the other, walking on or stepping back', () => {
    expectAgreement(variant, plainInput(600), (store) => {
      let pos = store.locate(300);
      for (let nth = 0; nth < 120; nth++) {
        pos = store.remove(pos, 1);
        if (nth % 3 === 0) pos = store.prev(pos);
        if (nth % 17 === 0) pos = store.replace(pos, new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
        if (nth % 50 === 49) {
          store.commit();
          pos = firstLeft(store, 420);
        }
      }
    });
  });

  it('when whole patches are removed and their neighbours patched', () => {
    expectAgreement(variant, plainInput(300), (store) => {
      for (let slot = 10; slot < 290; slot += 10) {
        let pos = store.locate(slot);
        pos = store.replace(pos, new PatchBuffer().push(MOV64, 1).push(MOV64, 2).push(MOV64, 3));
        pos = store.remove(store.prev(store.prev(pos)), 3 + (slot % 4));
        store.replace(pos, patchFor(store, pos, 4));
        if (slot % 70 === 0) store.commit();
      }
    });
  });
});

describe('all strategies', () => {
  it(
    'agree on many patches of programs longer than a chunk, in any order',
    () => {
      const cases = fc.record({
        slots: fc.integer({ min: 1, max: 900 }),
        shots: fc.array(fc.tuple(fc.nat(1 << 16), fc.integer({ min: 1, max: 12 }), fc.nat(40)), {
          maxLength: 120,
          size: 'max',
        }),
      });
      fc.assert(
        fc.property(cases, ({ slots, shots }) => {
          const input = program(slots);
          const script: Script = (store) => {
            for (const [drawn, length, commits] of shots) {
              const pos = store.locate(pick(drawn, slots));
              store.replace(pos, patchFor(store, pos, length));
              if (commits === 0) store.commit();
            }
          };
          const wanted = REFERENCE.create(input);
          script(wanted);
          const linear = wanted.finish();
          for (const { strategy, options, name } of NAMED) {
            const store = strategy.create(input, options);
            script(store);
            expectSame(store.finish(), linear, name);
          }
        }),
        { numRuns: fc.readConfigureGlobal().numRuns ?? 60 },
      );
    },
    AS_LONG_AS_IT_TAKES,
  );
});
