/**
 * `results/README.md`: tables and figures from measured files and their sidecars alone, so that the page can be made again,
 * byte for byte, wherever they are. Every section names its CSV and the command behind it.
 */
import { TOTAL } from '../bench/phase-log.js';
import { COMPARED_BY, cellMs, cellsOf, DECISIONS, effectsOf } from './ablation.js';
import { claimsOf, isProposal, operationsOf, type Claim } from './claims.js';
import { extrapolations, patchesOf } from './extrapolation.js';
import { milliseconds, orNull, threeDigits } from './figure-text.js';
import { FIGURES } from './figures/index.js';
import { growthOf, slotsOf } from './growth.js';
import { FLOOR_NAME, Lab } from './lab.js';
import { markdownTable } from './markdown.js';
import type { Source } from './sources.js';
import type { TableColumn } from './table.js';

/** What the page is made from. */
export interface PageInput {
  readonly source: Source;
  /** Names of the figures there are files of. */
  readonly figures: ReadonlySet<string>;
}

type Cells = (string | number | null)[];

/** The page. */
export function resultsPage({ source, figures }: PageInput): string {
  const lab = new Lab(source.rows);
  const show = (name: string): string => figureLine(figures, name);
  return [
    '# Results\n',
    `Made by \`npm run results\` from ${linked(source.files)}; do not edit. A figure is the median over processes of each\n` +
      'process’s median over its samples; a sample runs every rewriting pass on a fresh store, from making the store to the\n' +
      'finished program. Every output was compared with the reference store’s, bit for bit. Every number on this page is in\n' +
      'one of the CSV files beside it.\n',
    provenance(source),
    section('Claims', CLAIMS_TEXT, 'claims.csv', '', claimsTable(claimsOf(lab))),
    section('Large programs', LARGE_TEXT, 'summary.csv', show('strategies'), headlineTable(lab)),
    section('Which decision pays', ABLATION_TEXT, 'ablation.csv', show('ablation'), ablationTables(lab)),
    section('Cost anatomy', ANATOMY_TEXT, 'parts.csv', show('anatomy') + show('phases'), phaseTable(lab)),
    section('Operations', OPERATIONS_TEXT, 'operations.csv', '', operationsTable(lab)),
    section('The ladder', LADDER_TEXT, 'summary.csv', show('ladder'), ladderTable(lab)),
    section('Growth', GROWTH_TEXT, 'growth.csv', show('growth'), growthTable(lab)),
    section('Order of the patches', ORDER_TEXT, 'summary.csv', show('order'), familyTable(lab, 'order-')),
    section('Width of the aux record', AUX_TEXT, 'summary.csv', show('aux-width'), familyTable(lab, 'aux-')),
    section('Length of the patches', LENGTH_TEXT, 'summary.csv', '', familyTable(lab, 'length-')),
    section('Share of branches', BRANCHES_TEXT, 'summary.csv', '', familyTable(lab, 'branches-')),
    section('Removing', REMOVAL_TEXT, 'summary.csv', '', familyTable(lab, 'removal')),
    section(
      'Blinding and random upper halves',
      VARIANTS_TEXT,
      'summary.csv',
      '',
      familyTable(lab, 'pystacks180+'),
    ),
    section('Memory', MEMORY_TEXT, 'summary.csv', show('memory'), memoryTable(lab)),
    section('Every program of the corpus', CORPUS_TEXT, 'summary.csv', '', corpusTable(lab)),
  ].join('\n');
}

const CLAIMS_TEXT =
  'What has been said since 2019, and what the lab finds. The verdict is worked out from the rows named last: *holds* within\n' +
  'the given range (or a quarter of the given figure), *holds in part* within a factor of two of it. Shares of the\n' +
  'verification time are **projections** by Amdahl’s law from the published 46.99 % of the patcher, not measurements.';
const LARGE_TEXT =
  'Milliseconds for the whole rewriting with their 95 % bootstrap interval over processes, times faster than `array` (the\n' +
  'kernel’s way), multiples of the floor (one pass with all patches known beforehand), and how probable so large a\n' +
  'difference to `array` would be by chance (permutation test over processes).';
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

function section(title: string, text: string, csv: string, figure: string, table: string): string {
  return `## ${title}\n\n${text}\nFrom \`${csv}\`.\n\n${figure}${table === '' ? 'Not measured.\n' : table}`;
}

function figureLine(figures: ReadonlySet<string>, name: string): string {
  const figure = FIGURES.find((each) => each.name === name);
  return figure === undefined || !figures.has(name) ? '' : `![${figure.text}](figures/${name}.svg)\n\n`;
}

