/**
 * What is measured: something that makes a store by a strategy, rewrites the program in it phase by phase, and returns
 * what `finish()` gives. The measuring knows nothing else of it.
 */
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { Store, StoreInput } from '../../strategies/store.js';
import type { PhaseLog } from './phase-log.js';

/** As much of a strategy as measuring needs; what strategies/index.ts registers has it. */
export interface MeasuredStrategy {
  readonly name: string;
  create(input: StoreInput): Store;
}

export interface Workload {
  /** Instructions before the rewriting. */
  readonly slots: number;
  /**
   * One run from making the store to the linear program, reported to `log` phase by phase: `init`, the rewriting,
   * `finish`. Each starts on a fresh store.
   * @throws PatchRangeError, FixupError when the rewriting cannot go on
   */
  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram;
  /**
   * What the last run made, kept and never read: V8 refers to the shapes of objects weakly, so that a collection of
   * garbage between two runs would throw the compiled code away with the last object of a shape. pystacks180 over the
   * linked list took 25 ms a run that way, and takes 6 ms like this.
   */
  readonly lastRun: unknown;
}
