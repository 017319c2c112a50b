/** That each design does what its file says it does, told from its counters, which are exact. */
import { describe, expect, it } from 'vitest';
import { ArrayStore } from './array.js';
import { BasicBlockStore } from './basic-block.js';
import { BatchStore } from './batch.js';
import { BatchTailStore } from './batch-tail.js';
import { ChunkedStore } from './chunked.js';
import type { Counters } from './counters.js';
import { CowStore } from './cow.js';
import { GapBufferStore } from './gap-buffer.js';
import { STRATEGIES } from './index.js';
import { LinkedListStore } from './linked-list.js';
import { OverlayStore } from './overlay.js';
import { PatchBuffer } from './patch-buffer.js';
import { RopeStore } from './rope.js';
import { AUX_FREE, NONE, type Store } from './store.js';
import type { StoreOptions } from './strategy.js';
import { CALL, GOTOL, JA, JEQ, MOV64, plainInput } from './testing/programs.js';
import { UnrolledListStore } from './unrolled-list.js';

const AUX_WORDS = AUX_FREE + 1;

/** A patch of so many instructions without a branch. */
function plain(length: number): PatchBuffer {
  const patch = new PatchBuffer();
  for (let at = 0; at < length; at++) patch.push(MOV64, at);
  return patch;
}

/** What a store counts while `work` is done. */
function cost(store: Store, work: (store: Store) => void): Counters {
  const before = { ...store.counters };
  work(store);
  const after = { ...store.counters };
  for (const name of Object.keys(before) as (keyof Counters)[]) after[name] -= before[name];
  return after;
}

/** Records moved, which both kinds of bytes must agree on. */
function moved(counters: Counters): number {
  expect(counters.auxBytesMoved).toBe((counters.insnBytesMoved / 8) * 4 * AUX_WORDS);
  return counters.insnBytesMoved / 8;
}

const patchAt =
  (slot: number, length: number) =>
  (store: Store): void => {
    store.replace(store.locate(slot), plain(length));
  };

describe('the array', () => {
  it('does at each expanding patch what the kernel does, and counts it', () => {
    // Eight instructions fill the only page.
    const input = plainInput(8, { 1: { w0: JA, target: 5 } }, { lineInfoSlots: Int32Array.of(0, 4) });
    const store = new ArrayStore(input, { pageBytes: 64, headerBytes: 0 });
    expect({ ...store.counters }).toMatchObject({
      allocations: 2,
      bytesAllocated: 64 + 8 * 4 * AUX_WORDS,
      insnBytesMoved: 64,
      auxBytesMoved: 8 * 4 * AUX_WORDS,
    });
    const grown = cost(store, patchAt(2, 2));
    expect(grown).toMatchObject({
      // Another page with all instructions in it, and all aux records copied.
      allocations: 2,
      bytesAllocated: 128 + 9 * 4 * AUX_WORDS,
      insnBytesMoved: 64 + 8 * 5,
      auxBytesMoved: 8 * 4 * AUX_WORDS,
      branchVisits: 9,
      // Two lines, one subprogram and the end.
      metadataVisits: 4,
      probeVisits: 0,
    });
    expect(cost(store, patchAt(2, 3))).toMatchObject({ allocations: 1, insnBytesMoved: 8 * 5 });
    expect(cost(store, patchAt(0, 1))).toMatchObject({
      allocations: 0,
      insnBytesMoved: 0,
      branchVisits: 0,
      metadataVisits: 0,
    });
    // Of eleven instructions three behind the two that go.
    expect(cost(store, (it) => it.remove(6, 2))).toMatchObject({
      allocations: 0,
      insnBytesMoved: 8 * 3,
      auxBytesMoved: 4 * AUX_WORDS * 3,
      branchVisits: 9,
    });
  });

  it('looks at all metadata for a patch, and twice at the subprograms for a removal', () => {
    const lists = { lineInfoSlots: Int32Array.of(0, 4), insnArraySlots: Int32Array.of(2, 7, 8) };
    const store = new ArrayStore(plainInput(10, {}, lists));
    store.addPoke(6, { map: 0, key: 0 });
    // Two lines, a subprogram and the end, three of an insn array, a poke.
    expect(cost(store, patchAt(5, 2)).metadataVisits).toBe(2 + 2 + 3 + 1);
    expect(cost(store, (it) => it.remove(9, 1)).metadataVisits).toBe(2 + 2 * 2 + 3 + 1);
  });

  it('probes all instructions but the patched one where a distance can overflow, and looks twice at a prologue', () => {
    const store = new ArrayStore(plainInput(0x7fff - 1));
    expect(cost(store, patchAt(9, 2))).toMatchObject({ probeVisits: 0 });
    expect(cost(store, patchAt(9, 1))).toMatchObject({ probeVisits: 0 });
    const skip = (): Counters => cost(store, () => store.skipPrologue(store.first(), store.locate(1)));
    expect(skip()).toMatchObject({ probeVisits: 0, branchVisits: 0x7fff });
    expect(cost(store, patchAt(9, 2))).toMatchObject({ probeVisits: 0x7fff - 1 });
    expect(cost(store, patchAt(9, 1))).toMatchObject({ probeVisits: 0 });
    expect(skip()).toMatchObject({ probeVisits: 0x8000, branchVisits: 0x8000 });
  });
});

