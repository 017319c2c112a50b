/**
 * A balanced tree over numbered leaves, in program order, that counts what is below each node: the index of a rope.
 *
 *                     (n1: count 14, key 9)                key: original slots from here on are to the right
 *                      /                \
 *            (n0: count 9, key 4)        leaf 1: 5         leaves hold a number of records, inner nodes none
 *              /           \
 *          leaf 0: 4     leaf 2: 5
 *
 * Invariants (AVL)
 * - every inner node has two children, whose heights differ by at most one; a leaf has height 0.
 * - the count of an inner node is the sum of its children's, its height one more than the greater of theirs.
 * - all original slots in the left subtree are below `key`, all in the right one at or above it; this holds for all leaves
 *   on either side of it, not only those below the node, since rotations bring others there. So keys are in order.
 *
 * In links a leaf is `~leaf` (negative), an inner node its number. Costs: successor amortised O(1), everything else
 * O(log leaves). Nothing is allocated per operation; numbers of removed leaves and nodes are used again.
 */
import type { Counters } from './counters.js';
import { NO_LEAF } from './leaf-store.js';

/** No node: the parent of the root, the root of the empty tree. */
const NIL = 0x7fffffff;
export { NO_LEAF };

export class CountedTree {
  /** Records in each leaf; change them with `add` only. */
  lengths: Int32Array;
  private leafParents: Int32Array;
  private lefts: Int32Array;
  private rights: Int32Array;
  private parents: Int32Array;
  private heights: Int32Array;
  private counts: Int32Array;
  private keys: Int32Array;
  private root = NIL;
  /** Leaves and nodes that were handed out at least once. */
  private touchedLeaves = 0;
  private touchedNodes = 0;
  private readonly freeLeaves: number[] = [];
  private readonly freeNodes: number[] = [];

  constructor(
    capacity: number,
    private readonly counters: Counters,
  ) {
    this.lengths = new Int32Array(capacity);
    this.leafParents = new Int32Array(capacity);
    this.lefts = new Int32Array(capacity);
    this.rights = new Int32Array(capacity);
    this.parents = new Int32Array(capacity);
    this.heights = new Int32Array(capacity);
    this.counts = new Int32Array(capacity);
    this.keys = new Int32Array(capacity);
    this.countTables();
  }

  /** Leaves there is room for. */
  get capacity(): number {
    return this.lengths.length;
  }

  /** Would another leaf go beyond the capacity? */
  get isFull(): boolean {
    return this.freeLeaves.length === 0 && this.touchedLeaves === this.capacity;
  }

  /** Records in all leaves. */
  get total(): number {
    return this.root === NIL ? 0 : this.countOf(this.root);
  }

  /** Builds the tree over leaves 0..lengths.length - 1; leaf i begins with original slot `keys[i]`. */
  build(lengths: Int32Array, keys: Int32Array): void {
    this.lengths.set(lengths);
    this.touchedLeaves = lengths.length;
    this.root = this.buildOver(0, lengths.length, keys);
    this.setParent(this.root, NIL);
  }

  widen(capacity: number): void {
    const wider = (table: Int32Array): Int32Array => {
      const grown = new Int32Array(capacity);
      grown.set(table);
      return grown;
    };
    this.lengths = wider(this.lengths);
    this.leafParents = wider(this.leafParents);
    this.lefts = wider(this.lefts);
    this.rights = wider(this.rights);
    this.parents = wider(this.parents);
    this.heights = wider(this.heights);
    this.counts = wider(this.counts);
    this.keys = wider(this.keys);
    this.countTables();
  }

  first(): number {
    if (this.root === NIL) return NO_LEAF;
    let at = this.root;
    while (at >= 0) at = this.lefts[at];
    return ~at;
  }

