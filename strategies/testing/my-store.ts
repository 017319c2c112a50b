/**
 * The strategy that toy-strategy.test.ts adds as README says: an ordered list of positions, and nothing clever.
 *
 *     order:   [ 0 | 1 | 7 | 8 | 2 | 3 | ... ]       positions in program order; new records go to the end of the memory
 *
 * Invariants: `order` names each record of the program once, `places` says where, `NONE` for those removed; position s is
 * original slot s. Cost: step O(1), locate O(1), replace and remove O(N).
 */
import type { OriginalSlot } from '../../src/isa/insn.js';
import { DeferringStore } from '../deferring-store.js';
import type { RunSink } from '../linearize.js';
import { NONE, type Pos, type StoreInput } from '../store.js';
import { assertKnownOptions, type StoreOptions, type Strategy } from '../strategy.js';

export const myStore: Strategy = {
  name: 'my-store',
  summary: 'A list of positions; branches and metadata resolved by labels at the end.',
  cost: 'O(N * M)',
  growth: 'quadratic',
  tunables: [],
  create: (input, options) => new MyStore(input, options),
};

class MyStore extends DeferringStore {
  override readonly name = myStore.name;
  private readonly order: Pos[];
  private readonly places: number[];
  /** Records of the memory in use, removed ones included. */
  private used: number;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(myStore.name, myStore.tunables, options);
    super(input, input.insns.length);
    this.load(input, 0, this.slots, 0);
    this.order = Array.from({ length: this.slots }, (_, slot) => slot);
    this.places = this.order.slice();
    this.used = this.slots;
  }

  override first(): Pos {
    return this.at(0);
  }

  override next(pos: Pos): Pos {
    return this.at(this.places[pos] + 1);
  }

  override prev(pos: Pos): Pos {
    return this.at(this.places[pos] - 1);
  }

  override locate(slot: OriginalSlot): Pos {
    return this.places[slot] === NONE ? NONE : slot;
  }

  protected override open(pos: Pos, extra: number): Pos {
    const capacity = this.rows.length / this.auxWords;
    if (this.used + extra > capacity) this.grow(2 * capacity + extra, this.used);
    this.opened = this.used;
    this.used += extra;
    const fresh = Array.from({ length: extra }, (_, nth) => this.opened + nth);
    const index = this.places[pos];
    this.order.splice(index, 0, ...fresh);
    this.renumber(index);
    return pos;
  }

  protected override close(pos: Pos, removed: number): Pos {
    const index = this.places[pos];
    for (const gone of this.order.splice(index, removed)) this.places[gone] = NONE;
    this.renumber(index);
    return this.at(index);
  }

  protected override emit(out: RunSink): void {
    for (const pos of this.order) out.append(pos, 1);
  }

  protected override checkContainer(): void {
    if (this.order.some((pos, index) => this.places[pos] !== index)) throw new Error('a place is wrong');
  }

  private renumber(from: number): void {
    for (let index = from; index < this.order.length; index++) this.places[this.order[index]] = index;
  }

  private at(index: number): Pos {
    return this.order[index] ?? NONE;
  }
}
