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
 * - chunk c holds records c * chunk .. c * chunk + lengths[c] - 1; none in the directory is empty.
 * - `places[directory[i]] = i`.
 * - `keys[c]` is a lower bound of the original slots in c, and greater than those of all chunks before: locate bisects over it.
 * - a chunk that was split has at most half of its capacity, at least one patch, free.
 *
 * Cost: step O(1); locate O(log N); replace by n O(n + chunk), a split another O(N / chunk) for the directory; remove O(count + chunk
 * + N / chunk when chunks go). Moved: at most one chunk's records a patch. Chunks that get emptier are not merged:
 * their number never exceeds the splits. finish: a bulk copy per chunk.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { DeferringStore } from './deferring-store.js';
import type { Linearizer } from './linearize.js';
import { PATCH_MAX } from './patch-buffer.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

const CHUNK: Tunable = {
  name: 'chunk',
  default: 256,
  // A half must take a whole patch besides its own records.
  min: 2 * PATCH_MAX,
  max: 1 << 20,
  tight: 2 * PATCH_MAX,
  meaning: 'records per chunk, rounded up to a power of two',
};
const FILL: Tunable = {
  name: 'fill',
  default: 0.75,
  min: 0.01,
  max: 1,
  tight: 1,
  meaning: 'share of each chunk that is filled at the start',
};
const GROWTH: Tunable = {
  name: 'growth',
  default: 0.25,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'spare chunks at the start and whenever there are none left, as a share of the chunks',
};

export const chunked: Strategy = {
  name: 'chunked',
  summary: 'Chunks of fixed capacity under a directory; branches and metadata resolved by labels at the end.',
  cost: 'O(N + M * chunk + splits * N / chunk)',
  growth: 'linear',
  tunables: [CHUNK, FILL, GROWTH],
  create: (input, options) => new ChunkedStore(input, options),
};

/** How a program is laid out in chunks. */
interface Layout {
  /** log2 of the records per chunk. */
  readonly shift: number;
  /** Records put in each chunk at the start. */
  readonly filled: number;
  /** Chunks in use at the start. */
  readonly used: number;
  /** Chunks there is room for. */
  readonly chunks: number;
  readonly growth: number;
}

function layoutFor(slots: number, options: StoreOptions): Layout {
  assertKnownOptions(chunked.name, chunked.tunables, options);
  const shift = Math.ceil(Math.log2(tuned(options, CHUNK)));
  const growth = tuned(options, GROWTH);
  const filled = Math.max(1, Math.floor((1 << shift) * tuned(options, FILL)));
  const used = Math.ceil(slots / filled);
  return { shift, filled, used, chunks: withSpare(used, growth), growth };
}

function withSpare(chunks: number, growth: number): number {
  return chunks + Math.ceil(chunks * growth);
}

