/** What a synthetic workload consists of; synthesize.ts makes the program and its edits from it. */
import { PATCH_MAX } from '../../../strategies/patch-buffer.js';
import { AUX_FREE } from '../../../strategies/store.js';

/**
 * In which order the edited slots are replaced; which slots they are is the same in all of them.
 * - `walk`: ascending, met by walking from the first instruction to the last, as the kernel's passes do;
 * - `ascending`, `descending`: each looked up with `locate`;
 * - `clustered`: `CLUSTER` neighbours at a time ascending, the clusters in drawn order, each slot looked up;
 * - `scattered`: in drawn order, each looked up.
 */
export type Order = 'walk' | 'ascending' | 'descending' | 'clustered' | 'scattered';

/** Neighbours that are edited one after the other in clustered order. */
export const CLUSTER = 64;

/**
 * What an edited instruction, always a helper call, is replaced by.
 * - `lookup`: the kernel's three instructions for a lookup in a hash map, a jump among them;
 * - `plain`: moves, and the call itself behind them.
 */
export type PatchForm = 'lookup' | 'plain';

/** All places are even or drawn from the seed, as said. */
export interface Shape {
  /** In the column `prog_name` and on the command line. */
  readonly name: string;
  /**
   * What the random numbers are drawn for: shapes of one stream differ in nothing but what their figures say. The name
   * when absent.
   */
  readonly stream?: string;
  /** Instruction slots before the edits: N. */
  readonly slots: number;
  /** Expanding patches, spread evenly: the k-th of M on N slots replaces slot `floor((2k + 1) N / 2M)`. */
  readonly patches: number;
  readonly patchForm: PatchForm;
  /** Instructions that one becomes, 2 to 32; 3 for `lookup`. */
  readonly patchLength: number;
  readonly order: Order;
  /** Stretches of dead code, spread likewise, removed before the first patch; a walk removes them in a pass of their own. */
  readonly deadRuns: number;
  /** Instructions of each. */
  readonly deadLength: number;
  /** Bytes of an aux record, a multiple of 4. */
  readonly auxBytes: number;
  /** Subprograms of equal size, each ending in `exit`. */
  readonly subprogs: number;
  /**
   * Share of all slots that are jumps, evenly spread over those that neither are edited nor end a subprogram (at most
   * all of these). One jump in eight is unconditional.
   */
  readonly jumpShare: number;
  /** Share of all slots that call another subprogram, likewise; the callee is drawn. */
  readonly callShare: number;
  /**
   * Jumps reach 1 to `longestJump` slots, drawn so that each power of two is equally likely, and never out of their
   * subprogram; one in ten leads backwards.
   */
  readonly longestJump: number;
  /** Slots from one line info entry to the next. */
  readonly slotsPerLine: number;
}

/** Shapes that differ in one figure, and what that is for. */
export interface Family {
  /** The names of its shapes begin with it. */
  readonly name: string;
  /** One sentence: what is varied, and what for. */
  readonly meaning: string;
  readonly shapes: readonly Shape[];
}

/** Slots when all edits are done. */
export function slotsAfter({ slots, patches, patchLength, deadRuns, deadLength }: Shape): number {
  return slots + patches * (patchLength - 1) - deadRuns * deadLength;
}

/** @throws RangeError when the shape's figures contradict each other */
export function assertShape(shape: Shape): void {
  const wrong = contradiction(shape);
  if (wrong !== undefined) throw new RangeError(`shape ${shape.name}: ${wrong}`);
}

function contradiction(shape: Shape): string | undefined {
  const { slots, patches, patchForm, patchLength, deadRuns, deadLength, auxBytes, subprogs } = shape;
  if (auxBytes % 4 !== 0 || auxBytes / 4 < AUX_FREE) return `an aux record of ${auxBytes} bytes`;
  if (subprogs < 1 || subprogs * 2 > slots) return `${subprogs} subprograms in ${slots} slots`;
  if (patches < 0 || patches > slots - subprogs)
    return `${patches} patches in ${slots} slots of ${subprogs} subprograms`;
  if (patchLength < 2 || patchLength > PATCH_MAX || (patchForm === 'lookup' && patchLength !== 3))
    return `patches of form ${patchForm} and length ${patchLength}`;
  if (deadRuns < 0 || deadLength < 0 || (deadRuns > 0 && deadLength === 0))
    return `${deadRuns} dead stretches of ${deadLength}`;
  if (shape.longestJump < 1 || shape.slotsPerLine < 1) return 'jumps or lines shorter than one slot';
  return undefined;
}
