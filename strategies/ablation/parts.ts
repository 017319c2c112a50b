/** What a store that times its own parts has found out. */
import { type Counters, newCounters } from '../counters.js';
import type { Store } from '../store.js';

/** A part of what edits cost, in the order of tables. */
export const PARTS = [
  'branch-probe',
  'branch-adjust',
  'aux-alloc',
  'aux-move',
  'insn-move',
  'metadata',
] as const;
export type Part = (typeof PARTS)[number];

/** Durations by part. */
export class PartTimes {
  /** In ms. */
  readonly durations: Record<Part, number> = {
    'branch-probe': 0,
    'branch-adjust': 0,
    'aux-alloc': 0,
    'aux-move': 0,
    'insn-move': 0,
    metadata: 0,
  };
  /** Of the store's allocations those in `insn-move`; all others during edits are in `aux-alloc`. */
  insnAllocations = 0;
  insnBytesAllocated = 0;
}

export interface TimedStore extends Store {
  readonly parts: PartTimes;
}

export function isTimed(store: Store): store is TimedStore {
  return 'parts' in store && store.parts instanceof PartTimes;
}

/** The share of `during`, the counters of all edits, that each part has. */
export function countersOf(part: Part, during: Readonly<Counters>, times: PartTimes): Counters {
  const counters = newCounters();
  switch (part) {
    case 'branch-probe':
      counters.probeVisits = during.probeVisits;
      break;
    case 'branch-adjust':
      counters.branchVisits = during.branchVisits;
      break;
    case 'aux-alloc':
      counters.allocations = during.allocations - times.insnAllocations;
      counters.bytesAllocated = during.bytesAllocated - times.insnBytesAllocated;
      break;
    case 'aux-move':
      counters.auxBytesMoved = during.auxBytesMoved;
      break;
    case 'insn-move':
      counters.insnBytesMoved = during.insnBytesMoved;
      counters.allocations = times.insnAllocations;
      counters.bytesAllocated = times.insnBytesAllocated;
      break;
    case 'metadata':
      counters.metadataVisits = during.metadataVisits;
      break;
  }
  return counters;
}
