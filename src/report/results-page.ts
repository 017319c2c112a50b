/**
 * `results/README.md`: tables from one CSV and its sidecar alone, so that the page can be made again, byte for byte,
 * wherever the two files are. Every table names the CSV and the command behind it.
 */
import type { Row } from '../bench/columns.js';
import { TOTAL } from '../bench/phase-log.js';
import type { Sidecar } from '../bench/sidecar.js';
import { markdownTable } from './markdown.js';
import type { TableColumn } from './table.js';
import { BASELINE, programTotals, strategiesOf, totalsTable, type ProgramTotals } from './totals.js';

export interface ResultsSource {
  /** The CSV's name as the page shows it. */
  readonly csv: string;
  readonly rows: readonly Row[];
  readonly sidecar: Sidecar;
}

/** The page. */
export function resultsPage(source: ResultsSource): string {
  const heaviest = heaviestProgram(source.rows);
  return [
    '# Results\n',
    `Made by \`npm run results\` from [${source.csv}](${source.csv}); do not edit. Medians over the samples of one\n` +
      'process per strategy and program; a sample runs every rewriting pass on a fresh store, from making the store\n' +
      'to the finished program. Every output was compared with the reference store’s.\n',
    provenance(source),
    section(
      'Whole rewriting',
      `Microseconds per strategy; *x* is how many times faster than \`${BASELINE}\`, the way the kernel does it.`,
      source,
      totals(source.rows),
    ),
    ...(heaviest === undefined ? [] : anatomy(source, heaviest)),
  ].join('\n');
}

function totals(rows: readonly Row[]): string {
  const { columns, cells } = totalsTable(rows);
  return markdownTable(columns, cells);
}

/** The program with most expanding patches: where the ways of holding instructions differ most. */
function heaviestProgram(rows: readonly Row[]): ProgramTotals | undefined {
  return programTotals(rows.filter((row) => row.file_name !== 'synthetic')).reduce<ProgramTotals | undefined>(
    (heaviest, program) =>
      (program.expandingPatches ?? 0) > (heaviest?.expandingPatches ?? -1) ? program : heaviest,
    undefined,
  );
}

function anatomy(source: ResultsSource, { fileName, progName }: ProgramTotals): string[] {
  const own = source.rows.filter((row) => row.file_name === fileName && row.prog_name === progName);
  const name = `\`${fileName}\` \`${progName}\``;
  return [
    section(
      `By phase: ${fileName} ${progName}`,
      `Microseconds of each phase of ${name}, the program with most expanding patches.`,
      source,
      phases(own),
    ),
    section(
      `Work done: ${fileName} ${progName}`,
      `What each strategy did over the whole run of ${name}: counted, so the same on every machine.`,
      source,
      work(own),
    ),
  ];
}

function phases(rows: readonly Row[]): string {
  const strategies = strategiesOf(rows);
  const passes = [...new Set(rows.map((row) => row.pass ?? ''))];
  return markdownTable(
    [{ heading: 'Phase', align: 'left' }, ...strategies.map(right)],
    passes.map((pass) => [
      pass,
      ...strategies.map((strategy) => {
        const ns =
          rows.find((row) => row.pass === pass && row.strategy === strategy)?.duration_p50_ns ?? null;
        return ns === null ? null : Math.round(ns / 1000);
      }),
    ]),
  );
}

/** Figures of the table of work: heading and value. */
const WORK: readonly (readonly [string, (row: Row) => number | null])[] = [
  ['Insns moved (KiB)', (row) => kib(row.insn_moved_bytes)],
  ['Aux moved (KiB)', (row) => kib(row.aux_moved_bytes)],
  ['Branch visits', (row) => row.branch_visits],
  ['Probe visits', (row) => row.probe_visits],
  ['Node visits', (row) => row.node_visits],
  ['Metadata visits', (row) => row.metadata_visits],
  ['Allocations', (row) => row.allocations],
  ['Allocated (KiB)', (row) => kib(row.allocated_bytes)],
  ['Peak RSS (MiB)', (row) => kib(row.peak_rss_kb)],
];

function work(rows: readonly Row[]): string {
  return markdownTable(
    [{ heading: 'Strategy', align: 'left' }, ...WORK.map(([heading]) => right(heading))],
    rows
      .filter((row) => row.pass === TOTAL)
      .map((row) => [row.strategy, ...WORK.map(([, value]) => value(row))]),
  );
}

function kib(value: number | null): number | null {
  return value === null ? null : Math.round(value / 1024);
}

function right(heading: string): TableColumn {
  return { heading, align: 'right' };
}

function section(title: string, text: string, { csv, sidecar }: ResultsSource, table: string): string {
  return `## ${title}\n\n${text}\nFrom \`${csv}\`, made by \`${sidecar.command}\`.\n\n${table}`;
}

function provenance({ sidecar }: ResultsSource): string {
  const { machine, os, commit } = sidecar;
  const memory = Math.round(machine.memory_bytes / 2 ** 30);
  return markdownTable(
    [
      { heading: 'Measured', align: 'left' },
      { heading: '', align: 'left' },
    ],
    [
      ['Date', sidecar.date],
      ['Command', `\`${sidecar.command}\``],
      ['Commit', commit.hash + (commit.dirty === true ? ' with changes' : '')],
      ['Machine', `${machine.cpu}, ${machine.cores} cores, ${memory} GiB, ${machine.arch}`],
      ['System', `${os.platform} ${os.release}`],
      ['Node', `${sidecar.node}, V8 ${sidecar.v8}`],
      ['Kernel profile', sidecar.kernel],
      ['Seed', sidecar.seed],
    ],
  );
}
