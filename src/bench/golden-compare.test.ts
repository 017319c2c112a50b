import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareState, expectedOf } from './golden-compare.js';
import { BLOCK_ENTRIES, codeBlocks, goldenState, type GoldenState } from './golden-format.js';
import type { LineEntry } from './golden-truth.js';
import type { StateView } from './golden-view.js';

const MOV = 0xb7;
const HELPER = 0x85;
const WIDE = 0x18;

/** `r0 = 0`, `r0 = 1`, …: every slot differs from the others. */
function counting(slots: number): Int32Array {
  return Int32Array.from({ length: 2 * slots }, (_, word) => (word % 2 === 0 ? MOV : word >> 1));
}

function state(words: Int32Array, names: [number, string][] = [], lines: LineEntry[] = []): StateView {
  return { code: { words, names: new Map(names) }, lines, funcs: [[0, 1, 'main']] };
}

const OPTIONS = { context: 1 };

describe('a program of ours and the one of a kernel', () => {
  it('are identical when instructions, names, line info and func info are', () => {
    const view = state(counting(3), [[1, 'bpf_ktime_get_ns']], [[0, 1, 2, 3, 4]]);
    expect(compareState(expectedOf(view), view, OPTIONS)).toEqual({});
  });

  it('are shown from the first instruction that differs, with those around it', () => {
    const ours = counting(5);
    ours[2 * 3 + 1] = 99;
    const { code } = compareState(expectedOf(state(counting(5))), state(ours), OPTIONS);
    expect(code?.at).toBe(3);
    expect(code?.kernel).toEqual(['2: (b7) r0 = 2', '3: (b7) r0 = 3', '4: (b7) r0 = 4']);
    expect(code?.ours[1]).toBe('3: (b7) r0 = 99');
  });

  it('differ where one of them ends', () => {
    const { code } = compareState(expectedOf(state(counting(5))), state(counting(4)), OPTIONS);
    expect(code).toMatchObject({
      at: 4,
      kernelLength: 5,
      ourLength: 4,
      kernel: ['3: (b7) r0 = 3', '4: (b7) r0 = 4'],
    });
  });

  it('differ where equal instructions have different names', () => {
    const words = Int32Array.from([HELPER, 0]);
    const kernel = expectedOf(state(words, [[0, 'sk_skb_pull_data']]));
    const { code } = compareState(kernel, state(words, [[0, 'bpf_skb_pull_data']]), OPTIONS);
    expect(code?.kernel).toEqual(['0: (85) call sk_skb_pull_data']);
    expect(code?.ours).toEqual(['0: (85) call bpf_skb_pull_data']);
  });

  it('have the second slot of a 64-bit load shown as its upper half', () => {
    const kernel = Int32Array.from([WIDE, 1, 0, 2]);
    const ours = Int32Array.from([WIDE, 1, 0, 3]);
    const { code } = compareState(expectedOf(state(kernel)), state(ours), { context: 0 });
    expect(code?.kernel).toEqual(['1:      imm=0x2']);
  });

  it('differ by their line info and func info alone', () => {
    const kernel = expectedOf(state(counting(2), [], [[0, 1, 2, 3, 4]]));
    const ours: StateView = { ...state(counting(2), [], [[1, 1, 2, 3, 4]]), funcs: [] };
    const comparison = compareState(kernel, ours, OPTIONS);
    expect(comparison.code).toBeUndefined();
    expect(comparison.lines?.at).toBe(0);
    expect(comparison.funcs).toMatchObject({ at: 0, kernelLength: 1, ourLength: 0 });
  });
});

describe('a long program, kept as digests', () => {
  const SLOTS = 6 * BLOCK_ENTRIES + 17;

  function golden(words: Int32Array, names: [number, string][] = []): GoldenState {
    const kept = goldenState(state(words, names));
    expect(kept.code).toHaveProperty('blocks');
    return kept;
  }

  it('is identical to itself and differs in the block of the changed slot', () => {
    fc.assert(
      fc.property(fc.nat(SLOTS - 1), fc.integer({ min: 1, max: 0x7fffffff }), (slot, change) => {
        const kernel = golden(counting(SLOTS));
        expect(compareState(kernel, state(counting(SLOTS)), OPTIONS)).toEqual({});
        const ours = counting(SLOTS);
        ours[2 * slot + 1] += change;
        const { code } = compareState(kernel, state(ours), OPTIONS);
        expect(code?.at).toBe(slot - (slot % BLOCK_ENTRIES));
        expect(slot).toBeLessThan(code!.blockEnd!);
      }),
      { numRuns: 20 },
    );
  });

  it('differs by a name', () => {
    const kernel = golden(counting(SLOTS), [[4500, 'a']]);
    const { code } = compareState(kernel, state(counting(SLOTS), [[4500, 'b']]), OPTIONS);
    expect(code?.at).toBe(4000);
  });

  it('differs from one that ends with a block of it', () => {
    const kernel = golden(counting(SLOTS));
    const { code } = compareState(kernel, state(counting(6 * BLOCK_ENTRIES)), OPTIONS);
    expect(code).toMatchObject({ at: 6000, blockEnd: SLOTS, kernelLength: SLOTS, ourLength: 6000 });
  });

  it('has line info of its own digests', () => {
    const lines = Array.from({ length: 7000 }, (_, slot): LineEntry => [slot, 1, 2, slot, 4]);
    const kernel = goldenState(state(counting(3), [], lines));
    expect(kernel.lines).toHaveProperty('blocks');
    expect(compareState(kernel, state(counting(3), [], lines), OPTIONS)).toEqual({});
    const moved = lines.map((line): LineEntry => (line[0] === 5001 ? [5001, 1, 2, 0, 4] : line));
    expect(compareState(kernel, state(counting(3), [], moved), OPTIONS).lines).toMatchObject({ at: 5000 });
  });

  it('has a digest per block, the last one shorter', () => {
    expect(codeBlocks(state(counting(SLOTS)).code)).toHaveLength(7);
  });
});
