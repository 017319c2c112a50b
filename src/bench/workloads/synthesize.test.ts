import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { branchDistance, branchKind, BRANCH_OFF, BRANCH_SUBPROG } from '../../isa/insn.js';
import { strategyOf } from '../../../strategies/index.js';
import { AUX_ORIG, AUX_SEEN } from '../../../strategies/store.js';
import { firstDifference } from '../linear-compare.js';
import { PhaseLog } from '../phase-log.js';
import { DENSE_10K, FAMILIES, type Shape, shapeOf, slotsAfter } from './index.js';
import { type Order } from './shape.js';
import { synthesize } from './synthesize.js';
import { SyntheticRun } from './synthetic-run.js';

describe('dense-10k', () => {
  const workload = synthesize(DENSE_10K, '1');
  const { input, edits } = workload;

  test('has 10,000 instructions and 5,000 edits, every second slot but for where a subprogram ends', () => {
    expect(input.insns).toHaveLength(2 * 10_000);
    expect(edits.slots).toHaveLength(5_000);
    const uneven = [...edits.slots].filter((slot, k) => slot !== 2 * k + 1);
    expect(uneven).toEqual([998, 1998, 2998, 3998, 4998, 5998, 6998, 7998, 8998, 9998]);
  });

  test('has the branch density and lengths it says', () => {
    const lengths: number[] = [];
    let calls = 0;
    for (let slot = 0; slot < 10_000; slot++) {
      const [w0, w1] = input.insns.subarray(2 * slot);
      const kind = branchKind(w0);
      if (kind === BRANCH_OFF) lengths.push(branchDistance(kind, w0, w1) + 1);
      if (kind === BRANCH_SUBPROG) calls++;
    }
    expect(calls).toBe(100);
    expect(lengths).toHaveLength(1250);
    expect(Math.max(...lengths.map(Math.abs))).toBeLessThanOrEqual(512);
    const backward = lengths.filter((length) => length < 0).length / lengths.length;
    expect(backward).toBeGreaterThan(0.05);
    expect(backward).toBeLessThan(0.15);
  });

  test('marks every aux record as seen and with its slot, and starts a line at every subprogram', () => {
    const { aux, auxWords, lineInfoSlots, subprogStarts } = input;
    expect(auxWords).toBe(22);
    for (let slot = 0; slot < 10_000; slot++) {
      expect(aux[slot * auxWords + AUX_ORIG]).toBe(slot + 1);
      expect(aux[slot * auxWords + AUX_SEEN]).toBe(1);
    }
    expect(lineInfoSlots).toHaveLength(2500);
    expect([...lineInfoSlots]).toEqual(expect.arrayContaining([...subprogStarts]));
  });

  test('ends as 20,000 instructions after 5,000 expanding patches', () => {
    const log = new PhaseLog(true);
    const linear = new SyntheticRun(DENSE_10K, '1').run(strategyOf('linked-list'), log);
    expect(linear.length).toBe(20_000);
    expect(log.names).toEqual(['init', 'edits', 'finish']);
    expect(log.totalWork().counts).toMatchObject({
      patches: 5_000,
      expandingPatches: 5_000,
      insnsAdded: 10_000,
    });
  });
});

