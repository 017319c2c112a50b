/** The shape that `npm run bench` measures without `--full`; all shapes are in workloads/index.ts. */
import { DENSE_10K, type Shape } from './workloads/index.js';

export const SHAPES: readonly Shape[] = [DENSE_10K];
