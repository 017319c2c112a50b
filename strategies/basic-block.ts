/**
 * Basic blocks: straight runs of instructions that are entered at the front and left at the end.
 *
 *     memory:  [ 0 1 2 | 3 4 | 5 6 7 8 | ... N-1 ][ 3 a b 4 . . ][ 5 6 c ... ]     a block that grows moves to the end, with room
 *                                                   `- block 1 -'
 *     order:   block 0 <-> block 1 <-> block 2 <-> ...                             as the program falls through
 *     jumps:   block 2 --> "3"                                                     name a block by the label of its first record
 *
 * A patch stays inside its block: only what is behind it there moves. If it brings a branch, the block ends with that branch and
 * what follows becomes a block of its own; so does what a branch of the patch leads to. Straight code is cut every `block`
 * records, since a patch moves part of a block. Where a block is in the program nobody knows until the layout at the end, which
 * asks only the last record of each block whether it is a branch. Blocks are never joined again.
 *
 * Invariants
 * - block b holds records starts[b]..starts[b] + lengths[b] - 1, at least one; up to starts[b] + rooms[b] - 1 the memory is its
 *   own; `blockOf` names b for all of these positions.
 * - `nexts` and `prevs` mirror each other, `NO_BLOCK` at both ends.
 * - only the last record of a block is a branch (calls of subprograms count as branches).
 * - a branch aims at the first record of a block, or at the end.
 * - `homes[s]` is the block of the record that carries the aux of original slot s, while there is one.
 *
 * Cost: step O(1); locate O(log block); replace by n O(n + block); remove O(count + block); a cut O(block). Moved: less than a block's
 * records a patch, all of them when it has no room left. finish: a bulk copy per block.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { DeferringStore } from './deferring-store.js';
import type { Linearizer } from './linearize.js';
import { INSIDE, PLAIN, type PatchBuffer } from './patch-buffer.js';
import { LABEL, RECORD_WORDS, TARGET } from './record.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

/** No block: before the first and behind the last. */
const NO_BLOCK = -1;

const BLOCK: Tunable = {
  name: 'block',
  default: 64,
  min: 1,
  max: 1 << 20,
  tight: 3,
  meaning: 'records after which straight code is cut',
};
const ROOM: Tunable = {
  name: 'room',
  default: 0.5,
  min: 0,
  max: 4,
  tight: 0,
  meaning: 'spare room a block gets when it has to move, as a share of its records',
};
const GROWTH: Tunable = {
  name: 'growth',
  default: 0.5,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning:
    'room for moved blocks and new ones at the start, and by how much it grows when full, as a share of what is in use',
};

export const basicBlock: Strategy = {
  name: 'basic-block',
  summary: 'Blocks of the control flow graph, which jumps name; laid out and resolved at the end.',
  cost: 'O(N + M * block)',
  growth: 'linear',
  tunables: [BLOCK, ROOM, GROWTH],
  create: (input, options) => new BasicBlockStore(input, options),
};

/** Room for `used` and what comes. */
function withSpare(used: number, growth: number): number {
  return Math.ceil(used * (1 + growth)) + 16;
}

