/**
 * The stop watch of one run: a workload starts it before a phase and stops it after, so that everything in between two
 * phases (making the passes' environment, asking whether a pass applies) stays outside the clock. The clock is read
 * twice a phase, never inside the loops that are measured.
 */
import { newCounters, type Counters } from '../../strategies/counters.js';
import type { Store } from '../../strategies/store.js';
import type { PatchCounts } from '../patcher.js';

/** Monotonic time in ns; whole numbers below 2^53 for 104 days of uptime, then in steps of 2 ns. */
export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

/** Phases that every workload has. */
export const INIT = 'init';
export const FINISH = 'finish';
/** The sum of the phases. */
export const TOTAL = 'total';

/** What was done in a phase: deterministic figures, taken in a run that is not timed. */
export interface PhaseWork {
  readonly slotsBefore: number;
  readonly slotsAfter: number;
  readonly counters: Counters;
  readonly counts: PatchCounts;
}

export class PhaseLog {
  /** Phases in the order they ran. */
  readonly names: string[] = [];
  /** Duration in ns of each. */
  readonly durations: number[] = [];
  /** What each did; empty unless counting. */
  readonly work: PhaseWork[] = [];
  private startedAt = 0;
  private slots = 0;
  private counters = newCounters();
  private counts = noPatches();

  /** @param counting takes counters at every stop: for a run that is not timed */
  constructor(private readonly counting: boolean) {}

  start(): void {
    this.startedAt = nowNs();
  }

  /**
   * Ends the phase that began with the last `start`.
   * @param slots number of instructions now
   * @param counts the patcher's totals so far
   */
  stop(name: string, store: Store, slots: number, counts: Readonly<PatchCounts>): void {
    const stoppedAt = nowNs();
    this.names.push(name);
    this.durations.push(stoppedAt - this.startedAt);
    if (!this.counting) return;
    const counters = { ...store.counters };
    const before = this.work.length === 0 ? slots : this.slots;
    this.work.push({
      slotsBefore: before,
      slotsAfter: slots,
      counters: difference(counters, this.counters),
      counts: difference({ ...counts }, this.counts),
    });
    this.slots = slots;
    this.counters = counters;
    this.counts = { ...counts };
  }

  /** Sum of the phases in ns. */
  total(): number {
    let sum = 0;
    for (const duration of this.durations) sum += duration;
    return sum;
  }

  /** What all phases did together; only when counting. */
  totalWork(): PhaseWork {
    return {
      slotsBefore: this.work[0].slotsBefore,
      slotsAfter: this.slots,
      counters: this.counters,
      counts: this.counts,
    };
  }
}

/** No patches and no removals yet. */
export function noPatches(): PatchCounts {
  return { patches: 0, expandingPatches: 0, insnsAdded: 0, removals: 0, insnsRemoved: 0 };
}

/** `after - before`, figure by figure. */
function difference<T extends { [K in keyof T]: number }>(after: T, before: T): T {
  const keys = Object.keys(after) as (keyof T & string)[];
  return Object.fromEntries(keys.map((key) => [key, after[key] - before[key]])) as T;
}
