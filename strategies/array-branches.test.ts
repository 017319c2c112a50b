import { describe, expect, it } from 'vitest';
import {
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  NOT_BRANCH,
  withOff,
  word0,
} from '../src/isa/insn.js';
import { BPF_LDX, BPF_MEM, BPF_W } from '../src/isa/opcodes.js';
import { ArrayStore } from './array.js';
import { adjustBranches, fitsShort, probeBranches, retargetJumps } from './array-branches.js';
import { PatchBuffer } from './patch-buffer.js';
import { PatchRangeError } from './store.js';
import { CALL, GOTOL, HELPER, JA, JEQ, LD_FUNC, MOV64, plainInput } from './testing/programs.js';

/** Slots of the programs: the one that is looked at may stand before, in and behind whatever happens. */
const SLOTS = 5;
const SHORT = [JA, JEQ];
const LONG = [GOTOL, CALL, LD_FUNC];
/** What is no branch, whose immediate must not be taken for a distance. */
const NONE_AT_ALL = [MOV64, HELPER];
const LOAD = word0(BPF_LDX | BPF_MEM | BPF_W, 1, 2, 0);
const NEAR = Array.from({ length: 2 * SLOTS + 5 }, (_, at) => at - SLOTS - 2);
/** The last that fit into 16 bit, and some before them. */
const FAR = [-32_768, -32_767, -32_766, -32_765, 32_764, 32_765, 32_766, 32_767];

/** One instruction among plain ones, and where it leads if it is a branch. */
interface Lone {
  readonly slot: number;
  readonly kind: number;
  readonly target: number;
  readonly insns: Int32Array;
  readonly name: string;
}

/** Each of the instructions, at each slot, at each distance. */
function* lone(words: readonly number[], distances: readonly number[]): Generator<Lone> {
  for (const w0 of words) {
    for (const distance of distances) {
      for (let slot = 0; slot < SLOTS; slot++) {
        const kind = branchKind(w0);
        const insns = new Int32Array(2 * SLOTS).map((_, word) => (word % 2 === 0 ? MOV64 : 0));
        insns[2 * slot] = kind === BRANCH_OFF ? withOff(w0, distance) : w0;
        insns[2 * slot + 1] = kind === BRANCH_OFF ? 1234 : distance;
        const name = `${(w0 >>> 0).toString(16)} at ${slot} by ${distance}`;
        yield { slot, kind, target: slot + 1 + distance, insns, name };
      }
    }
  }
}

/** The words of the program when the instruction, now at `slot`, leads to `target`, if it is a branch. */
function aimed(insns: Int32Array, slot: number, target: number): Int32Array {
  const words = insns.slice();
  const kind = branchKind(words[2 * slot]);
  if (kind === BRANCH_OFF) words[2 * slot] = withOff(words[2 * slot], target - slot - 1);
  else if (kind !== NOT_BRANCH) words[2 * slot + 1] = target - slot - 1;
  return words;
}

const same = (one: Int32Array, other: Int32Array): boolean => one.join() === other.join();

