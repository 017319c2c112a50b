import type { PokeDescriptor } from './store.js';

/** What every store ends in: the rewritten program in final slots, equal bit for bit whatever the strategy. */
export interface LinearProgram {
  /** `2 * length` words, branch distances final. May be longer than needed: `length` counts. */
  readonly insns: Int32Array;
  /** `length * auxWords` words. */
  readonly aux: Uint32Array;
  readonly auxWords: number;
  /** Number of slots. */
  readonly length: number;
  /** The remaining subprograms in order. */
  readonly subprogs: readonly LinearSubprog[];
  /** The remaining line info entries in order of their slot. */
  readonly lineInfo: readonly LinearLineInfo[];
  /** Per insn array entry of the input its final slot, -1 when its instruction was removed. */
  readonly insnArray: Int32Array;
  /** The poke descriptors in the order they were added. */
  readonly pokes: readonly LinearPoke[];
}

export interface LinearSubprog {
  /** The number the subprogram had when the store was made: what func info is indexed by. */
  readonly id: number;
  /** Final start slot. */
  readonly start: number;
  /** Index in `lineInfo` of the subprogram's first entry. */
  readonly lineInfoIndex: number;
}

export interface LinearLineInfo {
  /** Index of the entry in the store's input. */
  readonly index: number;
  /** Final slot. */
  readonly slot: number;
}

export interface LinearPoke extends PokeDescriptor {
  /** Final slot of the tail call. */
  readonly slot: number;
}
