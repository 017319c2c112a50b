import { describe, expect, it } from 'vitest';
import { BRANCH_OFF, branchKind } from '../src/isa/insn.js';
import { BranchRanges } from './branch-ranges.js';
import { newCounters } from './counters.js';
import { REFERENCE, STRATEGIES } from './index.js';
import type { LinearProgram } from './linear-program.js';
import { PatchBuffer } from './patch-buffer.js';
import { PatchRangeError, type Store, type StoreInput } from './store.js';
import type { Strategy } from './strategy.js';
import { expand } from './testing/failures.js';
import { CALL, GOTOL, JA, JEQ, LD_FUNC, MOV64, plainInput } from './testing/programs.js';

const ALL = [...STRATEGIES, REFERENCE];
const DEFERRING = STRATEGIES.filter(({ name }) => name !== 'array');
/** Long enough for distances that do not fit into 16 bit. */
const SLOTS = 33_000;

/** The slot a PatchRangeError names, or the linear program. */
function outcome(
  strategy: Strategy,
  input: StoreInput,
  script: (store: Store) => void,
): number | LinearProgram {
  const store = strategy.create(input);
  try {
    script(store);
    return store.finish();
  } catch (error) {
    if (error instanceof PatchRangeError) return error.originalSlot;
    throw error;
  }
}

/** Distance of the first 16-bit branch at or behind `from`. */
function distanceFrom({ insns, length }: LinearProgram, from: number): number {
  for (let slot = from; slot < length; slot++) {
    if (branchKind(insns[2 * slot]) === BRANCH_OFF) return insns[2 * slot] >> 16;
  }
  throw new Error('no 16-bit branch');
}

const forward = (target: number): StoreInput => plainInput(SLOTS, { 0: { w0: JEQ, target } });
const backward = (slot: number): StoreInput => plainInput(SLOTS, { [slot]: { w0: JA, target: 0 } });

describe('the bound on distances', () => {
  /** A length at which nothing can be too long, and one more. */
  const [SAFE, UNSAFE] = [0x7fff, 0x8000];
  const suspicious = (ranges: BranchRanges): boolean[] =>
    [SAFE, UNSAFE].map((length) => ranges.suspicious(length));

  it('is the longest one seen, either way, and what was inserted or stretched since', () => {
    const ranges = new BranchRanges(newCounters());
    for (const distance of [5, -32_760, 32_758, -1]) ranges.see(distance);
    ranges.patch(7, 8, UNSAFE);
    expect(suspicious(ranges)).toEqual([false, false]);
    const mark = ranges.mark();
    ranges.stretch(1);
    expect(suspicious(ranges)).toEqual([false, true]);
    ranges.rollback(mark);
    expect(suspicious(ranges)).toEqual([false, false]);
    ranges.patch(8, 1, SAFE);
    expect(suspicious(ranges)).toEqual([false, true]);
    ranges.restart(32_767);
    expect(suspicious(ranges)).toEqual([false, false]);
    ranges.stretch(1);
    expect(suspicious(ranges)).toEqual([false, true]);
  });

  it('is kept with the patches that it comes from, in a table twice as large whenever it is full', () => {
    const counters = newCounters();
    const ranges = new BranchRanges(counters);
    const grown = [14, 1, 15, 1, 31, 1].map((patches) => {
      const { allocations } = counters;
      for (let nth = 0; nth < patches; nth++) ranges.patch(nth, 1, UNSAFE);
      return counters.allocations - allocations;
    });
    expect(grown).toEqual([0, 0, 1, 0, 1, 0]);
  });

  it('once exceeded, leads to the first patch that was too much, of more than there was room for at first', () => {
    const PATCHES = 40;
    const counters = newCounters();
    const ranges = new BranchRanges(counters);
    const { allocations, bytesAllocated } = counters;
    const numbers = Array.from({ length: PATCHES }, (_, nth) => ranges.patch(1000 + nth, 1, UNSAFE));
    expect(numbers).toEqual(Array.from({ length: PATCHES }, (_, nth) => nth + 1));
    expect([counters.allocations - allocations, counters.bytesAllocated - bytesAllocated]).toEqual([
      2,
      4 * (32 + 64),
    ]);
    // Each put its record directly behind the branch in slot 3, which leads to the end: by the eleventh that is too far.
    const stamps = new Int32Array(3 + 1 + 32_767 - 10 + PATCHES);
    for (let nth = 0; nth < PATCHES; nth++) stamps[4 + nth] = PATCHES - nth;
    const [branches, targets] = [Int32Array.of(50, 3), Int32Array.of(60, stamps.length)];
    expect(ranges.firstFailure(stamps, branches, targets)).toBe(1010);
    // The same backwards, from the last record.
    expect(ranges.firstFailure(stamps, Int32Array.of(stamps.length - 1), Int32Array.of(3))).toBe(1010);
  });

  it('has no number for a patch of a program still short, and then names none before it', () => {
    const counters = newCounters();
    const ranges = new BranchRanges(counters);
    const { allocations } = counters;
    const short = Array.from({ length: 40 }, (_, nth) => ranges.patch(nth, 1, SAFE));
    expect(new Set(short)).toEqual(new Set([0]));
    expect(counters.allocations).toBe(allocations);
    expect(ranges.patch(100, 1, UNSAFE)).toBe(1);
    // It became short again, and long.
    expect([ranges.patch(101, 1, SAFE), ranges.patch(102, 1, UNSAFE)]).toEqual([0, 2]);
    // By the stamps alone the first of the two would have been too much.
    const stamps = new Int32Array(0x8002).fill(1, 1, 2);
    expect(ranges.firstFailure(stamps, Int32Array.of(0), Int32Array.of(0x8001))).toBe(102);
  });
});

