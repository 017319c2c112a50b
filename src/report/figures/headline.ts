import { isProposal } from '../claims.js';
import { milliseconds } from '../figure-text.js';
import { FLOOR_NAME } from '../lab.js';
import { distinct, strategyScale, type Figure } from './figure.js';

const WORKLOADS = ['dense-10k', 'pystacks180'];

/** Every way of holding instructions on the two workloads that the question is about. */
export const headline: Figure = {
  name: 'strategies',
  title: 'Rewriting a large program',
  text:
    'Milliseconds to rewrite dense-10k and pystacks180 by each strategy and by the floor, on a logarithmic axis; the ' +
    'lines are 95 % intervals over processes.',
  chart(lab) {
    const values = WORKLOADS.flatMap((workload) =>
      lab
        .strategies(workload)
        .filter((strategy) => isProposal(strategy) || strategy === FLOOR_NAME)
        .flatMap((strategy) => {
          const times = lab.times(workload, strategy);
          if (times === undefined) return [];
          const { median, low, high } = times;
          return [
            {
              workload,
              strategy,
              ms: milliseconds(median),
              low: milliseconds(low ?? median),
              high: milliseconds(high ?? median),
            },
          ];
        }),
    );
    if (values.length === 0) return undefined;
    values.sort((a, b) => b.ms - a.ms);
    const y = {
      field: 'strategy',
      type: 'nominal',
      sort: distinct(values.map(({ strategy }) => strategy)),
      title: null,
    } as const;
    return {
      title: {
        text: headline.title,
        subtitle: 'ms, medians over processes with 95 % intervals, logarithmic axis',
      },
      data: { values },
      facet: { column: { field: 'workload', title: null, header: { labelFontSize: 12 } } },
      spec: {
        width: 260,
        height: { step: 18 },
        layer: [
          {
            mark: { type: 'circle', size: 70, opacity: 1 },
            encoding: {
              x: { field: 'ms', type: 'quantitative', scale: { type: 'log' }, title: 'ms' },
              y,
              color: {
                field: 'strategy',
                type: 'nominal',
                scale: strategyScale(distinct(values.map(({ strategy }) => strategy))),
                legend: null,
              },
            },
          },
          {
            mark: { type: 'rule' },
            encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' }, y },
          },
          {
            mark: { type: 'text', align: 'left', dx: 8, fontSize: 10 },
            encoding: { x: { field: 'ms', type: 'quantitative' }, y, text: { field: 'ms', type: 'nominal' } },
          },
        ],
      },
    };
  },
};
