/** Faults in how records are kept in order, moved, found and counted. */
import type { OriginalSlot } from '../../../src/isa/insn.js';
import { batch, BatchStore } from '../../batch.js';
import { chunked, ChunkedStore } from '../../chunked.js';
import { gapBuffer, GapBufferStore } from '../../gap-buffer.js';
import { linkedList, LinkedListStore } from '../../linked-list.js';
import { rope, RopeStore } from '../../rope.js';
import { NONE, type Pos, type StoreInput } from '../../store.js';
import type { StoreOptions } from '../../strategy.js';
import { unrolledList, UnrolledListStore } from '../../unrolled-list.js';
import { broken } from './fault.js';

class SplitKeyOffByOne extends RopeStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const tree = this['tree'];
    const split = tree.split.bind(tree);
    tree.split = (leaf, kept, key) => split(leaf, kept, key + 1);
  }
}

class CountsNotUpdated extends RopeStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const tree = this['tree'];
    const add = tree.add.bind(tree);
    tree.add = (leaf, delta) => {
      if (delta < 0) tree.lengths[leaf] += delta;
      else add(leaf, delta);
    };
  }
}

class SplitOffByOne extends ChunkedStore {
  protected override split(chunk: number, kept: number): number {
    const moved = this.lengthOf(chunk) - kept;
    const upper = this.splitLeaf(chunk, kept);
    this.move((chunk << this.shift) + kept, upper << this.shift, moved - 1);
    return upper;
  }
}

class StepsBackTooFar extends ChunkedStore {
  override prev(pos: Pos): Pos {
    const before = super.prev(pos);
    const crosses = before !== NONE && before >> this.shift !== pos >> this.shift;
    return crosses ? this.frontOf(before >> this.shift) : before;
  }
}

class StaleDirectory extends ChunkedStore {
  /** Of several chunks that became empty the last stays in the directory. */
  protected override dropLeaves(first: number, count: number): void {
    super.dropLeaves(first, Math.max(count - 1, 1));
  }
}

class GapMovedOneTooFew extends GapBufferStore {
  protected override move(from: Pos, to: Pos, moved: number): void {
    super.move(from, to, moved - 1);
  }
}

class AuxNotCleared extends GapBufferStore {
  protected override clearRows(from: Pos, count: number): void {
    super.clearRows(from + 1, count - 1);
  }
}

class LocatesTheRemoved extends LinkedListStore {
  override locate(slot: OriginalSlot): Pos {
    return slot;
  }
}

class GrowthLosesTheLast extends LinkedListStore {
  protected override grow(capacity: number, used: number): void {
    super.grow(capacity, used - 1);
  }
}

class StaleHomes extends UnrolledListStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const settle = this['settle'].bind(this);
    this['settle'] = (node, from, to) => {
      settle(node, from + 1, to);
    };
  }
}

class CommitDropsTheLast extends BatchStore {
  protected override mergeEdits(edited: Int32Array): number {
    return super.mergeEdits(edited.subarray(0, edited.length - 1));
  }
}

class EditsOutOfOrder extends BatchStore {
  protected override merge(): void {
    this['inOrder'] = true;
    super.merge();
  }
}

export const BROKEN_CONTAINERS = [
  broken('the key of a split leaf is one too high', rope, SplitKeyOffByOne),
  broken('removals do not reach the counts above a leaf', rope, CountsNotUpdated),
  broken('a split chunk loses its last record', chunked, SplitOffByOne),
  broken('stepping back into a chunk leads to its front', chunked, StepsBackTooFar),
  broken('one of several empty chunks stays', chunked, StaleDirectory),
  broken('the gap takes one record too few to its other side', gapBuffer, GapMovedOneTooFew),
  broken('the first aux record taken from the gap is not cleared', gapBuffer, AuxNotCleared),
  broken('what was removed is still located', linkedList, LocatesTheRemoved),
  broken('a pool that grows loses its last record', linkedList, GrowthLosesTheLast),
  broken('the first record that changes its node is looked for in the old one', unrolledList, StaleHomes),
  broken('a commit drops the last edit', batch, CommitDropsTheLast),
  broken('a commit trusts edits to be in order', batch, EditsOutOfOrder),
];
