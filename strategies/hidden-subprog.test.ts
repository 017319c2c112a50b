import { describe, expect, it } from 'vitest';
import { callSubprog, exit, mov64Imm, mov64Reg, wordsOf } from '../src/isa/builders.js';
import { REFERENCE, STRATEGIES } from './index.js';
import { PatchBuffer } from './patch-buffer.js';
import { AUX_ORIG, AUX_SEEN, NONE, type Pos, type Store, type StoreInput } from './store.js';

const AUX_WORDS = 14;

/** A main program of three instructions, a dead subprogram of two, and one of two that main calls. */
function input(): StoreInput {
  const insns = wordsOf((out) => {
    mov64Imm(out, 1, 0);
    callSubprog(out, 3);
    exit(out);
    mov64Imm(out, 0, 1);
    exit(out);
    mov64Imm(out, 0, 2);
    exit(out);
  });
  const slots = insns.length / 2;
  const aux = new Uint32Array(slots * AUX_WORDS);
  for (let slot = 0; slot < slots; slot++) {
    aux[slot * AUX_WORDS + AUX_ORIG] = slot + 1;
    aux[slot * AUX_WORDS + AUX_SEEN] = 1;
  }
  return {
    insns,
    aux,
    auxWords: AUX_WORDS,
    subprogStarts: Int32Array.of(0, 3, 5),
    lineInfoSlots: Int32Array.of(0, 3, 5),
    insnArraySlots: new Int32Array(0),
  };
}

function lastOf(store: Store): Pos {
  let last = store.first();
  for (let pos = last; pos !== NONE; pos = store.next(pos)) last = pos;
  return last;
}

/** Removes the dead subprogram, then appends a handler that returns its argument, as exceptions have it. */
function withHandler(store: Store): void {
  store.remove(store.subprogStart(1), 2);
  store.commit();
  const last = lastOf(store);
  const patch = new PatchBuffer().push(store.word0(last), store.word1(last));
  mov64Reg(patch, 0, 1);
  exit(patch);
  store.addSubprog(store.prev(store.replace(last, patch)));
  store.check();
}

describe.each([REFERENCE, ...STRATEGIES])('a hidden subprogram over $name', (strategy) => {
  it('comes last, with an id of its own and no line', () => {
    const store = strategy.create(input());
    withHandler(store);
    expect([store.subprogCount(), store.subprogId(2), store.startsSubprog(NONE, 3)]).toEqual([3, 3, true]);
    expect(store.startsSubprog(store.subprogStart(2), 2)).toBe(true);
    const { subprogs, length } = store.finish();
    expect(length).toBe(7);
    expect(subprogs).toEqual([
      { id: 0, start: 0, lineInfoIndex: 0 },
      { id: 2, start: 3, lineInfoIndex: 1 },
      { id: 3, start: 5, lineInfoIndex: 2 },
    ]);
  });

  it('moves with what later patches put in front of it', () => {
    const store = strategy.create(input());
    withHandler(store);
    const first = store.first();
    const patch = new PatchBuffer().push(store.word0(first), store.word1(first));
    mov64Imm(patch, 2, 7);
    store.replace(first, patch);
    expect(store.finish().subprogs.map(({ start }) => start)).toEqual([0, 4, 6]);
  });

  it('is the only one', () => {
    const store = strategy.create(input());
    withHandler(store);
    expect(() => store.addSubprog(lastOf(store))).toThrow('hidden subprogram');
  });
});
