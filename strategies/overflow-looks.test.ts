/**
 * The look that stores which fix branches at the end take at all 16-bit branches: when, and what it finds. The stores that
 * have a look of their own, at programs just long enough; branch-ranges.test.ts and failed-stores.test.ts try all of them.
 */
import { describe, expect, it } from 'vitest';
import { LinkedListStore } from './linked-list.js';
import { OverlayStore } from './overlay.js';
import { PatchBuffer } from './patch-buffer.js';
import { PatchRangeError, type Pos, type Store } from './store.js';
import { expand } from './testing/failures.js';
import { GOTOL, JA, JEQ, MOV64, plainInput } from './testing/programs.js';

const SLOTS = 32_850;
/** The last that a 16-bit branch at slot 0 reaches. */
const LAST = 32_768;

/** The original slot that `work` names for a branch too long, or what it returns. */
function named<T>(work: () => T): number | T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatchRangeError) return error.originalSlot;
    throw error;
  }
}

/** No branch is too long at the end. */
const FITS = 'fits';
const end = (store: Store): unknown => named(() => (store.finish(), FITS));

/** Steps from the record of slot `slot` to others of its patch, of which it is the last. */
function before(store: Store, slot: number, steps: number): Pos {
  let pos = store.locate(slot);
  for (let left = steps; left > 0; left--) pos = store.prev(pos);
  return pos;
}

const KINDS = [LinkedListStore, OverlayStore].map((Made) => ({ name: Made.name, Made }));

