import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { branchDistance, branchKind, BRANCH_OFF, BRANCH_SUBPROG } from '../isa/insn.js';
import { strategyOf } from '../../strategies/index.js';
import { AUX_ORIG, AUX_SEEN } from '../../strategies/store.js';
import { SyntheticRun } from './synthetic-workload.js';
import { PhaseLog } from './phase-log.js';
import { DENSE_10K, shapeOf, type Shape, synthesize } from './synthetic.js';

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
    const linear = new SyntheticRun(workload).run(strategyOf('linked-list'), log);
    expect(linear.length).toBe(20_000);
    expect(log.names).toEqual(['init', 'edits', 'finish']);
    expect(log.totalWork().counts).toMatchObject({
      patches: 5_000,
      expandingPatches: 5_000,
      insnsAdded: 10_000,
    });
  });
});

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    subprogs: fc.integer({ min: 1, max: 12 }),
    slotsPerSubprog: fc.integer({ min: 2, max: 40 }),
    surplus: fc.nat(11),
    density: fc.double({ min: 0, max: 1, noNaN: true }),
    jumpShare: fc.double({ min: 0, max: 1, noNaN: true }),
    callShare: fc.double({ min: 0, max: 1, noNaN: true }),
    longestJump: fc.integer({ min: 1, max: 1000 }),
    slotsPerLine: fc.integer({ min: 1, max: 9 }),
    auxWords: fc.integer({ min: 3, max: 34 }),
  })
  .map(({ slotsPerSubprog, surplus, density, auxWords, ...rest }) => {
    const slots = rest.subprogs * slotsPerSubprog + surplus;
    return {
      ...rest,
      name: 'generated',
      slots,
      auxBytes: 4 * auxWords,
      patches: Math.floor(density * (slots - rest.subprogs)),
    };
  });

describe('synthesize', () => {
  test('gives the same workload for the same seed and another for another', () => {
    const of = (seed: string): Int32Array => synthesize(DENSE_10K, seed).input.insns;
    expect(of('a')).toEqual(of('a'));
    expect(of('a')).not.toEqual(of('b'));
  });

  test('makes inputs that every store takes, with each edit on a call of its own', () => {
    fc.assert(
      fc.property(shapes, fc.string(), (shape, seed) => {
        const workload = synthesize(shape, seed);
        const { slots } = workload.edits;
        expect(slots).toHaveLength(shape.patches);
        slots.forEach((slot, k) => {
          expect(slot).toBeGreaterThan(k === 0 ? -1 : slots[k - 1]);
          expect(workload.input.insns[2 * slot] & 0xff).toBe(0x85);
        });
        const run = new SyntheticRun(workload);
        const reference = run.run(strategyOf('reference'), new PhaseLog(false));
        const array = run.run(strategyOf('array'), new PhaseLog(false));
        expect(reference.length).toBe(shape.slots + 2 * shape.patches);
        expect(array.insns.subarray(0, 2 * array.length)).toEqual(
          reference.insns.subarray(0, 2 * reference.length),
        );
        expect(array.lineInfo).toEqual(reference.lineInfo);
        expect(array.subprogs).toEqual(reference.subprogs);
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
  });

  test('knows its shapes by name', () => {
    expect(shapeOf('dense-10k')).toBe(DENSE_10K);
    expect(() => shapeOf('dense')).toThrow("no shape 'dense'; there are dense-10k");
  });
});
