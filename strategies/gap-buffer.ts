/**
 * One array with a gap that follows the edits.
 *
 *     [ 0 | 1 | 2 | a b c | . . . . . . . . . . . | 4 | 5 | ...  N-1 ]
 *                          ^ gapStart              ^ gapEnd     ^ capacity
 *
 * To patch a record the gap is brought directly in front of it: the records in between move to the gap's other side, aux
 * rows with them. The patch's new records then take the front of the gap, and the replaced record, which keeps its aux row and
 * becomes the patch's last, stands behind it. To remove records the gap swallows them.
 *
 * Invariants
 * - records 0..gapStart-1 and gapEnd..capacity-1 are the program in order; what lies between has no meaning.
 * - a position is a place in the array, gap included; it lies outside of the gap.
 *
 * Cost: step O(1); locate O(log N); replace by n O(n + distance from the gap), remove likewise: a pass that goes through
 * the program once moves each record once, scattered edits move N/3 records each on average. When the gap is used up, a new
 * array with a new gap is filled: amortised O(1) an inserted record. finish: two runs copied in bulk.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import { DeferringStore } from './deferring-store.js';
import type { Linearizer } from './linearize.js';
import { PATCH_MAX } from './patch-buffer.js';
import { NONE, type Pos, type StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

const GAP: Tunable = {
  name: 'gap',
  default: 0.125,
  min: 0.001,
  max: 4,
  tight: 0.001,
  meaning: 'gap at the start and whenever it was used up, as a share of the records',
};

export const gapBuffer: Strategy = {
  name: 'gap-buffer',
  summary:
    'One array whose free room follows the edits; branches and metadata resolved by labels at the end.',
  cost: 'O(N + M + distance between patches)',
  growth: 'distance',
  tunables: [GAP],
  create: (input, options) => new GapBufferStore(input, options),
};

/** Free records for a program of `used`; at least one patch must fit. */
function gapFor(used: number, share: number): number {
  return PATCH_MAX + Math.ceil(used * share);
}

export class GapBufferStore extends DeferringStore {
  override readonly name = gapBuffer.name;
  private readonly share: number;
  private capacity: number;
  private gapStart: Pos;
  private gapEnd: Pos;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(gapBuffer.name, gapBuffer.tunables, options);
    const share = tuned(options, GAP);
    const slots = input.insns.length / 2;
    const gap = gapFor(slots, share);
    super(input, slots + gap);
    this.share = share;
    this.capacity = slots + gap;
    // Passes begin at the front, and so does the gap.
    this.gapStart = 0;
    this.gapEnd = gap;
    this.load(input, 0, slots, gap);
  }

  override first(): Pos {
    return this.gapStart > 0 ? 0 : this.behindGap();
  }

  override next(pos: Pos): Pos {
    const next = pos + 1;
    if (next === this.gapStart) return this.behindGap();
    return next < this.capacity ? next : NONE;
  }

  override prev(pos: Pos): Pos {
    return (pos === this.gapEnd ? this.gapStart : pos) - 1;
  }

  override locate(slot: OriginalSlot): Pos {
    const found = this.search(slot, 0, this.gapStart);
    return found === NONE ? this.search(slot, this.gapEnd, this.capacity) : found;
  }

  protected override open(pos: Pos, extra: number): Pos {
    const at = this.gapEnd - this.gapStart < extra ? this.widen(pos) : pos;
    this.moveGap(at);
    this.opened = this.gapStart;
    this.clearRows(this.gapStart, extra);
    this.gapStart += extra;
    return this.gapEnd;
  }

  protected override close(pos: Pos, removed: number): Pos {
    this.moveGap(pos);
    this.gapEnd += removed;
    return this.behindGap();
  }

  protected override emit(out: Linearizer): void {
    out.append(0, this.gapStart);
    out.append(this.gapEnd, this.capacity - this.gapEnd);
  }

  protected override checkContainer(): void {
    if (this.gapStart < 0 || this.gapEnd < this.gapStart || this.gapEnd > this.capacity) {
      throw new Error(`gap ${this.gapStart}..${this.gapEnd} in ${this.capacity} records`);
    }
    if (this.count !== this.capacity - (this.gapEnd - this.gapStart)) {
      throw new Error(
        `${this.count} records beside gap ${this.gapStart}..${this.gapEnd} of ${this.capacity}`,
      );
    }
  }

  private behindGap(): Pos {
    return this.gapEnd < this.capacity ? this.gapEnd : NONE;
  }

  /** Brings the gap directly in front of the record at `pos`, which stands at `gapEnd` afterwards. */
  private moveGap(pos: Pos): void {
    const { gapStart, gapEnd } = this;
    if (pos < gapStart) {
      const moved = gapStart - pos;
      this.move(pos, gapEnd - moved, moved);
      this.gapStart = pos;
      this.gapEnd = gapEnd - moved;
    } else {
      const moved = pos - gapEnd;
      this.move(gapEnd, gapStart, moved);
      this.gapStart = gapStart + moved;
      this.gapEnd = pos;
    }
  }

  /** Makes the gap wider and returns where the record at `pos` is then. */
  private widen(pos: Pos): Pos {
    const wider = gapFor(this.count, this.share);
    const behind = this.capacity - this.gapEnd;
    this.grow(this.capacity + wider, this.capacity);
    this.move(this.gapEnd, this.gapEnd + wider, behind);
    this.capacity += wider;
    this.gapEnd += wider;
    return pos < this.gapStart ? pos : pos + wider;
  }
}
