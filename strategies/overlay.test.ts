/**
 * What is the overlay's own: jumps of patches that stay as they were written until something happens between them and where
 * they lead, and labels of loaded records that moved. The reference says what must come out.
 */
import { describe, expect, it } from 'vitest';
import { BRANCH_SUBPROG, branchKind } from '../src/isa/insn.js';
import { REFERENCE } from './index.js';
import { overlay } from './overlay.js';
import { PATCH_MAX, PatchBuffer } from './patch-buffer.js';
import { AUX_FREE, type Pos, type Store, type StoreInput } from './store.js';
import { expectSame } from './testing/compare.js';
import { CALL, GOTOL, JA, JEQ, MOV32, MOV64, plainInput } from './testing/programs.js';

/** Edits both stores alike, checking the overlay after each edit, and compares what they end in. */
function expectLikeReference(
  what: string,
  input: StoreInput,
  edits: readonly ((store: Store) => unknown)[],
): void {
  const [store, wanted] = [overlay, REFERENCE].map((strategy) => strategy.create(input));
  for (const edit of edits) {
    edit(store);
    store.check();
    edit(wanted);
  }
  expectSame(store.finish(), wanted.finish(), what);
}

/** The record so many steps behind the first of what slot `slot` became, a patch of `length`. */
function within(store: Store, slot: number, length: number, step: number): Pos {
  let pos = store.locate(slot);
  for (let left = length - 1 - step; left > 0; left--) pos = store.prev(pos);
  return pos;
}

const jumpBy = (distance: number): number => JA | (distance << 16);
const PAIR = new PatchBuffer().push(MOV64, 8).push(MOV64, 9);
const ONE = new PatchBuffer().push(MOV32, 7);
const LENGTH = 5;
const SLOT = 4;

/** A patch of `length` whose slot `from` jumps to its slot `to`. */
function jumping(from: number, to: number, length = LENGTH): PatchBuffer {
  const patch = new PatchBuffer();
  for (let slot = 0; slot < length; slot++) {
    if (slot === from) patch.push(jumpBy(to - slot - 1), 0);
    else patch.push(MOV64, slot);
  }
  return patch;
}

const EDITS: readonly { readonly name: string; readonly edit: (store: Store, pos: Pos) => unknown }[] = [
  { name: 'is replaced by two', edit: (store, pos) => store.replace(pos, PAIR) },
  { name: 'is replaced by one', edit: (store, pos) => store.replace(pos, ONE) },
  {
    name: 'comes behind another',
    edit: (store, pos) =>
      store.replace(pos, new PatchBuffer().push(MOV64, 8).pushReplaced(store.word0(pos), store.word1(pos))),
  },
  { name: 'is removed', edit: (store, pos) => store.remove(pos, 1) },
  { name: 'is removed with the next', edit: (store, pos) => store.remove(pos, 2) },
  {
    name: 'gets a neighbour with a jump of its own',
    edit: (store, pos) =>
      store.replace(pos, new PatchBuffer().push(jumpBy(1), 0).push(MOV64, 8).push(MOV64, 9)),
  },
];

