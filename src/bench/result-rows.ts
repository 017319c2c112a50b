/** What a measuring process found out, as rows of the column table. */
import type { MeasuredAnswer } from './child-protocol.js';
import { emptyRow, type Row } from './columns.js';
import { FLOOR } from './floor.js';
import { TOTAL, type PhaseWork } from './phase-log.js';
import { medianOfProcesses } from './process-statistics.js';
import type { PhaseResult } from './sampling.js';
import type { Walk } from './walk.js';

/** What a row is about. */
export interface RowKeys {
  readonly fileName: string;
  readonly progName: string;
  readonly strategy: string;
  /** Number of the process, from 1. */
  readonly process: number;
  readonly kernel: string;
  readonly seed: string;
}

function keysOf(keys: RowKeys, pass: string): Row {
  return {
    ...emptyRow(),
    file_name: keys.fileName,
    prog_name: keys.progName,
    strategy: keys.strategy,
    pass,
    process: keys.process,
    kernel: keys.kernel,
    seed: keys.seed,
  };
}

/** The one row of a strategy whose output was not the reference's. */
export function failureRow(keys: RowKeys): Row {
  return { ...keysOf(keys, TOTAL), verdict: 'failure' };
}

/** The row of a run that was counted and not timed. */
export function countedRow(keys: RowKeys, work: PhaseWork): Row {
  return { ...keysOf(keys, TOTAL), ...countersOf(work) };
}

/** A row per phase, `total` last. */
export function rowsOf(keys: RowKeys, answer: MeasuredAnswer, walk: Walk): Row[] {
  return answer.phases.map((phase) => ({
    ...rowOf(keysOf(keys, phase.name), phase, answer),
    records_walked: stepsOf(walk, phase.name),
  }));
}

function stepsOf(walk: Walk, phase: string): number | null {
  const steps = Object.values(walk);
  if (phase !== TOTAL) return walk[phase] ?? null;
  return steps.length === 0 ? null : steps.reduce((sum, each) => sum + each, 0);
}

/** The rows of one program with `floor_ratio` where the floor is among them. */
export function withFloorRatios(rows: readonly Row[]): Row[] {
  const floors = rows
    .filter(({ strategy, pass }) => strategy === FLOOR && pass === TOTAL)
    .map((row) => row.duration_p50_ns)
    .filter((ns) => ns !== null);
  const floor = floors.length === 0 ? 0 : medianOfProcesses(floors);
  return rows.map((row) =>
    row.pass === TOTAL && row.duration_p50_ns !== null && floor > 0
      ? { ...row, floor_ratio: row.duration_p50_ns / floor }
      : row,
  );
}

function rowOf(keys: Row, { summary, work }: PhaseResult, { auxBytes, peakRssKb }: MeasuredAnswer): Row {
  return {
    ...keys,
    ...countersOf(work),
    verdict: 'success',
    duration: Math.round(summary.p50Ns / 1000),
    aux_bytes: auxBytes,
    duration_p50_ns: summary.p50Ns,
    duration_mad_ns: summary.madNs,
    duration_p99_ns: summary.p99Ns,
    duration_min_ns: summary.minNs,
    samples: summary.samples,
    rme_pct: summary.rmePct,
    peak_rss_kb: peakRssKb,
    timer_warning: summary.warning,
  };
}

/** The deterministic figures. */
function countersOf({ slotsBefore, slotsAfter, counts, counters }: PhaseWork): Partial<Row> {
  return {
    prog_size: slotsBefore,
    prog_size_out: slotsAfter,
    patches: counts.patches,
    expanding_patches: counts.expandingPatches,
    insns_added: counts.insnsAdded,
    insns_removed: counts.insnsRemoved,
    insn_moved_bytes: counters.insnBytesMoved,
    aux_moved_bytes: counters.auxBytesMoved,
    branch_visits: counters.branchVisits,
    probe_visits: counters.probeVisits,
    node_visits: counters.nodeVisits,
    metadata_visits: counters.metadataVisits,
    allocations: counters.allocations,
    allocated_bytes: counters.bytesAllocated,
  };
}
