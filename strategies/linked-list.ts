/**
 * A doubly linked list of records in a node pool; nothing ever moves.
 *
 *     nodes:   0      1      2      3   ...  N-1 |  N     N+1    N+2 ...   (pool: patches' new nodes)
 *     order:   0  ->  1  ->  N  -> N+1  ->  2  ->  3  -> ...
 *                            `--- patch of slot 2 ----'
 *
 * New nodes go in *before* the replaced node, which becomes the patch's last instruction: exactly where the contract
 * wants its aux record. So the aux row of an original slot never moves, and node `s` is original slot `s` for ever:
 * no index from slots to nodes is needed.
 *
 * Invariants
 * - nodes 0..N-1 are the original slots; a new patch's nodes are side by side in the pool, in order.
 * - `nexts` and `prevs` mirror each other; both ends are `NONE`; a removed node's next is `GONE`.
 * - node N.. of the pool are used once, so that their aux rows are zero when handed out.
 *
 * Cost: step O(1), locate O(1), replace by n O(n), remove O(count); moved: nothing, but when the pool is full, which grows by
 * a share of itself (copied whole: amortised O(1)). finish: the list is walked once; runs of neighbouring nodes are
 * copied in bulk.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { DeferringStore } from './deferring-store.js';
import type { Linearizer } from './linearize.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

/** Next of a removed node. */
const GONE = -2;

const SPARE: Tunable = {
  name: 'spare',
  default: 0.25,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'spare nodes at the start, as a share of the instructions',
};
const GROWTH: Tunable = {
  name: 'growth',
  // Each time it grows the pool is copied whole: steps of a quarter cost a million patches a third of their time.
  default: 1,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'by how much the pool grows when full, as a share of its nodes',
};

export const linkedList: Strategy = {
  name: 'linked-list',
  summary: 'Node pool with links; branches and metadata resolved by labels at the end.',
  cost: 'O(N + M)',
  growth: 'linear',
  tunables: [SPARE, GROWTH],
  create: (input, options) => new LinkedListStore(input, options),
};

/**
 * By itself glibc maps blocks of memory of this size anew, zeroed when they are first touched and not before, so that room for as
 * many nodes again is free until it is used (32 MiB is the most that its malloc ever takes from what was freed).
 */
const FRESH_BYTES = 32 << 20;

/** Spare nodes for a program of so many aux bytes, as a share of its instructions. */
function spareFor(auxBytes: number, spare: number): number {
  return auxBytes > FRESH_BYTES ? Math.max(spare, 1) : spare;
}

/** Nodes for `used` ones and what comes. */
function poolSize(used: number, spare: number): number {
  return Math.ceil(used * (1 + spare)) + 16;
}

export class LinkedListStore extends DeferringStore {
  override readonly name = linkedList.name;
  private readonly growth: number;
  private nexts: Int32Array;
  private prevs: Int32Array;
  private head: Pos = 0;
  /** Nodes handed out so far. */
  private used: number;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(linkedList.name, linkedList.tunables, options);
    const spare = spareFor(input.aux.byteLength, tuned(options, SPARE));
    super(input, poolSize(input.insns.length / 2, spare));
    this.growth = tuned(options, GROWTH);
    const slots = this.slots;
    const capacity = poolSize(slots, spare);
    this.used = slots;
    this.nexts = new Int32Array(capacity);
    this.prevs = new Int32Array(capacity);
    this.countLinks();
    for (let node = 0; node < slots; node++) {
      this.nexts[node] = node + 1;
      this.prevs[node] = node - 1;
    }
    this.nexts[slots - 1] = NONE;
    this.load(input, 0, slots, 0);
  }

  override first(): Pos {
    return this.head;
  }

  override next(pos: Pos): Pos {
    return this.nexts[pos];
  }

  override prev(pos: Pos): Pos {
    return this.prevs[pos];
  }

  override locate(slot: OriginalSlot): Pos {
    return this.nexts[slot] === GONE ? NONE : slot;
  }

  protected override open(pos: Pos, extra: number): Pos {
    const first = this.used;
    const end = first + extra;
    if (end > this.nexts.length) this.growPool(end);
    const { nexts, prevs } = this;
    let before = prevs[pos];
    if (before === NONE) this.head = first;
    else nexts[before] = first;
    for (let node = first; node < end; node++) {
      prevs[node] = before;
      nexts[node] = node + 1;
      before = node;
    }
    nexts[end - 1] = pos;
    prevs[pos] = end - 1;
    this.used = end;
    this.opened = first;
    this.counters.nodeVisits += extra + 2;
    return pos;
  }

  protected override close(pos: Pos, removed: number): Pos {
    const { nexts, prevs } = this;
    const before = prevs[pos];
    let node = pos;
    for (let left = removed; left > 0; left--) {
      const next = nexts[node];
      nexts[node] = GONE;
      node = next;
    }
    if (before === NONE) this.head = node;
    else nexts[before] = node;
    if (node !== NONE) prevs[node] = before;
    this.counters.nodeVisits += removed + 2;
    return node;
  }

  protected override emit(out: Linearizer): void {
    const nexts = this.nexts;
    let from = this.head;
    while (from !== NONE) {
      let last = from;
      let next = nexts[last];
      while (next === last + 1) {
        last = next;
        next = nexts[last];
      }
      out.append(from, last + 1 - from);
      from = next;
    }
    this.counters.nodeVisits += this.count;
  }

  protected override checkContainer(): void {
    let node = this.head;
    let before = NONE;
    while (node !== NONE) {
      if (node < 0 || node >= this.used) throw new Error(`node ${node} of ${this.used} in the list`);
      if (this.prevs[node] !== before) throw new Error(`prev of node ${node} is not ${before}`);
      before = node;
      node = this.nexts[node];
    }
  }

  private growPool(needed: number): void {
    const capacity = poolSize(needed, this.growth);
    const { nexts, prevs } = this;
    this.nexts = new Int32Array(capacity);
    this.prevs = new Int32Array(capacity);
    this.nexts.set(nexts);
    this.prevs.set(prevs);
    this.countLinks();
    this.grow(capacity, this.used);
  }

  private countLinks(): void {
    this.counters.allocations += 2;
    this.counters.bytesAllocated += this.nexts.byteLength + this.prevs.byteLength;
  }
}