describe.each(ALL)('$name', (strategy) => {
  it('lets a forward branch grow to 32767 and no further', () => {
    const once = outcome(strategy, forward(32_767), (store) => {
      expand(store, 5, 2);
    });
    expect(distanceFrom(once as LinearProgram, 0)).toBe(32_767);
    const twice = outcome(strategy, forward(32_767), (store) => {
      expand(store, 5, 2);
      expand(store, 9, 2);
    });
    expect(twice).toBe(9);
  });

  it('lets a backward branch grow to -32768 and no further', () => {
    const once = outcome(strategy, backward(32_766), (store) => {
      expand(store, 5, 2);
    });
    expect(distanceFrom(once as LinearProgram, 0)).toBe(-32_768);
    const twice = outcome(strategy, backward(32_766), (store) => {
      expand(store, 5, 2);
      expand(store, 9, 2);
    });
    expect(twice).toBe(9);
  });

  it('counts patches right behind the branch, right before its target, and of a backward target itself', () => {
    const outcomeOf = (input: StoreInput, slot: number): unknown =>
      outcome(strategy, input, (store) => {
        expand(store, slot, 2);
      });
    expect(outcomeOf(forward(32_768), 1)).toBe(1);
    expect(outcomeOf(forward(32_768), 32_767)).toBe(32_767);
    expect(outcomeOf(backward(32_767), 0)).toBe(0);
    expect(outcomeOf(backward(32_767), 32_766)).toBe(32_766);
  });

  it('does not mind a patch behind the target or before the branch', () => {
    const linear = outcome(strategy, forward(32_768), (store) => {
      expand(store, 32_768, 32);
      expand(store, 32_900, 32);
    });
    expect(distanceFrom(linear as LinearProgram, 0)).toBe(32_767);
  });

  it('names the first patch that was too much, wherever it is', () => {
    const script = (store: Store): void => {
      for (const slot of [20_000, 32_950, 100, 30_000, 7, 500]) expand(store, slot, 3);
    };
    // Each patch between branch and target adds two.
    expect(outcome(strategy, forward(32_768 - 4), script)).toBe(30_000);
    expect(outcome(strategy, forward(32_768 - 3), script)).toBe(100);
    expect(outcome(strategy, forward(32_768 - 6), script)).toBe(7);
    expect(outcome(strategy, forward(32_768), script)).toBe(20_000);
  });

  it('counts a branch that its own patch moved away from its target', () => {
    const own = (store: Store, slot: number, after: number): void => {
      const pos = store.locate(slot);
      const patch = new PatchBuffer().push(MOV64, 0).pushOwnTarget(JEQ, 4);
      for (let at = 0; at < after; at++) patch.push(MOV64, 0);
      store.replace(pos, patch);
    };
    // Distance -32768; one more instruction before the branch is one too many.
    expect(outcome(strategy, backward(32_767), (store) => own(store, 32_767, 0))).toBe(32_767);
    expect(outcome(strategy, backward(32_767), (store) => own(store, 32_767, 3))).toBe(32_767);
    // Distance 32767; instructions of the patch behind the branch are too many, those before it are not.
    expect(outcome(strategy, forward(32_768), (store) => own(store, 0, 1))).toBe(0);
    const fits = outcome(strategy, forward(32_768), (store) => own(store, 0, 0)) as LinearProgram;
    expect(distanceFrom(fits, 0)).toBe(32_767);
  });

  it('names an earlier patch when the branch was moved by a later one', () => {
    const script = (store: Store): void => {
      expand(store, 40, 2);
      expand(store, 32_760, 4);
    };
    expect(outcome(strategy, backward(32_767), script)).toBe(40);
    const other = (store: Store): void => {
      expand(store, 32_900, 4);
      expand(store, 32_760, 4);
    };
    expect(outcome(strategy, backward(32_760), other)).toSatisfy((linear) => typeof linear === 'object');
  });

  it('names slot 0 when an instruction that a patch brought is patched', () => {
    const script = (store: Store): void => {
      const patch = new PatchBuffer().push(MOV64, 1).push(MOV64, 2);
      const last = store.replace(store.locate(12), patch);
      store.replace(store.prev(last), patch);
    };
    expect(outcome(strategy, forward(32_767), script)).toBe(0);
  });

  it.each([
    { name: 'gotol', w0: GOTOL },
    { name: 'a call', w0: CALL },
    { name: 'the address of a function', w0: LD_FUNC },
  ])('knows no such limit for $name, whose distance has 32 bit', ({ w0 }) => {
    const subprogStarts = Int32Array.of(0, 32_768);
    const ahead = plainInput(SLOTS, { 0: { w0, target: 32_768 } }, { subprogStarts });
    const back = plainInput(SLOTS, { 32_767: { w0, target: 0 } }, { subprogStarts });
    for (const inserted of [0, 1, 2]) {
      const script = (store: Store): void => {
        expand(store, 5, 1 + inserted);
      };
      const far = outcome(strategy, ahead, script) as LinearProgram;
      expect([far.insns[0], far.insns[1]]).toEqual([w0, 32_767 + inserted]);
      const near = outcome(strategy, back, script) as LinearProgram;
      expect(near.insns[2 * (32_767 + inserted) + 1]).toBe(-32_768 - inserted);
    }
  });

  it('lets removals make room again', () => {
    const linear = outcome(strategy, forward(32_767), (store) => {
      expand(store, 5, 2);
      store.remove(store.locate(100), 50);
      expand(store, 9, 32);
      expand(store, 11, 20);
    }) as LinearProgram;
    expect(distanceFrom(linear, 0)).toBe(32_766 + 1 - 50 + 31 + 19);
    const tooMuch = outcome(strategy, forward(32_767), (store) => {
      expand(store, 5, 2);
      store.remove(store.locate(100), 50);
      expand(store, 9, 32);
      expand(store, 11, 20);
      expand(store, 13, 2);
    });
    expect(tooMuch).toBe(13);
  });

  it('fails when jumps cannot skip a prologue', () => {
    const script = (store: Store): void => {
      const last = store.replace(store.locate(32_767), new PatchBuffer().push(MOV64, 1).push(MOV64, 2));
      store.skipPrologue(store.prev(last), last);
    };
    const fits = outcome(strategy, forward(32_767), script) as LinearProgram;
    expect(distanceFrom(fits, 0)).toBe(32_767);
    const before = (store: Store): void => {
      expand(store, 3, 2);
      script(store);
    };
    expect(outcome(strategy, forward(32_767), before)).toBe(32_767);
  });
});

