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
 * - leaf l holds records l * leaf .. l * leaf + lengths[l] - 1; no leaf of the tree is empty.
 * - a leaf that was split has at most half of its capacity, at least one patch, in use.
 * - those of counted-tree.ts.
 *
 * Cost: step O(1) amortised; locate O(log N + log leaf); replace by n O(n + leaf + log N); remove O(count + leaf + leaves gone * log
 * N). Moved: at most one leaf's records a patch. finish: a bulk copy per leaf.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { CountedTree, NO_LEAF } from './counted-tree.js';
import { DeferringStore } from './deferring-store.js';
import type { Linearizer } from './linearize.js';
import { PATCH_MAX } from './patch-buffer.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

const LEAF: Tunable = {
  name: 'leaf',
  default: 128,
  // A half must take a whole patch besides its own records.
  min: 2 * PATCH_MAX,
  max: 1 << 20,
  tight: 2 * PATCH_MAX,
  meaning: 'records per leaf, rounded up to a power of two',
};
const FILL: Tunable = {
  name: 'fill',
  default: 0.75,
  min: 0.01,
  max: 1,
  tight: 1,
  meaning: 'share of each leaf that is filled at the start',
};
const GROWTH: Tunable = {
  name: 'growth',
  default: 0.25,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'spare leaves at the start and whenever there are none left, as a share of the leaves',
};

export const rope: Strategy = {
  name: 'rope',
  summary: 'Balanced counted tree over small blocks; branches and metadata resolved by labels at the end.',
  cost: 'O(N + M * (leaf + log N))',
  growth: 'linear',
  tunables: [LEAF, FILL, GROWTH],
  create: (input, options) => new RopeStore(input, options),
};

/** How a program is laid out in leaves. */
interface Layout {
  /** log2 of the records per leaf. */
  readonly shift: number;
  /** Records put in each leaf at the start. */
  readonly filled: number;
  /** Leaves in use at the start. */
  readonly used: number;
  /** Leaves there is room for. */
  readonly leaves: number;
  readonly growth: number;
}

function layoutFor(slots: number, options: StoreOptions): Layout {
  assertKnownOptions(rope.name, rope.tunables, options);
  const shift = Math.ceil(Math.log2(tuned(options, LEAF)));
  const growth = tuned(options, GROWTH);
  const filled = Math.max(1, Math.floor((1 << shift) * tuned(options, FILL)));
  const used = Math.ceil(slots / filled);
  return { shift, filled, used, leaves: withSpare(used, growth), growth };
}

function withSpare(leaves: number, growth: number): number {
  return leaves + Math.ceil(leaves * growth);
}

