import { describe, expect, test } from 'vitest';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { digestOf, firstDifference, sameProgram } from './linear-compare.js';

const PROGRAM: LinearProgram = {
  insns: Int32Array.of(0xb7, 1, 0xb7, 2, 0x95, 0),
  aux: Uint32Array.of(1, 1, 0, 2, 1, 0, 3, 1, 0),
  auxWords: 3,
  length: 3,
  subprogs: [
    { id: 0, start: 0, lineInfoIndex: 0 },
    { id: 2, start: 2, lineInfoIndex: 1 },
  ],
  lineInfo: [
    { index: 0, slot: 0 },
    { index: 3, slot: 2 },
  ],
  insnArray: Int32Array.of(2, -1),
  pokes: [{ slot: 1, map: 0, key: 5 }],
};

/** Each changes one thing; the text is what the comparison says. */
const CHANGES: readonly (readonly [string, Partial<LinearProgram>])[] = [
  [
    'slot 1: 000000b7 00000007, reference 000000b7 00000002',
    { insns: Int32Array.of(0xb7, 1, 0xb7, 7, 0x95, 0) },
  ],
  ['slot 2: 2 instructions, reference 3', { length: 2 }],
  ['aux records of 4 words, reference 3', { auxWords: 4, aux: new Uint32Array(12) }],
  ['slot 1: aux word 2 is 1, reference 0', { aux: Uint32Array.of(1, 1, 0, 2, 1, 1, 3, 1, 0) }],
  ['subprogram 1: none, reference 2/2/1', { subprogs: PROGRAM.subprogs.slice(0, 1) }],
  ['line info 1: 3/1, reference 3/2', { lineInfo: [PROGRAM.lineInfo[0], { index: 3, slot: 1 }] }],
  ['insn array 0: 1, reference 2', { insnArray: Int32Array.of(1, -1) }],
  ['poke descriptor 0: none, reference 1/0/5', { pokes: [] }],
];

describe('comparing rewritten programs', () => {
  test('finds equal ones equal, whatever lies behind the slots in use', () => {
    const roomy = {
      ...PROGRAM,
      insns: Int32Array.of(...PROGRAM.insns, 9, 9),
      aux: Uint32Array.of(...PROGRAM.aux, 9),
    };
    expect(firstDifference(roomy, PROGRAM)).toBeUndefined();
    expect(sameProgram(roomy, PROGRAM)).toBe(true);
    expect(digestOf(roomy)).toBe(digestOf(PROGRAM));
  });

  test.each(CHANGES)('says %s', (difference, change) => {
    const changed = { ...PROGRAM, ...change };
    expect(firstDifference(changed, PROGRAM)).toBe(difference);
    expect(sameProgram(changed, PROGRAM)).toBe(false);
    expect(digestOf(changed)).not.toBe(digestOf(PROGRAM));
  });
});
