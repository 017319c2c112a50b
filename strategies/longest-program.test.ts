/** Distances in the longest program there can be. */
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from './index.js';
import { AUX_ORIG } from './store.js';
import { expand } from './testing/failures.js';
import { EXIT, GOTOL, inputOf, JA, JEQ, MOV64 } from './testing/programs.js';

/**
 * As many instructions as the kernel looks at in one check (`BPF_COMPLEXITY_LIMIT_INSNS`), which no program exceeds: so
 * no 32-bit distance comes near its limit, and this is as far as one can be tested.
 */
const MOST_SLOTS = 1_000_000;

describe('the longest program there can be', () => {
  /** A `gotol` over all of it forwards and one backwards, and 16-bit branches at their limit near the end. */
  const insns = new Int32Array(2 * MOST_SLOTS).fill(MOV64);
  const branch = (slot: number, w0: number, target: number): void => {
    const distance = target - slot - 1;
    insns[2 * slot] = w0 === GOTOL ? w0 : w0 | (distance << 16);
    insns[2 * slot + 1] = w0 === GOTOL ? distance : 0;
  };
  insns[2 * MOST_SLOTS - 2] = EXIT;
  branch(0, GOTOL, MOST_SLOTS - 1);
  branch(MOST_SLOTS - 2, GOTOL, 0);
  branch(900_000, JEQ, 932_768);
  branch(990_000, JA, 990_001 - 32_768);
  const input = inputOf(insns, { auxWords: 3 });

  it.each(STRATEGIES)('has its distances right over $name', (strategy) => {
    const store = strategy.create(input);
    for (const slot of [0, 1, 500_000, MOST_SLOTS - 2]) expand(store, slot, 32);
    const { insns: words, length, aux } = store.finish();
    const slotOf = (index: number): number => aux[3 * index + AUX_ORIG] - 1;
    expect([length, slotOf(31), slotOf(length - 2)]).toEqual([MOST_SLOTS + 124, 0, MOST_SLOTS - 2]);
    expect(words[2 * 31 + 1]).toBe(length - 1 - 31 - 1);
    expect(words[2 * (length - 2) + 1]).toBe(-(length - 1));
    expect(words[2 * 900_093] >> 16).toBe(32_767);
    expect(words[2 * 990_093] >> 16).toBe(-32_768);
  });
});
