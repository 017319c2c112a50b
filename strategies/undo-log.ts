/**
 * What was overwritten in the tables of an owner, in the order it was, to be put back from the end.
 *
 *     [ table | index | old value ] [ table | index | old value ] ...        three words a write
 */
import type { Counters } from './counters.js';

/** Whose tables can be put back. */
export interface Undoable {
  /** Puts `old` back; `table` is a number of the owner's. */
  restore(table: number, index: number, old: number): void;
}

const ENTRY_WORDS = 3;

export class UndoLog {
  /** Words in use. */
  length = 0;
  private words = new Int32Array(64 * ENTRY_WORDS);

  constructor(
    private readonly owner: Undoable,
    private readonly counters: Counters,
  ) {
    this.countWords();
  }

  /** A value is about to be overwritten. */
  note(table: number, index: number, old: number): void {
    if (this.length === this.words.length) {
      const words = this.words;
      this.words = new Int32Array(2 * words.length);
      this.words.set(words);
      this.countWords();
    }
    this.words[this.length] = table;
    this.words[this.length + 1] = index;
    this.words[this.length + 2] = old;
    this.length += ENTRY_WORDS;
  }

  /** Puts back what was overwritten since the log was `length` long. */
  undoTo(length: number): void {
    const words = this.words;
    while (this.length > length) {
      this.length -= ENTRY_WORDS;
      this.owner.restore(words[this.length], words[this.length + 1], words[this.length + 2]);
    }
  }

  private countWords(): void {
    this.counters.allocations++;
    this.counters.bytesAllocated += this.words.byteLength;
  }
}