/** Finishing hands records on in runs: which ones, as first record and number. */
function runsOf(store: { emit: (out: never) => void }): [number, number][] {
  const runs: [number, number][] = [];
  const sink = { append: (from: number, count: number) => runs.push([from, count]) };
  store.emit(sink as never);
  return runs;
}

describe('neighbours in the memory are handed on together', () => {
  it('by lists, deltas and gaps', () => {
    const list = new LinkedListStore(plainInput(40));
    patchAt(12, 4)(list);
    patchAt(39, 2)(list);
    expect(runsOf({ emit: (out) => list['emit'](out) })).toEqual([
      [0, 12],
      [40, 3],
      [12, 27],
      [43, 1],
      [39, 1],
    ]);
    const deltas = new CowStore(plainInput(40));
    patchAt(12, 4)(deltas);
    patchAt(39, 2)(deltas);
    expect(runsOf({ emit: (out) => deltas['emit'](out) })).toEqual([
      [0, 12],
      [40, 4],
      [13, 26],
      [44, 2],
    ]);
  });

  it('by a batch that merges', () => {
    const store = new BatchStore(plainInput(40));
    patchAt(12, 4)(store);
    patchAt(12, 2)(store);
    store.remove(store.locate(20), 3);
    const copied: [number, number][] = [];
    const copy = store['copy'].bind(store);
    store['copy'] = (from, count, to) => {
      copied.push([from, count]);
      return copy(from, count, to);
    };
    store.commit();
    // The two patches' new records stand side by side.
    expect(copied).toEqual([
      [0, 12],
      [40, 4],
      [12, 8],
      [23, 17],
    ]);
  });
});