describe('the jump of a patch', () => {
  for (let from = 0; from < LENGTH; from++) {
    it.each(EDITS)(`from its slot ${from} leads where it did when a record $name`, ({ name, edit }) => {
      let met = 0;
      for (let to = 0; to <= LENGTH; to++) {
        for (let step = 0; step < LENGTH; step++) {
          const what = `${from} to ${to}: ${step} ${name}`;
          expectLikeReference(what, plainInput(12, { 1: { w0: JEQ, target: 5 } }), [
            (store) => store.replace(store.locate(SLOT), jumping(from, to)),
            (store) => edit(store, within(store, SLOT, LENGTH, step)),
          ]);
          met++;
        }
      }
      expect(met).toBe((LENGTH + 1) * LENGTH);
    });
  }

  it('leads where it did when what is behind the patch is replaced, or removed', () => {
    for (const count of [1, 2, 7]) {
      expectLikeReference(`${count} removed`, plainInput(12), [
        (store) => store.replace(store.locate(SLOT), jumping(1, LENGTH)),
        (store) => store.replace(store.locate(SLOT + 1), PAIR),
        (store) => store.remove(store.next(store.locate(SLOT)), count),
      ]);
    }
  });

  it('leads over a whole patch as long as one can be, back and forth', () => {
    for (const [from, to] of [
      [0, PATCH_MAX],
      [PATCH_MAX - 1, 0],
    ]) {
      for (const step of [0, 1, 15, PATCH_MAX - 2, PATCH_MAX - 1]) {
        expectLikeReference(`${from} to ${to}: ${step}`, plainInput(12), [
          (store) => store.replace(store.locate(SLOT), jumping(from, to, PATCH_MAX)),
          (store) => store.replace(within(store, SLOT, PATCH_MAX, step), PAIR),
        ]);
      }
    }
  });

  it('may be the whole patch, and lead to itself', () => {
    const itself = new PatchBuffer().push(jumpBy(-1), 0);
    expectLikeReference('itself', plainInput(12), [
      (store) => store.replace(store.locate(SLOT), itself),
      (store) => store.replace(store.locate(SLOT), new PatchBuffer().push(MOV64, 1).pushOwnTarget(JA, 0)),
      (store) => store.replace(store.prev(store.locate(SLOT)), PAIR),
    ]);
  });

  it.each([
    ['becomes a longer one', (store: Store, pos: Pos) => store.setWords(pos, GOTOL, 0)],
    ['becomes a conditional one', (store: Store, pos: Pos) => store.setWords(pos, JEQ, 0)],
    ['is none any more', (store: Store, pos: Pos) => store.setWords(pos, MOV64, 0)],
    ['leads nowhere any more', (store: Store, pos: Pos) => store.setNop(pos)],
    [
      'is handed on to another patch',
      (store: Store, pos: Pos) =>
        store.replace(pos, new PatchBuffer().push(MOV64, 1).pushOwnTarget(JEQ, 0).push(MOV64, 2)),
    ],
  ])('%s', (what, edit) => {
    for (const [from, to] of [
      [1, 4],
      [3, 0],
      [2, LENGTH],
    ]) {
      expectLikeReference(what, plainInput(12), [
        (store) => store.replace(store.locate(SLOT), jumping(from, to)),
        (store) => edit(store, within(store, SLOT, LENGTH, from)),
        (store) => store.replace(within(store, SLOT, LENGTH, 2), PAIR),
      ]);
    }
  });

  it('says where it leads, to a loaded instruction or the end, without an edit', () => {
    const store = overlay.create(plainInput(6));
    store.replace(store.locate(3), jumping(1, LENGTH));
    store.replace(store.locate(5), jumping(4, LENGTH));
    const jump = within(store, 3, LENGTH, 1);
    expect([store.targetSlot(jump), store.targetSlot(store.locate(5))]).toEqual([4, 6]);
    expect([store.jumpsToNext(jump), store.jumpsToNext(store.locate(5))]).toEqual([false, true]);
    store.check();
  });
});

describe('records of patches', () => {
  it('can become nops, whatever labels they have', () => {
    for (let step = 0; step < LENGTH; step++) {
      for (let poked = 0; poked < LENGTH; poked++) {
        expectLikeReference(`nop ${step}, poke ${poked}`, plainInput(12), [
          (store) => store.replace(store.locate(SLOT), jumping(NaN, 0)),
          (store) => store.addPoke(within(store, SLOT, LENGTH, poked), { map: 0, key: 0 }),
          (store) => store.addPoke(within(store, SLOT, LENGTH, (poked + 2) % LENGTH), { map: 0, key: 1 }),
          (store) => store.setNop(within(store, SLOT, LENGTH, step)),
          (store) => store.setNop(within(store, SLOT, LENGTH, step)),
        ]);
      }
    }
  });

  it('have no target left from a longer patch in the same buffer', () => {
    const buffer = new PatchBuffer();
    const input = plainInput(12, { 1: { w0: JEQ, target: 5 }, 2: { w0: JEQ, target: 7 } });
    expectLikeReference('stale', input, [
      (store) =>
        store.replace(
          store.locate(1),
          buffer.clear().push(MOV64, 1).push(MOV64, 2).push(MOV64, 3).pushOwnTarget(JEQ, 0),
        ),
      (store) =>
        store.replace(store.locate(2), buffer.clear().pushOwnTarget(JEQ, 0).push(MOV64, 1).push(MOV64, 2)),
      (store) => store.replace(store.locate(SLOT), PAIR),
    ]);
  });
});

