/**
 * Metadata kept in current slots and shifted by every patch and removal, as the kernel does: `bpf_adj_linfo()`
 * (kernel/bpf/core.c), `adjust_subprog_starts()`, `adjust_poke_descs()`, `adjust_subprog_starts_after_remove()`,
 * `bpf_adj_linfo_after_remove()` (kernel/bpf/verifier.c, Linux 6.12), kernel/bpf/bpf_insn_array.c (Linux 7.2).
 */
import type { CurrentSlot } from '../src/isa/insn.js';
import type { Counters } from './counters.js';
import { firstLineInfo } from './line-info.js';
import type { LinearLineInfo, LinearPoke, LinearSubprog } from './linear-program.js';
import type { PokeDescriptor, StoreInput } from './store.js';

/** In an insn array: the instruction was removed. */
const DELETED = -1;

export class ArrayMetadata {
  subprogCount: number;
  /** Subprograms the store was made with. */
  private readonly given: number;
  private subprogAdded = false;
  /** Start of each subprogram; the one behind the last is the end of the program. */
  readonly starts: Int32Array;
  readonly subprogIds: Int32Array;
  /** Per subprogram the index of its first remaining line info entry (`linfo_idx`). */
  private readonly lines: Int32Array;
  private readonly lineSlots: Int32Array;
  private readonly lineIndexes: Int32Array;
  private lineCount: number;
  private readonly insnArraySlots: Int32Array;
  private readonly pokes: PokeDescriptor[] = [];
  private readonly pokeSlots: number[] = [];

  constructor(
    input: StoreInput,
    slots: number,
    private readonly counters: Counters,
  ) {
    const subprogs = input.subprogStarts.length;
    this.subprogCount = subprogs;
    // Room for the hidden subprogram and the end behind it.
    this.starts = new Int32Array(subprogs + 2);
    this.starts.set(input.subprogStarts);
    this.starts[subprogs] = slots;
    this.given = subprogs;
    this.subprogIds = Int32Array.from({ length: subprogs + 1 }, (_, index) => index);
    this.lines = new Int32Array(subprogs + 1);
    this.lines.set(firstLineInfo(input.subprogStarts, input.lineInfoSlots));
    this.lineSlots = input.lineInfoSlots.slice();
    this.lineIndexes = Int32Array.from(input.lineInfoSlots, (_, index) => index);
    this.lineCount = input.lineInfoSlots.length;
    this.insnArraySlots = input.insnArraySlots.slice();
  }

  addSubprog(slot: CurrentSlot): void {
    if (this.subprogAdded) throw new RangeError('there is a hidden subprogram already');
    this.subprogAdded = true;
    const k = this.subprogCount++;
    this.starts[k + 1] = this.starts[k];
    this.starts[k] = slot;
    this.subprogIds[k] = this.given;
    this.lines[k] = this.lineCount;
  }

  addPoke(slot: CurrentSlot, poke: PokeDescriptor): number {
    this.pokeSlots.push(slot);
    return this.pokes.push(poke) - 1;
  }

  /** The instruction at `off` was replaced by `delta + 1`: everything behind it moves on. */
  afterPatch(off: CurrentSlot, delta: number): void {
    const { lineSlots, lineCount, starts, insnArraySlots, pokeSlots } = this;
    let line = 0;
    while (line < lineCount && lineSlots[line] <= off) line++;
    for (; line < lineCount; line++) lineSlots[line] += delta;
    for (let k = 0; k <= this.subprogCount; k++) if (starts[k] > off) starts[k] += delta;
    for (let at = 0; at < insnArraySlots.length; at++)
      if (insnArraySlots[at] > off) insnArraySlots[at] += delta;
    for (let at = 0; at < pokeSlots.length; at++) if (pokeSlots[at] > off) pokeSlots[at] += delta;
    this.counters.metadataVisits +=
      lineCount + this.subprogCount + 1 + insnArraySlots.length + pokeSlots.length;
  }

