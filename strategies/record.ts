/** Layout of one record in the typed arrays of a deferring store; labels.ts explains the last two words. */

/** 32-bit words per record. */
export const RECORD_WORDS = 4;
export const W0 = 0;
export const W1 = 1;
export const LABEL = 2;
export const TARGET = 3;

/** In `TARGET`: the instruction is no branch. */
export const NO_TARGET = -1;

/** Up to this many aux records a copy by loop is cheaper than the two calls a bulk copy takes. */
export const AUX_RUN_LOOP = 4;
