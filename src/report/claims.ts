/**
 * What has been said about this patching since 2019, with the figure that was given, and what the lab finds: every
 * verdict is worked out from measured rows by the rule that stands with the claim.
 */
import { STRATEGIES } from '../../strategies/index.js';
import { TOTAL } from '../bench/phase-log.js';
import type { Row } from '../bench/columns.js';
import type { Derived } from './derived-csv.js';
import { threeDigits } from './figure-text.js';
import type { Lab } from './lab.js';
import { BASELINE } from './totals.js';

export type Verdict = 'holds' | 'holds in part' | 'does not hold' | 'not measured';

/** A claim and what came of it. */
export interface Claim {
  readonly claim: string;
  /** The figure that was given, as it was given. */
  readonly literature: string;
  /** The lab's figure; null when the rows it needs are not there. */
  readonly ours: number | null;
  readonly unit: string;
  readonly verdict: Verdict;
  /** How the figure is worked out from rows, and whether it is a projection. */
  readonly from: string;
}

/** Says a verdict of a figure. */
type Rule = (ours: number) => Verdict;

/** Holds within the range; in part up to a factor of 2 outside of it on either side. */
function within(low: number, high: number): Rule {
  return (ours) =>
    ours >= low && ours <= high
      ? 'holds'
      : ours >= low / 2 && ours <= high * 2
        ? 'holds in part'
        : 'does not hold';
}

/** Holds within a quarter of the figure, in part within a factor of 2. */
function about(figure: number): Rule {
  return (ours) => {
    const off = Math.max(ours / figure, figure / ours);
    return off <= 1.25 ? 'holds' : off <= 2 ? 'holds in part' : 'does not hold';
  };
}

function claim(
  text: string,
  literature: string,
  ours: number | undefined,
  unit: string,
  rule: Rule,
  from: string,
): Claim {
  return {
    claim: text,
    literature,
    ours: ours === undefined ? null : ours,
    unit,
    verdict: ours === undefined || Number.isNaN(ours) ? 'not measured' : rule(ours),
    from,
  };
}

/** The large program that the literature argues with, and the shape that it takes it for. */
const LARGE = 'pystacks180';
const ASSUMED = 'dense-10k';
/** Share of the load time of pyperf180 that was published for the patcher. */
const PUBLISHED_SHARE = 0.4699;

/** All claims, in the order of the table. */
export function claimsOf(lab: Lab): Claim[] {
  return [
    ...bottleneck(lab),
    ...sizes(lab),
    ...gains(lab),
    ...orders(lab),
    ...operations(lab),
    ...ladder(lab),
  ];
}

function bottleneck(lab: Lab): Claim[] {
  return [ASSUMED, LARGE].map((workload) =>
    claim(
      `Moving instructions is the bottleneck of the patcher (${workload})`,
      '60 %',
      partShare(lab, workload, 'insn-move'),
      '%',
      within(50, 70),
      `${workload}: insn-move of array-parts, share of its total`,
    ),
  );
}

/** Share in percent of one part in the array that times its parts. */
export function partShare(lab: Lab, workload: string, part: string): number | undefined {
  const own = lab.times(workload, 'array-parts', part);
  const all = lab.times(workload, 'array-parts', TOTAL);
  return own === undefined || all === undefined ? undefined : (100 * own.median) / all.median;
}

function sizes(lab: Lab): Claim[] {
  const row = lab.row(LARGE, BASELINE);
  return [
    claim(
      'A program of pyperf180’s kind has N instructions',
      '10,000',
      row?.prog_size ?? undefined,
      'slots',
      about(10_000),
      `${LARGE}: prog_size`,
    ),
    claim(
      'A program of pyperf180’s kind takes M expanding patches',
      '5,000',
      row?.expanding_patches ?? undefined,
      'patches',
      about(5_000),
      `${LARGE}: expanding_patches`,
    ),
  ];
}

const GAINS: readonly (readonly [design: string, strategy: string, low: number, high: number])[] = [
  ['Batching, sorted back to front', 'batch-tail', 10, 15],
  ['Batching, merged forward', 'batch', 10, 15],
  ['A gap buffer', 'gap-buffer', 15, 20],
  ['Chunking', 'chunked', 20, 25],
  ['A rope', 'rope', 35, 45],
  ['A linked list', 'linked-list', 30, 40],
];

