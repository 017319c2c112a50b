/** Open-coded iterators (`bpf_iter_*`): their states, in the low bits of `Reg.c` of their stack slots. */

/** Not the iterator's first slot. */
export const ITER_INVALID = 0;
export const ITER_ACTIVE = 1;
/** At its end. */
export const ITER_DRAINED = 2;
