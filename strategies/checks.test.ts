/** What `check()` is for: it must find, and name, every count and link that was tampered with. */
import { describe, expect, it } from 'vitest';
import { ArrayStore } from './array.js';
import { BasicBlockStore } from './basic-block.js';
import { BatchStore } from './batch.js';
import { ChunkedStore } from './chunked.js';
import { newCounters } from './counters.js';
import { CountedTree } from './counted-tree.js';
import { CowStore } from './cow.js';
import { GapBufferStore } from './gap-buffer.js';
import { LinkedListStore } from './linked-list.js';
import { OverlayStore } from './overlay.js';
import { SPANNED } from './overlay-records.js';
import { PATCH_MAX, PatchBuffer } from './patch-buffer.js';
import { LABEL, RECORD_WORDS, TARGET } from './record.js';
import { RopeStore } from './rope.js';
import { AUX_ORIG } from './store.js';
import { JA, JEQ, MOV64, plainInput } from './testing/programs.js';
import { UnrolledListStore } from './unrolled-list.js';

/** 150 instructions, the third a branch to the eighth, in leaves and chunks of 64. */
const INPUT = plainInput(
  150,
  { 3: { w0: JEQ, target: 8 } },
  { subprogStarts: Int32Array.of(0, 70), lineInfoSlots: Int32Array.of(0, 20, 70) },
);
const THREE = new PatchBuffer().push(MOV64, 1).push(MOV64, 2).push(MOV64, 3);

interface Tampering<S> {
  /** What the check says then. */
  readonly says: string;
  readonly tamper: (store: S) => void;
}

function finds<S extends { check(): void }>(
  name: string,
  make: () => S,
  cases: readonly Tampering<S>[],
  check = (store: S): void => {
    store.check();
  },
): void {
  describe(`the check of ${name}`, () => {
    it('finds nothing where nothing is wrong', () => {
      expect(() => {
        check(make());
      }).not.toThrow();
    });

    it.each(cases)('says: $says', ({ says, tamper }) => {
      const store = make();
      tamper(store);
      expect(() => {
        check(store);
      }).toThrow(new Error(says));
    });
  });
}

finds('records and labels', () => new LinkedListStore(INPUT), [
  { says: '150 records, 151 counted', tamper: (store) => store['count']++ },
  { says: 'the sequence does not end', tamper: (store) => store['count']-- },
  {
    says: 'the record before record 4 is not the one met before',
    tamper: (store) => (store['prevs'][4] = 2),
  },
  { says: 'label 4 is carried twice', tamper: (store) => (store['records'][5 * RECORD_WORDS + LABEL] = 4) },
  {
    says: 'label 5 is carried, but an alias',
    tamper: (store) => {
      store['labels'].alias(5, 6);
    },
  },
  {
    says: 'original slots out of order at record 5',
    tamper: (store) => {
      store.setAux(5, AUX_ORIG, 5);
    },
  },
  {
    says: 'original slot 6 is not located',
    tamper: (store) => {
      store.setAux(5, AUX_ORIG, 7);
    },
  },
  {
    says: 'a target without branch, or without',
    tamper: (store) => (store['records'][5 * RECORD_WORDS + TARGET] = 4),
  },
  {
    says: 'a target without branch, or without',
    tamper: (store) => (store['records'][3 * RECORD_WORDS + TARGET] = -1),
  },
  {
    says: 'a branch aims at no record',
    tamper: (store) => (store['records'][3 * RECORD_WORDS + TARGET] = store['labels'].allocate(0)),
  },
]);

finds(
  'the linked list',
  () => new LinkedListStore(INPUT),
  [
    { says: 'node 150 of 150 in the list', tamper: (store) => (store['nexts'][149] = 150) },
    { says: 'node -3 of 150 in the list', tamper: (store) => (store['head'] = -3) },
    { says: 'prev of node 4 is not 3', tamper: (store) => (store['prevs'][4] = 2) },
  ],
  (store) => store['checkContainer'](),
);

finds(
  'the gap buffer',
  () => new GapBufferStore(INPUT, { gap: 0.001 }),
  [
    { says: 'gap -1..33 in 183 records', tamper: (store) => (store['gapStart'] = -1) },
    { says: 'gap 34..33 in 183 records', tamper: (store) => (store['gapStart'] = 34) },
    { says: 'gap 0..184 in 183 records', tamper: (store) => (store['gapEnd'] = 184) },
    { says: '150 records beside gap 1..33 of 183', tamper: (store) => (store['gapStart'] = 1) },
    { says: '151 records beside gap 0..33 of 183', tamper: (store) => store['count']++ },
  ],
  (store) => store['checkContainer'](),
);

const tight = { chunk: 64, leaf: 64, node: 64, fill: 1, growth: 1 };
const only = (...names: (keyof typeof tight)[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, tight[name]]));