describe.each(KINDS)('$name', ({ Made }) => {
  const make = (branches: Parameters<typeof plainInput>[1]): Store => new Made(plainInput(SLOTS, branches));

  it('finds a branch that is just long enough, and one too long', () => {
    const store = make({ 0: { w0: JEQ, target: LAST - 1 } });
    expand(store, 32_800, 2);
    expand(store, 9, 2);
    const longer = make({ 0: { w0: JEQ, target: LAST } });
    expand(longer, 32_800, 2);
    expand(longer, 9, 2);
    expect([end(store), end(longer)]).toEqual([FITS, 9]);
  });

  it('names the right patch when what an earlier one inserted is patched again', () => {
    const pair = new PatchBuffer().push(MOV64, 1).push(MOV64, 2);
    const patchedAgain = (target: number): Store => {
      const store = make({ 0: { w0: JEQ, target } });
      expand(store, 9, 2);
      expand(store, 20, 3);
      store.replace(before(store, 20, 1), pair);
      return store;
    };
    // The second is too much, or the one of what it inserted, which has no original slot.
    expect([LAST - 1, LAST - 3, LAST - 4].map((target) => end(patchedAgain(target)))).toEqual([20, 0, FITS]);
  });

  it('looks when a branch that has grown too long is done away with, and not before', () => {
    // The instruction in front has what stands for no target elsewhere.
    const store = make({ 1: { w0: JEQ, target: LAST + 1 }, 40: { w0: GOTOL, target: 50 } });
    store.setWords(store.first(), MOV64, -1);
    expand(store, 100, 2);
    const probed = store.counters.probeVisits;
    const at = (slot: number): Pos => store.locate(slot);
    // None of these hides it.
    store.setWords(at(7), MOV64, 9);
    store.setWords(at(1), JA, 0);
    store.setWords(at(40), MOV64, 9);
    store.setNop(at(8));
    store.replace(at(9), new PatchBuffer().push(MOV64, 1));
    store.replace(at(1), new PatchBuffer().push(MOV64, 1).pushOwnTarget(JEQ, 0));
    store.commit();
    expect(store.counters.probeVisits).toBe(probed);
    // All of these would.
    const drops = [
      () => store.setWords(at(1), MOV64, 0),
      () => store.setWords(at(1), GOTOL, 0),
      () => store.setNop(at(1)),
      () => store.replace(at(1), new PatchBuffer().push(MOV64, 1)),
      () => store.replace(at(1), new PatchBuffer().pushOwnTarget(GOTOL, 0)),
      () => store.remove(at(200), 1),
      () => store.skipPrologue(at(300), at(301)),
      () => store.finish(),
    ];
    expect(drops.map((drop) => named(drop))).toEqual(drops.map(() => 100));
  });

  it('names the first patch that was too much, also when records have been given labels since', () => {
    const store = make({ 0: { w0: JEQ, target: LAST } });
    expand(store, 32_800, 3);
    expand(store, 100, 4);
    // One of the two that patch put in the middle.
    store.addPoke(before(store, 100, 2), { map: 0, key: 0 });
    expand(store, 5, 2);
    expect(end(store)).toBe(100);
  });

  it('names the first that was too much, not one behind it, when a record of it was given a label', () => {
    const store = make({ 0: { w0: JEQ, target: LAST - 1 } });
    expand(store, 32_800, 3);
    expand(store, 100, 3);
    store.addPoke(before(store, 100, 1), { map: 0, key: 0 });
    expand(store, 5, 2);
    expect(end(store)).toBe(100);
  });

  it('names it when the first it put there was replaced by one since', () => {
    const store = make({ 0: { w0: JEQ, target: LAST } });
    expand(store, 32_800, 2);
    expand(store, 100, 2);
    store.replace(before(store, 100, 1), new PatchBuffer().push(MOV64, 1));
    expect(end(store)).toBe(100);
  });

  it('names it when what it put there was patched itself since', () => {
    const store = make({ 0: { w0: JEQ, target: LAST - 1 } });
    expand(store, 100, 3);
    store.replace(before(store, 100, 1), new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
    expect(end(store)).toBe(100);
  });

  it('names the one in front of which a branch back leads', () => {
    const store = make({ 32_767: { w0: JA, target: 0 } });
    expand(store, 32_800, 2);
    expand(store, 0, 2);
    expect(end(store)).toBe(0);
  });

  it('starts anew when it has found all in range', () => {
    const store = make({ 0: { w0: JEQ, target: LAST } });
    expand(store, 32_800, 2);
    store.remove(store.locate(32_810), 1);
    const probed = store.counters.probeVisits;
    expect(probed).toBeGreaterThan(0);
    expand(store, 100, 2);
    expect(end(store)).toBe(100);
  });

  /** Replaces an instruction by a jump over one to another, forward, and the next by two and a jump back over them. */
  function jumpInPatches(store: Store, slot: number): void {
    store.replace(
      store.locate(slot),
      new PatchBuffer()
        .push(JA | (1 << 16), 0)
        .push(MOV64, 1)
        .push(MOV64, 2),
    );
    store.replace(
      store.locate(slot + 1),
      new PatchBuffer()
        .push(MOV64, 1)
        .push(MOV64, 2)
        .push(JEQ | (-3 << 16), 0),
    );
  }

  it('takes the jumps of a patch for as long as they are', () => {
    const store = make({ 0: { w0: JEQ, target: LAST - 1 } });
    // Behind the last slot that a 16-bit distance counts to.
    jumpInPatches(store, 32_840);
    expand(store, 32_800, 2);
    store.remove(store.locate(32_810), 1);
    expect(end(store)).toBe(FITS);
    const failing = make({ 0: { w0: JEQ, target: LAST - 1 } });
    jumpInPatches(failing, 32_840);
    expand(failing, 100, 3);
    expand(failing, 5, 2);
    expect(end(failing)).toBe(100);
  });

  it('remembers how long they are when all were in range', () => {
    const store = make({});
    const jump = 20;
    const patch = new PatchBuffer().push(JA | (jump << 16), 0);
    for (let more = 0; more < jump; more++) patch.push(MOV64, more);
    store.replace(store.locate(10), patch);
    const far = LAST - 1 - jump;
    for (let left = far, slot = 20; left > 0; slot++) {
      const by = Math.min(left, 31);
      expand(store, slot, by + 1);
      left -= by;
    }
    const probed = store.counters.probeVisits;
    store.remove(store.locate(5), 1);
    expect(store.counters.probeVisits).toBe(probed);
    expand(store, 30_000, 3);
    store.remove(store.locate(6), 1);
    const looked = store.counters.probeVisits;
    expect(looked).toBeGreaterThan(probed);
    // The longest is the patch's own jump now: so many more may come before the next look.
    for (let left = far, slot = 2000; left > 0; slot++) {
      const by = Math.min(left, 31);
      expand(store, slot, by + 1);
      left -= by;
    }
    store.remove(store.locate(7), 1);
    const still = store.counters.probeVisits;
    expand(store, 30_001, 2);
    store.remove(store.locate(8), 1);
    expect([still, store.counters.probeVisits > looked]).toEqual([looked, true]);
  });

  describe('before jumps skip a prologue', () => {
    const skip = (store: Store, front: number, body: number): unknown =>
      named(() => (store.skipPrologue(store.locate(front), store.locate(body)), FITS));

    it('finds that one cannot, but would if it were one nearer, whatever others do', () => {
      // The short one at the front would not reach the body either, but leads elsewhere.
      const branches = { 0: { w0: JEQ, target: 5 }, 20: { w0: JEQ, target: 32_700 } };
      const make20 = (): Store => {
        const store = make(branches);
        // So that there is something to look for.
        expand(store, 32_840, 2);
        return store;
      };
      const fits = make20();
      expect(skip(fits, 32_700, 20 + LAST)).toBe(FITS);
      expect([fits.targetSlot(fits.locate(20)), fits.targetSlot(fits.first())]).toEqual([20 + LAST, 5]);
      expect(end(fits)).toBe(FITS);
      const tooFar = make20();
      expect(skip(tooFar, 32_700, 20 + LAST + 1)).toBe(20 + LAST + 1);
      expect(tooFar.targetSlot(tooFar.locate(20))).toBe(32_700);
      expect(end(tooFar)).toBe(FITS);
    });

    it('minds no jump of the prologue, nor those from behind it', () => {
      const store = make({
        10: { w0: JA, target: 10 },
        11: { w0: JEQ, target: 10 },
        32_777: { w0: JEQ, target: 10 },
        32_790: { w0: GOTOL, target: 10 },
      });
      expect(skip(store, 10, 32_790)).toBe(FITS);
      const leads = [10, 11, 32_777, 32_790].map((slot) => store.targetSlot(store.locate(slot)));
      expect(leads).toEqual([10, 10, 10, 32_790]);
      expect(end(store)).toBe(FITS);
    });

    it('finds what the patches before made too long, and names their instruction', () => {
      const store = make({ 0: { w0: JEQ, target: LAST } });
      expand(store, 100, 2);
      expect(skip(store, 200, 300)).toBe(100);
    });
  });
});