describe('batching', () => {
  const edits = (store: Store): void => {
    patchAt(70, 4)(store);
    patchAt(30, 3)(store);
    patchAt(50, 2)(store);
    store.remove(store.locate(20), 5);
  };

  it('moves nothing before the commit', () => {
    for (const store of [new BatchStore(plainInput(100)), new BatchTailStore(plainInput(100))]) {
      expect(moved(cost(store, edits))).toBe(0);
      expect(store.length()).toBe(101);
    }
  });

  it('forward moves every record once, and nothing in a pass without edits', () => {
    const store = new BatchStore(plainInput(100));
    edits(store);
    const merge = cost(store, () => store.commit());
    expect(moved(merge)).toBe(101);
    // Three patches, in front of three records, and one stretch that is gone.
    expect(merge.nodeVisits).toBe(3 + 3 + 1);
    expect(cost(store, () => store.commit())).toMatchObject({
      insnBytesMoved: 0,
      nodeVisits: 0,
      allocations: 0,
    });
    // A second pass goes back to the memory of the first.
    patchAt(10, 2)(store);
    expect(cost(store, () => store.commit()).allocations).toBe(0);
  });

  it('from the tail moves all that is behind each edit, and what is new out of the way and back', () => {
    const store = new BatchTailStore(plainInput(100));
    edits(store);
    const tails = 100 - 70 + (103 - 50) + (104 - 30) + (106 - 25);
    const fresh = 3 + 1 + 2;
    expect(moved(cost(store, () => store.commit()))).toBe(tails + 2 * fresh);
    expect(cost(store, () => store.commit())).toMatchObject({
      insnBytesMoved: 0,
      nodeVisits: 0,
      allocations: 0,
    });
  });

  it('hands its aux rows out without a copy', () => {
    for (const store of [new BatchStore(plainInput(100)), new BatchTailStore(plainInput(100))]) {
      expect(cost(store, () => store.finish())).toMatchObject({ insnBytesMoved: 800, auxBytesMoved: 0 });
    }
  });
});

describe('a block of records', () => {
  it.each([
    ['chunk', () => new ChunkedStore(plainInput(96), { chunk: 64, fill: 0.75 }), 0],
    ['leaf of a rope', () => new RopeStore(plainInput(96), { leaf: 64, fill: 0.75 }), 0],
    // What is left of the two nodes comes together.
    ['node of an unrolled list', () => new UnrolledListStore(plainInput(96), { node: 64, fill: 0.75 }), 14],
  ])('as %s: a patch moves the rest of it', (_, make, together) => {
    const store = make();
    expect(moved(cost(store, patchAt(40, 5)))).toBe(48 - 40);
    expect(moved(cost(store, patchAt(0, 2)))).toBe(48 + 4);
    expect(moved(cost(store, (it) => it.remove(it.locate(50), 3)))).toBe(96 - 53);
    // The first block keeps 4 of 53 records, the second one the last 14 of 45.
    expect(moved(cost(store, (it) => it.remove(it.locate(3), 80)))).toBe(14 + together);
    store.check();
  });

  it.each([
    ['chunk', () => new ChunkedStore(plainInput(64), { chunk: 64, fill: 1 })],
    ['leaf of a rope', () => new RopeStore(plainInput(64), { leaf: 64, fill: 1 })],
  ])('as %s: a full one gives its upper half away first', (_, make) => {
    const store = make();
    expect(moved(cost(store, patchAt(40, 5)))).toBe(64 + 32 + (64 - 40));
    expect(moved(cost(store, patchAt(10, 5)))).toBe(32 - 10);
  });

  it('in an unrolled list gives away what is behind the patch, which goes behind the front part', () => {
    const store = new UnrolledListStore(plainInput(64), { node: 64, fill: 1, spare: 1 });
    expect(moved(cost(store, patchAt(40, 20)))).toBe(64 - 40);
    expect(store.locate(39) >> 6).toBe(store.prev(store.locate(40)) >> 6);
    store.check();
  });

  it('in an unrolled list moves nothing for patches between full nodes, which share one of their own', () => {
    const store = new UnrolledListStore(plainInput(128), { node: 64, fill: 1, spare: 4 });
    for (const slot of [64, 64, 0, 0])
      expect(cost(store, patchAt(slot, 5))).toMatchObject({ insnBytesMoved: 0, allocations: 0 });
    const nodeBefore = (slot: number): number => store.prev(store.locate(slot)) >> 6;
    expect([nodeBefore(64), nodeBefore(0), store.first() >> 6]).toEqual([2, 3, 3]);
    store.check();
  });

  it('in an unrolled list shares a node with the next one when they fill half of it', () => {
    const store = new UnrolledListStore(plainInput(128), { node: 64, fill: 1 });
    expect(moved(cost(store, (it) => it.remove(it.locate(65), 62)))).toBe(1);
    expect(moved(cost(store, (it) => it.remove(it.locate(32), 32)))).toBe(0);
    // 30 and 2 come together; the one removed leaves nothing behind it to close up.
    expect(moved(cost(store, (it) => it.remove(it.locate(30), 2)))).toBe(2);
    expect(store.locate(64) >> 6).toBe(store.locate(0) >> 6);
    store.check();
  });
});

