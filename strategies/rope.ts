/**
 * A rope: a balanced, counted tree whose leaves are small blocks of records.
 *
 *                (14)
 *               /    \
 *            (9)      [ j k l m n . . . ]      leaf: up to `leaf` records, side by side in the pool
 *           /   \
 *    [ a b c d ] [ e f g h i . . . ]           inner nodes: counted-tree.ts
 *
 * A patch moves the rest of one leaf and adds to the counts on the way to the root; a full leaf splits in two, and the tree
 * balances itself. Branches know nothing of leaves: they are labels.
 *
 * Invariants
 * - those of leaf-store.ts and of counted-tree.ts.
 *
 * Cost: step O(1) amortised; locate O(log N + log leaf); replace by n O(n + leaf + log N); remove O(count + leaf + leaves gone * log
 * N). Moved: at most one leaf's records a patch. finish: a bulk copy per leaf.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { CountedTree } from './counted-tree.js';
import { FILL, LEAF_GROWTH, LEAF_SPARE, leafLayout, LeafStore, NO_LEAF } from './leaf-store.js';
import { PATCH_MAX } from './patch-buffer.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

const LEAF: Tunable = {
  name: 'leaf',
  default: 128,
  // A half must take a whole patch besides its own records.
  min: 2 * PATCH_MAX,
  max: 1 << 20,
  tight: 2 * PATCH_MAX,
  meaning: 'records per leaf, rounded up to a power of two',
};

export const rope: Strategy = {
  name: 'rope',
  summary: 'Balanced counted tree over small blocks; branches and metadata resolved by labels at the end.',
  cost: 'O(N + M * (leaf + log N))',
  growth: 'linear',
  tunables: [LEAF, FILL, LEAF_SPARE, LEAF_GROWTH],
  create: (input, options) => new RopeStore(input, options),
};

export class RopeStore extends LeafStore {
  override readonly name = rope.name;
  private readonly tree: CountedTree;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(rope.name, rope.tunables, options);
    const layout = leafLayout(input.insns.length / 2, LEAF, options);
    super(input, layout);
    const { filled, used, leaves } = layout;
    const lengths = new Int32Array(used);
    const keys = new Int32Array(used);
    for (let leaf = 0; leaf < used; leaf++) {
      keys[leaf] = leaf * filled;
      lengths[leaf] = Math.min(filled, this.slots - keys[leaf]);
    }
    this.tree = new CountedTree(leaves, this.counters);
    this.tree.build(lengths, keys);
  }

  override locate(slot: OriginalSlot): Pos {
    const leaf = this.tree.leafOf(slot);
    return leaf === NO_LEAF ? NONE : this.search(slot, leaf << this.shift, this.endOf(leaf));
  }

  protected override lengthOf(leaf: number): number {
    return this.tree.lengths[leaf];
  }

  protected override resize(leaf: number, delta: number): void {
    this.tree.add(leaf, delta);
  }

  protected override firstLeaf(): number {
    return this.tree.first();
  }

  protected override leafAfter(leaf: number): number {
    return this.tree.next(leaf);
  }

  protected override leafBefore(leaf: number): number {
    return this.tree.prev(leaf);
  }

  protected override splitLeaf(leaf: number, kept: number): number {
    if (this.tree.isFull) this.tree.widen(this.growLeaves(this.tree.capacity));
    return this.tree.split(leaf, kept, this.keyAt(leaf, kept));
  }

  protected override dropLeaves(first: number, count: number): void {
    let leaf = first;
    for (let left = count; left > 0; left--) {
      const next = this.tree.next(leaf);
      this.tree.remove(leaf);
      leaf = next;
    }
  }

  protected override checkContainer(): void {
    super.checkContainer();
    this.tree.check();
  }

  /**
   * A key that parts the original slots before record `kept` of a leaf from those behind: one more than the last one
   * before, or, without any there, the one that parts the leaf from those before it.
   */
  private keyAt(leaf: number, kept: number): number {
    const front = leaf << this.shift;
    for (let pos = front + kept - 1; pos >= front; pos--) {
      if (this.origin(pos) !== 0) return this.origin(pos);
    }
    return this.tree.keyBefore(leaf);
  }
}