describe('loaded records', () => {
  it('can become nops all together, more than room was made for branches', () => {
    const slots = 200;
    expectLikeReference('nops', plainInput(slots), [
      (store) => {
        for (let slot = 0; slot < slots - 1; slot++) store.setNop(store.locate(slot));
      },
      (store) => store.replace(store.locate(slots >> 1), PAIR),
    ]);
  });

  it('keep their aux rows, whatever they are and come to stand behind', () => {
    const slots = 4;
    const acts: readonly ((store: Store, slot: number) => unknown)[] = [
      () => undefined,
      (store, slot) => store.replace(store.locate(slot), PAIR),
      (store, slot) => store.replace(store.locate(slot), ONE),
      (store, slot) => store.remove(store.locate(slot), 1),
      (store, slot) => store.setAux(store.locate(slot), AUX_FREE, 40 + slot),
      (store, slot) => {
        store.replace(store.locate(slot), PAIR);
        store.setAux(store.locate(slot), AUX_FREE, 50 + slot);
      },
    ];
    for (let drawn = 0; drawn < acts.length ** (slots - 1); drawn++) {
      const edits = [0, 1, 2].map(
        (slot) => (store: Store) =>
          acts[Math.floor(drawn / acts.length ** slot) % acts.length](store, slot + 1),
      );
      expectLikeReference(`acts ${drawn}`, plainInput(slots), edits.reverse());
    }
  });
});

describe('jumps that skip a prologue', () => {
  it.each([1, LENGTH, PATCH_MAX])('do so from a patch of %i in front of it as well', (length) => {
    for (const body of [1, 2]) {
      expectLikeReference(`${length}, ${body}`, plainInput(12), [
        (store) => store.replace(store.locate(SLOT), jumping(0, length, length)),
        (store) => store.skipPrologue(store.locate(SLOT + 1), store.locate(SLOT + 1 + body)),
      ]);
    }
  });

  it('do so from the patch that it is in, but for those between', () => {
    for (const [from, to] of [
      [4, 0],
      [1, 0],
      [4, 2],
      [0, 2],
    ]) {
      expectLikeReference(`${from} to ${to}`, plainInput(12), [
        (store) => store.replace(store.locate(SLOT), jumping(from, to)),
        (store) => store.skipPrologue(within(store, SLOT, LENGTH, to), within(store, SLOT, LENGTH, 3)),
        (store) => store.replace(within(store, SLOT, LENGTH, 2), PAIR),
      ]);
    }
  });

  it('leave calls to lead to what comes when a skipped front is removed', () => {
    const input = plainInput(
      12,
      { 1: { w0: CALL, target: 5 }, 2: { w0: JEQ, target: 5 }, 8: { w0: JA, target: 5 } },
      { subprogStarts: Int32Array.of(0, 5) },
    );
    expect(branchKind(CALL)).toBe(BRANCH_SUBPROG);
    expectLikeReference('removed', input, [
      (store) => store.skipPrologue(store.locate(5), store.locate(6)),
      (store) => store.replace(store.locate(6), PAIR),
      (store) => store.remove(store.locate(5), 2),
      (store) => store.replace(store.locate(3), PAIR),
    ]);
  });
});
