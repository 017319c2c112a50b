/**
 * `aux-*`: `dense-10k` with aux records as wide as kernels have them: `sizeof(struct bpf_insn_aux_data)` is 56 bytes in
 * Linux 6.1, 72 in 6.12, 88 in 6.18 and 136 in 7.2. The program and its patches are those of `dense-10k`.
 */
import { DENSE_10K } from './dense.js';
import type { Family } from './shape.js';

const WIDTHS = [56, 72, 88, 136];

export const AUX: Family = {
  name: 'aux',
  meaning: 'dense-10k with aux records of Linux 6.1, 6.12, 6.18 and 7.2: what moving them costs.',
  shapes: WIDTHS.map((auxBytes) => ({
    ...DENSE_10K,
    name: `aux-${auxBytes}`,
    stream: DENSE_10K.name,
    auxBytes,
  })),
};
