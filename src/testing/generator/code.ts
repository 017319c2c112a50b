/** Instructions under construction: a sink for builders whose jumps and calls get their distances later. */
import type { InsnSink } from '../../isa/builders.js';
import { BRANCH_OFF, branchKind, withOff } from '../../isa/insn.js';

/** A reference to a function, in the immediate of the instruction at `slot`. */
export interface FunctionReference {
  readonly slot: number;
  readonly callee: string;
}

export class Code implements InsnSink {
  private readonly words: number[] = [];
  /** Slots at which a source line begins, ascending. */
  readonly lines: number[] = [];
  readonly references: FunctionReference[] = [];

  push(w0: number, w1: number): void {
    this.words.push(w0 | 0, w1 | 0);
  }

  /** Slots so far: also the place that a jump lands on next. */
  get length(): number {
    return this.words.length / 2;
  }

  /** A source line begins with the next instruction. */
  line(): void {
    if (this.lines.at(-1) !== this.length) this.lines.push(this.length);
  }

  /** Appends a jump by `build` and returns its slot, for `land`. */
  jump(build: (out: InsnSink) => void): number {
    build(this);
    return this.length - 1;
  }

  /**
   * Makes the jump at `slot` lead to the next instruction.
   * @throws RangeError when that is too far for it
   */
  land(slot: number, target = this.length): void {
    const distance = target - slot - 1;
    const w0 = this.words[2 * slot];
    if (branchKind(w0) !== BRANCH_OFF) this.words[2 * slot + 1] = distance;
    else if (distance < -0x8000 || distance > 0x7fff) throw new RangeError(`a jump of ${distance} slots`);
    else this.words[2 * slot] = withOff(w0, distance);
  }

  /** The next instruction refers to a function. */
  refer(callee: string): void {
    this.references.push({ slot: this.length, callee });
  }

  /** Writes the immediate of the instruction at `slot`. */
  setImm(slot: number, imm: number): void {
    this.words[2 * slot + 1] = imm;
  }

  /** Appends another piece of code; its references come along. */
  append(other: Code): void {
    const base = this.length;
    for (const word of other.words) this.words.push(word);
    for (const line of other.lines) this.lines.push(base + line);
    for (const { slot, callee } of other.references) this.references.push({ slot: base + slot, callee });
  }

  toWords(): Int32Array {
    return Int32Array.from(this.words);
  }
}