function linked(files: readonly string[]): string {
  return files.map((file) => `[${file}](${file})`).join(', ');
}

function right(heading: string): TableColumn {
  return { heading, align: 'right' };
}

function left(heading: string): TableColumn {
  return { heading, align: 'left' };
}

function claimsTable(claims: readonly Claim[]): string {
  return markdownTable(
    [left('Claim'), left('Literature'), right('Here'), left('Unit'), left('Verdict'), left('From')],
    claims.map(({ claim, literature, ours, unit, verdict, from }) => [
      claim,
      literature,
      orNull(ours, threeDigits),
      unit,
      verdict,
      from,
    ]),
  );
}

/** Programs that stand for large ones, by name. */
export const LARGE_WORKLOADS = ['dense-10k', 'pystacks50', 'pystacks180', 'pystacks600'];

function headlineTable(lab: Lab): string {
  const lines = LARGE_WORKLOADS.flatMap((workload) =>
    proposals(lab, workload).map((strategy): Cells => {
      const times = lab.times(workload, strategy)!;
      return [
        workload,
        slotsOf(lab, workload),
        patchesOf(lab, workload),
        strategy,
        milliseconds(times.median),
        times.low === null || times.high === null
          ? ''
          : `${milliseconds(times.low)} to ${milliseconds(times.high)}`,
        orNull(lab.timesFaster(workload, strategy), threeDigits),
        orNull(lab.floors(workload, strategy), threeDigits),
        orNull(lab.difference(workload, strategy), threeDigits),
        times.warning ?? '',
      ];
    }),
  );
  const columns = [
    left('Workload'),
    right('N'),
    right('M'),
    left('Strategy'),
    right('ms'),
    right('interval'),
  ];
  return lines.length === 0
    ? ''
    : markdownTable(
        [...columns, right('times faster'), right('floors'), right('p'), left('Not to be trusted')],
        lines,
      );
}

/** Registered strategies that were measured on a workload, and the floor. */
function proposals(lab: Lab, workload: string): string[] {
  return lab
    .strategies(workload)
    .filter(
      (strategy) =>
        (isProposal(strategy) || strategy === FLOOR_NAME) && lab.times(workload, strategy) !== undefined,
    );
}

function ablationTables(lab: Lab): string {
  const workloads = COMPARED_BY.filter((workload) => cellsOf(lab, workload).length > 0);
  if (workloads.length === 0) return '';
  const cells = workloads.flatMap((workload) => {
    const measured = cellsOf(lab, workload);
    return DECISIONS.container.flatMap((container) =>
      DECISIONS.aux.map((aux): Cells => [
        workload,
        container,
        aux,
        ...DECISIONS.branches.map((branches) => cellMs(measured, container, branches, aux)),
      ]),
    );
  });
  const effects = workloads.flatMap((workload) =>
    effectsOf(lab, workload).map(({ decision, from, to, least, median, most }): Cells => [
      workload,
      decision,
      `${from} to ${to}`,
      threeDigits(least),
      threeDigits(median),
      threeDigits(most),
    ]),
  );
  return [
    markdownTable(
      [left('Workload'), left('Container'), left('Aux'), right('eager (ms)'), right('deferred (ms)')],
      cells,
    ),
    markdownTable(
      [left('Workload'), left('Decision'), left('Change'), right('least'), right('median'), right('most')],
      effects,
    ),
  ].join('\n');
}

function phaseTable(lab: Lab): string {
  const workload = 'pystacks180';
  const strategies = proposals(lab, workload);
  if (strategies.length === 0) return '';
  const passes = [...new Set(strategies.flatMap((strategy) => lab.passes(workload, strategy)))];
  return markdownTable(
    [left('Phase (ms)'), ...strategies.map(right)],
    passes.map((pass) => [
      pass,
      ...strategies.map((strategy) => orNull(lab.times(workload, strategy, pass)?.median, milliseconds)),
    ]),
  );
}

function operationsTable(lab: Lab): string {
  const lines = ['dense-10k', 'pystacks180'].flatMap((workload) => {
    const array = lab.row(workload, 'array');
    return proposals(lab, workload).map((strategy): Cells => {
      const row = lab.row(workload, strategy, TOTAL)!;
      return [
        workload,
        strategy,
        (row.insn_moved_bytes ?? 0) / 8,
        Math.round((row.aux_moved_bytes ?? 0) / (row.aux_bytes ?? 1)),
        row.branch_visits,
        row.probe_visits,
        row.node_visits,
        row.metadata_visits,
        row.allocations,
        Math.round(operationsOf(row)),
        array === undefined ? null : threeDigits(operationsOf(array) / operationsOf(row)),
      ];
    });
  });
  const counted = ['Insns moved', 'Aux moved', 'Branches', 'Probes', 'Nodes', 'Metadata', 'Allocations'];
  return lines.length === 0
    ? ''
    : markdownTable(
        [left('Workload'), left('Strategy'), ...counted.map(right), right('All'), right('fewer')],
        lines,
      );
}

