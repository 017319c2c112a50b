import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REFERENCE, STRATEGIES } from '../index.js';
import { PatchBuffer } from '../patch-buffer.js';
import { type PatchRangeError, type Store } from '../store.js';
import { runInLockstep, type Variant } from '../testing/lockstep.js';
import { JA, JEQ, MOV64, plainInput } from '../testing/programs.js';
import { CASES } from '../testing/sessions.js';
import { ABLATION, arrayParts, BESIDE_REGISTRY, CELLS } from './index.js';
import { countersOf, isTimed, PARTS } from './parts.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;

const VARIANTS: readonly Variant[] = [...BESIDE_REGISTRY.values()].flatMap((strategy) => [
  { strategy },
  { strategy, options: Object.fromEntries(strategy.tunables.map(({ name, tight }) => [name, tight])) },
]);

describe('the ablation', () => {
  it('has every combination of container, branches and aux, none of them in the registry', () => {
    expect(CELLS).toHaveLength(3 * 2 * 2);
    for (const { container, branches, aux, strategy } of CELLS) {
      expect(strategy.name).toBe(`${container}-${branches}-${aux}`);
      expect(strategy.create(plainInput(3)).name).toBe(strategy.name);
      expect(strategy.summary).toMatch(/^[A-Z].*\.$/);
      expect(strategy.cost).toMatch(/^O\(/);
      expect(strategy.growth === 'quadratic').toBe(branches === 'eager' || container === 'array');
    }
    const names = [...BESIDE_REGISTRY.values(), ...STRATEGIES, REFERENCE].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it(
    'agrees with the reference on any editing session of any program',
    () => {
      fc.assert(
        fc.property(CASES, (session) => {
          runInLockstep(session, VARIANTS);
        }),
        { numRuns: fc.readConfigureGlobal().numRuns ?? 60 },
      );
    },
    AS_LONG_AS_IT_TAKES,
  );
});

/** Long enough for distances that do not fit into 16 bit. */
const SLOTS = 32_766;

describe.each(ABLATION)('$name', (strategy) => {
  const patch = (length: number): PatchBuffer => {
    const made = new PatchBuffer();
    for (let at = 0; at < length; at++) made.push(MOV64, at);
    return made;
  };
  const grown = (store: Store, slot: number, length: number): Store => {
    store.replace(store.locate(slot), patch(length));
    return store;
  };

  it.each([
    ['forward', { 0: { w0: JEQ, target: SLOTS - 2 } }, 2, 7],
    ['backward', { [SLOTS - 1]: { w0: JA, target: 1 } }, 4, 8],
  ] as const)('names the patch that makes a branch too long %s', (_, branches, fits, breaks) => {
    const input = plainInput(SLOTS, branches);
    const failure = (made: Store): unknown => {
      try {
        grown(grown(made, 500, fits), 900, breaks).finish();
        return undefined;
      } catch (error) {
        return (error as PatchRangeError).originalSlot;
      }
    };
    expect(failure(REFERENCE.create(input))).toBe(900);
    expect(failure(strategy.create(input))).toBe(900);
  });

  it('refuses a patch that moves its own jump too far from where it leads', () => {
    const input = plainInput(SLOTS, { 0: { w0: JEQ, target: SLOTS - 1 } });
    const failure = (store: Store): unknown => {
      const made = new PatchBuffer().pushOwnTarget(JEQ, 0);
      for (let at = 0; at < 4; at++) made.push(MOV64, at);
      try {
        store.replace(store.locate(0), made);
        store.finish();
        return undefined;
      } catch (error) {
        return (error as PatchRangeError).originalSlot;
      }
    };
    expect(failure(REFERENCE.create(input))).toBe(0);
    expect(failure(strategy.create(input))).toBe(0);
  });
});

describe('what the counters say', () => {
  const input = plainInput(1_000, { 3: { w0: JEQ, target: 900 } });
  const counted = (name: string): Store['counters'] => {
    const store = ABLATION.find((strategy) => strategy.name === name)!.create(input);
    for (let slot = 100; slot < 900; slot += 100) {
      store.replace(store.locate(slot), new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
    }
    store.finish();
    return { ...store.counters };
  };

  it('is that deferring saves the scans and moves as much', () => {
    for (const container of ['array', 'gap', 'list']) {
      const eager = counted(`${container}-eager-inline`);
      const deferred = counted(`${container}-deferred-inline`);
      // Eight scans of a program of 1,001 to 1,008 instructions.
      expect(eager.branchVisits - deferred.branchVisits).toBe(8 * 1_004.5);
      expect(eager.auxBytesMoved).toBe(deferred.auxBytesMoved);
      expect(eager.insnBytesMoved).toBe(deferred.insnBytesMoved);
    }
  });

  it('is that a list moves nothing, and a gap less than an array', () => {
    const moved = (container: string): number => counted(`${container}-deferred-inline`).insnBytesMoved;
    expect(moved('list')).toBe(1_000 * 8 + 1_008 * 8);
    expect(moved('gap')).toBeLessThan(moved('array'));
    expect(moved('list')).toBeLessThan(moved('gap'));
  });
});

describe('the array that times its parts', () => {
  const input = plainInput(33_000, { 3: { w0: JEQ, target: 900 } });
  const edited = (store: Store): Store => {
    for (let slot = 100; slot < 1_000; slot += 100) {
      store.replace(store.locate(slot), new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
    }
    store.remove(store.locate(2_000), 3);
    return store;
  };
  const timed = edited(arrayParts.create(input));

  it('does what the array does, to the byte', () => {
    expect(timed.counters).toEqual(
      edited(STRATEGIES.find(({ name }) => name === 'array')!.create(input)).counters,
    );
  });

  it('has spent time in every part, and counted in each what belongs there', () => {
    if (!isTimed(timed)) throw new Error('the store has no parts');
    const { parts, counters } = timed;
    for (const part of PARTS) expect(parts.durations[part], part).toBeGreaterThan(0);
    const work = PARTS.map((part) => countersOf(part, counters, parts));
    for (const key of Object.keys(counters) as (keyof typeof counters)[]) {
      const sum = work.reduce((total, each) => total + each[key], 0);
      expect(sum, key).toBe(counters[key]);
    }
    expect(parts.insnBytesAllocated % 4096).toBe(0);
  });

  it('is known from those that have no parts', () => {
    expect(isTimed(ABLATION[0].create(input))).toBe(false);
  });
});
