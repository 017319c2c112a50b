/**
 * The order of the overlay's records (overlay.ts): by cells, one for each loaded slot, which never change places.
 *
 *     slot:      0     1          2      3     4
 *     cell:    [ 0 ] [ N N+1 N+2 ] [ 2 ] [   ] [ N+5 N+3 N+4 ]      N+5 was laid before N+3 by a later patch
 *     heads:     0    N+1          0    -1     N+6                 0: the loaded record itself; record + 1; gone
 *     homes:     0    N+3          0    -1     N+5                 likewise of the record that has the slot's aux row
 *
 * A cell is the loaded record, or what patches made of it, or nothing. So a patch of a loaded record touches no neighbour: its
 * records are linked to their slot, and what is behind the last of them is what the next cell begins with.
 *
 * Of added records, a link is 0 to the neighbour by number, record + 1 to another one, -1 - slot where the cell ends: behind its
 * last record in `nexts`, before its first in `prevs`. Zeroed memory is right for all that were never patched.
 *
 * Invariants
 * - of empty cells side by side, the first says in `heads` how many there are at least, the last in `homes`, both negative;
 *   the others say less, but never 0. Behind the last cell `heads` has an empty one that does not end.
 * - a cell's last record is the one that has its slot's aux row, unless that one was removed (`GONE`).
 *
 * Cost: every operation O(1); over empty cells a step in either direction takes as many looks as there were removals.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import type { Counters } from './counters.js';
import { NONE, type Pos } from './store.js';

/** In `homes`: the record that had the aux row is gone, whatever else of the cell is still there. */
export const GONE = -1;

export class OverlayCells {
  protected readonly heads: Int32Array;
  protected readonly homes: Int32Array;
  /** Per added record, by its number less `loaded`; there is no room before `growCells`. */
  protected nexts: Int32Array = new Int32Array(0);
  private prevs: Int32Array = new Int32Array(0);

  /** @param loaded records of the program as loaded */
  constructor(
    protected readonly loaded: number,
    readonly counters: Counters,
  ) {
    this.heads = this.table(loaded + 1);
    this.heads[loaded] = -1;
    this.homes = this.table(loaded);
  }

  first(): Pos {
    return this.from(0);
  }

  next(pos: Pos): Pos {
    if (pos < this.loaded) return this.from(pos + 1);
    const link = this.nexts[pos - this.loaded];
    return link === 0 ? pos + 1 : link > 0 ? link - 1 : this.from(-link);
  }

  prev(pos: Pos): Pos {
    if (pos < this.loaded) return this.lastBefore(pos);
    const link = this.prevs[pos - this.loaded];
    return link === 0 ? pos - 1 : link > 0 ? link - 1 : this.lastBefore(-1 - link);
  }

  locate(slot: OriginalSlot): Pos {
    const home = this.homes[slot];
    return home === 0 ? slot : home > 0 ? home - 1 : NONE;
  }

  /** The first record of the cells from that of `slot` on. */
  protected from(slot: OriginalSlot): Pos {
    const head = this.heads[slot];
    return head === 0 ? slot : head > 0 ? head - 1 : this.over(slot);
  }

  private over(slot: OriginalSlot): Pos {
    const { heads, loaded } = this;
    let at = slot;
    while (heads[at] < 0) {
      if (at === loaded) return NONE;
      at -= heads[at];
    }
    return this.from(at);
  }

  private lastBefore(slot: OriginalSlot): Pos {
    const { heads, homes } = this;
    let at = slot - 1;
    while (at >= 0 && heads[at] < 0) at += homes[at];
    return at < 0 ? NONE : this.lastOf(at);
  }

  /** The last record of the cell of `slot`, which has one. */
  private lastOf(slot: OriginalSlot): Pos {
    const home = this.homes[slot];
    if (home >= 0) return home === 0 ? slot : home - 1;
    let pos = this.heads[slot] - 1;
    while (this.linkBehind(pos) > 0) pos = this.linkBehind(pos) - 1;
    return pos;
  }

  /** Where an added record leads: record + 1, or -1 - slot. */
  private linkBehind(pos: Pos): number {
    const link = this.nexts[pos - this.loaded];
    return link === 0 ? pos + 2 : link;
  }

  /** What leads to an added record: record + 1, or -1 - slot. */
  private linkBefore(pos: Pos): number {
    const link = this.prevs[pos - this.loaded];
    return link === 0 ? pos : link;
  }

  /** Added records side by side, from `first` to `last`, take the place of a loaded one, the last with its aux row. */
  protected fillCell(slot: OriginalSlot, first: Pos, last: Pos): void {
    this.heads[slot] = first + 1;
    this.homes[slot] = last + 1;
    this.prevs[first - this.loaded] = -1 - slot;
    this.nexts[last - this.loaded] = -1 - slot;
    this.counters.nodeVisits++;
  }

  /** Added records side by side, from `first` to `last`, come before another added one. */
  protected linkBeforeAdded(pos: Pos, first: Pos, last: Pos): void {
    const { loaded, nexts, prevs } = this;
    const before = this.linkBefore(pos);
    this.lead(before, first + 1);
    prevs[first - loaded] = before;
    nexts[last - loaded] = pos + 1;
    prevs[pos - loaded] = last + 1;
    this.counters.nodeVisits += 2;
  }

  /** Takes a record out of its cell. */
  protected unlink(pos: Pos): void {
    this.counters.nodeVisits++;
    if (pos < this.loaded) {
      this.empty(pos);
      return;
    }
    const before = this.linkBefore(pos);
    const behind = this.linkBehind(pos);
    if (before < 0 && behind < 0) {
      this.empty(-1 - before);
      return;
    }
    this.lead(before, behind);
    if (behind > 0) this.prevs[behind - 1 - this.loaded] = before;
  }

  /** What leads to a record, or begins a cell, leads there from now on. */
  private lead(before: number, behind: number): void {
    if (before < 0) this.heads[-1 - before] = behind;
    else this.nexts[before - 1 - this.loaded] = behind;
  }

  /** The last record of a cell is gone. */
  private empty(slot: OriginalSlot): void {
    const { heads, homes } = this;
    const before = slot > 0 && heads[slot - 1] < 0 ? -homes[slot - 1] : 0;
    heads[slot] = -1;
    homes[slot] = -1 - before;
    heads[slot - before] = -1 - before;
  }

  /** Makes room for so many added records. */
  protected growCells(added: number): void {
    this.nexts = this.widened(this.nexts, added);
    this.prevs = this.widened(this.prevs, added);
  }

  protected table(length: number): Int32Array {
    this.counters.allocations++;
    this.counters.bytesAllocated += 4 * length;
    return new Int32Array(length);
  }

  protected widened(table: Int32Array, length: number): Int32Array {
    const wider = this.table(length);
    wider.set(table);
    return wider;
  }
}
