import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCounters } from './counters.js';
import { CountedTree, NO_LEAF } from './counted-tree.js';

function treeOf(leaves: number, each = 10): CountedTree {
  const tree = new CountedTree(Math.max(leaves, 1), newCounters());
  tree.build(
    Int32Array.from({ length: leaves }, () => each),
    Int32Array.from({ length: leaves }, (_, leaf) => leaf * each),
  );
  return tree;
}

function leavesOf(tree: CountedTree): number[] {
  const leaves: number[] = [];
  for (let leaf = tree.first(); leaf !== NO_LEAF; leaf = tree.next(leaf)) leaves.push(leaf);
  return leaves;
}

/** The height below a link, counted there and then; what leans by more than one is an error. */
function heightBelow(tree: CountedTree, at: number): number {
  if (at < 0) return 0;
  const left = heightBelow(tree, tree['lefts'][at]);
  const right = heightBelow(tree, tree['rights'][at]);
  if (Math.abs(left - right) > 1) throw new Error(`node ${at} leans: ${left} to ${right}`);
  return 1 + Math.max(left, right);
}

describe('the counted tree', () => {
  it('keeps leaves in order and counts what is in them', () => {
    const tree = treeOf(7);
    tree.check();
    expect(leavesOf(tree)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(tree.total).toBe(70);
    tree.add(3, 5);
    expect(tree.total).toBe(75);
    expect([tree.leafOf(0), tree.leafOf(9), tree.leafOf(10), tree.leafOf(69)]).toEqual([0, 0, 1, 6]);
    expect([tree.prev(0), tree.prev(4)]).toEqual([NO_LEAF, 3]);
  });

  it('ends empty, and says so', () => {
    const tree = treeOf(1);
    tree.add(0, -10);
    tree.remove(0);
    tree.check();
    expect([tree.first(), tree.leafOf(3), tree.total]).toEqual([NO_LEAF, NO_LEAF, 0]);
  });

  it('stays balanced when one place is split for ever', () => {
    const tree = new CountedTree(1024, newCounters());
    tree.build(Int32Array.of(2000), Int32Array.of(0));
    let leaf = 0;
    for (let nth = 1; nth < 1000; nth++) leaf = tree.split(leaf, 1, nth);
    tree.check();
    expect(tree.total).toBe(2000);
    expect(leavesOf(tree)).toEqual(Array.from({ length: 1000 }, (_, at) => at));
    expect(tree.leafOf(500)).toBe(500);
  });

  it('stays balanced when it is split at one end for a while, and then at the other', () => {
    const tree = new CountedTree(256, newCounters());
    tree.build(Int32Array.of(1000, 1000, 1000, 1000), Int32Array.of(0, 1, 2, 3));
    let last = 3;
    for (let nth = 1; nth < 60; nth++) last = tree.split(last, 1, 3 + nth);
    for (let nth = 1; nth < 120; nth++) tree.split(0, 1000 - nth, 0);
    tree.check();
    expect(heightBelow(tree, tree['root'])).toBeLessThan(12);
  });

  it('is left alone where one side is higher by one only', () => {
    for (const leaf of [0, 1]) {
      const tree = new CountedTree(4, newCounters());
      tree.build(Int32Array.of(10, 10), Int32Array.of(0, 10));
      tree.split(leaf, 5, 10 * leaf + 5);
      expect([tree['root'], heightBelow(tree, tree['root'])]).toEqual([0, 2]);
    }
  });

  it('finds slots after leaves without any were split and rotated', () => {
    // Once the key of such a split was taken for arbitrary: a rotation then put it above leaves that have slots.
    const tree = new CountedTree(64, newCounters());
    tree.build(Int32Array.of(10, 40), Int32Array.of(0, 10));
    let leaf = 1;
    for (let nth = 0; nth < 20; nth++) leaf = tree.split(leaf, 1, nth === 0 ? 10 : tree.keyBefore(leaf));
    tree.check();
    expect([tree.leafOf(0), tree.leafOf(9)]).toEqual([0, 0]);
  });

  it('counts the nodes and leaves it goes through, each once', () => {
    // Three nodes above each leaf.
    const counters = newCounters();
    const tree = new CountedTree(9, counters);
    tree.build(new Int32Array(8).fill(10), Int32Array.of(0, 10, 20, 30, 40, 50, 60, 70));
    const visited = (work: () => unknown): number => {
      const before = counters.nodeVisits;
      work();
      return counters.nodeVisits - before;
    };
    expect(visited(() => tree.leafOf(35))).toBe(4);
    expect(visited(() => tree.add(5, 1))).toBe(4);
    // Up from the leaf to where it is the left one, and down on the other side: twice as far between the halves.
    expect([0, 1, 3].map((leaf) => visited(() => tree.next(leaf)))).toEqual([1, 3, 5]);
    expect([1, 2, 4].map((leaf) => visited(() => tree.prev(leaf)))).toEqual([1, 3, 5]);
    expect(visited(() => tree.split(3, 5, 35))).toBe(3);
    expect(visited(() => tree.remove(0))).toBe(2);
    tree.check();
  });

  it('stays balanced whatever leaves are removed, on either side', () => {
    for (const stride of [1, 2, 3, 5, 7, 11, 31, 63]) {
      for (const leaves of [16, 64, 100]) {
        const tree = treeOf(leaves);
        for (let nth = 0, at = 0; nth < leaves; nth++, at += stride) {
          const left = leavesOf(tree);
          const leaf = left[at % left.length];
          tree.add(leaf, -tree.lengths[leaf]);
          tree.remove(leaf);
          tree.check();
        }
        expect(tree.total).toBe(0);
      }
    }
  });

  it('uses the numbers of removed leaves again before it is full', () => {
    const tree = treeOf(4);
    expect(tree.isFull).toBe(true);
    tree.add(2, -10);
    tree.remove(2);
    expect(tree.isFull).toBe(false);
    expect(tree.split(0, 5, 5)).toBe(2);
    expect(tree.isFull).toBe(true);
    tree.check();
  });

  it('agrees with a list on any splits and removals', () => {
    const steps = fc.array(fc.tuple(fc.nat(1000), fc.boolean()), { maxLength: 120, size: 'max' });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), steps, (leaves, edits) => {
        const tree = treeOf(leaves);
        let order = leavesOf(tree);
        for (const [drawn, split] of edits) {
          if (order.length === 0) break;
          const at = drawn % order.length;
          const leaf = order[at];
          if (split && tree.lengths[leaf] > 1) {
            if (tree.isFull) tree.widen(tree.capacity + 3);
            const upper = tree.split(leaf, tree.lengths[leaf] >> 1, tree.keyBefore(leaf));
            order = order.toSpliced(at + 1, 0, upper);
          } else if (!split) {
            tree.add(leaf, -tree.lengths[leaf]);
            tree.remove(leaf);
            order = order.toSpliced(at, 1);
          }
          tree.check();
          if (order.length > 0) heightBelow(tree, tree['root']);
          expect(leavesOf(tree)).toEqual(order);
          expect(order.toReversed()).toEqual(backwards(tree, order));
          expect(tree.total).toBe(order.reduce((sum, each) => sum + tree.lengths[each], 0));
        }
      }),
    );
  });
});

function backwards(tree: CountedTree, order: readonly number[]): number[] {
  const leaves: number[] = [];
  if (order.length === 0) return leaves;
  for (let leaf = order[order.length - 1]; leaf !== NO_LEAF; leaf = tree.prev(leaf)) leaves.push(leaf);
  return leaves;
}
