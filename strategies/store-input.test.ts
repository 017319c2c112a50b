/** What is said at the door of every store. */
import { describe, expect, it } from 'vitest';
import { branchKind, withOff } from '../src/isa/insn.js';
import { firstLineInfo } from './line-info.js';
import { AUX_FREE, type StoreInput } from './store.js';
import { assertBranches, assertStoreInput, branchTarget } from './store-input.js';
import { assertKnownOptions, tuned, type Tunable } from './strategy.js';
import { GOTOL, inputOf, JA, plainInput } from './testing/programs.js';

function said(work: () => void): string {
  try {
    work();
    return 'nothing';
  } catch (error) {
    return String(error);
  }
}

const ofThree = (rest: Partial<StoreInput>): StoreInput => plainInput(3, {}, rest);

const INPUTS: readonly [said: string, input: StoreInput][] = [
  ['nothing', plainInput(1)],
  ['nothing', ofThree({ auxWords: AUX_FREE })],
  [
    'nothing',
    ofThree({
      subprogStarts: Int32Array.of(0, 1, 2),
      lineInfoSlots: Int32Array.of(0, 2),
      insnArraySlots: Int32Array.of(2, 0, 2),
    }),
  ],
  ['RangeError: a program has at least one whole instruction', inputOf(new Int32Array(0))],
  [
    'RangeError: a program has at least one whole instruction',
    { ...ofThree({}), insns: new Int32Array(5), aux: new Uint32Array(10), auxWords: 4 },
  ],
  [`RangeError: an aux record has at least ${AUX_FREE} words`, ofThree({ auxWords: AUX_FREE - 1 })],
  ['RangeError: 5 aux words for 3 records of 4', ofThree({ aux: new Uint32Array(5), auxWords: 4 })],
  ['RangeError: 13 aux words for 3 records of 4', ofThree({ aux: new Uint32Array(13), auxWords: 4 })],
  ['RangeError: the first subprogram starts at slot 0', ofThree({ subprogStarts: new Int32Array(0) })],
  ['RangeError: the first subprogram starts at slot 0', ofThree({ subprogStarts: Int32Array.of(1) })],
  [
    'RangeError: subprogram start at slot 1 is not within 2..2',
    ofThree({ subprogStarts: Int32Array.of(0, 1, 1) }),
  ],
  [
    'RangeError: subprogram start at slot 3 is not within 2..2',
    ofThree({ subprogStarts: Int32Array.of(0, 1, 3) }),
  ],
  ['RangeError: line info at slot 0 is not within 2..2', ofThree({ lineInfoSlots: Int32Array.of(1, 0) })],
  ['RangeError: line info at slot -1 is not within 0..2', ofThree({ lineInfoSlots: Int32Array.of(-1) })],
  ['RangeError: line info at slot 3 is not within 0..2', ofThree({ lineInfoSlots: Int32Array.of(3) })],
  [
    'RangeError: insn array entry at slot -1, outside of 0..2',
    ofThree({ insnArraySlots: Int32Array.of(0, -1) }),
  ],
  [
    'RangeError: insn array entry at slot 3, outside of 0..2',
    ofThree({ insnArraySlots: Int32Array.of(2, 3) }),
  ],
];

describe('the door', () => {
  it.each(INPUTS)('says: %s', (wanted, input) => {
    expect(said(() => assertStoreInput(input))).toBe(wanted);
  });

  it('lets branches lead to each instruction and to the end, and no further', () => {
    for (const w0 of [JA, GOTOL]) {
      const kind = branchKind(w0);
      const target = (distance: number): number =>
        branchTarget(kind, 2, withOff(w0, kind === branchKind(JA) ? distance : 0), distance, 4);
      expect([-3, -1, 0, 1].map(target)).toEqual([0, 2, 3, 4]);
      expect(said(() => target(-4))).toBe('RangeError: insn 2 branches to slot -1, outside of 0..4');
      expect(said(() => target(2))).toBe('RangeError: insn 2 branches to slot 5, outside of 0..4');
    }
  });

  it('looks at every branch', () => {
    for (let slot = 0; slot < 4; slot++) {
      for (const w0 of [JA, GOTOL]) {
        expect(said(() => assertBranches(plainInput(4, { [slot]: { w0, target: 4 } }).insns))).toBe(
          'nothing',
        );
        expect(said(() => assertBranches(plainInput(4, { [slot]: { w0, target: 5 } }).insns))).toBe(
          `RangeError: insn ${slot} branches to slot 5, outside of 0..4`,
        );
      }
    }
  });

  it('takes tunables within their bounds, and no others', () => {
    const tunable = (name: string): Tunable => ({ name, default: 3, min: 2, max: 4, tight: 2, meaning: '' });
    const size = tunable('size');
    expect([tuned({}, size), tuned({ size: 2 }, size), tuned({ size: 4 }, size)]).toEqual([3, 2, 4]);
    for (const value of [1.9, 4.1, NaN])
      expect(said(() => tuned({ size: value }, size))).toBe(`RangeError: size=${value} is not within 2..4`);
    const both = [size, tunable('room')];
    expect(said(() => assertKnownOptions('rope', both, { room: 9, size: 9 }))).toBe('nothing');
    expect(said(() => assertKnownOptions('rope', both, { room: 9, roof: 9 }))).toBe(
      'RangeError: strategy rope has no option roof (it has: size, room)',
    );
    expect(said(() => assertKnownOptions('rope', [], { roof: 9 }))).toBe(
      'RangeError: strategy rope has no option roof (it has: none)',
    );
  });
});

describe('the first line of a subprogram', () => {
  it('is the first at or behind its start, or none', () => {
    const first = (starts: number[], lines: number[]): number[] => [
      ...firstLineInfo(Int32Array.from(starts), Int32Array.from(lines)),
    ];
    expect(first([0, 4, 5, 9], [0, 1, 4, 6, 8])).toEqual([0, 2, 3, 5]);
    expect(first([0, 4], [])).toEqual([0, 0]);
  });
});
