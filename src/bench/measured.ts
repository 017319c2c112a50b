/** What can be measured: the registry's strategies, and what is measured beside them for comparison only. */
import { BESIDE_REGISTRY } from '../../strategies/ablation/index.js';
import { strategyOf } from '../../strategies/index.js';
import type { MeasureItem } from './child-protocol.js';
import { FLOOR } from './floor.js';
import { recordedFloor } from './recorded-floor.js';
import type { MeasuredStrategy } from './workload.js';

/** Made for one workload each: none of them could hold another program. */
const BESIDE: ReadonlyMap<string, (item: MeasureItem) => Promise<MeasuredStrategy>> = new Map([
  [FLOOR, recordedFloor],
]);

/** Names of what is measured beside the registry's strategies. */
export const MEASURED_BESIDE: readonly string[] = [...BESIDE.keys()];

/**
 * The strategy of that name, ready for the item's workload.
 * @throws RangeError naming those there are when there is none
 */
export async function measuredStrategyOf(name: string, item: MeasureItem): Promise<MeasuredStrategy> {
  const beside = BESIDE.get(name);
  if (beside !== undefined) return beside(item);
  return BESIDE_REGISTRY.get(name) ?? strategyOf(name);
}
