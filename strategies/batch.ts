/**
 * Edits of a pass are kept aside (pending-edits.ts) and merged in one forward pass over the program when the pass commits.
 *
 *     base:   [ 0 1 | 2 3 | 4 5 | 6 ... N-1 ]     a, d, b, c pending in front of 2; 4 and 5 removed
 *                 \    \              \
 *     next:   [ 0 1 | a d b c | 2 3 | 6 ... ]     copied in stretches to other memory, which becomes the base
 *
 * The other memory is that of the base before: two take turns.
 *
 * Cost besides that of pending-edits.ts: commit after edits O(N + edits), a sort more if they were not made in order.
 * Moved: all records once per pass that edits. finish: the aux rows are handed out as they are.
 */
import { PendingEdits, POOL } from './pending-edits.js';
import type { StoreInput } from './store.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy } from './strategy.js';

export const batch: Strategy = {
  name: 'batch',
  summary:
    'Edits kept aside and merged once per pass, forward; branches and metadata resolved by labels at the end.',
  cost: 'O(N * passes that edit + M)',
  growth: 'linear',
  tunables: [POOL],
  create: (input, options) => new BatchStore(input, options),
};

export class BatchStore extends PendingEdits {
  override readonly name = batch.name;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(batch.name, batch.tunables, options);
    super(input, tuned(options, POOL));
  }

  protected override mergeEdits(edited: Int32Array): number {
    this.spareProgram(this.count);
    let copied = 0;
    let to = 0;
    for (const at of edited) {
      if (at < copied) continue;
      to = this.copy(copied, at - copied, to);
      to = this.copyRuns(at, to);
      copied = at + this.gone[at];
    }
    to = this.copy(copied, this.base - copied, to);
    const { records, rows } = this;
    this.records = this.spareRecords;
    this.rows = this.spareRows;
    this.spareRecords = records;
    this.spareRows = rows;
    return to;
  }
}
