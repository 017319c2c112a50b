/** That `allocations` and `bytesAllocated` are what a store's tables really take, told by looking at them. */
import { describe, expect, it } from 'vitest';
import { BatchStore } from './batch.js';
import { CowStore } from './cow.js';
import { STRATEGIES } from './index.js';
import { PatchBuffer } from './patch-buffer.js';
import { AUX_FREE, NONE, type Store } from './store.js';
import { variantName, variantsOf, type Variant } from './testing/lockstep.js';
import { CALL, JA, MOV32, MOV64, plainInput } from './testing/programs.js';

/**
 * The array counts the pages that the kernel would allocate, with the header in front, see design-costs.test.ts. Others are to
 * grow often, but not twice in one patch.
 */
const VARIANTS: (Variant & { readonly name: string })[] = STRATEGIES.filter(({ name }) => name !== 'array')
  .flatMap(variantsOf)
  .map(({ strategy, options = {} }) => ({
    strategy,
    options: 'growth' in options ? { ...options, growth: 0.5 } : options,
  }))
  .map((variant) => ({ ...variant, name: variantName(variant) }));

/** Metadata is given, not made: who holds it copies a few words, which nobody counts. */
const NOT_COUNTED = ['metadata', 'marks'];

/** The memory of all typed arrays that `holder` and what it holds have. */
function memoryOf(holder: object, met = new Set<object>()): Set<ArrayBufferLike> {
  const found = new Set<ArrayBufferLike>();
  met.add(holder);
  for (const [name, value] of Object.entries(holder) as [string, unknown][]) {
    if (NOT_COUNTED.includes(name) || typeof value !== 'object' || value === null || met.has(value)) continue;
    if (ArrayBuffer.isView(value)) found.add(value.buffer);
    else for (const each of memoryOf(value, met)) found.add(each);
  }
  return found;
}

/** Follows what a store holds, and compares it with what the store counts. */
class Ledger {
  private readonly seen = new Set<ArrayBufferLike>();

  constructor(
    private readonly store: Store,
    given: readonly ArrayBufferLike[],
  ) {
    for (const memory of given) this.seen.add(memory);
  }

  /** What the store counts must have grown by the memory it holds now and did not hold before. */
  expectCounted(before: { allocations: number; bytesAllocated: number }, what: string): void {
    const fresh = [...memoryOf(this.store)].filter(
      (memory) => memory.byteLength > 0 && !this.seen.has(memory),
    );
    for (const memory of fresh) this.seen.add(memory);
    const { allocations, bytesAllocated } = this.store.counters;
    expect(
      { allocations: allocations - before.allocations, bytes: bytesAllocated - before.bytesAllocated },
      what,
    ).toEqual({
      allocations: fresh.length,
      bytes: fresh.reduce((sum, { byteLength }) => sum + byteLength, 0),
    });
  }

  /** Does something with the store, and expects it to have counted what that took. */
  follow(what: string, work: (store: Store) => void): void {
    const before = { ...this.store.counters };
    work(this.store);
    this.expectCounted(before, what);
  }
}

const NOTHING = { allocations: 0, bytesAllocated: 0 };
const INPUT = plainInput(
  150,
  { 3: { w0: JA, target: 90 }, 40: { w0: CALL, target: 0 } },
  { subprogStarts: Int32Array.of(0, 70) },
);

function ledgerOf(store: Store): Ledger {
  const ledger = new Ledger(
    store,
    Object.values(INPUT).flatMap((table: unknown) => (ArrayBuffer.isView(table) ? [table.buffer] : [])),
  );
  ledger.expectCounted(NOTHING, 'when it was made');
  return ledger;
}

/** Eight instructions, one of them a jump to the last. */
const patch = new PatchBuffer().push(JA | (6 << 16), 0);
for (let at = 1; at < 8; at++) patch.push(at % 2 === 0 ? MOV64 : MOV32, at);

/** Patches of eight instructions, all over the program. */
const PATCHES = 100;

describe.each(VARIANTS)('$name counts the memory it takes', ({ strategy, options }) => {
  it('when it is made, and whenever its tables grow', () => {
    const store = strategy.create(INPUT, options);
    const ledger = ledgerOf(store);
    let slot = 0;
    for (let nth = 0; nth < PATCHES; nth++) {
      slot = (slot + 67) % 150;
      const pos = store.locate(slot);
      if (pos !== NONE) ledger.follow(`patch ${nth}`, () => store.replace(pos, patch));
    }
    expect(store.length()).toBe(150 + 7 * PATCHES);
    let at = store.first();
    for (let nth = 0; nth < 60; nth++, at = store.next(at)) {
      const pos = at;
      for (const value of [5, 6])
        ledger.follow('writing an aux record', () => store.setAux(pos, AUX_FREE, value));
    }
  });

  it('and that it has moved its program in, once', () => {
    const { insnBytesMoved, auxBytesMoved, branchVisits } = strategy.create(INPUT, options).counters;
    // The overlay reads aux records where they are given.
    const aux = strategy.name === 'overlay' ? 0 : INPUT.aux.byteLength;
    expect({ insnBytesMoved, auxBytesMoved, branchVisits }).toEqual({
      insnBytesMoved: 8 * 150,
      auxBytesMoved: aux,
      branchVisits: 150,
    });
  });

  it('when there are more labels than there was room for, also once jumps have some of their own', () => {
    const store = strategy.create(INPUT, options);
    store.skipPrologue(store.first(), store.next(store.first()));
    for (let slot = 20; slot < 30; slot++) store.replace(store.locate(slot), patch);
    const ledger = new Ledger(store, [...memoryOf(store)]);
    const { allocations } = store.counters;
    for (let pos = store.locate(18); pos !== NONE && pos !== store.locate(30); pos = store.next(pos)) {
      ledger.follow('a label', () => {
        store.addPoke(pos, { map: 0, key: 0 });
      });
    }
    expect(store.counters.allocations).toBeGreaterThan(allocations);
    store.check();
  });
});

describe('memory for what only some stores can do is counted, too:', () => {
  it('what a batch merges into', () => {
    const store = new BatchStore(INPUT);
    const ledger = ledgerOf(store);
    for (let nth = 0; nth < 5; nth++) {
      ledger.follow('a patch', () => store.replace(store.locate(7), patch));
      ledger.follow('a commit', () => {
        store.commit();
      });
    }
  });

  it('what copying on write notes to be put back', () => {
    const store = new CowStore(INPUT);
    const ledger = ledgerOf(store);
    ledger.follow('the first mark', () => store.mark());
    for (let slot = 0; slot < 150; slot++)
      ledger.follow('a patch', () => store.replace(store.locate(slot), patch));
  });
});