export class RopeStore extends DeferringStore {
  override readonly name = rope.name;
  private readonly shift: number;
  private readonly growth: number;
  private readonly tree: CountedTree;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    const layout = layoutFor(input.insns.length / 2, options);
    super(input, layout.leaves << layout.shift);
    const { shift, filled, used, leaves, growth } = layout;
    this.shift = shift;
    this.growth = growth;
    const lengths = new Int32Array(used);
    const keys = new Int32Array(used);
    for (let leaf = 0; leaf < used; leaf++) {
      const from = leaf * filled;
      keys[leaf] = from;
      lengths[leaf] = Math.min(filled, this.slots - from);
      this.load(input, from, lengths[leaf], leaf << shift);
    }
    this.tree = new CountedTree(leaves, this.counters);
    this.tree.build(lengths, keys);
  }

  override first(): Pos {
    const leaf = this.tree.first();
    return leaf === NO_LEAF ? NONE : leaf << this.shift;
  }

  override next(pos: Pos): Pos {
    const leaf = pos >> this.shift;
    const next = pos + 1;
    if (next - (leaf << this.shift) < this.tree.lengths[leaf]) return next;
    return this.frontOf(this.tree.next(leaf));
  }

  override prev(pos: Pos): Pos {
    const leaf = pos >> this.shift;
    if (pos > leaf << this.shift) return pos - 1;
    const before = this.tree.prev(leaf);
    return before === NO_LEAF ? NONE : (before << this.shift) + this.tree.lengths[before] - 1;
  }

  override locate(slot: OriginalSlot): Pos {
    const leaf = this.tree.leafOf(slot);
    if (leaf === NO_LEAF) return NONE;
    return this.search(slot, leaf << this.shift, (leaf << this.shift) + this.tree.lengths[leaf]);
  }

  protected override open(pos: Pos, extra: number): Pos {
    let leaf = pos >> this.shift;
    let at = pos;
    const length = this.tree.lengths[leaf];
    if (length + extra > 1 << this.shift) {
      const kept = length >> 1;
      const upper = this.split(leaf, kept);
      const inside = pos - (leaf << this.shift);
      if (inside >= kept) {
        leaf = upper;
        at = (upper << this.shift) + inside - kept;
      }
    }
    this.move(at, at + extra, (leaf << this.shift) + this.tree.lengths[leaf] - at);
    this.clearRows(at, extra);
    this.tree.add(leaf, extra);
    this.opened = at;
    return at + extra;
  }

  protected override close(pos: Pos, removed: number): Pos {
    const tree = this.tree;
    let leaf = pos >> this.shift;
    let at = pos;
    let left = removed;
    for (;;) {
      const end = (leaf << this.shift) + tree.lengths[leaf];
      const here = Math.min(left, end - at);
      const behind = at + here === end ? this.frontOf(tree.next(leaf)) : at;
      this.move(at + here, at, end - at - here);
      tree.add(leaf, -here);
      if (tree.lengths[leaf] === 0) tree.remove(leaf);
      left -= here;
      if (left === 0) return behind;
      leaf = behind >> this.shift;
      at = behind;
    }
  }

  protected override emit(out: Linearizer): void {
    for (let leaf = this.tree.first(); leaf !== NO_LEAF; leaf = this.tree.next(leaf)) {
      out.append(leaf << this.shift, this.tree.lengths[leaf]);
    }
  }

  protected override checkContainer(): void {
    this.tree.check();
    if (this.tree.total !== this.count)
      throw new Error(`${this.tree.total} records in the tree, ${this.count} counted`);
    for (let leaf = this.tree.first(); leaf !== NO_LEAF; leaf = this.tree.next(leaf)) {
      if (this.tree.lengths[leaf] > 1 << this.shift) throw new Error(`leaf ${leaf} holds too much`);
    }
  }

  private frontOf(leaf: number): Pos {
    return leaf === NO_LEAF ? NONE : leaf << this.shift;
  }

  /** Moves all but the first `kept` records of a leaf to a new one behind it, and returns that. */
  private split(leaf: number, kept: number): number {
    if (this.tree.isFull) {
      const leaves = this.tree.capacity;
      this.grow(withSpare(leaves, this.growth) << this.shift, leaves << this.shift);
      this.tree.widen(withSpare(leaves, this.growth));
    }
    const from = (leaf << this.shift) + kept;
    const moved = this.tree.lengths[leaf] - kept;
    const upper = this.tree.split(leaf, kept, this.keyAt(leaf, kept));
    this.move(from, upper << this.shift, moved);
    return upper;
  }

  /**
   * A key that parts the original slots before record `kept` of a leaf from those behind: the first one behind, one
   * more than the last one before, or, without any in the leaf, the one that parts it from the leaves before.
   */
  private keyAt(leaf: number, kept: number): number {
    const front = leaf << this.shift;
    for (let pos = front + kept; pos < front + this.tree.lengths[leaf]; pos++) {
      if (this.origin(pos) !== 0) return this.origin(pos) - 1;
    }
    for (let pos = front + kept - 1; pos >= front; pos--) {
      if (this.origin(pos) !== 0) return this.origin(pos);
    }
    return this.tree.keyBefore(leaf);
  }
}
