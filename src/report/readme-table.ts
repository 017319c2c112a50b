/** The table of README: the programs that take most patching, a row per strategy. Made from the CSV, as the page of results is. */
import { markdownTable } from './markdown.js';
import type { ResultsSource } from './results-page.js';
import { BASELINE, programTotals, speedup, strategiesOf, type ProgramTotals } from './totals.js';

const BEGIN = '<!-- results:begin -->';
const END = '<!-- results:end -->';
/** Programs shown. */
const SHOWN = 4;

/** What stands between the marks: which machine and commit, then the table. */
export function readmeTable({ csv, rows, sidecar }: ResultsSource): string {
  const programs = programTotals(rows)
    .filter(({ expandingPatches }) => (expandingPatches ?? 0) > 0)
    .sort((a, b) => (b.expandingPatches ?? 0) - (a.expandingPatches ?? 0))
    .slice(0, SHOWN)
    .sort((a, b) => (a.slots ?? 0) - (b.slots ?? 0));
  const table = markdownTable(
    [
      { heading: 'ms (times faster)', align: 'left' },
      ...programs.map(
        (program) => ({ heading: `${nameOf(program)}: ${sizeOf(program)}`, align: 'right' }) as const,
      ),
    ],
    strategiesOf(rows).map((strategy) => [strategy, ...programs.map((program) => cell(program, strategy))]),
  );
  const { machine, commit, kernel } = sidecar;
  return [
    `Time to rewrite a checked program for Linux ${kernel}, from making the store to the finished program, and how many`,
    `times faster that is than \`${BASELINE}\`, the kernel’s way. Medians on ${machine.cpu}, commit`,
    `\`${commit.hash.slice(0, 12)}\`; from \`results/${csv}\`, made by \`${sidecar.command}\`.`,
    '',
    table,
  ].join('\n');
}

/**
 * The text with the table between its marks.
 * @throws Error when the marks are not there
 */
export function withReadmeTable(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n${readme.slice(end)}`;
}

function nameOf({ fileName, progName }: ProgramTotals): string {
  return fileName === 'synthetic' ? progName : fileName.replace(/\.bpf\.o$/, '');
}

function sizeOf({ slots, expandingPatches }: ProgramTotals): string {
  return `${slots ?? '?'} insns, ${expandingPatches ?? '?'} expanding patches`;
}

function cell(program: ProgramTotals, strategy: string): string {
  const ns = program.totalNs.get(strategy);
  if (ns === undefined) return '';
  const factor = speedup(program, strategy);
  const ms = (ns / 1e6).toPrecision(3);
  return strategy === BASELINE || factor === undefined ? ms : `${ms} (${factor.toPrecision(3)} x)`;
}
