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

/** Compares the bytes first, so that the slow comparison with its message runs only when there is something to tell. */
export function expectSame(actual: LinearProgram, wanted: LinearProgram, what: string): void {
  const same =
    actual.length === wanted.length &&
    bytes(actual.insns, 2 * actual.length).equals(bytes(wanted.insns, 2 * wanted.length)) &&
    bytes(actual.aux, actual.length * actual.auxWords).equals(
      bytes(wanted.aux, wanted.length * wanted.auxWords),
    ) &&
    metadata(actual) === metadata(wanted);
  if (!same) expect(normal(actual), what).toEqual(normal(wanted));
}

function bytes(words: Int32Array | Uint32Array, length: number): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, 4 * length);
}

function metadata({ subprogs, lineInfo, insnArray, pokes }: LinearProgram): string {
  return JSON.stringify([subprogs, lineInfo, [...insnArray], pokes]);
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
