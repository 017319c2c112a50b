/**
 * `ladder-*`: by the number of patches. The list patching of 2019 (Jiong Wang, "bpf: accelerate insn patching speed",
 * RFC to bpf-next) put patches for 15,000, 45,000, 95,000, 195,000 and 1,000,000 instructions beside each other: with the
 * kernel's array the time grew with the square, to some 5,100 s at a million; with a linked list it grew with the
 * number, to less than half a second, and programs of medium size were patched 10 to 15 times faster. Its programs were
 * loaded into a kernel; these are not, and never could be: the check would not follow a million instructions.
 *
 * Four of five instructions become two, the others hold the branches (one slot in eight a jump, one in a hundred a
 * call, all of them short); the aux record is the narrowest of the releases measured, 56 bytes, of which the kernel of
 * 2019 had fewer still. The million ends as 2,250,000 records, and a process that measures it must do with 1 GiB.
 *
 * What takes N for every patch cannot climb beyond 15,000 in seconds. The rungs of 2,000, 4,000 and 8,000, which the
 * RFC does not have, are there for its cost law to be fitted.
 */
import { DENSE_10K } from './dense.js';
import type { Family } from './shape.js';

const THOUSANDS = [2, 4, 8, 15, 45, 95, 195, 1000];

export const LADDER: Family = {
  name: 'ladder',
  meaning: 'Four of five instructions become two, 2,000 to 1,000,000 patches: the ladder of the RFC of 2019.',
  shapes: THOUSANDS.map((thousand) => ({
    ...DENSE_10K,
    name: thousand === 1000 ? 'ladder-1M' : `ladder-${thousand}k`,
    stream: 'ladder',
    slots: thousand * 1250,
    patches: thousand * 1000,
    patchForm: 'plain',
    patchLength: 2,
    auxBytes: 56,
  })),
};
