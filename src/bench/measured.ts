/** What can be measured: the registry's strategies, and what is measured beside them for comparison only. */
import { BESIDE_REGISTRY } from '../../strategies/ablation/index.js';
import { strategyOf } from '../../strategies/index.js';
import { FLOOR, floorOf } from './floor.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** Made for one workload each: none of them could hold another program. */
const BESIDE: ReadonlyMap<string, (workload: Workload) => MeasuredStrategy> = new Map([[FLOOR, floorOf]]);

/** Names of what is measured beside the registry's strategies. */
export const MEASURED_BESIDE: readonly string[] = [...BESIDE.keys()];

/**
 * The strategy of that name, ready for `workload`.
 * @throws RangeError naming those there are when there is none
 */
export function measuredStrategyOf(name: string, workload: Workload): MeasuredStrategy {
  return BESIDE.get(name)?.(workload) ?? BESIDE_REGISTRY.get(name) ?? strategyOf(name);
}
