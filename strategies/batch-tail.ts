/**
 * Edits of a pass are kept aside (pending-edits.ts); when the pass commits they are done in one array, back to front, each with
 * a move of the whole tail: batching as it is usually described.
 *
 *     base:         [ 0 | 1 | 2 | 3 | 4 | 5 | 6 ... N-1 ]           a, b pending in front of 2; c in front of 5
 *     the last:     [ 0 | 1 | 2 | 3 | 4 | c | 5 | 6 ... N-1 ]       tail of 5 moved by one
 *     the one
 *     before:       [ 0 | 1 | a | b | 2 | 3 | 4 | c | 5 | 6 ... ]   tail of 2 moved by two, that of 5 once more
 *
 * Behind an edit nothing is left to do, so that no edit's place has to be adjusted for another's. What remains of the array's
 * cost is the moves; what is saved are the branch scans and the reallocation of the aux array at each patch.
 *
 * Cost besides that of pending-edits.ts: commit O(N) an edit, a sort more if they were not made in order. finish: the aux rows
 * are handed out as they are.
 */
import { PendingEdits, POOL } from './pending-edits.js';
import { RECORD_WORDS } from './record.js';
import type { StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy } from './strategy.js';

export const batchTail: Strategy = {
  name: 'batch-tail',
  summary:
    'Edits kept aside and done once per pass, back to front with a tail move each; branches and metadata resolved by labels at the end.',
  cost: 'O(N * M), moves only',
  growth: 'quadratic',
  tunables: [POOL],
  create: (input, options) => new BatchTailStore(input, options),
};

export class BatchTailStore extends PendingEdits {
  override readonly name = batchTail.name;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(batchTail.name, batchTail.tunables, options);
    super(input, tuned(options, POOL));
  }

  protected override mergeEdits(edited: Int32Array): number {
    // The tails will move over the runs: what is new goes out of their way first, in order.
    this.spareRoom(this.used - this.base);
    const ends = new Int32Array(edited.length + 1);
    this.counters.allocations++;
    this.counters.bytesAllocated += ends.byteLength;
    let last = 0;
    let seen = 0;
    for (const at of edited) {
      if (at < seen) continue;
      edited[last] = at;
      ends[last + 1] = this.copyRuns(at, ends[last]);
      last++;
      seen = at + this.gone[at];
    }
    let length = this.base;
    while (last-- > 0) {
      const at = edited[last];
      const added = ends[last + 1] - ends[last];
      const tail = at + this.gone[at];
      this.move(tail, at + added, length - tail);
      this.insertSpare(ends[last], added, at);
      length += at + added - tail;
    }
    return length;
  }

  /** Copies `count` records from the spare memory to `to`. */
  private insertSpare(from: number, count: number, to: number): void {
    const { records, rows, auxWords, spareRecords, spareRows } = this;
    records.set(spareRecords.subarray(from * RECORD_WORDS, (from + count) * RECORD_WORDS), to * RECORD_WORDS);
    rows.set(spareRows.subarray(from * auxWords, (from + count) * auxWords), to * auxWords);
    this.countMoved(count);
  }
}
