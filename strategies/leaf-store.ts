/**
 * Records in leaves of one capacity, side by side in the memory: what chunks, the leaves of a rope and the nodes of an
 * unrolled list share. How leaves follow one another, and how they are found, is each strategy's own.
 *
 *     memory:   [ 0 1 2 3 . . ] [ a b c . . . ] [ 6 7 8 9 5 . ]     leaf l: records l << shift and on
 *                leaf 0          leaf 1          leaf 2
 *
 * A patch moves the rest of one leaf; a full leaf is split before, in the middle. A removal closes up leaf by leaf.
 *
 * Invariants
 * - leaf l holds the `lengthOf(l)` records from l << shift on, at most 1 << shift, and no leaf of the sequence is empty.
 * - a leaf that was split has at most half of its capacity, at least one patch, free.
 *
 * Cost besides that of the sequence of leaves: step O(1); replace by n O(n + leaf); remove O(count + leaf). Moved: at most one leaf's
 * records a patch. finish: a bulk copy per leaf.
 */
import { DeferringStore } from './deferring-store.js';
import type { Linearizer } from './linearize.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { tuned, type StoreOptions, type Tunable } from './strategy.js';

/** No leaf: before the first and behind the last. */
export const NO_LEAF = -1;

/** Share of each leaf that is filled at the start. */
export const FILL: Tunable = {
  name: 'fill',
  default: 0.75,
  min: 0.01,
  max: 1,
  tight: 1,
  meaning: 'share of each block of records that is filled at the start',
};

/** How many leaves there is room for at the start besides those in use. */
export const LEAF_SPARE: Tunable = {
  name: 'spare',
  default: 0.25,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'spare blocks of records at the start, as a share of those in use',
};

/** How many more leaves there is room for when the memory has to grow, which copies it whole. */
export const LEAF_GROWTH: Tunable = {
  name: 'growth',
  default: 1,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'by how much the blocks of records grow in number when none is left, as a share of theirs',
};

/** How a program is laid out in leaves. */
export interface LeafLayout {
  /** log2 of the records per leaf. */
  readonly shift: number;
  /** Records put in each leaf at the start. */
  readonly filled: number;
  /** Leaves in use at the start. */
  readonly used: number;
  /** Leaves there is room for. */
  readonly leaves: number;
  /** Value of `LEAF_GROWTH`. */
  readonly growth: number;
}

/**
 * The layout of a program of `slots`.
 * @param size the tunable that says how many records a leaf takes, rounded up to a power of two
 */
export function leafLayout(slots: number, size: Tunable, options: StoreOptions): LeafLayout {
  const shift = Math.ceil(Math.log2(tuned(options, size)));
  const filled = Math.max(1, Math.floor((1 << shift) * tuned(options, FILL)));
  const used = Math.ceil(slots / filled);
  const leaves = used + Math.floor(used * tuned(options, LEAF_SPARE));
  return { shift, filled, used, leaves, growth: tuned(options, LEAF_GROWTH) };
}

export abstract class LeafStore extends DeferringStore {
  protected readonly shift: number;
  private readonly growth: number;

  /** The leaves 0..used - 1 of the layout are loaded; the sequence of leaves is the strategy's to make. */
  constructor(input: StoreInput, layout: LeafLayout) {
    super(input, layout.leaves << layout.shift);
    this.shift = layout.shift;
    this.growth = layout.growth;
    for (let leaf = 0; leaf < layout.used; leaf++) {
      const from = leaf * layout.filled;
      this.load(input, from, Math.min(layout.filled, this.slots - from), leaf << layout.shift);
    }
  }

  protected abstract lengthOf(leaf: number): number;
  /** The leaf holds `delta` records more. */
  protected abstract resize(leaf: number, delta: number): void;
  protected abstract firstLeaf(): number;
  /** The leaf after `leaf`, or `NO_LEAF`. */
  protected abstract leafAfter(leaf: number): number;
  /** The leaf before `leaf`, or `NO_LEAF`. */
  protected abstract leafBefore(leaf: number): number;
  /** Puts a leaf behind `leaf` that has all but its first `kept` records, which are still to be moved, and returns it. */
  protected abstract splitLeaf(leaf: number, kept: number): number;
  /** Takes `count` leaves, from `leaf` on, out of the sequence: they are empty. */
  protected abstract dropLeaves(leaf: number, count: number): void;

