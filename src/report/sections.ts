/** The sections of the results, in the order of `results/README.md`: their words, figures and tables. */
import { claimsOf } from './claims.js';
import type { Lab } from './lab.js';
import {
  ablationTables,
  claimsTable,
  corpusTable,
  familyTable,
  growthTable,
  headlineTable,
  ladderTable,
  memoryTable,
  operationsTable,
  phaseTable,
  type Table,
} from './tables.js';

/** One part of the results. */
export interface Section {
  /** Names it in links. */
  readonly id: string;
  readonly title: string;
  /** What the figures mean, with Markdown’s code, bold and italic. */
  readonly text: string;
  /** The derived file that its numbers are in. */
  readonly csv: string;
  /** Names of its figures. */
  readonly figures: readonly string[];
  /** None when its rows were not measured. */
  tables(lab: Lab): Table[];
}

const CLAIMS_TEXT =
  'What has been said since 2019, and what the lab finds. The verdict is worked out from the rows named last: *holds* within\n' +
  'the given range (or a quarter of the given figure), *holds in part* within a factor of two of it. Shares of the\n' +
  'verification time are **projections** by Amdahl’s law from the published 46.99 % of the patcher, not measurements.';
const LARGE_TEXT =
  'Milliseconds for the whole rewriting with their 95 % bootstrap interval over processes, times faster than `array` (the\n' +
  'kernel’s way), multiples of the floor (one pass with all patches known beforehand), and how probable so large a\n' +
  'difference to `array` would be by chance (permutation test over processes). The last column says why a figure is not to\n' +
  'be trusted: `scattered` where that interval is wider than half of it, else the column `timer_warning` of its rows.';
const ABLATION_TEXT =
  'The same work over every combination of a container, when branches are fixed, and where aux records are kept: first\n' +
  'the milliseconds, then how many times faster each decision alone makes it, all others equal (least, median, most).';
const ANATOMY_TEXT =
  'The parts of the array’s time (an array with clocks around its parts, whose output is compared like any other), and\n' +
  'milliseconds of every strategy by phase.';
const OPERATIONS_TEXT =
  'What each strategy did, counted: the same on every machine. *All* adds instructions and aux records moved, branches, nodes\n' +
  'and metadata entries visited; *fewer* is the array’s figure by its own.';
const LADDER_TEXT =
  'Milliseconds by number of patches. What stands in brackets is **extrapolated**, not measured: the power law through the\n' +
  'rungs that the strategy was measured on.';
const GROWTH_TEXT =
  'Exponents of the time in N (1,000 patches, 2,000 to 31,000 instructions) and in M (16,000 instructions, 500 to 8,000\n' +
  'patches), each beside that of the records visited in theory on the same points.';
const ORDER_TEXT = '`dense-10k` with the same patches in four orders. Milliseconds.';
const AUX_TEXT =
  '`dense-10k` with aux records of 56 (Linux 6.1), 72 (6.12), 88 (6.18) and 136 bytes (7.2). Milliseconds.';
const LENGTH_TEXT = '`dense-10k` with patches of 2, 3, 8 and 20 instructions. Milliseconds.';
const BRANCHES_TEXT = '`dense-10k` with 0, 10, 20 and 40 % branches. Milliseconds.';
const REMOVAL_TEXT = 'Runs of dead instructions removed between the patches. Milliseconds.';
const VARIANTS_TEXT =
  'pystacks180 with constants blinded, and with random upper halves (a test flag). Milliseconds.';
const MEMORY_TEXT = 'The most MiB that a measuring process had resident; the process itself is in it.';
const CORPUS_TEXT = 'Milliseconds.';

/** All of them; those without rows say so. */
export const SECTIONS: readonly Section[] = [
  {
    id: 'claims',
    title: 'Claims',
    text: CLAIMS_TEXT,
    csv: 'claims.csv',
    figures: [],
    tables: (lab) => claimsTable(claimsOf(lab)),
  },
  {
    id: 'large',
    title: 'Large programs',
    text: LARGE_TEXT,
    csv: 'summary.csv',
    figures: ['strategies'],
    tables: headlineTable,
  },
  {
    id: 'ablation',
    title: 'Which decision pays',
    text: ABLATION_TEXT,
    csv: 'ablation.csv',
    figures: ['ablation'],
    tables: ablationTables,
  },
  {
    id: 'anatomy',
    title: 'Cost anatomy',
    text: ANATOMY_TEXT,
    csv: 'parts.csv',
    figures: ['anatomy', 'phases'],
    tables: phaseTable,
  },
  {
    id: 'operations',
    title: 'Operations',
    text: OPERATIONS_TEXT,
    csv: 'operations.csv',
    figures: [],
    tables: operationsTable,
  },
  {
    id: 'ladder',
    title: 'The ladder',
    text: LADDER_TEXT,
    csv: 'summary.csv',
    figures: ['ladder'],
    tables: ladderTable,
  },
  {
    id: 'growth',
    title: 'Growth',
    text: GROWTH_TEXT,
    csv: 'growth.csv',
    figures: ['growth'],
    tables: growthTable,
  },
  {
    id: 'order',
    title: 'Order of the patches',
    text: ORDER_TEXT,
    csv: 'summary.csv',
    figures: ['order'],
    tables: (lab) => familyTable(lab, 'order-'),
  },
  {
    id: 'aux-width',
    title: 'Width of the aux record',
    text: AUX_TEXT,
    csv: 'summary.csv',
    figures: ['aux-width'],
    tables: (lab) => familyTable(lab, 'aux-'),
  },
  {
    id: 'length',
    title: 'Length of the patches',
    text: LENGTH_TEXT,
    csv: 'summary.csv',
    figures: [],
    tables: (lab) => familyTable(lab, 'length-'),
  },
  {
    id: 'branches',
    title: 'Share of branches',
    text: BRANCHES_TEXT,
    csv: 'summary.csv',
    figures: [],
    tables: (lab) => familyTable(lab, 'branches-'),
  },
  {
    id: 'removal',
    title: 'Removing',
    text: REMOVAL_TEXT,
    csv: 'summary.csv',
    figures: [],
    tables: (lab) => familyTable(lab, 'removal'),
  },
  {
    id: 'variants',
    title: 'Blinding and random upper halves',
    text: VARIANTS_TEXT,
    csv: 'summary.csv',
    figures: [],
    tables: (lab) => familyTable(lab, 'pystacks180+'),
  },
  {
    id: 'memory',
    title: 'Memory',
    text: MEMORY_TEXT,
    csv: 'summary.csv',
    figures: ['memory'],
    tables: memoryTable,
  },
  {
    id: 'corpus',
    title: 'Every program of the corpus',
    text: CORPUS_TEXT,
    csv: 'summary.csv',
    figures: [],
    tables: corpusTable,
  },
];
