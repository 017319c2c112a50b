/** What batches keep aside must come out right at the merge, whatever was done to it before. */
import { describe, expect, it } from 'vitest';
import { BatchStore } from './batch.js';
import { BatchTailStore } from './batch-tail.js';
import { PatchBuffer } from './patch-buffer.js';
import { ReferenceStore } from './reference.js';
import { type Pos, type Store } from './store.js';
import { expectSame } from './testing/compare.js';
import { JEQ, MOV32, MOV64, plainInput } from './testing/programs.js';

const INPUT = plainInput(
  30,
  { 2: { w0: JEQ, target: 20 }, 25: { w0: JEQ, target: 5 } },
  { lineInfoSlots: Int32Array.of(0, 9, 20), insnArraySlots: Int32Array.of(11, 20) },
);

function plain(length: number): PatchBuffer {
  const patch = new PatchBuffer();
  for (let at = 0; at < length; at++) patch.push(at % 2 === 0 ? MOV64 : MOV32, at);
  return patch;
}

/** The first of a patch of `length` that ends at `last`. */
function frontOf(store: Store, last: Pos, length: number): Pos {
  let front = last;
  for (let back = 1; back < length; back++) front = store.prev(front);
  return front;
}

const patchAt = (store: Store, slot: number, length: number): Pos =>
  store.replace(store.locate(slot), plain(length));

const SCENARIOS: readonly { readonly name: string; readonly edit: (store: Store) => void }[] = [
  {
    name: 'the first new record of a pass is patched itself, and then removed',
    edit: (store) => {
      const front = frontOf(store, patchAt(store, 5, 3), 3);
      store.remove(store.replace(front, plain(2)), 1);
    },
  },
  {
    name: 'two stretches are removed with one instruction between them',
    edit: (store) => {
      store.remove(store.locate(10), 3);
      store.remove(store.locate(14), 3);
    },
  },
  {
    name: 'they are removed back to front, one instruction after the other, and the one between at the end',
    edit: (store) => {
      for (const slot of [16, 15, 14, 12, 11, 10, 13]) store.remove(store.locate(slot), 1);
    },
  },
  {
    name: 'instructions are removed from both ends of a stretch, and at both ends of the program',
    edit: (store) => {
      for (const slot of [12, 13, 11, 14, 10, 0, 1, 29, 28]) store.remove(store.locate(slot), 1);
    },
  },
  {
    name: 'patched instructions are removed but for what the patches put there, and their neighbours with them',
    edit: (store) => {
      for (const slot of [8, 9, 10]) patchAt(store, slot, 3);
      for (const slot of [9, 8, 10, 7, 11]) store.remove(store.locate(slot), 1);
    },
  },
  {
    name: 'the first new record is removed, and the last instruction of all that was there before',
    edit: (store) => {
      store.remove(frontOf(store, patchAt(store, 5, 3), 3), 1);
      store.remove(store.locate(29), 1);
    },
  },
  {
    name: 'whole patches are removed, and what stood before and behind them is patched',
    edit: (store) => {
      store.remove(frontOf(store, patchAt(store, 9, 4), 4), 4);
      patchAt(store, 10, 2);
      patchAt(store, 8, 2);
    },
  },
];

const FAMILY = [BatchStore, BatchTailStore];

describe.each(FAMILY.map((Made) => ({ name: new Made(INPUT).name, Made })))('$name', ({ name, Made }) => {
  it.each(SCENARIOS)('merges right when $name', ({ edit }) => {
    const store = new Made(INPUT);
    const reference = new ReferenceStore(INPUT);
    // What a first merge leaves behind the second one must not meet.
    for (const each of [store, reference]) {
      edit(each);
      each.check();
      each.commit();
      each.check();
      patchAt(each, 20, 5);
      each.remove(each.locate(21), 2);
      each.check();
      each.commit();
      each.check();
    }
    expect(store.length()).toBe(reference.length());
    expectSame(store.finish(), reference.finish(), name);
  });
});
