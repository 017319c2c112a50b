/** Figures with a bar or a mark per strategy. */
import { isProposal } from '../claims.js';
import { cellsOf } from '../ablation.js';
import { milliseconds } from '../figure-text.js';
import { FLOOR_NAME } from '../lab.js';
import { distinct, strategyScale, type Figure } from './figure.js';

/** What is decided: container, when branches are fixed, where aux records are. */
export const ablation: Figure = {
  name: 'ablation',
  title: 'Which decision pays',
  text:
    'Marks on a logarithmic axis: milliseconds on dense-10k and pystacks180 for array, gap buffer and list, each with ' +
    'branches rescanned at every patch or deferred to the end, aux records in line or by handle.',
  chart(lab) {
    const values = ['dense-10k', 'pystacks180'].flatMap((workload) =>
      cellsOf(lab, workload).map(({ container, branches, aux, ns }) => ({
        workload,
        cell: `${container}, aux ${aux === 'inline' ? 'in line' : 'by handle'}`,
        branches: branches === 'eager' ? 'rescanned at every patch' : 'deferred to the end',
        ms: milliseconds(ns),
      })),
    );
    if (values.length === 0) return undefined;
    return {
      title: { text: ablation.title, subtitle: 'ms, logarithmic axis' },
      data: { values },
      facet: { column: { field: 'workload', title: null, header: { labelFontSize: 12 } } },
      spec: {
        width: 270,
        height: { step: 14 },
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: {
          y: { field: 'cell', type: 'nominal', title: null, sort: null },
          x: { field: 'ms', type: 'quantitative', scale: { type: 'log' }, title: 'ms' },
          color: {
            field: 'branches',
            type: 'nominal',
            title: 'branches',
            scale: {
              domain: ['rescanned at every patch', 'deferred to the end'],
              range: ['#d62728', '#1f77b4'],
            },
          },
          shape: { field: 'branches', type: 'nominal', title: 'branches' },
        },
      },
    };
  },
};

/** What an order of patches costs. */
export const order: Figure = {
  name: 'order',
  title: 'Order of the patches',
  text:
    'Marks on a logarithmic axis: milliseconds of each strategy on dense-10k with its patches ascending, descending, ' +
    'clustered and scattered.',
  chart(lab) {
    const values = ['ascending', 'descending', 'clustered', 'scattered'].flatMap((name) =>
      lab
        .strategies(`order-${name}`)
        .filter((strategy) => isProposal(strategy) || strategy === FLOOR_NAME)
        .flatMap((strategy) => {
          const times = lab.times(`order-${name}`, strategy);
          return times === undefined ? [] : [{ order: name, strategy, ms: milliseconds(times.median) }];
        }),
    );
    if (values.length === 0) return undefined;
    return {
      title: { text: order.title, subtitle: 'ms on dense-10k, logarithmic axis' },
      data: { values },
      width: 460,
      height: { step: 18 },
      mark: { type: 'point', filled: true, size: 70, opacity: 0.9 },
      encoding: {
        x: { field: 'ms', type: 'quantitative', scale: { type: 'log' }, title: 'ms' },
        y: { field: 'strategy', type: 'nominal', title: null },
        color: { field: 'order', type: 'nominal', title: 'order', scale: { scheme: 'set1' } },
        shape: { field: 'order', type: 'nominal', title: 'order' },
      },
    };
  },
};

/** What memory each takes. */
export const memory: Figure = {
  name: 'memory',
  title: 'Most memory of a measuring process',
  text:
    'Bars: MiB resident at most in a process that measures one strategy, on pystacks180 and on the ladder’s rung of a ' +
    'million patches. The process itself, the program and, up to 64 MiB, the output that it is compared with are in it.',
  chart(lab) {
    const values = ['pystacks180', 'ladder-1M'].flatMap((workload) =>
      lab
        .strategies(workload)
        .filter((strategy) => isProposal(strategy) || strategy === FLOOR_NAME)
        .flatMap((strategy) => {
          const bytes = lab.peakBytes(workload, strategy);
          return bytes === undefined ? [] : [{ workload, strategy, mib: Math.round(bytes / 2 ** 20) }];
        }),
    );
    if (values.length === 0) return undefined;
    return {
      title: { text: memory.title, subtitle: 'MiB resident' },
      data: { values },
      facet: { column: { field: 'workload', title: null, header: { labelFontSize: 12 } } },
      spec: {
        width: 260,
        height: { step: 18 },
        mark: { type: 'bar' },
        encoding: {
          x: { field: 'mib', type: 'quantitative', title: 'MiB' },
          y: { field: 'strategy', type: 'nominal', title: null },
          color: {
            field: 'strategy',
            type: 'nominal',
            legend: null,
            scale: strategyScale(distinct(values.map(({ strategy }) => strategy))),
          },
        },
      },
      resolve: { scale: { x: 'independent' } },
    };
  },
};
