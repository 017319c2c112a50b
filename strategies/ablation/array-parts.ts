/**
 * The kernel's array, with a clock around each part of an edit: where its time goes.
 *
 * It is the store of array.ts, every operation of it, and what comes out is compared with the reference like any other's.
 * Leaving parts away to see what they cost would not do: what is left gives another program, so nothing could vouch for
 * it. A part is some microseconds to some dozen, and two looks at the clock are some 100 ns: that is the error, a per cent or
 * so, counted half to the part and half to what lies between. The ablation answers the same question by differences, and
 * is there to be compared with.
 */
import { array, ArrayStore } from '../array.js';
import type { PatchBuffer } from '../patch-buffer.js';
import type { Pos } from '../store.js';
import type { Strategy } from '../strategy.js';
import { type Part, PartTimes, type TimedStore } from './parts.js';

export const arrayParts: Strategy = {
  ...array,
  name: 'array-parts',
  summary: 'The array with a clock around each part of an edit: where the time of Linux goes.',
  create: (input, options) => new ArrayPartsStore(input, options),
};

export class ArrayPartsStore extends ArrayStore implements TimedStore {
  override readonly name = arrayParts.name;
  readonly parts = new PartTimes();

  protected override probe(pos: Pos, patch: PatchBuffer, targetAfter: Pos): void {
    const start = performance.now();
    super.probe(pos, patch, targetAfter);
    this.add('branch-probe', start);
  }

  protected override moveInsns(pos: Pos, delta: number): void {
    const { parts, counters } = this;
    const allocations = counters.allocations;
    const bytes = counters.bytesAllocated;
    const start = performance.now();
    super.moveInsns(pos, delta);
    this.add('insn-move', start);
    parts.insnAllocations += counters.allocations - allocations;
    parts.insnBytesAllocated += counters.bytesAllocated - bytes;
  }

  protected override adjust(pos: Pos, endOld: Pos, endNew: Pos): void {
    const start = performance.now();
    super.adjust(pos, endOld, endNew);
    this.add('branch-adjust', start);
  }

  protected override moveAux(pos: Pos, patchLength: number): void {
    const { durations } = this.parts;
    const allocating = durations['aux-alloc'];
    const start = performance.now();
    super.moveAux(pos, patchLength);
    durations['aux-move'] += performance.now() - start - (durations['aux-alloc'] - allocating);
  }

  protected override newAux(words: number): Uint32Array {
    const start = performance.now();
    const aux = super.newAux(words);
    this.add('aux-alloc', start);
    return aux;
  }

  protected override shiftMetadata(pos: Pos, delta: number): void {
    const start = performance.now();
    super.shiftMetadata(pos, delta);
    this.add('metadata', start);
  }

  protected override closeInsns(pos: Pos, removed: number, left: number): void {
    const start = performance.now();
    super.closeInsns(pos, removed, left);
    this.add('insn-move', start);
  }

  protected override closeAux(pos: Pos, removed: number, left: number): void {
    const start = performance.now();
    super.closeAux(pos, removed, left);
    this.add('aux-move', start);
  }

  protected override shrinkMetadata(pos: Pos, removed: number): void {
    const start = performance.now();
    super.shrinkMetadata(pos, removed);
    this.add('metadata', start);
  }

  private add(part: Part, start: number): void {
    this.parts.durations[part] += performance.now() - start;
  }
}
