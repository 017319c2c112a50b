/** The shape that figures of the literature can be compared with, and the one all families start from. */
import type { Family, Shape } from './shape.js';

/**
 * `dense-10k`: what the literature on this patching takes for a large program, at the aux record's size in Linux 6.18
 * (88 bytes), so that figures compare with published ones. Every second instruction is a map lookup that becomes
 * three instructions; 10,000 slots end as 20,000, below the 32,767 from which the kernel probes for overflows. A jump in
 * eight slots and a call in a hundred are the densities of compiled programs.
 */
export const DENSE_10K: Shape = {
  name: 'dense-10k',
  slots: 10_000,
  patches: 5_000,
  patchForm: 'lookup',
  patchLength: 3,
  order: 'walk',
  deadRuns: 0,
  deadLength: 0,
  auxBytes: 88,
  subprogs: 10,
  jumpShare: 1 / 8,
  callShare: 1 / 100,
  longestJump: 512,
  slotsPerLine: 4,
};

/** A family of one. */
export const DENSE: Family = {
  name: 'dense',
  meaning: 'Half of 10,000 instructions become three each: the size the literature reasons with.',
  shapes: [DENSE_10K],
};
