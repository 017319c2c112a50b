/** Runs scripts that make branches too long, and looks at what is left of the stores that say so. */
import { expect } from 'vitest';
import { BRANCH_OFF, branchKind, NOT_BRANCH } from '../../src/isa/insn.js';
import { REFERENCE } from '../index.js';
import type { LinearProgram } from '../linear-program.js';
import { PatchBuffer } from '../patch-buffer.js';
import { NONE, PatchRangeError, type Store, type StoreInput } from '../store.js';
import type { Strategy } from '../strategy.js';
import { expectSame } from './compare.js';
import { MOV64 } from './programs.js';

/** One edit of a script; what it throws ends the script. */
export type Step = (store: Store) => unknown;

/** Replaces original slot `slot`, where it is now, by `length` plain instructions, the last of which is what was there. */
export function expand(store: Store, slot: number, length: number): void {
  const pos = store.locate(slot);
  const patch = new PatchBuffer();
  for (let at = 1; at < length; at++) patch.push(MOV64, at);
  store.replace(pos, patch.pushReplaced(store.word0(pos), store.word1(pos)));
}

/** How a script ended. */
interface Outcome {
  readonly store: Store;
  /** Index of the step that failed; the number of steps when that was `finish`, or nothing. */
  readonly step: number;
  /** Original slot that was named. */
  readonly slot?: number;
  readonly linear?: LinearProgram;
}

function play(strategy: Strategy, input: StoreInput, steps: readonly Step[]): Outcome {
  const store = strategy.create(input);
  let step = 0;
  try {
    for (; step < steps.length; step++) steps[step](store);
    return { store, step, linear: store.finish() };
  } catch (error) {
    if (error instanceof PatchRangeError) return { store, step, slot: error.originalSlot };
    throw error;
  }
}

/** What the reference makes of a script. */
interface Wanted {
  readonly outcome: Outcome;
  /** What the reference ends in when it was not asked for the step that fails. */
  readonly unchanged: LinearProgram;
}

/** By input, which is one script's own: the reference is slow, and most scripts are played on all strategies. */
const wantedBy = new WeakMap<StoreInput, Wanted>();

function wantedOf(input: StoreInput, steps: readonly Step[]): Wanted {
  const known = wantedBy.get(input);
  if (known !== undefined) return known;
  const outcome = play(REFERENCE, input, steps);
  const same = REFERENCE.create(input);
  for (const before of steps.slice(0, outcome.step)) before(same);
  const wanted = { outcome, unchanged: outcome.linear ?? same.finish() };
  wantedBy.set(input, wanted);
  return wanted;
}

/**
 * Expects the script to fail, and all that holds of a store that failed: it is what it was before the call, keeps its
 * invariants, and ends like the reference when both failed at the same step, or fails in the same way for ever.
 * @param input of this script only
 * @returns the original slot named
 */
export function expectFailure(strategy: Strategy, input: StoreInput, steps: readonly Step[]): number {
  const outcome = play(strategy, input, steps);
  expect(outcome.slot, `${strategy.name} does not fail`).toBeDefined();
  expectSameEnd(strategy, input, steps, outcome);
  return outcome.slot!;
}

/** Expects all strategies to end as the reference does: in the same program, or in a failure that names the same slot. */
export function expectSameEnds(
  strategies: readonly Strategy[],
  input: StoreInput,
  steps: readonly Step[],
): void {
  for (const strategy of strategies) expectSameEnd(strategy, input, steps, play(strategy, input, steps));
}

function expectSameEnd(
  strategy: Strategy,
  input: StoreInput,
  steps: readonly Step[],
  { store, step, slot, linear }: Outcome,
): void {
  const wanted = wantedOf(input, steps);
  expect(slot, strategy.name).toBe(wanted.outcome.slot);
  if (linear !== undefined) {
    expectSame(linear, wanted.unchanged, strategy.name);
    return;
  }
  store.check();
  const twin = strategy.create(input);
  for (const before of steps.slice(0, step)) before(twin);
  expect(firstDifference(store, twin, input.auxWords), `${strategy.name}, step ${step}`).toBe('');
  if (step === wanted.outcome.step) {
    expectSame(store.finish(), wanted.unchanged, strategy.name);
  } else {
    for (let again = 0; again < 2; again++) {
      expect(() => store.finish(), strategy.name).toThrow(new PatchRangeError(slot!));
    }
    store.check();
  }
}

/** Where two stores first differ in what they hold, empty when nowhere. */
function firstDifference(one: Store, other: Store, auxWords: number): string {
  if (one.length() !== other.length()) return `${one.length()} records for ${other.length()}`;
  let at = 0;
  let twin = other.first();
  for (let pos = one.first(); pos !== NONE; pos = one.next(pos), twin = other.next(twin), at++) {
    const w0 = one.word0(pos);
    const kind = branchKind(w0);
    const mask = kind === BRANCH_OFF ? 0xffff : -1;
    let same = (w0 & mask) === (other.word0(twin) & mask);
    if (kind === NOT_BRANCH || kind === BRANCH_OFF) same &&= one.word1(pos) === other.word1(twin);
    if (kind !== NOT_BRANCH) same &&= one.targetSlot(pos) === other.targetSlot(twin);
    for (let word = 0; word < auxWords; word++) same &&= one.aux(pos, word) === other.aux(twin, word);
    if (!same) return `record ${at}`;
  }
  return '';
}