describe.each(DEFERRING)('$name finds an overflow that', (strategy) => {
  /** Slot named when 100 was patched beyond the limit of the branch at 0, and then this happens. */
  function after(hides: (store: Store) => void, input = forward(32_768)): number | LinearProgram {
    return outcome(strategy, input, (store) => {
      expand(store, 32_950, 2);
      expand(store, 100, 2);
      expand(store, 7, 2);
      hides(store);
    });
  }

  it('a later removal would hide', () => {
    expect(after((store) => store.remove(store.locate(2_000), 500))).toBe(100);
  });

  it('a later removal would hide when it is by one instruction only', () => {
    for (const input of [forward(32_768), plainInput(SLOTS, { 32_767: { w0: JA, target: 0 } })]) {
      const script = (store: Store): void => {
        expand(store, 100, 2);
        store.remove(store.locate(2_000), 500);
      };
      expect(outcome(strategy, input, script)).toBe(100);
    }
  });

  it('a later removal of the branch would hide', () => {
    expect(after((store) => store.remove(store.locate(0), 1))).toBe(100);
  });

  it('making the branch a nop would hide', () => {
    expect(
      after((store) => {
        store.setNop(store.locate(0));
      }),
    ).toBe(100);
  });

  it('overwriting the branch would hide', () => {
    expect(
      after((store) => {
        store.setWords(store.locate(0), MOV64, 0);
      }),
    ).toBe(100);
    expect(
      after((store) => {
        store.setWords(store.locate(0), GOTOL, 0);
      }),
    ).toBe(100);
  });

  it('patching the branch away would hide', () => {
    expect(
      after((store) => {
        store.replace(store.locate(0), new PatchBuffer().push(MOV64, 0));
      }),
    ).toBe(100);
    expect(
      after((store) => {
        store.replace(store.locate(0), new PatchBuffer().pushOwnTarget(GOTOL, 0));
      }),
    ).toBe(100);
  });

  it('skipping a prologue would hide', () => {
    // Distance -32768, and a jump that may then lead behind the prologue instead.
    const input = plainInput(SLOTS, { 32_768: { w0: JA, target: 1 } });
    expect(
      after((store) => {
        const last = store.replace(store.locate(1), new PatchBuffer().push(MOV64, 0).push(MOV64, 0));
        let front = last;
        while (store.aux(store.prev(front), 0) === 0) front = store.prev(front);
        store.skipPrologue(front, store.locate(2_000));
      }, input),
    ).toBe(100);
  });
});