export class ChunkedStore extends DeferringStore {
  override readonly name = chunked.name;
  private readonly shift: number;
  private readonly growth: number;
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
    const layout = layoutFor(input.insns.length / 2, options);
    super(input, layout.chunks << layout.shift);
    const { shift, filled, used, chunks, growth } = layout;
    this.shift = shift;
    this.growth = growth;
    this.directory = new Int32Array(chunks);
    this.places = new Int32Array(chunks);
    this.lengths = new Int32Array(chunks);
    this.keys = new Int32Array(chunks);
    this.countTables();
    this.used = used;
    this.touched = used;
    for (let chunk = 0; chunk < used; chunk++) {
      const from = chunk * filled;
      const length = Math.min(filled, this.slots - from);
      this.directory[chunk] = chunk;
      this.places[chunk] = chunk;
      this.lengths[chunk] = length;
      this.keys[chunk] = from;
      this.load(input, from, length, chunk << shift);
    }
  }

  override first(): Pos {
    return this.used === 0 ? NONE : this.directory[0] << this.shift;
  }

  override next(pos: Pos): Pos {
    const chunk = pos >> this.shift;
    const next = pos + 1;
    if (next - (chunk << this.shift) < this.lengths[chunk]) return next;
    const place = this.places[chunk] + 1;
    return place < this.used ? this.directory[place] << this.shift : NONE;
  }

  override prev(pos: Pos): Pos {
    const chunk = pos >> this.shift;
    if (pos > chunk << this.shift) return pos - 1;
    const place = this.places[chunk] - 1;
    return place < 0 ? NONE : this.lastOf(this.directory[place]);
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
    return this.search(slot, chunk << this.shift, (chunk << this.shift) + this.lengths[chunk]);
  }

  protected override open(pos: Pos, extra: number): Pos {
    let chunk = pos >> this.shift;
    let at = pos;
    if (this.lengths[chunk] + extra > 1 << this.shift) {
      const kept = this.lengths[chunk] >> 1;
      const upper = this.split(chunk, kept);
      const inside = pos - (chunk << this.shift);
      if (inside >= kept) {
        chunk = upper;
        at = (upper << this.shift) + inside - kept;
      }
    }
    this.move(at, at + extra, (chunk << this.shift) + this.lengths[chunk] - at);
    this.clearRows(at, extra);
    this.lengths[chunk] += extra;
    this.opened = at;
    this.counters.nodeVisits++;
    return at + extra;
  }

  protected override close(pos: Pos, removed: number): Pos {
    const firstPlace = this.places[pos >> this.shift];
    let place = firstPlace;
    let at = pos;
    let left = removed;
    let emptied = 0;
    let firstEmptied = firstPlace;
    for (;;) {
      const chunk = this.directory[place];
      const end = (chunk << this.shift) + this.lengths[chunk];
      const here = Math.min(left, end - at);
      this.move(at + here, at, end - at - here);
      this.lengths[chunk] -= here;
      left -= here;
      this.counters.nodeVisits++;
      if (this.lengths[chunk] === 0) {
        if (emptied++ === 0) firstEmptied = place;
        this.free.push(chunk);
      }
      if (left === 0) break;
      place++;
      at = this.directory[place] << this.shift;
    }
    // What follows is in the last chunk looked at, in the one behind it, or nowhere.
    const chunk = this.directory[place];
    const stays = at - (chunk << this.shift) < this.lengths[chunk];
    const behind = place + 1 < this.used ? this.directory[place + 1] << this.shift : NONE;
    if (emptied > 0) {
      this.directory.copyWithin(firstEmptied, firstEmptied + emptied, this.used);
      this.used -= emptied;
      this.renumber(firstEmptied);
    }
    return stays ? at : behind;
  }

  protected override emit(out: Linearizer): void {
    for (let place = 0; place < this.used; place++) {
      const chunk = this.directory[place];
      out.append(chunk << this.shift, this.lengths[chunk]);
    }
    this.counters.nodeVisits += this.used;
  }

  protected override checkContainer(): void {
    let total = 0;
    let origin = 0;
    for (let place = 0; place < this.used; place++) {
      const chunk = this.directory[place];
      const length = this.lengths[chunk];
      if (this.places[chunk] !== place) throw new Error(`chunk ${chunk} does not know its place ${place}`);
      if (length < 1 || length > 1 << this.shift) throw new Error(`chunk ${chunk} holds ${length} records`);
      if (this.keys[chunk] < origin)
        throw new Error(`key of chunk ${chunk} is not above the slots before it`);
      for (let pos = chunk << this.shift; pos < (chunk << this.shift) + length; pos++) {
        if (this.origin(pos) === 0) continue;
        origin = this.origin(pos);
        if (origin - 1 < this.keys[chunk])
          throw new Error(`slot ${origin - 1} below the key of chunk ${chunk}`);
      }
      total += length;
    }
    if (total !== this.count) throw new Error(`chunks hold ${total} records, ${this.count} counted`);
  }

  private lastOf(chunk: number): Pos {
    return (chunk << this.shift) + this.lengths[chunk] - 1;
  }

  /** Moves all but the first `kept` records of a chunk to a new one behind it, and returns that. */
  private split(chunk: number, kept: number): number {
    const upper = this.newChunk();
    const moved = this.lengths[chunk] - kept;
    this.move((chunk << this.shift) + kept, upper << this.shift, moved);
    this.lengths[chunk] = kept;
    this.lengths[upper] = moved;
    const place = this.places[chunk] + 1;
    this.keys[upper] = this.keyOf(upper, place);
    this.directory.copyWithin(place + 1, place, this.used);
    this.directory[place] = upper;
    this.used++;
    this.renumber(place);
    return upper;
  }

  /** First original slot in the chunk; when it has none, that of the chunk now at `place`, which follows it. */
  private keyOf(chunk: number, place: number): number {
    for (let pos = chunk << this.shift; pos <= this.lastOf(chunk); pos++) {
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
    if (this.touched === this.directory.length) this.moreChunks();
    return this.touched++;
  }

  private moreChunks(): void {
    const chunks = withSpare(this.touched, this.growth);
    const wider = (table: Int32Array): Int32Array => {
      const grown = new Int32Array(chunks);
      grown.set(table);
      return grown;
    };
    this.directory = wider(this.directory);
    this.places = wider(this.places);
    this.lengths = wider(this.lengths);
    this.keys = wider(this.keys);
    this.countTables();
    this.grow(chunks << this.shift, this.touched << this.shift);
  }

  private countTables(): void {
    this.counters.allocations += 4;
    this.counters.bytesAllocated += 4 * this.directory.byteLength;
  }
}
