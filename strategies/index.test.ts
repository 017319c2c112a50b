import { describe, expect, it } from 'vitest';
import { REFERENCE, STRATEGIES, strategyOf } from './index.js';
import { PatchBuffer } from './patch-buffer.js';
import { MOV64, plainInput } from './testing/programs.js';

describe('the registry', () => {
  it('knows the kernel, the five other designs of the literature, and the reference apart from them', () => {
    const names = STRATEGIES.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['array', 'batch', 'chunked', 'gap-buffer', 'linked-list', 'rope']),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain(REFERENCE.name);
  });

  it('finds strategies by their names, the reference too', () => {
    for (const strategy of [...STRATEGIES, REFERENCE]) expect(strategyOf(strategy.name)).toBe(strategy);
    expect(() => strategyOf('tape')).toThrow(/no strategy tape \(there are: array, /);
  });
});

describe.each([...STRATEGIES, REFERENCE])('$name', (strategy) => {
  it('says what it is and what it costs', () => {
    expect(strategy.summary).toMatch(/^[A-Z].*\.$/);
    expect(strategy.cost).toMatch(/^O\(/);
    expect(strategy.create(plainInput(3)).name).toBe(strategy.name);
  });

  it('works with every tunable at either end of its range, and refuses what lies beyond', () => {
    for (const { name, min, max, tight, default: usual } of strategy.tunables) {
      for (const value of [min, tight, usual]) {
        const store = strategy.create(plainInput(20), { [name]: value });
        store.replace(store.locate(7), new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
        expect(store.finish().length).toBe(21);
      }
      expect(() => strategy.create(plainInput(3), { [name]: min - 1 })).toThrow(`${name}=${min - 1}`);
      expect(() => strategy.create(plainInput(3), { [name]: max + 1 })).toThrow(`${name}=${max + 1}`);
      expect(() => strategy.create(plainInput(3), { [name]: Number.NaN })).toThrow(RangeError);
    }
    expect(strategy.create(plainInput(3), {}).length()).toBe(3);
  });

  it('starts counting with its own construction', () => {
    const { counters } = strategy.create(plainInput(500));
    if (strategy === REFERENCE) return;
    expect(counters.bytesAllocated).toBeGreaterThan(500 * 8);
    expect(counters.insnBytesMoved).toBe(500 * 8);
  });
});