finds(
  'chunks',
  () => new ChunkedStore(INPUT, only('chunk', 'fill', 'growth')),
  [
    { says: 'leaf 1 holds 0 records', tamper: (store) => (store['lengths'][1] = 0) },
    { says: 'leaf 1 holds 65 records', tamper: (store) => (store['lengths'][1] = 65) },
    { says: 'leaves hold 149 records, 150 counted', tamper: (store) => store['lengths'][1]-- },
    { says: 'chunk 2 does not know its place 2', tamper: (store) => (store['places'][2] = 3) },
    { says: 'slot 64 below the key of chunk 1', tamper: (store) => (store['keys'][1] = 65) },
    { says: 'key of chunk 1 is not above the slots before it', tamper: (store) => (store['keys'][1] = 63) },
  ],
  (store) => store['checkContainer'](),
);

finds(
  'the rope',
  () => new RopeStore(INPUT, only('leaf', 'fill', 'growth')),
  [
    { says: 'leaf 1 holds 0 records', tamper: (store) => (store['tree'].lengths[1] = 0) },
    { says: 'leaves hold 150 records, 151 counted', tamper: (store) => store['count']++ },
    { says: 'node 0 miscounts', tamper: (store) => store['tree']['counts'][0]++ },
  ],
  (store) => store['checkContainer'](),
);

/** The parent of a tree's root. */
const NO_NODE = 0x7fffffff;

/** Four leaves of ten records under three nodes; the root is node 0, its children 1 and 2. */
function tree(): CountedTree {
  const made = new CountedTree(8, newCounters());
  made.build(Int32Array.of(10, 10, 10, 10), Int32Array.of(0, 10, 20, 30));
  return made;
}

finds('the tree', tree, [
  { says: 'the root of the tree has a parent', tamper: (made) => (made['parents'][0] = 1) },
  { says: 'a child of node 0 denies it', tamper: (made) => (made['parents'][1] = 2) },
  { says: 'a child of node 0 denies it', tamper: (made) => (made['parents'][2] = 1) },
  { says: 'a child of node 2 denies it', tamper: (made) => (made['leafParents'][3] = 1) },
  { says: 'leaf 2 is empty', tamper: (made) => (made.lengths[2] = 0) },
  { says: 'leaf 0 is empty', tamper: (made) => (made.lengths[0] = 0) },
  { says: 'node 1 miscounts', tamper: (made) => made['counts'][1]++ },
  { says: 'node 0 miscounts', tamper: (made) => made['counts'][0]-- },
  { says: 'node 2 has a wrong height', tamper: (made) => made['heights'][2]++ },
  { says: 'the key before leaf 3 is out of order', tamper: (made) => (made['keys'][2] = 15) },
  {
    says: 'node 2 is out of balance',
    tamper: (made) => {
      splitWithoutBalance(made, 3);
      splitWithoutBalance(made, 4);
    },
  },
]);

/** Splits a leaf, and updates counts and heights, but lets the tree lean. */
function splitWithoutBalance(made: CountedTree, leaf: number): void {
  made['rebalance'] = () => {
    for (let node = made['leafParents'][leaf]; node !== NO_NODE; node = made['parents'][node])
      made['update'](node);
  };
  made.split(leaf, 1, 30 + leaf);
}

finds(
  'the unrolled list',
  () => new UnrolledListStore(INPUT, only('node', 'fill', 'growth')),
  [
    { says: 'the node before 1 is not 0', tamper: (store) => (store['prevs'][1] = 2) },
    {
      says: 'node 4 is free, but not empty',
      tamper: (store) => {
        store['free'] = 4;
        store['nexts'][4] = -1;
        store['lengths'][4] = 1;
      },
    },
  ],
  (store) => store['checkContainer'](),
);

finds(
  'basic blocks',
  () => new BasicBlockStore(INPUT, { block: 64 }),
  [
    { says: 'the block before 1 is not 0', tamper: (store) => (store['prevs'][1] = 2) },
    { says: 'block 1 holds 0 records', tamper: (store) => (store['lengths'][1] = 0) },
    { says: 'block 1 holds 5 records', tamper: (store) => (store['lengths'][1] = 5) },
    { says: 'position 5 is not of block 1', tamper: (store) => (store['blockOf'][5] = 0) },
    {
      says: 'a branch in the middle of block 1',
      tamper: (store) => (store['records'][5 * RECORD_WORDS + TARGET] = 8),
    },
    {
      says: 'a branch in the middle of block 1',
      tamper: (store) => (store['records'][5 * RECORD_WORDS + TARGET] = 0),
    },
    {
      says: 'the branch of block 0 aims at no block',
      tamper: (store) => (store['records'][3 * RECORD_WORDS + TARGET] = 7),
    },
  ],
  (store) => store['checkContainer'](),
);

/** A batch with 5 patched, and 9 to 11 removed, since the last commit. */
function pending(): BatchStore {
  const store = new BatchStore(INPUT);
  store.replace(5, THREE);
  store.replace(5, THREE);
  store.remove(9, 3);
  return store;
}

