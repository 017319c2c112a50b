/** What two stores must agree on, and what one of them says at a moment. */
import { expect } from 'vitest';
import { BRANCH_OFF, branchKind, NOT_BRANCH } from '../../src/isa/insn.js';
import type { LinearProgram } from '../linear-program.js';
import { NONE, type Pos, type Store } from '../store.js';

/** A linear program with nothing in it that may differ between strategies. */
export function normal(linear: LinearProgram): object {
  return {
    length: linear.length,
    insns: [...linear.insns.subarray(0, 2 * linear.length)].map((word) => (word >>> 0).toString(16)),
    aux: [...linear.aux.subarray(0, linear.length * linear.auxWords)],
    auxWords: linear.auxWords,
    subprogs: linear.subprogs,
    lineInfo: linear.lineInfo,
    insnArray: [...linear.insnArray],
    pokes: linear.pokes,
  };
}

/** Equality first, so that the slow comparison with its message runs only when there is something to tell. */
export function expectSame(actual: LinearProgram, wanted: LinearProgram, what: string): void {
  if (JSON.stringify(normal(actual)) !== JSON.stringify(normal(wanted))) {
    expect(normal(actual), what).toEqual(normal(wanted));
  }
}

/** Code, registers and what is not a distance of the instruction at `pos`, its aux record, and where it leads. */
export function view(store: Store, pos: Pos, auxWords: number): readonly number[] {
  if (pos === NONE) return [NONE];
  const w0 = store.word0(pos);
  const kind = branchKind(w0);
  const insn =
    kind === NOT_BRANCH
      ? [w0, store.word1(pos)]
      : [
          w0 & 0xffff,
          kind === BRANCH_OFF ? store.word1(pos) : 0,
          store.targetSlot(pos),
          Number(store.jumpsToNext(pos)),
        ];
  for (let word = 0; word < auxWords; word++) insn.push(store.aux(pos, word));
  return insn;
}

/** All records in order. */
export function walk(store: Store, auxWords: number): (readonly number[])[] {
  const all: (readonly number[])[] = [];
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) all.push(view(store, pos, auxWords));
  return all;
}
