/**
 * `sweep-n-*` and `sweep-m-*`: growth, one figure at a time. N goes from 2,000 to 31,000 instructions at 1,000 patches, M
 * from 500 to 8,000 patches at 16,000 instructions. Each patch adds one instruction, so that even the longest program ends
 * below 32,767: above, the kernel probes for overflows as well, and an exponent fitted across would be of two laws. All
 * strategies can be measured on all of them.
 */
import { DENSE_10K } from './dense.js';
import type { Family, Shape } from './shape.js';

const SLOTS = [2, 4, 8, 16, 31];
const SLOTS_WHEN_M_VARIES = 16_000;
const PATCHES = [500, 1_000, 2_000, 4_000, 8_000];
const PATCHES_WHEN_N_VARIES = 1_000;

function point(name: string, stream: string, slots: number, patches: number): Shape {
  return { ...DENSE_10K, name, stream, slots, patches, patchForm: 'plain', patchLength: 2 };
}

export const SWEEP_N: Family = {
  name: 'sweep-n',
  meaning: 'A thousand patches on 2,000 to 31,000 instructions: how time grows with N.',
  shapes: SLOTS.map((thousand) =>
    point(`sweep-n-${thousand}k`, 'sweep-n', thousand * 1000, PATCHES_WHEN_N_VARIES),
  ),
};

export const SWEEP_M: Family = {
  name: 'sweep-m',
  meaning: '500 to 8,000 patches on 16,000 instructions: how time grows with M.',
  shapes: PATCHES.map((patches) => point(`sweep-m-${patches}`, 'sweep-m', SLOTS_WHEN_M_VARIES, patches)),
};
