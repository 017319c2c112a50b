/**
 * `branches-*`: the size of `dense-10k` with 0, 10, 20 or 40 % of the instructions being jumps. There are no calls, and
 * none of the patches brings a branch, so that the share is the one named. A rescan looks at every instruction and
 * adjusts few; this tells what of it branches cost.
 */
import { DENSE_10K } from './dense.js';
import type { Family } from './shape.js';

const PERCENTS = [0, 10, 20, 40];

export const BRANCHES: Family = {
  name: 'branches',
  meaning: 'As many instructions and patches as dense-10k, 0 to 40 % of them jumps: what branches cost.',
  shapes: PERCENTS.map((percent) => ({
    ...DENSE_10K,
    name: `branches-${percent}`,
    stream: 'branches',
    patchForm: 'plain',
    jumpShare: percent / 100,
    callShare: 0,
  })),
};