  override first(): Pos {
    return this.frontOf(this.firstLeaf());
  }

  override next(pos: Pos): Pos {
    const leaf = pos >> this.shift;
    const next = pos + 1;
    if (next - (leaf << this.shift) < this.lengthOf(leaf)) return next;
    return this.frontOf(this.leafAfter(leaf));
  }

  override prev(pos: Pos): Pos {
    const leaf = pos >> this.shift;
    if (pos > leaf << this.shift) return pos - 1;
    const before = this.leafBefore(leaf);
    return before === NO_LEAF ? NONE : this.endOf(before) - 1;
  }

  protected override open(pos: Pos, extra: number): Pos {
    let leaf = pos >> this.shift;
    let at = pos;
    const length = this.lengthOf(leaf);
    if (length + extra > 1 << this.shift) {
      const kept = length >> 1;
      const upper = this.split(leaf, kept);
      const inside = pos - (leaf << this.shift);
      if (inside >= kept) {
        leaf = upper;
        at = (upper << this.shift) + inside - kept;
      }
    }
    this.insert(leaf, at, extra);
    return at + extra;
  }

  protected override close(pos: Pos, removed: number): Pos {
    let leaf = pos >> this.shift;
    let at = pos;
    let left = removed;
    let emptied = 0;
    let firstEmptied = leaf;
    for (;;) {
      const here = Math.min(left, this.endOf(leaf) - at);
      this.move(at + here, at, this.endOf(leaf) - at - here);
      this.resize(leaf, -here);
      left -= here;
      if (this.lengthOf(leaf) === 0 && emptied++ === 0) firstEmptied = leaf;
      if (left === 0) break;
      leaf = this.leafAfter(leaf);
      at = leaf << this.shift;
    }
    const survivor = at < this.endOf(leaf) ? at : this.frontOf(this.leafAfter(leaf));
    if (emptied > 0) this.dropLeaves(firstEmptied, emptied);
    return survivor;
  }

  protected override emit(out: Linearizer): void {
    for (let leaf = this.firstLeaf(); leaf !== NO_LEAF; leaf = this.leafAfter(leaf)) {
      out.append(leaf << this.shift, this.lengthOf(leaf));
    }
  }

  protected override checkContainer(): void {
    let total = 0;
    for (let leaf = this.firstLeaf(); leaf !== NO_LEAF; leaf = this.leafAfter(leaf)) {
      const length = this.lengthOf(leaf);
      if (length < 1 || length > 1 << this.shift) throw new Error(`leaf ${leaf} holds ${length} records`);
      total += length;
    }
    if (total !== this.count) throw new Error(`leaves hold ${total} records, ${this.count} counted`);
  }

  protected frontOf(leaf: number): Pos {
    return leaf === NO_LEAF ? NONE : leaf << this.shift;
  }

  /** Where the records of a leaf end. */
  protected endOf(leaf: number): Pos {
    return (leaf << this.shift) + this.lengthOf(leaf);
  }

  /** Makes room for `extra` records at `at` in a leaf that has it. */
  protected insert(leaf: number, at: Pos, extra: number): void {
    this.move(at, at + extra, this.endOf(leaf) - at);
    this.clearRows(at, extra);
    this.resize(leaf, extra);
    this.opened = at;
  }

  /** Moves all but the first `kept` records of a leaf to a new one behind it, and returns that. */
  protected split(leaf: number, kept: number): number {
    const moved = this.lengthOf(leaf) - kept;
    const upper = this.splitLeaf(leaf, kept);
    this.move((leaf << this.shift) + kept, upper << this.shift, moved);
    return upper;
  }

  /** Makes room for more leaves than the `leaves` there is room for, and returns for how many. */
  protected growLeaves(leaves: number): number {
    const more = leaves + Math.ceil(leaves * this.growth);
    this.grow(more << this.shift, leaves << this.shift);
    return more;
  }
}