export class BasicBlockStore extends DeferringStore {
  override readonly name = basicBlock.name;
  private readonly limit: number;
  private readonly room: number;
  private readonly growth: number;
  private starts: Int32Array;
  private lengths: Int32Array;
  private rooms: Int32Array;
  private nexts: Int32Array;
  private prevs: Int32Array;
  private head = 0;
  /** Blocks there have been. */
  private blocks: number;
  /** Records of the memory that belong, or belonged, to a block. */
  private used: number;
  private blockOf: Int32Array;
  private readonly homes: Int32Array;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(basicBlock.name, basicBlock.tunables, options);
    const growth = tuned(options, GROWTH);
    const capacity = withSpare(input.insns.length / 2, growth);
    super(input, capacity);
    this.limit = tuned(options, BLOCK);
    this.room = tuned(options, ROOM);
    this.growth = growth;
    this.load(input, 0, this.slots, 0);
    this.used = this.slots;
    this.blockOf = new Int32Array(capacity);
    this.homes = new Int32Array(this.slots);
    this.counters.allocations += 2;
    this.counters.bytesAllocated += this.blockOf.byteLength + this.homes.byteLength;
    this.blocks = this.numberBlocks(input.subprogStarts);
    const tables = withSpare(this.blocks, growth);
    this.starts = new Int32Array(tables);
    this.lengths = new Int32Array(tables);
    this.rooms = new Int32Array(tables);
    this.nexts = new Int32Array(tables);
    this.prevs = new Int32Array(tables);
    this.countTables();
    this.homes.set(this.blockOf.subarray(0, this.slots));
    this.describeBlocks();
  }

  override first(): Pos {
    return this.frontOf(this.head);
  }

  override next(pos: Pos): Pos {
    const block = this.blockOf[pos];
    const next = pos + 1;
    return next < this.starts[block] + this.lengths[block] ? next : this.frontOf(this.nexts[block]);
  }

  override prev(pos: Pos): Pos {
    const block = this.blockOf[pos];
    if (pos > this.starts[block]) return pos - 1;
    const before = this.prevs[block];
    return before === NO_BLOCK ? NONE : this.endOf(before) - 1;
  }

  override locate(slot: OriginalSlot): Pos {
    const home = this.homes[slot];
    return this.search(slot, this.starts[home], this.endOf(home));
  }

  override replace(pos: Pos, patch: PatchBuffer): Pos {
    const last = super.replace(pos, patch);
    if (patch.has !== 1 << PLAIN) this.cutAtBranches(last + 1 - patch.length, patch);
    return last;
  }

  override setNop(pos: Pos): void {
    super.setNop(pos);
    this.cutBehind(pos);
  }

  override skipPrologue(pos: Pos, body: Pos): void {
    super.skipPrologue(pos, body);
    this.cutBefore(body);
  }

  override addSubprog(pos: Pos): void {
    super.addSubprog(pos);
    this.cutBefore(pos);
  }

  protected override open(pos: Pos, extra: number): Pos {
    const whole = this.blockOf[pos];
    const length = this.lengths[whole];
    if (length > 1 && length + extra > this.limit) this.cut(whole, length >> 1);
    const block = this.blockOf[pos];
    const end = this.endOf(block);
    let at = pos;
    if (this.lengths[block] + extra <= this.rooms[block]) this.move(pos, pos + extra, end - pos);
    else at = this.relocate(block, pos, extra);
    this.clearRows(at, extra);
    this.lengths[block] += extra;
    this.opened = at;
    this.counters.nodeVisits++;
    return at + extra;
  }

  protected override close(pos: Pos, removed: number): Pos {
    let at = pos;
    let left = removed;
    for (;;) {
      const block = this.blockOf[at];
      const next = this.nexts[block];
      const here = Math.min(left, this.endOf(block) - at);
      this.move(at + here, at, this.endOf(block) - at - here);
      this.lengths[block] -= here;
      left -= here;
      this.counters.nodeVisits++;
      if (this.lengths[block] === 0) this.link(this.prevs[block], next);
      if (at === this.endOf(block)) at = this.frontOf(next);
      if (left === 0) return at;
    }
  }

  protected override emit(out: Linearizer): void {
    let visits = 0;
    for (let block = this.head; block !== NO_BLOCK; block = this.nexts[block], visits++)
      out.appendBlock(this.starts[block], this.lengths[block]);
    this.counters.nodeVisits += visits;
  }

  protected override checkContainer(): void {
    const names = new Set<number>([this.labels.end]);
    let before = NO_BLOCK;
    for (let block = this.head; block !== NO_BLOCK; block = this.nexts[block]) {
      if (this.prevs[block] !== before) throw new Error(`the block before ${block} is not ${before}`);
      if (this.lengths[block] < 1 || this.lengths[block] > this.rooms[block])
        throw new Error(`block ${block} holds ${this.lengths[block]} records`);
      for (let pos = this.starts[block]; pos < this.starts[block] + this.rooms[block]; pos++)
        if (this.blockOf[pos] !== block) throw new Error(`position ${pos} is not of block ${block}`);
      names.add(this.records[this.starts[block] * RECORD_WORDS + LABEL]);
      before = block;
    }
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) {
      const at = pos * RECORD_WORDS;
      if (this.records[at + TARGET] < 0) continue;
      const block = this.blockOf[pos];
      if (pos + 1 !== this.endOf(block)) throw new Error(`a branch in the middle of block ${block}`);
      if (!names.has(this.targetOf(at))) throw new Error(`the branch of block ${block} aims at no block`);
    }
  }

  /** Gives each record of the program as it was loaded the number of its block, and returns how many blocks there are. */
  private numberBlocks(subprogStarts: Int32Array): number {
    const { blockOf, records, slots, limit } = this;
    for (const start of subprogStarts) blockOf[start] = 1;
    for (let slot = 0; slot < slots; slot++) {
      const target = records[slot * RECORD_WORDS + TARGET];
      if (target < 0) continue;
      blockOf[target] = 1;
      blockOf[slot + 1] = 1;
    }
    let block = NO_BLOCK;
    let length = 0;
    for (let slot = 0; slot < slots; slot++, length++) {
      if (blockOf[slot] === 1 || length === limit) {
        block++;
        length = 0;
      }
      blockOf[slot] = block;
    }
    return block + 1;
  }

  private describeBlocks(): void {
    const { starts, lengths, rooms, nexts, prevs, blocks, blockOf, slots } = this;
    for (let slot = slots - 1; slot >= 0; slot--) {
      starts[blockOf[slot]] = slot;
      lengths[blockOf[slot]]++;
    }
    for (let block = 0; block < blocks; block++) {
      rooms[block] = lengths[block];
      nexts[block] = block + 1;
      prevs[block] = block - 1;
    }
    nexts[blocks - 1] = NO_BLOCK;
  }

  private frontOf(block: number): Pos {
    return block === NO_BLOCK ? NONE : this.starts[block];
  }

  /** Where the records of a block end. */
  private endOf(block: number): Pos {
    return this.starts[block] + this.lengths[block];
  }

  /** Makes branches of a patch, whose first record is at `first`, ends of blocks, and what they lead to fronts. */
  private cutAtBranches(first: Pos, patch: PatchBuffer): void {
    for (let slot = 0; slot < patch.length; slot++) {
      if (patch.kinds[slot] === PLAIN) continue;
      this.cutBehind(first + slot);
      if (patch.kinds[slot] !== INSIDE) continue;
      const target = patch.goals[slot];
      if (target === patch.length) this.cutBehind(first + target - 1);
      else this.cutBefore(first + target);
    }
  }

  /** The record at `pos` becomes the first of its block. */
  private cutBefore(pos: Pos): void {
    const block = this.blockOf[pos];
    if (pos > this.starts[block]) this.cut(block, pos - this.starts[block]);
  }

  /** The record at `pos` becomes the last of its block. */
  private cutBehind(pos: Pos): void {
    const block = this.blockOf[pos];
    if (pos + 1 < this.endOf(block)) this.cut(block, pos + 1 - this.starts[block]);
  }

  /** All but the first `kept` records of a block become one of their own, where they are. */
  private cut(block: number, kept: number): void {
    if (this.blocks === this.starts.length) this.widenTables();
    const upper = this.blocks++;
    const { starts, lengths, rooms } = this;
    starts[upper] = starts[block] + kept;
    lengths[upper] = lengths[block] - kept;
    rooms[upper] = rooms[block] - kept;
    lengths[block] = kept;
    rooms[block] = kept;
    this.blockOf.fill(upper, starts[upper], starts[upper] + rooms[upper]);
    for (let pos = starts[upper]; pos < this.endOf(upper); pos++) {
      const origin = this.origin(pos);
      if (origin !== 0) this.homes[origin - 1] = upper;
    }
    this.link(upper, this.nexts[block]);
    this.link(block, upper);
    this.counters.nodeVisits += 3;
  }

  /** Moves a block to the end of the memory, with room for `extra` records at `pos` and some more; returns where they are. */
  private relocate(block: number, pos: Pos, extra: number): Pos {
    const start = this.starts[block];
    const inside = pos - start;
    const length = this.lengths[block] + extra;
    const room = length + Math.ceil(length * this.room);
    const to = this.used;
    if (to + room > this.blockOf.length) this.growMemory(to + room);
    this.used = to + room;
    this.move(start, to, inside);
    this.move(pos, to + inside + extra, this.lengths[block] - inside);
    this.starts[block] = to;
    this.rooms[block] = room;
    this.blockOf.fill(block, to, to + room);
    return to + inside;
  }

  /** Makes two blocks neighbours; `NO_BLOCK` is either end. */
  private link(block: number, next: number): void {
    if (block === NO_BLOCK) this.head = next;
    else this.nexts[block] = next;
    if (next !== NO_BLOCK) this.prevs[next] = block;
  }

  private growMemory(needed: number): void {
    const capacity = withSpare(needed, this.growth);
    this.grow(capacity, this.used);
    const blockOf = this.blockOf;
    this.blockOf = new Int32Array(capacity);
    this.blockOf.set(blockOf);
    this.counters.allocations++;
    this.counters.bytesAllocated += this.blockOf.byteLength;
  }

  private widenTables(): void {
    const { starts, lengths, rooms, nexts, prevs } = this;
    const blocks = withSpare(this.blocks, this.growth);
    this.starts = new Int32Array(blocks);
    this.lengths = new Int32Array(blocks);
    this.rooms = new Int32Array(blocks);
    this.nexts = new Int32Array(blocks);
    this.prevs = new Int32Array(blocks);
    this.starts.set(starts);
    this.lengths.set(lengths);
    this.rooms.set(rooms);
    this.nexts.set(nexts);
    this.prevs.set(prevs);
    this.countTables();
  }

  private countTables(): void {
    this.counters.allocations += 5;
    this.counters.bytesAllocated += 5 * this.starts.byteLength;
  }
}