  /** `cnt` instructions from `off` on were removed; `length` are left. */
  afterRemoval(off: CurrentSlot, cnt: number, length: number): void {
    this.removeSubprogs(off, cnt);
    this.removeLineInfo(off, cnt, length);
    const { insnArraySlots, pokeSlots } = this;
    for (let at = 0; at < insnArraySlots.length; at++) {
      if (insnArraySlots[at] < off) continue;
      insnArraySlots[at] = insnArraySlots[at] < off + cnt ? DELETED : insnArraySlots[at] - cnt;
    }
    // The kernel removes nothing any more once it has poke descriptors; theirs is the contract's rule of identity.
    for (let at = 0; at < pokeSlots.length; at++) {
      if (pokeSlots[at] > off) pokeSlots[at] = Math.max(off, pokeSlots[at] - cnt);
    }
    this.counters.metadataVisits +=
      this.lineCount + 2 * (this.subprogCount + 1) + insnArraySlots.length + pokeSlots.length;
  }

  private removeSubprogs(off: CurrentSlot, cnt: number): void {
    const { starts, subprogIds, lines } = this;
    let first = 0;
    while (first < this.subprogCount && starts[first] < off) first++;
    let stays = first;
    while (stays < this.subprogCount && starts[stays] < off + cnt) stays++;
    // Only the front of the subprogram before goes when the first one to stay does not begin right behind the range.
    if (starts[stays] !== off + cnt) stays--;
    if (stays > first) {
      starts.copyWithin(first, stays, this.subprogCount + 1);
      subprogIds.copyWithin(first, stays, this.subprogCount);
      lines.copyWithin(first, stays, this.subprogCount);
      this.subprogCount -= stays - first;
    } else if (starts[first] === off) {
      first++;
    }
    for (let k = first; k <= this.subprogCount; k++) starts[k] -= cnt;
  }

  private removeLineInfo(off: CurrentSlot, cnt: number, length: number): void {
    const { lineSlots, lineIndexes, lines } = this;
    let first = 0;
    while (first < this.lineCount && lineSlots[first] < off) first++;
    let stays = first;
    while (stays < this.lineCount && lineSlots[stays] < off + cnt) stays++;
    // The survivor inherits the last removed line unless it has its own; behind the end there is no survivor.
    const survivorHasOwn = stays < this.lineCount && lineSlots[stays] === off + cnt;
    if (length !== off && stays > first && !survivorHasOwn) lineSlots[--stays] = off + cnt;
    const gone = stays - first;
    lineSlots.copyWithin(first, stays, this.lineCount);
    lineIndexes.copyWithin(first, stays, this.lineCount);
    this.lineCount -= gone;
    for (let line = first; line < this.lineCount; line++) lineSlots[line] -= cnt;
    for (let k = 0; k < this.subprogCount; k++) {
      if (lines[k] > first) lines[k] = Math.max(first, lines[k] - gone);
    }
  }

  subprogs(): LinearSubprog[] {
    return Array.from({ length: this.subprogCount }, (_, k) => ({
      id: this.subprogIds[k],
      start: this.starts[k],
      lineInfoIndex: this.lines[k],
    }));
  }

  lineInfo(): LinearLineInfo[] {
    return Array.from({ length: this.lineCount }, (_, line) => ({
      index: this.lineIndexes[line],
      slot: this.lineSlots[line],
    }));
  }

  insnArray(): Int32Array {
    return this.insnArraySlots;
  }

  linearPokes(): LinearPoke[] {
    return this.pokes.map((poke, index) => ({ ...poke, slot: this.pokeSlots[index] }));
  }

  /** @throws Error when something points outside of a program of `length` instructions or is out of order */
  check(length: number): void {
    if (this.starts[this.subprogCount] !== length)
      throw new Error('the end of the last subprogram is not the end');
    for (let k = 0; k < this.subprogCount; k++) {
      if (this.starts[k] >= this.starts[k + 1]) throw new Error(`subprogram ${k} is empty`);
    }
    for (let line = 0; line < this.lineCount; line++) {
      const next = line + 1 < this.lineCount ? this.lineSlots[line + 1] : length;
      if (this.lineSlots[line] >= next) throw new Error(`line info ${line} is not before the next`);
    }
  }
}