finds(
  'pending edits',
  pending,
  [
    { says: 'edited record 5 is not noted', tamper: (store) => (store['edited'][0] = 6) },
    {
      says: 'run 0 stands in front of another than 5',
      tamper: (store) => (store['runOwners'][0] = 6),
    },
    {
      says: 'runs in front of 5 are not linked both ways',
      tamper: (store) => (store['runPrevs'][1] = 2),
    },
    { says: 'the last run in front of 5 is not 1', tamper: (store) => (store['tails'][5] = 1) },
    { says: 'removed stretch at 9 has no end', tamper: (store) => (store['gone'][11] = 2) },
    { says: 'removed stretch at 9 has no end', tamper: (store) => (store['gone'][9] = 200) },
    {
      says: 'removed stretch at 9 has no end',
      tamper: (store) => {
        // It would end with the first new record, behind the last of the base.
        store['gone'][9] = 142;
        store['gone'][150] = 142;
      },
    },
    {
      says: 'removed stretch at 9 is not noted',
      tamper: (store) => {
        const noted = store['edited'].indexOf(9);
        store['edited'][noted] = 149;
      },
    },
  ],
  (store) => store['checkContainer'](),
);

finds(
  'copy on write',
  () => new CowStore(INPUT),
  [
    {
      says: 'base record 7 was written',
      tamper: (store) => (store['records'][7 * RECORD_WORDS + LABEL] = 9),
    },
    { says: 'place 7 shows record 150', tamper: (store) => (store['moved'][7] = 143) },
    { says: 'place 7 shows record -1', tamper: (store) => (store['moved'][7] = -8) },
    { says: 'record 8 shows twice', tamper: (store) => (store['moved'][7] = 1) },
  ],
  (store) => store['checkContainer'](),
);

finds('the array', () => new ArrayStore(INPUT), [
  { says: '4000 instructions in 1 pages', tamper: (store) => (store['count'] = 4000) },
  { says: 'insn 5 branches to 151', tamper: (store) => (store['insns'][10] = JA | (145 << 16)) },
  { says: 'insn 5 branches to -1', tamper: (store) => (store['insns'][10] = JA | (-7 << 16)) },
  {
    says: 'original slots out of order at 5',
    tamper: (store) => {
      store.setAux(5, AUX_ORIG, 5);
    },
  },
  {
    says: 'original slot 5 is not located',
    tamper: (store) => {
      const locate = store.locate.bind(store);
      store.locate = (slot) => (slot === 5 ? 4 : locate(slot));
    },
  },
  {
    says: 'the end of the last subprogram is not the end',
    tamper: (store) => (store['metadata'].starts[2] = 149),
  },
  { says: 'subprogram 0 is empty', tamper: (store) => (store['metadata'].starts[1] = 0) },
  { says: 'line info 0 is not before the next', tamper: (store) => (store['metadata']['lineSlots'][1] = 0) },
  {
    says: 'line info 2 is not before the next',
    tamper: (store) => (store['metadata']['lineSlots'][2] = 150),
  },
]);

/** The instruction behind the branch is patched by three: a jump behind the patch, at record 150, and two more. */
function overlaid(): OverlayStore {
  const store = new OverlayStore(INPUT);
  store.replace(
    4,
    new PatchBuffer()
      .push(JA | (2 << 16), 0)
      .push(MOV64, 2)
      .push(MOV64, 3),
  );
  return store;
}

finds('the overlay', overlaid, [
  { says: '152 records, 153 counted', tamper: (store) => store['count']++ },
  { says: 'the sequence does not end', tamper: (store) => store['count']-- },
  {
    says: 'record 152 does not know record 151 before it',
    tamper: (store) => (store['prevs'][2] = 151),
  },
  { says: 'label 7 is carried twice', tamper: (store) => (store['retagged'] = new Map([[8, 7]])) },
  {
    says: 'label 8 is carried, but an alias',
    tamper: (store) => {
      store['labels'].alias(8, 9);
    },
  },
  {
    says: 'label 151 is not known to be at record 8',
    tamper: (store) => (store['retagged'] = new Map([[8, store['labels'].allocate(0)]])),
  },
  {
    says: 'original slots out of order at record 8',
    tamper: (store) => {
      store.setAux(8, AUX_ORIG, 8);
    },
  },
  {
    says: 'original slot 9 is not located',
    tamper: (store) => {
      store.setAux(8, AUX_ORIG, 10);
    },
  },
  { says: 'branch 3 is not listed', tamper: (store) => (store['listedCount'] = 0) },
  {
    says: 'record 151 is not known to be spanned by branch 150',
    tamper: (store) => (store['handles'][1] &= ~SPANNED),
  },
  {
    says: 'branch 150 leads out of its patch as it was written',
    tamper: (store) => (store['words'][2 * 150] = JA | (PATCH_MAX << 16)),
  },
  { says: 'record 8 has a target, but is no branch', tamper: (store) => (store['targets'][8] = 4) },
  {
    says: 'branch 3 aims at no record',
    tamper: (store) => (store['targets'][3] = store['labels'].allocate(0) + 1),
  },
]);