describe('followed, linked and renumbered are', () => {
  const PATCH = plain(21);
  const input = plainInput(192);
  /** What is visited by patching in the first of three full blocks, and by removing the second then. */
  const visits = (store: Store): number[] => {
    const [patched, gone] = [store.locate(40), store.locate(64)];
    return [cost(store, () => store.replace(patched, PATCH)), cost(store, () => store.remove(gone, 64))].map(
      ({ nodeVisits }) => nodeVisits,
    );
  };

  it('a chunk that grows or shrinks, and the directory behind one that is new or gone', () => {
    expect(visits(new ChunkedStore(input, { chunk: 64, fill: 1, spare: 1 }))).toEqual([1 + 3, 1 + 1]);
  });

  it('a node that grows or shrinks, a new one with both neighbours, and each that goes', () => {
    expect(visits(new UnrolledListStore(input, { node: 64, fill: 1, spare: 1 }))).toEqual([1 + 3, 1 + 1]);
  });

  it('what a patch or a removal links, with both neighbours, and each place at the end', () => {
    for (const store of [new LinkedListStore(input), new CowStore(input)]) {
      expect(visits(store)).toEqual([20 + 2, 64 + 2]);
      expect(cost(store, () => store.finish()).nodeVisits).toBe(192 + 20 - 64);
    }
  });
});

describe('blocks that became empty', () => {
  it.each([
    ['chunks', () => new ChunkedStore(plainInput(128), { chunk: 64, fill: 1, spare: 0.001, growth: 0.5 })],
    [
      'leaves of a rope',
      () => new RopeStore(plainInput(128), { leaf: 64, fill: 1, spare: 0.001, growth: 0.5 }),
    ],
    ['nodes', () => new UnrolledListStore(plainInput(128), { node: 64, fill: 1, spare: 0.001, growth: 0.5 })],
  ])('are used again: as %s', (_, make) => {
    const store = make();
    const fillAndEmpty = (): void => {
      // Longer than what is left of any block, and all of it gone but for what was there before.
      const last = store.locate(70);
      for (let nth = 0; nth < 10; nth++) store.replace(store.locate(70), plain(32));
      let first = store.locate(70);
      for (let back = 0; back < 310; back++) first = store.prev(first);
      store.remove(first, 310);
      store.check();
      expect([store.length(), store.locate(70) === NONE, last === NONE]).toEqual([128, false, false]);
    };
    const rooms = Array.from({ length: 6 }, () => {
      fillAndEmpty();
      return store['records'].length;
    });
    expect(rooms[5]).toBe(rooms[1]);
  });
});

