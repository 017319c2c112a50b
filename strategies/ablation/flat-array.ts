/**
 * One array without a gap: what the kernel holds instructions in, with branches and metadata left to the end.
 *
 *     [ 0 | 1 | 2 | 3 | 4 | ...  N-1 | . . . ]
 *     [ 0 | 1 | a | b | c | 3 | 4 | ...  N-1 | . ]      slot 2 patched to three: the tail moved by two
 *
 * Invariants: records 0..count-1 are the program in order; a position is the current slot.
 *
 * Cost: step O(1); locate O(log N); replace by n and remove O(records behind), one copy each of records and aux rows; room
 * grows by a share of itself. finish: the aux rows are handed out as they are.
 */
import type { OriginalSlot } from '../../src/isa/insn.js';
import { DeferringStore } from '../deferring-store.js';
import type { RunSink } from '../linearize.js';
import { PATCH_MAX } from '../patch-buffer.js';
import { NONE, type Pos, type StoreInput } from '../store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Tunable } from '../strategy.js';

export const ROOM: Tunable = {
  name: 'room',
  default: 0.125,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'room behind the last record at the start and whenever it was used up, as a share of the records',
};

function withRoom(records: number, share: number): number {
  return records + PATCH_MAX + Math.ceil(records * share);
}

export class FlatArrayStore extends DeferringStore {
  override readonly name: string = 'flat-array';
  private readonly share: number;
  private capacity: number;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions('flat-array', [ROOM], options);
    const share = tuned(options, ROOM);
    const slots = input.insns.length / 2;
    super(input, withRoom(slots, share));
    this.share = share;
    this.capacity = withRoom(slots, share);
    this.load(input, 0, slots, 0);
  }

  override first(): Pos {
    return this.count === 0 ? NONE : 0;
  }

  override next(pos: Pos): Pos {
    return pos + 1 < this.count ? pos + 1 : NONE;
  }

  override prev(pos: Pos): Pos {
    return pos - 1;
  }

  override locate(slot: OriginalSlot): Pos {
    return this.search(slot, 0, this.count);
  }

  protected override open(pos: Pos, extra: number): Pos {
    const { count } = this;
    if (count + extra > this.capacity) {
      this.capacity = withRoom(count + extra, this.share);
      this.grow(this.capacity, count);
    }
    this.move(pos, pos + extra, count - pos);
    this.clearRows(pos, extra);
    this.opened = pos;
    return pos + extra;
  }

  protected override close(pos: Pos, removed: number): Pos {
    const behind = pos + removed;
    this.move(behind, pos, this.count - behind);
    return behind < this.count ? pos : NONE;
  }

  protected override emit(out: RunSink): void {
    if (this.count > 0) out.append(0, this.count);
  }

  protected override finishedRows(): Uint32Array {
    return this.rows.subarray(0, this.count * this.auxWords);
  }

  protected override checkContainer(): void {
    if (this.count > this.capacity) throw new Error(`${this.count} records in room for ${this.capacity}`);
  }
}
