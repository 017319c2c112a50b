/** The figures, in the order of the results page. */
import { anatomy, phases } from './anatomy.js';
import { ablation, memory, order } from './bars.js';
import type { Figure } from './figure.js';
import { headline } from './headline.js';
import { auxWidth, growth, ladder } from './lines.js';

export type { Figure } from './figure.js';
export { renderSvg } from './render.js';

export const FIGURES: readonly Figure[] = [
  headline,
  ablation,
  anatomy,
  phases,
  ladder,
  growth,
  order,
  auxWidth,
  memory,
];

/** The two that answer the question: how much there is to gain, and what brings it. */
export const ANSWERS: readonly Figure[] = [headline, ablation];
