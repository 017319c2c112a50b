/** Figures with a line per strategy over sizes, both axes logarithms. */
import { isProposal } from '../claims.js';
import { extrapolations, patchesOf } from '../extrapolation.js';
import { milliseconds } from '../figure-text.js';
import { slotsOf } from '../growth.js';
import { FLOOR_NAME, type Lab } from '../lab.js';
import { distinct, strategyScale, type Figure } from './figure.js';
import type { Chart } from './render.js';

interface Point {
  readonly group: string;
  readonly strategy: string;
  readonly size: number;
  readonly ms: number;
  /** `measured` or `extrapolated`. */
  readonly kind: string;
}

/** The ladder of patch counts. */
export const ladder: Figure = {
  name: 'ladder',
  title: 'The ladder: 2,000 to 1,000,000 patches',
  text:
    'Lines on logarithmic axes: milliseconds by number of patches for each strategy. Solid marks are measured; hollow ' +
    'ones carry the fitted law of a strategy on that is too slow to be measured there.',
  chart(lab) {
    const measured = points(lab, 'ladder-', 'patches', patchesOf);
    const beyond = extrapolations(lab).map(({ workload, strategy, ns }): Point => ({
      group: 'patches',
      strategy,
      size: patchesOf(lab, workload),
      ms: milliseconds(ns),
      kind: 'extrapolated',
    }));
    if (measured.length === 0) return undefined;
    return {
      title: {
        text: ladder.title,
        subtitle: 'ms by patches, both logarithmic; hollow marks are extrapolated',
      },
      ...lines([...measured, ...beyond], 'expanding patches', 560, 340),
    };
  },
};

/** Growth with N and with M. */
export const growth: Figure = {
  name: 'growth',
  title: 'Growth with instructions and with patches',
  text:
    'Two panels of lines on logarithmic axes: milliseconds by instructions at 1,000 patches, and by patches at 16,000 ' +
    'instructions, for each strategy.',
  chart(lab) {
    const values = [
      ...points(lab, 'sweep-n-', 'instructions (1,000 patches)', slotsOf),
      ...points(lab, 'sweep-m-', 'patches (16,000 instructions)', patchesOf),
    ];
    if (values.length === 0) return undefined;
    return {
      title: { text: growth.title, subtitle: 'ms, both axes logarithmic' },
      data: { values },
      facet: { column: { field: 'group', title: null, header: { labelFontSize: 12 } } },
      spec: panel(values, null, 300, 280),
      resolve: { scale: { x: 'independent' } },
    } as Chart;
  },
};

/** Time by width of the aux record. */
export const auxWidth: Figure = {
  name: 'aux-width',
  title: 'Width of the aux record',
  text:
    'Lines: milliseconds on dense-10k by bytes of an aux record, 56 (Linux 6.1) to 136 (7.2), for each strategy, on a ' +
    'logarithmic time axis.',
  chart(lab) {
    const values = points(lab, 'aux-', 'bytes', (_, workload) => Number(workload.slice('aux-'.length)));
    if (values.length === 0) return undefined;
    return {
      title: { text: auxWidth.title, subtitle: 'ms (logarithmic) by bytes of an aux record' },
      ...lines(values, 'bytes of an aux record', 420, 300, 'linear'),
    };
  },
};

/** What a hollow mark says of itself. */
const EXTRAPOLATED_NOTE =
  "'extrapolated, not measured: ' + datum.strategy + '; ms: ' + datum.ms + '; patches: ' + datum.size";

function points(
  lab: Lab,
  prefix: string,
  group: string,
  sizeOf: (lab: Lab, workload: string) => number,
): Point[] {
  return lab.workloads
    .filter((workload) => workload.startsWith(prefix))
    .flatMap((workload) =>
      lab
        .strategies(workload)
        .filter((strategy) => isProposal(strategy) || strategy === FLOOR_NAME)
        .flatMap((strategy) => {
          const times = lab.times(workload, strategy);
          if (times === undefined) return [];
          const ms = milliseconds(times.median);
          return [{ group, strategy, size: sizeOf(lab, workload), ms, kind: 'measured' }];
        }),
    );
}

function lines(
  values: readonly Point[],
  title: string,
  width: number,
  height: number,
  scale: 'log' | 'linear' = 'log',
): Chart {
  return { data: { values: [...values] }, ...panel(values, title, width, height, scale) };
}

function panel(
  values: readonly Point[],
  title: string | null,
  width: number,
  height: number,
  scale: 'log' | 'linear' = 'log',
) {
  const x = {
    field: 'size',
    type: 'quantitative',
    scale: scale === 'log' ? { type: 'log' } : { zero: false },
    title,
  } as const;
  const y = { field: 'ms', type: 'quantitative', scale: { type: 'log' }, title: 'ms' } as const;
  const color = {
    field: 'strategy',
    type: 'nominal',
    title: 'strategy',
    scale: strategyScale(distinct(values.map(({ strategy }) => strategy))),
  } as const;
  return {
    width,
    height,
    layer: [
      { mark: { type: 'line', strokeWidth: 1.5 }, encoding: { x, y, color } },
      {
        transform: [{ filter: "datum.kind === 'measured'" }],
        mark: { type: 'point', filled: true, size: 40, opacity: 1 },
        encoding: { x, y, color },
      },
      {
        transform: [
          { filter: "datum.kind === 'extrapolated'" },
          { calculate: EXTRAPOLATED_NOTE, as: 'note' },
        ],
        mark: { type: 'point', filled: false, size: 40 },
        encoding: { x, y, color, description: { field: 'note', type: 'nominal' } },
      },
    ],
  };
}
