/** The results in README: a row per strategy on the large programs, and the two figures that answer the question. */
import { isProposal } from './claims.js';
import { patchesOf } from './extrapolation.js';
import { milliseconds, threeDigits } from './figure-text.js';
import { ANSWERS } from './figures/index.js';
import { slotsOf } from './growth.js';
import { FLOOR_NAME, Lab } from './lab.js';
import { markdownTable } from './markdown.js';
import type { PageInput } from './results-page.js';
import { LARGE_WORKLOADS } from './tables.js';
import { BASELINE } from './totals.js';

const BEGIN = '<!-- results:begin -->';
const END = '<!-- results:end -->';

/** What stands between the marks: which machine and commit, the table, the figures. */
export function readmeResults({ source, figures }: PageInput): string {
  const lab = new Lab(source.rows);
  const workloads = LARGE_WORKLOADS.filter((workload) => lab.workloads.includes(workload));
  const strategies = [...new Set(workloads.flatMap((workload) => lab.strategies(workload)))].filter(
    (strategy) => isProposal(strategy) || strategy === FLOOR_NAME,
  );
  const table = markdownTable(
    [
      { heading: 'ms (times faster)', align: 'left' },
      ...workloads.map(
        (workload) => ({ heading: `${workload}: ${sizeOf(lab, workload)}`, align: 'right' }) as const,
      ),
    ],
    strategies.map((strategy) => [strategy, ...workloads.map((workload) => cell(lab, workload, strategy))]),
  );
  const [{ machine, commit, kernel, command }] = source.sidecars;
  const images = ANSWERS.filter(({ name }) => figures.has(name)).map(
    ({ name, text }) => `![${text}](results/figures/${name}.svg)\n`,
  );
  return [
    `Time to rewrite a checked program for Linux ${kernel}, from making the store to the finished program, and how many`,
    `times faster that is than \`${BASELINE}\`, the kernel’s way. \`floor\` knows all patches beforehand and writes the`,
    `program once. Medians over processes on ${machine.cpu}, commit \`${commit.hash.slice(0, 12)}\`; from`,
    `\`results/summary.csv\`, measured by \`${command}\`.`,
    '',
    table,
    ...images,
  ]
    .join('\n')
    .trimEnd();
}

/**
 * The text with the results between its marks.
 * @throws Error when the marks are not there
 */
export function withReadmeResults(readme: string, results: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${results}\n\n${readme.slice(end)}`;
}

function sizeOf(lab: Lab, workload: string): string {
  return `${slotsOf(lab, workload)} insns, ${patchesOf(lab, workload)} expanding patches`;
}

function cell(lab: Lab, workload: string, strategy: string): string {
  const times = lab.times(workload, strategy);
  if (times === undefined) return '';
  const faster = lab.timesFaster(workload, strategy);
  const ms = String(milliseconds(times.median));
  return strategy === BASELINE || faster === undefined ? ms : `${ms} (${threeDigits(faster)} x)`;
}
