import { describe, expect, it } from 'vitest';
import { PatchBuffer } from '../strategies/patch-buffer.js';
import { REFERENCE, STRATEGIES } from '../strategies/index.js';
import { AUX_ORIG, NONE, PatchRangeError, type Store, type StoreInput } from '../strategies/store.js';
import { JA, MOV64, plainInput } from '../strategies/testing/programs.js';
import { Patcher } from './patcher.js';

const NOTHING = { patches: 0, expandingPatches: 0, insnsAdded: 0, removals: 0, insnsRemoved: 0 };

describe.each([...STRATEGIES, REFERENCE])('the patcher over $name', (strategy) => {
  const create = (input: StoreInput): Store => strategy.create(input);

  it('has done nothing at first', () => {
    expect(new Patcher(create(plainInput(3))).counts).toEqual(NOTHING);
  });

  it('counts patches, those that expand, and what they add', () => {
    const store = create(plainInput(8));
    const patcher = new Patcher(store);
    patcher.replace(store.locate(2), new PatchBuffer().push(MOV64, 1));
    const last = patcher.replace(
      store.locate(3),
      new PatchBuffer().push(MOV64, 1).push(MOV64, 2).push(MOV64, 3),
    );
    expect(store.aux(last, AUX_ORIG)).toBe(4);
    expect(store.word1(last)).toBe(3);
    expect(store.length()).toBe(10);
    expect(patcher.counts).toEqual({ ...NOTHING, patches: 2, expandingPatches: 1, insnsAdded: 2 });
  });

  it('counts removals and what they take', () => {
    const store = create(plainInput(8));
    const patcher = new Patcher(store);
    const survivor = patcher.remove(store.locate(1), 3);
    expect(store.aux(survivor, AUX_ORIG)).toBe(5);
    expect(patcher.remove(store.locate(7), 1)).toBe(NONE);
    expect(store.length()).toBe(4);
    expect(patcher.counts).toEqual({ ...NOTHING, removals: 2, insnsRemoved: 4 });
  });

  it('passes on that a branch cannot reach any more', () => {
    const store = create(plainInput(32_800, { 0: { w0: JA, target: 32_768 } }));
    const patcher = new Patcher(store);
    expect(() => {
      patcher.replace(store.locate(9), new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
      store.finish();
    }).toThrow(new PatchRangeError(9));
    expect(patcher.counts.patches).toBe(1);
  });
});