function ladderTable(lab: Lab): string {
  const rungs = lab.workloads.filter((name) => name.startsWith('ladder-'));
  if (rungs.length === 0) return '';
  const strategies = [...new Set(rungs.flatMap((rung) => proposals(lab, rung)))];
  const beyond = extrapolations(lab);
  return markdownTable(
    [left('Strategy (ms)'), ...rungs.map((rung) => right(rung.slice('ladder-'.length)))],
    strategies.map((strategy) => [
      strategy,
      ...rungs.map((rung) => {
        const times = lab.times(rung, strategy);
        if (times !== undefined) return milliseconds(times.median);
        const law = beyond.find((each) => each.workload === rung && each.strategy === strategy);
        return law === undefined ? null : `(${milliseconds(law.ns)})`;
      }),
    ]),
  );
}

function growthTable(lab: Lab): string {
  const growth = growthOf(lab);
  if (growth.length === 0) return '';
  const strategies = [...new Set(growth.map(({ strategy }) => strategy))];
  return markdownTable(
    [left('Strategy'), right('in N'), right('theory'), right('in M'), right('theory')],
    strategies.map((strategy) => [
      strategy,
      ...(['N', 'M'] as const).flatMap((sweep) => {
        const found = growth.find((each) => each.strategy === strategy && each.sweep === sweep);
        return [orNull(found?.exponent, threeDigits), orNull(found?.theory, threeDigits)];
      }),
    ]),
  );
}

/** Milliseconds of all strategies on the workloads whose names begin so. */
function familyTable(lab: Lab, prefix: string): string {
  const workloads = lab.workloads.filter((name) => name.startsWith(prefix));
  return workloads.length === 0 ? '' : timesTable(lab, workloads);
}

function timesTable(lab: Lab, workloads: readonly string[]): string {
  const strategies = [...new Set(workloads.flatMap((workload) => proposals(lab, workload)))];
  return markdownTable(
    [left('Workload'), right('N'), right('M'), ...strategies.map(right)],
    workloads.map((workload) => [
      workload,
      slotsOf(lab, workload),
      patchesOf(lab, workload),
      ...strategies.map((strategy) => orNull(lab.times(workload, strategy)?.median, milliseconds)),
    ]),
  );
}

function memoryTable(lab: Lab): string {
  const workloads = ['pystacks180', 'dense-10k', 'ladder-1M'].filter((name) => lab.workloads.includes(name));
  if (workloads.length === 0) return '';
  const strategies = [...new Set(workloads.flatMap((workload) => proposals(lab, workload)))];
  return markdownTable(
    [left('Strategy (MiB)'), ...workloads.map(right)],
    strategies.map((strategy) => [
      strategy,
      ...workloads.map((workload) =>
        orNull(lab.peakBytes(workload, strategy), (bytes) => Math.round(bytes / 2 ** 20)),
      ),
    ]),
  );
}

/** Programs of the corpus as loaded usually; the large ones have a section of their own. */
function corpusTable(lab: Lab): string {
  const synthetic = new Set(
    lab.rows.flatMap(({ file_name, prog_name }) => (file_name === 'synthetic' ? (prog_name ?? '') : [])),
  );
  const workloads = lab.workloads.filter((name) => !synthetic.has(name) && !name.includes('+'));
  return workloads.length === 0 ? '' : timesTable(lab, workloads);
}

function provenance({ files, sidecars }: Source): string {
  const lines = sidecars.map(({ machine, os, commit, date, node, v8, kernel, seed, command }, at): Cells => [
    files[at],
    `\`${command}\``,
    date,
    commit.hash + (commit.dirty === true ? ' with changes' : ''),
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memory_bytes / 2 ** 30)} GiB, ${machine.arch}`,
    `${os.platform} ${os.release}`,
    `Node ${node}, V8 ${v8}`,
    `Linux ${kernel}`,
    seed,
  ]);
  const headings = ['File', 'Command', 'Date', 'Commit', 'Machine', 'System', 'Node', 'Profile', 'Seed'];
  return `## Where the figures are from\n\n${markdownTable(headings.map(left), lines)}`;
}
