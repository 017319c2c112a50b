/** That what was counted stays counted: counters only ever grow, whatever a store does. */
import { describe, expect, it } from 'vitest';
import { newCounters, type Counters } from './counters.js';
import { PATCH_MAX, PatchBuffer } from './patch-buffer.js';
import { AUX_FREE, NONE, type Store } from './store.js';
import { VARIANTS, variantName } from './testing/lockstep.js';
import { CALL, JA, JEQ, MOV32, MOV64, plainInput } from './testing/programs.js';

const NAMED = VARIANTS.map((variant) => ({ ...variant, name: variantName(variant) }));
const NAMES = Object.keys(newCounters()) as (keyof Counters)[];

/** The store, but that every call of it says which counters fell, and by how much. */
function watched(store: Store, fell: string[]): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        const before = { ...target.counters };
        const result: unknown = Reflect.apply(member, target, given);
        for (const counter of NAMES) {
          const grown = target.counters[counter] - before[counter];
          if (!(grown >= 0)) fell.push(`${counter} by ${-grown} in ${String(name)}(${given.join(', ')})`);
        }
        return result;
      };
    },
  });
}

/** A patch of so many, the first of which jumps to the last, which is what is replaced. */
function patchFor(store: Store, slot: number, length: number): PatchBuffer {
  const patch = new PatchBuffer();
  for (let at = 1; at < length; at++) patch.push(at === 1 ? JEQ | ((length - 2) << 16) : MOV32, at);
  const pos = store.locate(slot);
  return patch.pushReplaced(store.word0(pos), store.word1(pos));
}

function walkBothWays(store: Store): void {
  let last = store.first();
  for (let pos = last; pos !== NONE; pos = store.next(pos)) last = pos;
  for (let pos = last; pos !== NONE; pos = store.prev(pos)) last = pos;
  expect(last).toBe(store.first());
}

describe.each(NAMED)('$name', ({ strategy, options }) => {
  it('takes back nothing of what it has counted', () => {
    const slots = 400;
    const input = plainInput(
      slots,
      { 3: { w0: JA, target: 90 }, 40: { w0: CALL, target: 0 }, 200: { w0: JEQ, target: 150 } },
      { subprogStarts: Int32Array.of(0, 170, 300), lineInfoSlots: Int32Array.of(0, 20, 170, 300) },
    );
    const fell: string[] = [];
    const store = watched(strategy.create(input, options), fell);
    for (const counter of NAMES) expect(store.counters[counter], counter).toBeGreaterThanOrEqual(0);
    for (const length of [1, 2, 3, PATCH_MAX]) {
      for (let slot = 0; slot < slots; slot += 9 + length) {
        if (store.locate(slot) === NONE) continue;
        store.replace(store.locate(slot), patchFor(store, slot, length));
        if (slot % 5 === 0) store.setAux(store.locate(slot), AUX_FREE, slot);
      }
      walkBothWays(store);
      for (let slot = length; slot < slots; slot += 41)
        if (store.locate(slot) !== NONE) store.remove(store.locate(slot), length);
      walkBothWays(store);
      store.commit();
    }
    store.setNop(store.locate(0));
    const body = store.replace(store.first(), new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
    store.skipPrologue(store.first(), body);
    store.addSubprog(store.locate(slots - 1));
    store.addPoke(store.locate(slots - 2), { map: 0, key: 0 });
    for (let k = 0; k < store.subprogCount(); k++) store.subprogStart(k);
    store.finish();
    expect(fell).toEqual([]);
  });
});
