/**
 * `length-*`: one instruction in ten of 10,000 becomes 2, 3, 8 or 20. The longest of the kernel's own patches have
 * some 20 (`inline_bpf_loop()`); most have two (`zext`) or three (lookups). Even those of 20 end below 32,767
 * instructions, so that no probing comes into it, and the patches are plain, so that no branch does.
 */
import { DENSE_10K } from './dense.js';
import type { Family } from './shape.js';

const LENGTHS = [2, 3, 8, 20];

export const LENGTH: Family = {
  name: 'length',
  meaning: 'A thousand of 10,000 instructions become 2, 3, 8 or 20: what the length of a patch costs.',
  shapes: LENGTHS.map((patchLength) => ({
    ...DENSE_10K,
    name: `length-${patchLength}`,
    stream: 'length',
    patches: 1_000,
    patchForm: 'plain',
    patchLength,
  })),
};
