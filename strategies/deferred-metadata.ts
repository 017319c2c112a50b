/**
 * Subprograms, line info, insn arrays and poke descriptors as references to labels: patches and removals never touch
 * them, `finish()` reads where their labels ended.
 *
 * Source of the removal rules: `adjust_subprog_starts_after_remove()`, `bpf_adj_linfo_after_remove()` (kernel/bpf/verifier.c,
 * Linux 6.12) and kernel/bpf/bpf_insn_array.c (Linux 7.2).
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import type { Counters } from './counters.js';
import type { Labels } from './labels.js';
import type { LinearLineInfo, LinearPoke, LinearSubprog } from './linear-program.js';
import { firstLineInfo } from './line-info.js';
import type { PokeDescriptor, StoreInput } from './store.js';

/** How metadata was at a `mark`. */
export interface MetadataMark {
  readonly subprogCount: number;
  readonly subprogAdded: boolean;
  readonly starts: Int32Array;
  readonly ids: Int32Array;
  readonly lines: Int32Array;
  readonly pokes: number;
}

export class DeferredMetadata {
  /** Remaining subprograms; exact after `compress`. */
  subprogCount: number;
  /** Subprograms the store was made with. */
  private readonly given: number;
  private subprogAdded = false;
  /** Label of each remaining subprogram's start. */
  private readonly starts: Int32Array;
  /** Number each had when the store was made. */
  private readonly ids: Int32Array;
  /** Line info entry each began with, by its index in the input. */
  private readonly lines: Int32Array;
  private readonly startSlots: Int32Array;
  private readonly lineInfoSlots: Int32Array;
  private readonly insnArraySlots: Int32Array;
  private readonly pokes: PokeDescriptor[] = [];
  private readonly pokeLabels: number[] = [];

  constructor(
    input: StoreInput,
    private readonly labels: Labels,
    private readonly counters: Counters,
  ) {
    this.subprogCount = input.subprogStarts.length;
    this.given = input.subprogStarts.length;
    // Room for the hidden subprogram, which comes out of the last instruction and has no line.
    this.starts = new Int32Array(this.given + 1);
    this.starts.set(input.subprogStarts);
    this.startSlots = this.starts.slice();
    this.startSlots[this.given] = input.insns.length / 2 - 1;
    this.ids = new Int32Array(this.given + 1);
    for (let id = 0; id < this.ids.length; id++) this.ids[id] = id;
    this.lines = new Int32Array(this.given + 1);
    this.lines.set(firstLineInfo(input.subprogStarts, input.lineInfoSlots));
    this.lineInfoSlots = input.lineInfoSlots;
    this.insnArraySlots = input.insnArraySlots;
  }

  subprogId(k: number): number {
    return this.ids[k];
  }

  /** The label of the first instruction of the `k`-th remaining subprogram. */
  subprogLabel(k: number): number {
    return this.labels.resolve(this.starts[k]);
  }

  /** Original slot at which the `k`-th remaining subprogram started when the store was made. */
  subprogSlot(k: number): OriginalSlot {
    return this.startSlots[this.ids[k]];
  }

  addSubprog(label: number): void {
    if (this.subprogAdded) throw new RangeError('there is a hidden subprogram already');
    this.subprogAdded = true;
    const k = this.subprogCount++;
    this.starts[k] = label;
    this.ids[k] = this.given;
    this.lines[k] = this.lineInfoSlots.length;
  }

  addPoke(label: number, poke: PokeDescriptor): number {
    this.pokeLabels.push(label);
    return this.pokes.push(poke) - 1;
  }

  /** What `rollback` needs to bring everything back to how it is now. */
  mark(): MetadataMark {
    const { subprogCount, subprogAdded } = this;
    return {
      subprogCount,
      subprogAdded,
      starts: this.starts.slice(),
      ids: this.ids.slice(),
      lines: this.lines.slice(),
      pokes: this.pokes.length,
    };
  }

  /** Brings everything back to how it was at `mark`. */
  rollback(mark: MetadataMark): void {
    this.subprogCount = mark.subprogCount;
    this.subprogAdded = mark.subprogAdded;
    this.starts.set(mark.starts);
    this.ids.set(mark.ids);
    this.lines.set(mark.lines);
    this.pokes.length = mark.pokes;
    this.pokeLabels.length = mark.pokes;
  }

  /**
   * Drops the subprograms that were removed: those that start where the next one, or the end, does, for identity passes
   * to the next survivor and a subprogram has at least one instruction.
   */
  compress(): void {
    const { starts, ids, lines, labels } = this;
    let kept = 0;
    this.counters.metadataVisits += this.subprogCount;
    for (let k = 0; k < this.subprogCount; k++) {
      const start = labels.resolve(starts[k]);
      const next = k + 1 < this.subprogCount ? labels.resolve(starts[k + 1]) : labels.end;
      if (start === next) continue;
      starts[kept] = start;
      ids[kept] = ids[k];
      lines[kept] = lines[k];
      kept++;
    }
    this.subprogCount = kept;
  }

  /**
   * Line info entries in final slots. Of several that end at one instruction the last stays: a survivor's own
   * entry is behind those that removed instructions left to it. Entries that end behind the program go.
   */
  lineInfo(slots: Int32Array, length: number): LinearLineInfo[] {
    const entries = this.lineInfoSlots;
    const kept: LinearLineInfo[] = [];
    this.counters.metadataVisits += entries.length;
    let slot = entries.length > 0 ? slots[this.labels.resolve(entries[0])] : 0;
    for (let index = 0; index < entries.length; index++) {
      const next = index + 1 < entries.length ? slots[this.labels.resolve(entries[index + 1])] : length;
      if (slot < length && slot !== next) kept.push({ index, slot });
      slot = next;
    }
    return kept;
  }

  /** The remaining subprograms; `compress` comes first. */
  subprogs(slots: Int32Array, lineInfo: readonly LinearLineInfo[]): LinearSubprog[] {
    const subprogs: LinearSubprog[] = [];
    this.counters.metadataVisits += this.subprogCount;
    let lineInfoIndex = 0;
    for (let k = 0; k < this.subprogCount; k++) {
      while (lineInfoIndex < lineInfo.length && lineInfo[lineInfoIndex].index < this.lines[k])
        lineInfoIndex++;
      subprogs.push({ id: this.ids[k], start: slots[this.subprogLabel(k)], lineInfoIndex });
    }
    return subprogs;
  }

  insnArray(slots: Int32Array): Int32Array {
    this.counters.metadataVisits += this.insnArraySlots.length;
    return Int32Array.from(this.insnArraySlots, (label) =>
      this.labels.isRemoved(label) ? -1 : slots[this.labels.resolve(label)],
    );
  }

  linearPokes(slots: Int32Array): LinearPoke[] {
    this.counters.metadataVisits += this.pokes.length;
    return this.pokes.map((poke, index) => ({
      ...poke,
      slot: slots[this.labels.resolve(this.pokeLabels[index])],
    }));
  }
}