  /** The leaf after `leaf`, or `NO_LEAF`. */
  next(leaf: number): number {
    let at = ~leaf;
    let parent = this.leafParents[leaf];
    let visits = 1;
    while (parent !== NIL && this.rights[parent] === at) {
      at = parent;
      parent = this.parents[at];
      visits++;
    }
    if (parent === NIL) return NO_LEAF;
    at = this.rights[parent];
    for (; at >= 0; visits++) at = this.lefts[at];
    this.counters.nodeVisits += visits;
    return ~at;
  }

  /** The leaf before `leaf`, or `NO_LEAF`. */
  prev(leaf: number): number {
    let at = ~leaf;
    let parent = this.leafParents[leaf];
    let visits = 1;
    while (parent !== NIL && this.lefts[parent] === at) {
      at = parent;
      parent = this.parents[at];
      visits++;
    }
    if (parent === NIL) return NO_LEAF;
    at = this.lefts[parent];
    for (; at >= 0; visits++) at = this.rights[at];
    this.counters.nodeVisits += visits;
    return ~at;
  }

  /** The leaf that holds the aux of original slot `slot` if any does. */
  leafOf(slot: number): number {
    if (this.root === NIL) return NO_LEAF;
    let at = this.root;
    let visits = 1;
    for (; at >= 0; visits++) at = slot >= this.keys[at] ? this.rights[at] : this.lefts[at];
    this.counters.nodeVisits += visits;
    return ~at;
  }

  /** A key that parts `leaf` from all leaves before it; 0 for the first leaf. */
  keyBefore(leaf: number): number {
    let at = ~leaf;
    for (let parent = this.leafParents[leaf]; parent !== NIL; parent = this.parents[parent]) {
      if (this.rights[parent] === at) return this.keys[parent];
      at = parent;
    }
    return 0;
  }

  /** The leaf holds `delta` records more. */
  add(leaf: number, delta: number): void {
    this.lengths[leaf] += delta;
    let visits = 1;
    for (let at = this.leafParents[leaf]; at !== NIL; at = this.parents[at], visits++)
      this.counts[at] += delta;
    this.counters.nodeVisits += visits;
  }

  /**
   * Puts a new leaf behind `leaf`, which keeps its first `kept` records; the new one has the others.
   * @param key every original slot in the new leaf is at or above it, every one before is below
   */
  split(leaf: number, kept: number, key: number): number {
    const upper = this.freeLeaves.pop() ?? this.touchedLeaves++;
    const node = this.freeNodes.pop() ?? this.touchedNodes++;
    const parent = this.leafParents[leaf];
    this.lengths[upper] = this.lengths[leaf] - kept;
    this.lengths[leaf] = kept;
    this.replaceChild(parent, ~leaf, node);
    this.parents[node] = parent;
    this.keys[node] = key;
    this.join(node, ~leaf, ~upper);
    this.rebalance(parent);
    return upper;
  }

  /** Takes an empty leaf out. */
  remove(leaf: number): void {
    const node = this.leafParents[leaf];
    this.freeLeaves.push(leaf);
    if (node === NIL) {
      this.root = NIL;
      return;
    }
    const sibling = this.lefts[node] === ~leaf ? this.rights[node] : this.lefts[node];
    const parent = this.parents[node];
    this.replaceChild(parent, node, sibling);
    this.setParent(sibling, parent);
    this.freeNodes.push(node);
    this.rebalance(parent);
  }

  /** @throws Error naming the invariant that does not hold */
  check(): void {
    if (this.root === NIL) return;
    if (this.parentOf(this.root) !== NIL) throw new Error('the root of the tree has a parent');
    this.checkBelow(this.root);
    let key = 0;
    for (let leaf = this.first(); leaf !== NO_LEAF; leaf = this.next(leaf)) {
      if (this.keyBefore(leaf) < key) throw new Error(`the key before leaf ${leaf} is out of order`);
      key = this.keyBefore(leaf);
    }
  }

