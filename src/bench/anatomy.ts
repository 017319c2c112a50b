/**
 * Where the array's time goes: a workload over a store that times its own parts (strategies/ablation/array-parts.ts) reports
 * those parts instead of its phases: `init`, one row a part, `walk` for what is left of the passes (deciding, stepping
 * from instruction to instruction, writing patches), `finish`. Any other store is reported as ever. All that measuring
 * does applies to parts as to phases: samples, medians, and rows for outputs that equal the reference's only.
 */
import { countersOf, isTimed, PARTS, type TimedStore } from '../../strategies/ablation/parts.js';
import { newCounters, type Counters } from '../../strategies/counters.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { Store, StoreInput } from '../../strategies/store.js';
import { noPatches, type PhaseLog, type PhaseWork } from './phase-log.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** What is no part of the store's work on an edit. */
export const WALK = 'walk';

/** A workload that reports parts where the store has them. */
export class Anatomy implements Workload {
  readonly slots: number;

  constructor(private readonly workload: Workload) {
    this.slots = workload.slots;
  }

  get lastRun(): unknown {
    return this.workload.lastRun;
  }

  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram {
    let made: Store | undefined;
    const { name } = strategy;
    const create = (input: StoreInput): Store => (made = strategy.create(input));
    const linear = this.workload.run({ name, create }, log);
    if (made !== undefined && isTimed(made)) byParts(log, made);
    return linear;
  }
}

/** Puts the store's parts in the place of the phases between the first and the last. */
function byParts({ names, durations, work }: PhaseLog, { parts }: TimedStore): void {
  const between = names.length - 2;
  const times = PARTS.map((part) => Math.round(parts.durations[part] * 1e6));
  const during = durations.slice(1, -1).reduce((sum, each) => sum + each, 0);
  const walk = during - times.reduce((sum, each) => sum + each, 0);
  names.splice(1, between, ...PARTS, WALK);
  durations.splice(1, between, ...times, walk);
  if (work.length === 0) return;
  const first = work[1];
  const last = work[between];
  const counters = sumOf(work.slice(1, -1).map((each) => each.counters));
  const slots = { slotsBefore: first.slotsBefore, slotsAfter: last.slotsAfter };
  const ofParts = PARTS.map((part): PhaseWork => ({
    ...slots,
    counters: countersOf(part, counters, parts),
    counts: noPatches(),
  }));
  const counts = work.slice(1, -1).reduce((sum, each) => {
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += each.counts[key];
    return sum;
  }, noPatches());
  work.splice(1, between, ...ofParts, {
    ...slots,
    counters: { ...newCounters(), nodeVisits: counters.nodeVisits },
    counts,
  });
}

function sumOf(all: readonly Counters[]): Counters {
  const sum = newCounters();
  for (const each of all) for (const key of Object.keys(sum) as (keyof Counters)[]) sum[key] += each[key];
  return sum;
}