describe('a basic block', () => {
  const input = plainInput(40, { 9: { w0: JEQ, target: 20 }, 29: { w0: JA, target: 5 } });
  /** 0-4, 5-9, 10-19, 20-29, 30-39. */
  const BLOCKS = 5;

  it('is what jumps and their targets delimit, and all that the layout asks for branches', () => {
    const { branchVisits } = cost(new BasicBlockStore(input), (store) => store.finish());
    expect(branchVisits).toBe(BLOCKS);
  });

  it('of straight code is cut every so many records', () => {
    for (const [block, blocks] of [
      [10, 4],
      [16, 3],
      [40, 1],
      [1, 40],
    ]) {
      const store = new BasicBlockStore(plainInput(40), { block });
      expect(cost(store, () => store.finish()).branchVisits).toBe(blocks);
    }
  });

  it('moves to the end when it has no room, and then only what is behind a patch', () => {
    const store = new BasicBlockStore(input, { room: 1 });
    expect(moved(cost(store, patchAt(12, 4)))).toBe(10);
    expect(moved(cost(store, patchAt(12, 4)))).toBe(19 - 12 + 1);
    expect(moved(cost(store, (it) => it.remove(it.locate(13), 2)))).toBe(19 - 14);
    expect(cost(store, () => store.finish()).branchVisits).toBe(BLOCKS);
  });

  it('that is long is cut in the middle before a patch', () => {
    const store = new BasicBlockStore(plainInput(40), { block: 20, room: 0 });
    expect(moved(cost(store, patchAt(5, 2)))).toBe(10);
    expect(moved(cost(store, patchAt(15, 2)))).toBe(10);
    expect(cost(store, () => store.finish()).branchVisits).toBe(3);
  });

  it('that is as long as it may be is not cut', () => {
    const store = new BasicBlockStore(plainInput(18), { block: 20 });
    patchAt(5, 3)(store);
    expect(cost(store, () => store.finish()).branchVisits).toBe(1);
  });

  it('is split by the branches of a patch and by what they lead to', () => {
    const store = new BasicBlockStore(input);
    // Three pieces: up to the jump, what it skips, what it leads to.
    store.replace(
      store.locate(12),
      new PatchBuffer()
        .push(JEQ | (1 << 16), 0)
        .push(MOV64, 1)
        .push(MOV64, 2),
    );
    store.check();
    expect(cost(store, () => store.finish()).branchVisits).toBe(BLOCKS + 2);
  });

  it('is split behind branches that leave a patch, and not where the buffer had one lead before', () => {
    const patch = new PatchBuffer()
      .push(MOV64, 0)
      .push(JEQ | (5 << 16), 0)
      .clear()
      .push(MOV64, 1)
      .pushOwnTarget(JEQ, 0);
    const store = new BasicBlockStore(input);
    store.replace(store.locate(9), patch);
    store.check();
    expect(cost(store, () => store.finish()).branchVisits).toBe(BLOCKS);
    const behind = new BasicBlockStore(input);
    behind.replace(behind.locate(9), patch.clear().push(MOV64, 1).pushOwnTarget(JEQ, 0).push(MOV64, 2));
    expect(cost(behind, () => behind.finish()).branchVisits).toBe(BLOCKS + 1);
  });
});

describe('copy on write', () => {
  it('copies the one record that a patch changes, and none of its own', () => {
    const store = new CowStore(plainInput(40));
    expect(moved(cost(store, patchAt(12, 4)))).toBe(1);
    expect(moved(cost(store, patchAt(12, 4)))).toBe(0);
    // The very first of all that patches have put there.
    expect(moved(cost(store, (it) => it.replace(it.next(it.locate(11)), plain(2))))).toBe(0);
    expect(moved(cost(store, (it) => it.setWords(it.locate(12), MOV64, 9)))).toBe(0);
    expect(moved(cost(store, (it) => it.setWords(it.locate(13), MOV64, 9)))).toBe(1);
    expect(moved(cost(store, (it) => it.remove(it.locate(1), 30)))).toBe(0);
    store.mark();
    expect(moved(cost(store, (it) => it.setNop(it.locate(38))))).toBe(1);
  });
});

describe.each(STRATEGIES)('$name', (strategy) => {
  it('looks for no overflow where there can be none', () => {
    const branches = {
      3: { w0: JA, target: 30 },
      5: { w0: GOTOL, target: 1 },
      9: { w0: JEQ, target: 1 },
    };
    const store = strategy.create(plainInput(40, branches));
    patchAt(12, 4)(store);
    store.replace(store.locate(13), new PatchBuffer().push(GOTOL, 0).push(MOV64, 0));
    store.skipPrologue(store.locate(1), store.locate(2));
    store.setNop(store.locate(3));
    store.setWords(store.locate(9), MOV64, 0);
    store.remove(store.locate(20), 4);
    store.finish();
    expect(store.counters.probeVisits).toBe(0);
  });
});

