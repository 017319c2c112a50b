/** The registry of synthetic workloads, and the real programs that are rewritten in other ways besides the usual one. */
import * as list from './list.js';
import type { Family, Shape } from './shape.js';

export { affordable, AFFORDABLE_VISITS, visitsOf } from './cost.js';
export { DENSE_10K } from './dense.js';
export { type Family, type Shape, slotsAfter } from './shape.js';
export { PROGRAM_VARIANTS, type ProgramVariant } from './programs.js';

/** All families, in alphabetical order of their exports in list.ts. */
export const FAMILIES: readonly Family[] = Object.values(list);

/** The shapes that can be asked for by name, family by family. */
export const SHAPES: readonly Shape[] = FAMILIES.flatMap(({ shapes }) => shapes);

/**
 * The shape of that name.
 * @throws Error naming the families there are
 */
export function shapeOf(name: string): Shape {
  const shape = SHAPES.find((candidate) => candidate.name === name);
  if (shape === undefined)
    throw new Error(`no shape '${name}'; there are ${SHAPES.map((each) => each.name).join(', ')}`);
  return shape;
}

/** The family that a shape belongs to. */
export function familyOf(shape: Shape): Family {
  const family = FAMILIES.find(({ shapes }) => shapes.includes(shape));
  if (family === undefined) throw new Error(`shape ${shape.name} belongs to no family`);
  return family;
}
