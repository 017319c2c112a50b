import { PARTS } from '../../../strategies/ablation/parts.js';
import { TOTAL } from '../../bench/phase-log.js';
import { isProposal } from '../claims.js';
import { milliseconds, threeDigits } from '../figure-text.js';
import { strategyOf } from '../../../strategies/index.js';
import { FLOOR_NAME } from '../lab.js';
import type { Figure } from './figure.js';

const WORKLOADS = ['dense-10k', 'pystacks180'];

const ANATOMY_ORDER = [...PARTS, 'init', 'walk', 'finish'];

/** Puts the pieces of a bar in the order of the legend. */
function placeIn(order: readonly string[], field: string): { calculate: string; as: string } {
  return { calculate: `indexof(${JSON.stringify(order)}, datum.${field})`, as: 'at' };
}

/** What the kernel's array spends its time on. */
export const anatomy: Figure = {
  name: 'anatomy',
  title: 'What the array spends its time on',
  text:
    'Stacked bars: shares of the array’s time in probing branches for overflow, adjusting branches, allocating and moving ' +
    'aux records, moving instructions, metadata, and the rest, on dense-10k and pystacks180.',
  chart(lab) {
    const values = WORKLOADS.flatMap((workload) => {
      const total = lab.times(workload, 'array-parts');
      if (total === undefined) return [];
      return lab
        .passes(workload, 'array-parts')
        .filter((part) => part !== TOTAL)
        .map((part) => ({
          workload,
          part,
          percent: threeDigits((100 * lab.times(workload, 'array-parts', part)!.median) / total.median),
        }));
    });
    if (values.length === 0) return undefined;
    return {
      title: { text: anatomy.title, subtitle: 'percent of the whole rewriting' },
      data: { values },
      transform: [
        placeIn(ANATOMY_ORDER, 'part'),
        { calculate: "datum.workload + ', ' + datum.part + ': ' + datum.percent + ' %'", as: 'note' },
      ],
      width: 460,
      height: { step: 44 },
      mark: { type: 'bar' },
      encoding: {
        x: { field: 'percent', type: 'quantitative', stack: 'zero', scale: { domain: [0, 100] }, title: '%' },
        y: { field: 'workload', type: 'nominal', title: null },
        color: {
          field: 'part',
          type: 'nominal',
          sort: ANATOMY_ORDER,
          title: 'part',
          scale: { scheme: 'tableau10' },
        },
        order: { field: 'at', type: 'quantitative' },
        description: { field: 'note', type: 'nominal' },
      },
    };
  },
};

/** What each strategy spends its time on, pass by pass. */
export const phases: Figure = {
  name: 'phases',
  title: 'Where the time goes on pystacks180',
  text:
    'Stacked bars: milliseconds of each strategy on pystacks180 in making the store, each rewriting pass, and finishing ' +
    'the linear program. Strategies that move the tail at every patch are left out: their bars would be many times as long.',
  chart(lab) {
    const workload = 'pystacks180';
    const values = lab
      .strategies(workload)
      .filter((strategy) => strategy === FLOOR_NAME || (isProposal(strategy) && !isQuadratic(strategy)))
      .flatMap((strategy) =>
        lab
          .passes(workload, strategy)
          .filter((pass) => pass !== TOTAL)
          .map((pass) => ({ strategy, pass, ms: milliseconds(lab.times(workload, strategy, pass)!.median) })),
      );
    if (values.length === 0) return undefined;
    const passes = [...new Set(values.map(({ pass }) => pass))];
    return {
      title: {
        text: phases.title,
        subtitle: 'ms, medians over processes; without strategies that move the tail at every patch',
      },
      data: { values },
      transform: [
        placeIn(passes, 'pass'),
        { calculate: "datum.strategy + ', ' + datum.pass + ': ' + datum.ms + ' ms'", as: 'note' },
      ],
      width: 460,
      height: { step: 20 },
      mark: { type: 'bar' },
      encoding: {
        x: { field: 'ms', type: 'quantitative', stack: 'zero', title: 'ms' },
        y: {
          field: 'strategy',
          type: 'nominal',
          title: null,
          sort: { field: 'ms', op: 'sum', order: 'ascending' },
        },
        color: {
          field: 'pass',
          type: 'nominal',
          sort: passes,
          title: 'phase',
          scale: { scheme: 'tableau10' },
        },
        order: { field: 'at', type: 'quantitative' },
        description: { field: 'note', type: 'nominal' },
      },
    };
  },
};

function isQuadratic(strategy: string): boolean {
  return strategyOf(strategy).growth === 'quadratic';
}