describe('looking for the record that carries a label', () => {
  it('goes outwards from where its aux record is', () => {
    const input = plainInput(40, {}, { subprogStarts: Int32Array.of(0, 20) });
    for (const store of [new LinkedListStore(input), new CowStore(input)]) {
      expect(cost(store, () => store.subprogStart(1)).nodeVisits).toBe(1);
      patchAt(20, 4)(store);
      expect(cost(store, () => store.subprogStart(1)).nodeVisits).toBe(4);
      // Neither another label nor one more subprogram leads astray.
      store.skipPrologue(store.prev(store.locate(20)), store.locate(20));
      store.skipPrologue(store.subprogStart(1), store.locate(20));
      store.commit();
      expect(cost(store, () => store.subprogStart(1)).nodeVisits).toBe(4);
      patchAt(39, 2)(store);
      store.addSubprog(store.locate(39));
      expect(cost(store, () => store.subprogStart(2)).nodeVisits).toBe(1);
    }
  });
});

describe('finishing', () => {
  const input = plainInput(
    40,
    { 3: { w0: JA, target: 30 }, 9: { w0: CALL, target: 20 } },
    {
      subprogStarts: Int32Array.of(0, 20),
      lineInfoSlots: Int32Array.of(0, 20, 30),
      insnArraySlots: Int32Array.of(5, 20),
    },
  );
  /** Two subprograms are looked at for those that are gone, and once more, besides lines, insn array entries and pokes. */
  const METADATA = 2 + 2 + 3 + 2 + 1;
  const edited = (store: Store): Store => {
    store.replace(store.locate(12), new PatchBuffer().push(JA, 0).push(MOV64, 0).pushReplaced(MOV64, 1));
    store.addPoke(store.locate(13), { map: 0, key: 0 });
    store.commit();
    return store;
  };
  const LENGTH = 42;
  /** One for each slot, the end, and what the patch's jump leads to. */
  const LABELS = 42;

  it.each([
    ['from one array, whose aux rows are the result', () => new BatchStore(input), 3, 0],
    ['from a list', () => new LinkedListStore(input), 4, LENGTH],
    ['from blocks', () => new BasicBlockStore(input), 4, LENGTH],
  ])('makes tables for instructions, labels and branches, %s', (_, make, allocations, rows) => {
    const store: Store = make();
    const rowBytes = rows * 4 * AUX_WORDS;
    const isBlocks = store instanceof BasicBlockStore;
    expect(cost(edited(store), () => store.finish())).toMatchObject({
      allocations,
      bytesAllocated: 8 * LENGTH + 8 * LENGTH + 4 * LABELS + rowBytes,
      insnBytesMoved: 8 * LENGTH,
      auxBytesMoved: rowBytes,
      metadataVisits: METADATA,
      // Blocks end with a branch (at 3 and 9, and that of the patch) or in front of a target (20 and 30); all others look at each
      // record.
      branchVisits: isBlocks ? 6 : LENGTH,
    });
  });

  it('of an overlay asks the branches that are listed, and copies the rows that are somewhere', () => {
    const store = new OverlayStore(input);
    expect(store.counters.insnBytesMoved).toBe(8 * 40);
    expect(store.counters.branchVisits).toBe(40);
    edited(store);
    store.setAux(store.prev(store.locate(12)), AUX_FREE, 7);
    expect(cost(store, () => store.finish())).toMatchObject({
      allocations: 4,
      // The patch's jump, which nothing has come into, has no label and is as it was written.
      bytesAllocated: 8 * LENGTH + 4 * AUX_WORDS * LENGTH + 4 * (LABELS - 1),
      insnBytesMoved: 8 * LENGTH,
      // But for the first instruction of the patch, which has none.
      auxBytesMoved: 4 * AUX_WORDS * (LENGTH - 1),
      metadataVisits: METADATA,
      branchVisits: 2,
    });
  });

  it('of an overlay resolves the jump of a patch when another patch has come into it', () => {
    const store = new OverlayStore(plainInput(40));
    const last = store.replace(
      12,
      new PatchBuffer()
        .push(JA | (1 << 16), 0)
        .push(MOV64, 0)
        .push(MOV64, 1),
    );
    store.replace(store.prev(last), new PatchBuffer().push(MOV64, 2).push(MOV64, 3));
    expect(cost(store, () => store.finish())).toMatchObject({
      bytesAllocated: (8 + 4 * AUX_WORDS) * 43 + 4 * 42 + 8,
      branchVisits: 1,
    });
    expect(store.word0(store.prev(store.prev(store.prev(last))))).toBe(JA | (1 << 16));
  });
});

