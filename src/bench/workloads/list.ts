/** The families of synthetic workloads, one line each: adding one takes its file and its line here. */
export { AUX } from './aux.js';
export { BRANCHES } from './branches.js';
export { DENSE } from './dense.js';
export { LADDER } from './ladder.js';
export { LENGTH } from './length.js';
export { ORDER } from './order.js';
export { REMOVAL } from './removal.js';
export { SWEEP_M, SWEEP_N } from './sweep.js';