  private checkBelow(at: number): void {
    if (at < 0) {
      if (this.lengths[~at] < 1) throw new Error(`leaf ${~at} is empty`);
      return;
    }
    const left = this.lefts[at];
    const right = this.rights[at];
    if (this.parentOf(left) !== at || this.parentOf(right) !== at)
      throw new Error(`a child of node ${at} denies it`);
    this.checkBelow(left);
    this.checkBelow(right);
    if (this.counts[at] !== this.countOf(left) + this.countOf(right)) throw new Error(`node ${at} miscounts`);
    if (this.heights[at] !== 1 + Math.max(this.heightOf(left), this.heightOf(right))) {
      throw new Error(`node ${at} has a wrong height`);
    }
    if (Math.abs(this.heightOf(left) - this.heightOf(right)) > 1)
      throw new Error(`node ${at} is out of balance`);
  }

  private buildOver(from: number, to: number, keys: Int32Array): number {
    if (to - from === 1) return ~from;
    const middle = (from + to) >> 1;
    const node = this.touchedNodes++;
    this.keys[node] = keys[middle];
    this.join(node, this.buildOver(from, middle, keys), this.buildOver(middle, to, keys));
    return node;
  }

  private join(node: number, left: number, right: number): void {
    this.lefts[node] = left;
    this.rights[node] = right;
    this.setParent(left, node);
    this.setParent(right, node);
    this.update(node);
  }

  private update(node: number): void {
    const left = this.lefts[node];
    const right = this.rights[node];
    this.counts[node] = this.countOf(left) + this.countOf(right);
    this.heights[node] = 1 + Math.max(this.heightOf(left), this.heightOf(right));
  }

  /** Restores heights and balance from `from` up to the root. */
  private rebalance(from: number): void {
    let visits = 0;
    for (let node = from; node !== NIL; node = this.parents[node], visits++) {
      this.update(node);
      const left = this.lefts[node];
      const right = this.rights[node];
      const lean = this.heightOf(left) - this.heightOf(right);
      if (lean > 1) {
        if (this.heightOf(this.lefts[left]) < this.heightOf(this.rights[left])) this.rotateLeft(left);
        this.rotateRight(node);
        node = this.parents[node];
      } else if (lean < -1) {
        if (this.heightOf(this.rights[right]) < this.heightOf(this.lefts[right])) this.rotateRight(right);
        this.rotateLeft(node);
        node = this.parents[node];
      }
    }
    this.counters.nodeVisits += visits;
  }

  private rotateLeft(node: number): void {
    const risen = this.rights[node];
    const parent = this.parents[node];
    this.replaceChild(parent, node, risen);
    this.parents[risen] = parent;
    this.join(node, this.lefts[node], this.lefts[risen]);
    this.join(risen, node, this.rights[risen]);
  }

  private rotateRight(node: number): void {
    const risen = this.lefts[node];
    const parent = this.parents[node];
    this.replaceChild(parent, node, risen);
    this.parents[risen] = parent;
    this.join(node, this.rights[risen], this.rights[node]);
    this.join(risen, this.lefts[risen], node);
  }

  private replaceChild(parent: number, old: number, replacement: number): void {
    if (parent === NIL) this.root = replacement;
    else if (this.lefts[parent] === old) this.lefts[parent] = replacement;
    else this.rights[parent] = replacement;
  }

  private parentOf(at: number): number {
    return at < 0 ? this.leafParents[~at] : this.parents[at];
  }

  private setParent(at: number, parent: number): void {
    if (at < 0) this.leafParents[~at] = parent;
    else this.parents[at] = parent;
  }

  private heightOf(at: number): number {
    return at < 0 ? 0 : this.heights[at];
  }

  private countOf(at: number): number {
    return at < 0 ? this.lengths[~at] : this.counts[at];
  }

  private countTables(): void {
    this.counters.allocations += 8;
    this.counters.bytesAllocated += 8 * this.lengths.byteLength;
  }
}
