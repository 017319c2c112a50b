/**
 * `removal-heavy`: a program that is mostly configured away, as programs are that ask `.rodata` for the features they are
 * to have. Of 10,000 instructions 5,000 are dead, in 2,500 stretches of two, each removed on its own as
 * `opt_remove_dead_code()` does; then 1,000 lookups are patched, in a pass of their own.
 */
import { DENSE_10K } from './dense.js';
import type { Family } from './shape.js';

export const REMOVAL: Family = {
  name: 'removal',
  meaning:
    'Half of 10,000 instructions removed in 2,500 stretches before 1,000 patches: what removing costs.',
  shapes: [
    {
      ...DENSE_10K,
      name: 'removal-heavy',
      stream: 'removal-heavy',
      patches: 1_000,
      deadRuns: 2_500,
      deadLength: 2,
    },
  ],
};
