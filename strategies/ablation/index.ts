/**
 * The ablation: every combination of a container, when branches are fixed, and where aux records are kept, so that what
 * each of the three decisions gives can be told apart. None is a proposal, so none is in the registry; they are measured
 * beside it, and held to the reference like it.
 *
 *     container   array (tail moved at every patch), gap (a gap that follows the edits), list (nothing moves)
 *     branches    eager (all rescanned at every edit, as Linux does), deferred (labels, resolved at the end)
 *     aux         inline (moves with its instruction), handle (stays in a table, a handle moves)
 *
 * `array-eager-inline` is Linux' way in the parts that all cells share; the registry's `array` differs from it in having
 * no labels, a new aux array at every patch, and metadata that is shifted at every patch. The registry's `gap-buffer` is
 * `gap-deferred-inline`, its `linked-list` is `list-deferred-inline`.
 */
import { gapBuffer, GapBufferStore } from '../gap-buffer.js';
import { linkedList, LinkedListStore } from '../linked-list.js';
import type { Store, StoreInput } from '../store.js';
import type { Growth, StoreOptions, Strategy, Tunable } from '../strategy.js';
import { arrayParts } from './array-parts.js';
import { AuxByHandle } from './aux-by-handle.js';
import { type Container, eagerly, renamed } from './eager.js';
import { FlatArrayStore, ROOM } from './flat-array.js';

export { arrayParts } from './array-parts.js';

/** One combination. */
export interface Cell {
  readonly container: 'array' | 'gap' | 'list';
  readonly branches: 'eager' | 'deferred';
  readonly aux: 'inline' | 'handle';
  /** Its name is the three, joined by dashes. */
  readonly strategy: Strategy;
}

interface ContainerEntry {
  readonly name: Cell['container'];
  readonly base: Container;
  readonly tunables: readonly Tunable[];
  readonly summary: string;
  /** With branches deferred. */
  readonly growth: Growth;
  readonly cost: string;
}

const CONTAINERS: readonly ContainerEntry[] = [
  {
    name: 'array',
    base: FlatArrayStore,
    tunables: [ROOM],
    summary: 'One array, tail moved at every patch',
    growth: 'quadratic',
    cost: 'O(N * M)',
  },
  {
    name: 'gap',
    base: GapBufferStore,
    tunables: gapBuffer.tunables,
    summary: 'One array whose free room follows the edits',
    growth: gapBuffer.growth,
    cost: gapBuffer.cost,
  },
  {
    name: 'list',
    base: LinkedListStore,
    tunables: linkedList.tunables,
    summary: 'Node pool with links',
    growth: linkedList.growth,
    cost: linkedList.cost,
  },
];

/** All of them: 3 containers, eager before deferred, in line before by handle. */
export const CELLS: readonly Cell[] = CONTAINERS.flatMap((entry) =>
  (['eager', 'deferred'] as const).flatMap((branches) =>
    (['inline', 'handle'] as const).map((aux) => cell(entry, branches, aux)),
  ),
);

/** Their strategies. */
export const ABLATION: readonly Strategy[] = CELLS.map(({ strategy }) => strategy);

/** Everything in this folder that can be measured, by name: the cells, and the array that times its parts. */
export const BESIDE_REGISTRY: ReadonlyMap<string, Strategy> = new Map(
  [...ABLATION, arrayParts].map((strategy) => [strategy.name, strategy]),
);

function cell(entry: ContainerEntry, branches: Cell['branches'], aux: Cell['aux']): Cell {
  const { name: container, tunables, summary } = entry;
  const name = `${container}-${branches}-${aux}`;
  const made = branches === 'eager' ? eagerly(name, entry.base) : renamed(name, entry.base);
  const create = (input: StoreInput, options: StoreOptions = {}): Store =>
    aux === 'inline'
      ? new made(input, options)
      : new AuxByHandle(name, input, (inner) => new made(inner, options));
  const fixed =
    branches === 'eager' ? 'all branches rescanned at every edit' : 'branches resolved at the end';
  const kept = aux === 'inline' ? 'aux records in line' : 'aux records by handle';
  return {
    container,
    branches,
    aux,
    strategy: {
      name,
      summary: `${summary}; ${fixed}; ${kept}.`,
      cost: branches === 'eager' ? 'O(N * M)' : entry.cost,
      growth: branches === 'eager' ? 'quadratic' : entry.growth,
      tunables,
      create,
    },
  };
}
