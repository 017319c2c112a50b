/**
 * An unrolled list: a doubly linked list whose nodes hold some records each.
 *
 *     [ 0 1 2 3 4 . . . ] <-> [ 5 a b 6 7 8 . . ] <-> [ 9 c . . . . . . ] <-> ...      nodes of up to `node` records
 *
 *     patch in a node with room:       the rest of the node moves
 *     patch in a full node:            [ 5 a b 6 | 7 8 9 c ]   ->   [ 5 a b 6 x y . . ] <-> [ 7 8 9 c . . . . ]
 *                                      the node is split before the replaced record, the new ones go behind the front part,
 *                                      or, if that has no room, to a node of their own
 *     removal:                         a node that could share one with its neighbour, half of which stays free, does
 *
 * Nothing knows where a node is in the program: there is no directory and no tree, only neighbours. What finds original slots is a
 * table of the nodes they are in, written when a record goes to another node.
 *
 * Invariants besides those of leaf-store.ts (a leaf is a node here)
 * - `nexts` and `prevs` mirror each other, `NO_LEAF` at both ends; nodes not in use are linked by `nexts` alone.
 * - `homes[s]` is the node of the record that carries the aux of original slot s, while there is one.
 *
 * Cost: step O(1); locate O(log node); replace by n O(n + node); remove O(count + node). Moved: less than a node's records a patch.
 * finish: a bulk copy per node.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { FILL, LEAF_GROWTH, LEAF_SPARE, leafLayout, LeafStore, NO_LEAF } from './leaf-store.js';
import { PATCH_MAX } from './patch-buffer.js';
import type { Pos, StoreInput } from './store.js';
import { assertKnownOptions, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

const NODE: Tunable = {
  name: 'node',
  default: 64,
  // The new records of a patch must fit into a node of their own.
  min: PATCH_MAX,
  max: 1 << 20,
  tight: PATCH_MAX,
  meaning: 'records per node, rounded up to a power of two',
};

export const unrolledList: Strategy = {
  name: 'unrolled-list',
  summary: 'Linked nodes of some records each; branches and metadata resolved by labels at the end.',
  cost: 'O(N + M * node)',
  growth: 'linear',
  tunables: [NODE, FILL, LEAF_SPARE, LEAF_GROWTH],
  create: (input, options) => new UnrolledListStore(input, options),
};

export class UnrolledListStore extends LeafStore {
  override readonly name = unrolledList.name;
  private lengths: Int32Array;
  private nexts: Int32Array;
  private prevs: Int32Array;
  private head: number;
  /** Nodes that were handed out at least once. */
  private touched: number;
  /** First of the nodes that became empty. */
  private free = NO_LEAF;
  private readonly homes: Int32Array;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(unrolledList.name, unrolledList.tunables, options);
    const layout = leafLayout(input.insns.length / 2, NODE, options);
    super(input, layout);
    const { filled, used, leaves } = layout;
    this.lengths = new Int32Array(leaves);
    this.nexts = new Int32Array(leaves);
    this.prevs = new Int32Array(leaves);
    this.homes = new Int32Array(this.slots);
    this.counters.allocations++;
    this.counters.bytesAllocated += this.homes.byteLength;
    this.countTables();
    this.head = 0;
    this.touched = used;
    for (let node = 0; node < used; node++) {
      const from = node * filled;
      this.lengths[node] = Math.min(filled, this.slots - from);
      this.nexts[node] = node + 1;
      this.prevs[node] = node - 1;
      this.homes.fill(node, from, from + filled);
    }
    this.nexts[used - 1] = NO_LEAF;
  }

  override locate(slot: OriginalSlot): Pos {
    const node = this.homes[slot];
    return this.search(slot, node << this.shift, this.endOf(node));
  }

  protected override lengthOf(node: number): number {
    return this.lengths[node];
  }

  protected override resize(node: number, delta: number): void {
    this.lengths[node] += delta;
    this.counters.nodeVisits++;
  }

  protected override firstLeaf(): number {
    return this.head;
  }

  protected override leafAfter(node: number): number {
    return this.nexts[node];
  }

  protected override leafBefore(node: number): number {
    return this.prevs[node];
  }

  protected override open(pos: Pos, extra: number): Pos {
    const capacity = 1 << this.shift;
    const node = pos >> this.shift;
    if (this.lengths[node] + extra <= capacity) {
      this.insert(node, pos, extra);
      return pos + extra;
    }
    const kept = pos - (node << this.shift);
    const last = kept === 0 ? node : this.split(node, kept);
    const before = this.prevs[last];
    const roomy = before !== NO_LEAF && this.lengths[before] + extra <= capacity;
    const home = roomy ? before : this.newNode(before);
    this.insert(home, this.endOf(home), extra);
    return last << this.shift;
  }

  protected override close(pos: Pos, removed: number): Pos {
    const survivor = super.close(pos, removed);
    const node = pos >> this.shift;
    return this.lengths[node] === 0 ? survivor : this.absorbNext(node, survivor);
  }

  protected override splitLeaf(node: number, kept: number): number {
    const upper = this.newNode(node);
    this.lengths[upper] = this.lengths[node] - kept;
    this.lengths[node] = kept;
    const front = node << this.shift;
    this.settle(upper, front + kept, front + kept + this.lengths[upper]);
    return upper;
  }

  protected override dropLeaves(first: number, count: number): void {
    const before = this.prevs[first];
    let node = first;
    for (let left = count; left > 0; left--) {
      const next = this.nexts[node];
      this.nexts[node] = this.free;
      this.free = node;
      node = next;
    }
    this.link(before, node);
    this.counters.nodeVisits += count;
  }

  protected override checkContainer(): void {
    super.checkContainer();
    let before = NO_LEAF;
    for (let node = this.head; node !== NO_LEAF; node = this.nexts[node]) {
      if (this.prevs[node] !== before) throw new Error(`the node before ${node} is not ${before}`);
      before = node;
    }
    for (let node = this.free; node !== NO_LEAF; node = this.nexts[node]) {
      if (this.lengths[node] !== 0) throw new Error(`node ${node} is free, but not empty`);
    }
  }

  /** When the records of `node` and the next one fit into half a node, they come together; says where `pos` is then. */
  private absorbNext(node: number, pos: Pos): Pos {
    const next = this.nexts[node];
    if (next === NO_LEAF) return pos;
    const moved = this.lengths[next];
    if (2 * (this.lengths[node] + moved) > 1 << this.shift) return pos;
    const from = next << this.shift;
    const to = this.endOf(node);
    this.settle(node, from, from + moved);
    this.move(from, to, moved);
    this.resize(node, moved);
    this.resize(next, -moved);
    this.dropLeaves(next, 1);
    return pos >> this.shift === next ? pos - from + to : pos;
  }

  /** The original slots at `from`..`to - 1` will be in `node`. */
  private settle(node: number, from: Pos, to: Pos): void {
    for (let pos = from; pos < to; pos++) {
      const origin = this.origin(pos);
      if (origin !== 0) this.homes[origin - 1] = node;
    }
  }

  /** An empty node behind `before`, or at the front when that is `NO_LEAF`. */
  private newNode(before: number): number {
    let node = this.free;
    if (node !== NO_LEAF) {
      this.free = this.nexts[node];
    } else {
      if (this.touched === this.lengths.length) this.widen(this.growLeaves(this.touched));
      node = this.touched++;
    }
    const next = before === NO_LEAF ? this.head : this.nexts[before];
    this.link(before, node);
    this.link(node, next);
    this.counters.nodeVisits += 3;
    return node;
  }

  /** Makes two nodes neighbours; `NO_LEAF` is either end. */
  private link(node: number, next: number): void {
    if (node === NO_LEAF) this.head = next;
    else this.nexts[node] = next;
    if (next !== NO_LEAF) this.prevs[next] = node;
  }

  private widen(leaves: number): void {
    const { lengths, nexts, prevs } = this;
    this.lengths = new Int32Array(leaves);
    this.nexts = new Int32Array(leaves);
    this.prevs = new Int32Array(leaves);
    this.lengths.set(lengths);
    this.nexts.set(nexts);
    this.prevs.set(prevs);
    this.countTables();
  }

  private countTables(): void {
    this.counters.allocations += 3;
    this.counters.bytesAllocated += 3 * this.lengths.byteLength;
  }
}
