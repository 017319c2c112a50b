/**
 * Fixed-capacity chunks under a directory.
 *
 *     directory:  [ 0 | 3 | 1 | 2 ]               chunks in program order
 *                    |   |
 *     chunk 0:  [ 0 1 2 3 4 5 . . ]      chunk 3:  [ a b c 6 7 . . . ]   ...   each `chunk` records wide
 *
 * A patch moves the rest of one chunk; when the chunk is full its upper half becomes a new chunk and the directory gets
 * an entry. Branches know nothing of chunks: they are labels.
 *
 * Invariants
 * - those of leaf-store.ts (a leaf is a chunk here).
 * - `places[directory[i]] = i`.
 * - `keys[c]` is a lower bound of the original slots in c, and greater than those of all chunks before: locate bisects over it.
 *
 * Cost: step O(1); locate O(log N); replace by n O(n + chunk), a split another O(N / chunk) for the directory; remove O(count + chunk
 * + N / chunk when chunks go). Moved: at most one chunk's records a patch. Chunks that get emptier are not merged:
 * their number never exceeds the splits. finish: a bulk copy per chunk.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { FILL, LEAF_GROWTH, LEAF_SPARE, leafLayout, LeafStore, NO_LEAF } from './leaf-store.js';
import { PATCH_MAX } from './patch-buffer.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

const CHUNK: Tunable = {
  name: 'chunk',
  default: 256,
  // A half must take a whole patch besides its own records.
  min: 2 * PATCH_MAX,
  max: 1 << 20,
  tight: 2 * PATCH_MAX,
  meaning: 'records per chunk, rounded up to a power of two',
};

export const chunked: Strategy = {
  name: 'chunked',
  summary: 'Chunks of fixed capacity under a directory; branches and metadata resolved by labels at the end.',
  cost: 'O(N + M * chunk + splits * N / chunk)',
  growth: 'linear',
  tunables: [CHUNK, FILL, LEAF_SPARE, LEAF_GROWTH],
  create: (input, options) => new ChunkedStore(input, options),
};

export class ChunkedStore extends LeafStore {
  override readonly name = chunked.name;
  /** Chunks in program order, the first `used` in use. */
  private directory: Int32Array;
  /** Per chunk its index in the directory. */
  private places: Int32Array;
  private lengths: Int32Array;
  private keys: Int32Array;
  private used: number;
  /** Chunks that were handed out at least once. */
  private touched: number;
  /** Chunks that became empty. */
  private readonly free: number[] = [];

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(chunked.name, chunked.tunables, options);
    const layout = leafLayout(input.insns.length / 2, CHUNK, options);
    super(input, layout);
    const { filled, used, leaves } = layout;
    this.directory = new Int32Array(leaves);
    this.places = new Int32Array(leaves);
    this.lengths = new Int32Array(leaves);
    this.keys = new Int32Array(leaves);
    this.countTables();
    this.used = used;
    this.touched = used;
    for (let chunk = 0; chunk < used; chunk++) {
      const from = chunk * filled;
      this.directory[chunk] = chunk;
      this.places[chunk] = chunk;
      this.lengths[chunk] = Math.min(filled, this.slots - from);
      this.keys[chunk] = from;
    }
  }

  override locate(slot: OriginalSlot): Pos {
    let low = 0;
    let high = this.used;
    let visits = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      visits++;
      if (this.keys[this.directory[middle]] <= slot) low = middle + 1;
      else high = middle;
    }
    this.counters.nodeVisits += visits;
    if (low === 0) return NONE;
    const chunk = this.directory[low - 1];
    return this.search(slot, chunk << this.shift, this.endOf(chunk));
  }

  protected override lengthOf(chunk: number): number {
    return this.lengths[chunk];
  }

  protected override resize(chunk: number, delta: number): void {
    this.lengths[chunk] += delta;
    this.counters.nodeVisits++;
  }

  protected override firstLeaf(): number {
    return this.used === 0 ? NO_LEAF : this.directory[0];
  }

  protected override leafAfter(chunk: number): number {
    const place = this.places[chunk] + 1;
    return place < this.used ? this.directory[place] : NO_LEAF;
  }

  protected override leafBefore(chunk: number): number {
    const place = this.places[chunk] - 1;
    return place < 0 ? NO_LEAF : this.directory[place];
  }

  protected override splitLeaf(chunk: number, kept: number): number {
    const upper = this.newChunk();
    const place = this.places[chunk] + 1;
    this.keys[upper] = this.keyOf((chunk << this.shift) + kept, this.endOf(chunk), place);
    this.lengths[upper] = this.lengths[chunk] - kept;
    this.lengths[chunk] = kept;
    this.directory.copyWithin(place + 1, place, this.used);
    this.directory[place] = upper;
    this.used++;
    this.renumber(place);
    return upper;
  }

  protected override dropLeaves(first: number, count: number): void {
    const place = this.places[first];
    for (let dropped = place; dropped < place + count; dropped++) this.free.push(this.directory[dropped]);
    this.directory.copyWithin(place, place + count, this.used);
    this.used -= count;
    this.renumber(place);
  }

  protected override checkContainer(): void {
    super.checkContainer();
    let origin = 0;
    for (let place = 0; place < this.used; place++) {
      const chunk = this.directory[place];
      if (this.places[chunk] !== place) throw new Error(`chunk ${chunk} does not know its place ${place}`);
      if (this.keys[chunk] < origin)
        throw new Error(`key of chunk ${chunk} is not above the slots before it`);
      for (let pos = chunk << this.shift; pos < this.endOf(chunk); pos++) {
        if (this.origin(pos) === 0) continue;
        origin = this.origin(pos);
        if (origin - 1 < this.keys[chunk])
          throw new Error(`slot ${origin - 1} below the key of chunk ${chunk}`);
      }
    }
  }

  /** First original slot at `from`..`to - 1`; when there is none, that of the chunk now at `place`, which follows. */
  private keyOf(from: Pos, to: Pos, place: number): number {
    for (let pos = from; pos < to; pos++) {
      if (this.origin(pos) !== 0) return this.origin(pos) - 1;
    }
    return place < this.used ? this.keys[this.directory[place]] : this.slots;
  }

  private renumber(from: number): void {
    for (let place = from; place < this.used; place++) this.places[this.directory[place]] = place;
    this.counters.nodeVisits += this.used - from;
  }

  private newChunk(): number {
    const free = this.free.pop();
    if (free !== undefined) return free;
    if (this.touched === this.directory.length) this.widen(this.growLeaves(this.touched));
    return this.touched++;
  }

  private widen(chunks: number): void {
    const { directory, places, lengths, keys } = this;
    this.directory = new Int32Array(chunks);
    this.places = new Int32Array(chunks);
    this.lengths = new Int32Array(chunks);
    this.keys = new Int32Array(chunks);
    this.directory.set(directory);
    this.places.set(places);
    this.lengths.set(lengths);
    this.keys.set(keys);
    this.countTables();
  }

  private countTables(): void {
    this.counters.allocations += 4;
    this.counters.bytesAllocated += 4 * this.directory.byteLength;
  }
}