describe('the overlay', () => {
  it('copies rows only when something is written in them, and only what is read then', () => {
    const store = new OverlayStore(plainInput(40));
    const row = 4 * AUX_WORDS;
    const written = (pos: number): number => cost(store, () => store.setAux(pos, AUX_FREE, 9)).auxBytesMoved;
    for (let slot = 0; slot < 20; slot++) patchAt(slot, 2)(store);
    // All loaded rows, once.
    expect([30, 30, 31].map(written)).toEqual([40 * row, 0, 0]);
    // The row of what was replaced, for the last of a patch; the first has none.
    expect([store.locate(0), store.locate(0), store.first()].map(written)).toEqual([row, 0, 0]);
    for (let slot = 1; slot < 15; slot++) expect(written(store.locate(slot))).toBe(row);
    // There is room for sixteen at first.
    expect([15, 16].map((slot) => written(store.locate(slot)))).toEqual([16 * row + row, row]);
    expect(cost(store, (it) => it.remove(it.locate(32), 5)).nodeVisits).toBe(5);
    store.check();
  });
});

describe('a list and a gap', () => {
  it('move nothing, and the way between two patches', () => {
    const list = new LinkedListStore(plainInput(40));
    expect(moved(cost(list, patchAt(12, 4)))).toBe(0);
    const gap = new GapBufferStore(plainInput(40));
    expect(moved(cost(gap, patchAt(12, 4)))).toBe(12);
    expect(moved(cost(gap, patchAt(30, 4)))).toBe(30 - 12);
    expect(moved(cost(gap, patchAt(20, 4)))).toBe(30 - 20 + 3);
    expect(cost(gap, (it) => it.finish())).toMatchObject({ branchVisits: 49 });
  });

  it('move everything when the gap is used up, and what is behind it once more', () => {
    const gap = new GapBufferStore(plainInput(40), { gap: 0.125 });
    const room = 32 + 5;
    expect(moved(cost(gap, patchAt(12, 32)))).toBe(12);
    expect(moved(cost(gap, patchAt(12, 32)))).toBe(40 + room + (40 - 12));
    gap.check();
  });

  it('have room for as many nodes again only where aux rows take memory that is mapped anew', () => {
    // Rows of 4 KiB: 8192 of them are what malloc still takes from what was freed.
    const nodes = (slots: number, options?: StoreOptions): number =>
      new LinkedListStore(plainInput(slots, {}, { auxWords: 1024 }), options)['nexts'].length;
    expect(nodes(8)).toBe(8 + 2 + 16);
    expect(nodes(8192)).toBe(8192 + 2048 + 16);
    expect(nodes(8193)).toBe(2 * 8193 + 16);
    expect(nodes(8193, { spare: 1.5 })).toBe(Math.ceil(2.5 * 8193) + 16);
  });
});