describe('families', () => {
  const shapesOf = (name: string): readonly Shape[] =>
    FAMILIES.find((family) => family.name === name)!.shapes;

  test.each(['order', 'aux'])('%s leaves the program of dense-10k as it is', (name) => {
    const dense = synthesize(DENSE_10K, '1');
    for (const shape of shapesOf(name)) {
      const { input, edits } = synthesize(shape, '1');
      expect(input.insns).toEqual(dense.input.insns);
      expect(edits.slots.toSorted()).toEqual(dense.edits.slots);
    }
  });

  test('order differs in the order of the slots alone', () => {
    const [ascending, descending, clustered, scattered] = shapesOf('order').map(
      (shape) => synthesize(shape, '1').edits.slots,
    );
    expect([...ascending]).toEqual([...descending].reverse());
    const turns = (slots: Int32Array): number =>
      slots.filter((slot, k) => k > 0 && slot < slots[k - 1]).length;
    expect(turns(clustered)).toBeGreaterThan(20);
    expect(turns(clustered)).toBeLessThan(5_000 / 64);
    expect(turns(scattered)).toBeGreaterThan(2_000);
  });

  test('branches have the share of jumps in their name', () => {
    for (const shape of shapesOf('branches')) {
      const { insns } = synthesize(shape, '1').input;
      const kinds = Array.from({ length: 10_000 }, (_, slot) => branchKind(insns[2 * slot]));
      expect(kinds.filter((kind) => kind === BRANCH_OFF)).toHaveLength(100 * Number(shape.name.slice(9)));
      expect(kinds.filter((kind) => kind === BRANCH_SUBPROG)).toHaveLength(0);
    }
  });

  test('removal-heavy marks what is removed as never reached, and nothing that stays leads into the middle of it', () => {
    const { input, removals } = synthesize(shapeOf('removal-heavy'), '1');
    const { insns, aux, auxWords } = input;
    const dead = [...removals.slots].flatMap((slot) => [slot, slot + 1]);
    expect(new Set(dead).size).toBe(5_000);
    for (let slot = 0; slot < 10_000; slot++) {
      const kind = branchKind(insns[2 * slot]);
      if (kind === BRANCH_OFF) {
        const target = slot + 1 + branchDistance(kind, insns[2 * slot], insns[2 * slot + 1]);
        expect(removals.slots.includes(target - 1)).toBe(false);
      }
    }
    for (const slot of dead) expect(aux[slot * auxWords + AUX_SEEN]).toBe(0);
  });
});

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    subprogs: fc.integer({ min: 1, max: 12 }),
    slotsPerSubprog: fc.integer({ min: 2, max: 40 }),
    surplus: fc.nat(11),
    density: fc.double({ min: 0, max: 1, noNaN: true }),
    patchLength: fc.constantFrom(2, 3, 5, 32),
    order: fc.constantFrom<Order>('walk', 'ascending', 'descending', 'clustered', 'scattered'),
    dead: fc.double({ min: 0, max: 0.5, noNaN: true }),
    deadLength: fc.integer({ min: 1, max: 3 }),
    jumpShare: fc.double({ min: 0, max: 1, noNaN: true }),
    callShare: fc.double({ min: 0, max: 1, noNaN: true }),
    longestJump: fc.integer({ min: 1, max: 1000 }),
    slotsPerLine: fc.integer({ min: 1, max: 9 }),
    auxWords: fc.integer({ min: 3, max: 34 }),
  })
  .map(({ slotsPerSubprog, surplus, density, dead, auxWords, ...rest }) => {
    const slots = rest.subprogs * slotsPerSubprog + surplus;
    const patches = Math.floor(density * (slots - rest.subprogs));
    const left = slots - patches - 2 * rest.subprogs;
    return {
      ...rest,
      name: 'generated',
      slots,
      auxBytes: 4 * auxWords,
      patches,
      patchForm: rest.patchLength === 3 ? ('lookup' as const) : ('plain' as const),
      deadRuns: density > 0.5 ? 0 : Math.max(0, Math.floor((dead * left) / (8 * rest.deadLength))),
    };
  });

/** Drawn shapes may have no room for all they ask for. */
function hasRoom(shape: Shape): boolean {
  try {
    synthesize(shape, '');
    return true;
  } catch (error) {
    if (error instanceof RangeError && error.message.includes('no room for')) return false;
    throw error;
  }
}

describe('synthesize', () => {
  test('gives the same workload for the same seed and another for another', () => {
    const of = (seed: string): Int32Array => synthesize(DENSE_10K, seed).input.insns;
    expect(of('a')).toEqual(of('a'));
    expect(of('a')).not.toEqual(of('b'));
  });

  test('makes inputs that every store takes, with each edit on a call of its own', () => {
    fc.assert(
      fc.property(shapes, fc.string(), (shape, seed) => {
        fc.pre(hasRoom(shape));
        const { edits, input } = synthesize(shape, seed);
        expect(new Set(edits.slots).size).toBe(shape.patches);
        for (const slot of edits.slots) expect(input.insns[2 * slot] & 0xff).toBe(0x85);
        const run = new SyntheticRun(shape, seed);
        const reference = run.run(strategyOf('reference'), new PhaseLog(false));
        expect(reference.length).toBe(slotsAfter(shape));
        for (const name of ['array', 'gap-buffer'])
          expect(firstDifference(run.run(strategyOf(name), new PhaseLog(false)), reference)).toBeUndefined();
      }),
    );
  });

  test('refuses shapes whose figures contradict each other', () => {
    expect(() => synthesize({ ...DENSE_10K, patches: 9_991 }, '1')).toThrow(
      'shape dense-10k: 9991 patches in 10000 slots of 10 subprograms',
    );
    expect(() => synthesize({ ...DENSE_10K, auxBytes: 6 }, '1')).toThrow('an aux record of 6 bytes');
    expect(() => synthesize({ ...DENSE_10K, subprogs: 5_001 }, '1')).toThrow('5001 subprograms');
    expect(() => synthesize({ ...DENSE_10K, longestJump: 0 }, '1')).toThrow('shorter than one slot');
    expect(() => synthesize({ ...DENSE_10K, patchLength: 4 }, '1')).toThrow('form lookup and length 4');
    expect(() => synthesize({ ...DENSE_10K, deadRuns: 3 }, '1')).toThrow('3 dead stretches of 0');
    expect(() => synthesize({ ...DENSE_10K, deadRuns: 5_001, deadLength: 2 }, '1')).toThrow(
      'no room for dead',
    );
    expect(() => synthesize({ ...DENSE_10K, deadRuns: 2_500, deadLength: 2 }, '1')).toThrow(
      'no room for edit',
    );
  });
});