describe("the array's scans, of every branch to everywhere,", () => {
  it('find too long exactly the 16-bit branches that cross a patch, but for the one it replaces', () => {
    const wrong: string[] = [];
    let long = 0;
    for (const { slot, kind, target, insns, name } of lone([...SHORT, ...LONG, MOV64], [...NEAR, ...FAR])) {
      for (let pos = 0; pos < SLOTS; pos++) {
        for (const delta of [1, 2, 31]) {
          const moved = (place: number): number => (place > pos ? place + delta : place);
          const fits = slot === pos || kind !== BRANCH_OFF || fitsShort(moved(target) - moved(slot) - 1);
          if (!fits) long++;
          const before = insns.slice();
          if (probeBranches(insns, SLOTS, pos, delta) !== fits || !same(insns, before))
            wrong.push(`${name}, ${pos} patched to ${delta + 1}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(long).toBeGreaterThan(100);
  });

  it('find them too long up to their target and no further, forwards and backwards', () => {
    const length = 32_800;
    const insns = new Int32Array(2 * length).fill(MOV64);
    insns[2 * 10] = withOff(JEQ, 32_767);
    const forwards = [9, 10, 11, 32_776, 32_777, 32_778, 32_779];
    expect(forwards.filter((pos) => !probeBranches(insns, length, pos, 1))).toEqual([11, 32_776, 32_777]);
    insns[2 * 10] = MOV64;
    insns[2 * 32_790] = withOff(JEQ, -32_768);
    const backwards = [21, 22, 23, 24, 25, 32_789, 32_790, 32_791];
    expect(backwards.filter((pos) => !probeBranches(insns, length, pos, 1))).toEqual([23, 24, 25, 32_789]);
  });

  it('look at those branches of a patch that lead where the replaced one led, and at no others', () => {
    const slots = 33_000;
    const store = new ArrayStore(plainInput(slots, { 32_900: { w0: JA, target: 133 } }));
    const inside = new PatchBuffer().push(withOff(JA, 1), 0).push(GOTOL, 0).push(MOV64, 0);
    expect(store.replace(32_990, inside)).toBe(32_992);
    const own = (w0: number): PatchBuffer =>
      inside.clear().push(MOV64, 0).push(MOV64, 0).pushOwnTarget(w0, 0);
    expect(() => store.replace(32_900, own(JA))).toThrow(PatchRangeError);
    expect(store.replace(32_900, own(GOTOL))).toBe(32_902);
  });

  it('take no offset of a load or a call for a distance', () => {
    for (const w0 of [LOAD, HELPER, GOTOL, CALL]) {
      const insns = new Int32Array(2 * SLOTS).fill(MOV64);
      insns[0] = withOff(w0, 32_767);
      insns[2 * SLOTS - 2] = withOff(w0, -32_768);
      expect(probeBranches(insns, SLOTS, 2, 1)).toBe(true);
    }
  });

  it('look at no branch behind the end', () => {
    const insns = new Int32Array(2 * SLOTS).fill(MOV64);
    insns[2 * SLOTS - 2] = withOff(JA, -32_768);
    expect(probeBranches(insns, SLOTS - 1, 1, 1)).toBe(true);
    expect(retargetJumps(insns, SLOTS - 1, 1, 3, true)).toBe(true);
    insns[2 * SLOTS - 2] = withOff(JA, -SLOTS);
    const before = insns.slice();
    adjustBranches(insns, SLOTS - 1, 1, 2, 3);
    retargetJumps(insns, SLOTS - 1, 0, 2, false);
    expect(insns).toEqual(before);
  });

  it('adjust what crosses a patch, both ways, and nothing else', () => {
    const wrong: string[] = [];
    for (const old of lone([...SHORT, ...LONG, ...NONE_AT_ALL], NEAR)) {
      for (let pos = 0; pos < SLOTS; pos++) {
        if (pos === old.slot) continue;
        for (const delta of [1, 2]) {
          // In its new form: the patch is there, and what was behind the replaced instruction has moved.
          const moved = (place: number): number => (place > pos ? place + delta : place);
          const insns = new Int32Array(2 * (SLOTS + delta));
          for (let at = 0; at < SLOTS; at++) insns.set(old.insns.subarray(2 * at, 2 * at + 2), 2 * moved(at));
          const wanted = aimed(insns, moved(old.slot), moved(old.target));
          adjustBranches(insns, SLOTS + delta, pos, pos + 1, pos + 1 + delta);
          if (!same(insns, wanted)) wrong.push(`${old.name}, ${pos} patched to ${delta + 1}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('adjust what crosses a removal, both ways, and nothing else', () => {
    const wrong: string[] = [];
    for (const old of lone([...SHORT, ...LONG, ...NONE_AT_ALL], NEAR)) {
      for (let pos = 0; pos < SLOTS; pos++) {
        for (let end = pos + 1; end <= SLOTS; end++) {
          const gone = end - pos;
          if (old.slot >= pos && old.slot < end) continue;
          // Nothing that stays leads into the middle.
          if (old.target > pos && old.target < end) continue;
          const moved = (place: number): number => (place >= end ? place - gone : place);
          const insns = new Int32Array(2 * (SLOTS - gone));
          for (let at = 0; at < SLOTS; at++)
            if (at < pos || at >= end) insns.set(old.insns.subarray(2 * at, 2 * at + 2), 2 * moved(at));
          const wanted = aimed(insns, moved(old.slot), moved(old.target));
          adjustBranches(insns, SLOTS - gone, pos, end, pos);
          if (!same(insns, wanted)) wrong.push(`${old.name}, ${pos} to ${end} removed`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('make the jumps to a prologue skip it, but for those within, calls, and what is no branch', () => {
    const wrong: string[] = [];
    for (const { slot, kind, target, insns, name } of lone([...SHORT, ...LONG, ...NONE_AT_ALL], NEAR)) {
      for (let front = 0; front < SLOTS; front++) {
        for (let body = front; body < SLOTS; body++) {
          const skips = target === front && (slot < front || slot >= body) && kind !== BRANCH_SUBPROG;
          const words = insns.slice();
          const wanted = skips ? aimed(words, slot, body) : words.slice();
          const probed = retargetJumps(words, SLOTS, front, body, true) && same(words, insns);
          retargetJumps(words, SLOTS, front, body, false);
          if (!probed || !same(words, wanted)) wrong.push(`${name}, ${front} to ${body} skipped`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('find that a 16-bit jump cannot skip a prologue, where one of 32 bit can', () => {
    const body = 40_000;
    for (const [w0, reach, fits] of [
      [JA, 32_767, true],
      [JA, 32_768, false],
      [JEQ, 32_768, false],
      [GOTOL, 32_768, true],
    ] as const) {
      const insns = new Int32Array(2 * body).fill(MOV64);
      const slot = body - 1 - reach;
      insns[2 * slot] = branchKind(w0) === BRANCH_OFF ? withOff(w0, 0) : w0;
      insns[2 * slot + 1] = 0;
      expect(retargetJumps(insns, body, slot + 1, body, true)).toBe(fits);
      expect(branchDistance(branchKind(w0), insns[2 * slot], insns[2 * slot + 1])).toBe(0);
    }
  });
});
