/**
 * How far the passes walk. They step over the sequence alike whatever holds it, so the steps are counted once, on the
 * reference, and no measured store pays for counting them.
 */
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { Store } from '../../strategies/store.js';
import type { PatchCounts } from '../patcher.js';
import { PhaseLog } from './phase-log.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** Calls of `first`, `next` and `prev` by phase. */
export type Walk = Readonly<Record<string, number>>;

/** One run over the strategy, with the steps that the workload (not the store itself) took in each phase. */
export function walkOver(
  workload: Workload,
  strategy: MeasuredStrategy,
): { readonly linear: LinearProgram; readonly walk: Walk } {
  const log = new WalkLog();
  const { name } = strategy;
  const linear = workload.run({ name, create: (input) => watched(strategy.create(input), log) }, log);
  return { linear, walk: log.walk };
}

class WalkLog extends PhaseLog {
  readonly walk: Record<string, number> = {};
  steps = 0;
  private before = 0;

  constructor() {
    super(false);
  }

  override stop(name: string, store: Store, slots: number, counts: Readonly<PatchCounts>): void {
    super.stop(name, store, slots, counts);
    this.walk[name] = this.steps - this.before;
    this.before = this.steps;
  }
}

const STEPS: ReadonlySet<string | symbol> = new Set<keyof Store>(['first', 'next', 'prev']);

/** The store behind a door at which steps are counted. */
function watched(store: Store, log: WalkLog): Store {
  const methods = new Map<string | symbol, unknown>();
  return new Proxy(store, {
    get(target, key) {
      const known = methods.get(key);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const method = STEPS.has(key)
        ? (pos: number) => {
            log.steps++;
            return Reflect.apply(value, target, [pos]) as number;
          }
        : (value.bind(target) as unknown);
      methods.set(key, method);
      return method;
    },
  });
}
