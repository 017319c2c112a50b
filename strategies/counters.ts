/**
 * What a store did, counted per operation and never per instruction: deterministic figures that say what noisy times
 * cannot. All are totals since the store was made, its construction included.
 */
export interface Counters {
  /** Bytes of instruction words copied from one place to another (8 a record). */
  insnBytesMoved: number;
  /** Bytes of aux records copied from one place to another. */
  auxBytesMoved: number;
  /** Instructions looked at by scans that adjust or resolve branches. */
  branchVisits: number;
  /** Instructions looked at by scans that only probe for a 16-bit overflow. */
  probeVisits: number;
  /** Tree nodes, chunks, list nodes or log entries followed to find or link a place. */
  nodeVisits: number;
  /** Allocations of backing memory. */
  allocations: number;
  /** Bytes of those allocations. */
  bytesAllocated: number;
  /** Metadata entries (subprograms, line info, pokes, insn arrays) looked at or moved. */
  metadataVisits: number;
}

/** All counts at zero. */
export function newCounters(): Counters {
  return {
    insnBytesMoved: 0,
    auxBytesMoved: 0,
    branchVisits: 0,
    probeVisits: 0,
    nodeVisits: 0,
    allocations: 0,
    bytesAllocated: 0,
    metadataVisits: 0,
  };
}