/** By Amdahl's law: what the whole loses when the patcher's published share shrinks by the measured factor. */
function gains(lab: Lab): Claim[] {
  return GAINS.map(([design, strategy, low, high]) => {
    const faster = lab.timesFaster(LARGE, strategy);
    return claim(
      `${design} saves this much of the verification time`,
      `${low}-${high} %`,
      faster === undefined ? undefined : 100 * PUBLISHED_SHARE * (1 - 1 / faster),
      '%',
      within(low, high),
      `projection: published share of 46.99 % by the times faster of ${strategy} on ${LARGE} (Amdahl’s law)`,
    );
  });
}

function orders(lab: Lab): Claim[] {
  const scattered = lab.times('order-scattered', 'gap-buffer');
  const ascending = lab.times('order-ascending', 'gap-buffer');
  const real = lab.times(LARGE, 'gap-buffer');
  const best = fastest(lab, LARGE);
  const worse =
    (factor: number): Rule =>
    (ours) =>
      ours >= factor ? 'holds' : ours >= 1 + (factor - 1) / 2 ? 'holds in part' : 'does not hold';
  return [
    claim(
      'A gap buffer gets slower when patches are scattered',
      'degrades',
      scattered && ascending && scattered.median / ascending.median,
      'times slower',
      worse(2),
      'order-scattered by order-ascending, gap-buffer',
    ),
    claim(
      'That is why it falls behind on real programs, whose patches are scattered',
      'degrades',
      real && best && real.median / best,
      'times the fastest',
      worse(2),
      `${LARGE}: gap-buffer by the fastest strategy`,
    ),
  ];
}

/** Median of the fastest registered strategy. */
function fastest(lab: Lab, workload: string): number | undefined {
  const medians = lab
    .strategies(workload)
    .filter(isProposal)
    .flatMap((strategy) => lab.times(workload, strategy)?.median ?? []);
  return medians.length === 0 ? undefined : Math.min(...medians);
}

/** Is it a registered strategy, not the floor and no cell of the ablation? */
export function isProposal(strategy: string): boolean {
  return STRATEGIES.some(({ name }) => name === strategy);
}

const OPERATIONS: readonly (readonly [design: string, strategy: string, fewer: number])[] = [
  ['A linked list', 'linked-list', 3_333],
  ['A rope', 'rope', 667],
  ['Chunking', 'chunked', 78],
  ['A gap buffer', 'gap-buffer', 2],
];

function operations(lab: Lab): Claim[] {
  const array = lab.row(ASSUMED, BASELINE);
  return OPERATIONS.map(([design, strategy, fewer]) => {
    const own = lab.row(ASSUMED, strategy);
    return claim(
      `${design} takes so many times fewer operations than the array`,
      grouped(fewer),
      array && own && operationsOf(array) / operationsOf(own),
      'times fewer',
      about(fewer),
      `${ASSUMED}: instructions moved, aux records moved, branches, nodes and metadata visited, by counters`,
    );
  });
}

/** Everything that is counted, one each: instructions and aux records moved, branches, nodes and entries visited. */
export function operationsOf(row: Row): number {
  const { insn_moved_bytes, aux_moved_bytes, aux_bytes, branch_visits, probe_visits } = row;
  return (
    (insn_moved_bytes ?? 0) / 8 +
    (aux_moved_bytes ?? 0) / (aux_bytes ?? 1) +
    (branch_visits ?? 0) +
    (probe_visits ?? 0) +
    (row.node_visits ?? 0) +
    (row.metadata_visits ?? 0)
  );
}

function ladder(lab: Lab): Claim[] {
  const million = lab.times('ladder-1M', 'linked-list');
  const medium = lab.timesFaster('ladder-15k', 'linked-list');
  return [
    claim(
      'A linked list patches a million instructions in half a second',
      '0.5 s',
      million && million.median / 1e9,
      's',
      (ours) => (ours <= 0.5 ? 'holds' : ours <= 1 ? 'holds in part' : 'does not hold'),
      'ladder-1M: linked-list',
    ),
    claim(
      'A linked list patches programs of 15,000 patches this many times faster',
      '10-15 times',
      medium,
      'times faster',
      (ours) => (ours >= 10 ? 'holds' : ours >= 5 ? 'holds in part' : 'does not hold'),
      'ladder-15k: linked-list by array',
    ),
  ];
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** As `results/claims.csv`. */
export function claimsCsv(claims: readonly Claim[]): Derived {
  return {
    name: 'claims.csv',
    columns: ['claim', 'literature', 'ours', 'unit', 'verdict', 'from'],
    lines: claims.map(({ claim: text, literature, ours, unit, verdict, from }) => [
      text,
      literature,
      ours === null ? null : threeDigits(ours),
      unit,
      verdict,
      from,
    ]),
  };
}
