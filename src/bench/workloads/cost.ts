/**
 * What a shape costs a strategy by nature, so that a pair that would take minutes or hours is not begun: it is measured
 * on the smaller shapes of its family, and the report extrapolates.
 */
import type { Growth } from '../../../strategies/strategy.js';
import { CLUSTER, type Shape, slotsAfter } from './shape.js';

/**
 * Most records that may be visited or moved in one run. Linux' own way needs 6 to 8 ns for each record and patch (branches
 * looked at, aux records of 88 bytes copied), which makes it 10 s here.
 */
export const AFFORDABLE_VISITS = 1.3e9;

/**
 * Upper bound, but for a small factor, of how often records are visited or moved in one run, by what a strategy's time
 * grows with: `quadratic` touches all records at each edit, `distance` those between an edit and the next, `linear` each
 * once.
 */
export function visitsOf(shape: Shape, growth: Growth): number {
  const { slots, patches, patchLength, deadRuns, deadLength, order } = shape;
  const once = slots + patches * patchLength;
  if (growth === 'linear') return once;
  const kept = slots - deadRuns * deadLength;
  const removing = (deadRuns * (slots + kept)) / 2;
  const patching = (patches * (kept + slotsAfter(shape))) / 2;
  if (growth === 'quadratic') return once + removing + patching;
  const jumps = order === 'scattered' ? patching : order === 'clustered' ? patching / CLUSTER : 0;
  // Two places drawn at random are a third of the whole apart.
  return 2 * once + jumps / 3;
}

/** Can a strategy of this growth be measured on the shape? */
export function affordable(shape: Shape, growth: Growth): boolean {
  return visitsOf(shape, growth) <= AFFORDABLE_VISITS;
}
