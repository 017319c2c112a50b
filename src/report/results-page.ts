/**
 * `results/README.md`: tables and figures from measured files and their sidecars alone, so that the page can be made again,
 * byte for byte, wherever they are. Every section names its CSV and the command behind it.
 */
import { FIGURES } from './figures/index.js';
import { Lab } from './lab.js';
import { markdownTable } from './markdown.js';
import { SECTIONS, type Section } from './sections.js';
import type { Source } from './sources.js';
import { provenanceTable, type Table } from './tables.js';

/** What the page is made from. */
export interface PageInput {
  readonly source: Source;
  /** Names of the figures there are files of. */
  readonly figures: ReadonlySet<string>;
}

/** The page. */
export function resultsPage({ source, figures }: PageInput): string {
  const lab = new Lab(source.rows);
  return [
    '# Results\n',
    `Made by \`npm run results\` from ${linked(source.files)}; do not edit. A figure is the median over processes of each\n` +
      'process’s median over its samples; a sample runs every rewriting pass on a fresh store, from making the store to the\n' +
      'finished program. Every output was compared with the reference store’s, bit for bit. Every number on this page is in\n' +
      'one of the CSV files beside it.\n',
    `## Where the figures are from\n\n${markdown(withCode(provenanceTable(source)))}`,
    ...SECTIONS.map((section) => sectionText(section, lab, figures)),
  ].join('\n');
}

function sectionText(section: Section, lab: Lab, figures: ReadonlySet<string>): string {
  const { title, text, csv } = section;
  const images = section.figures.map((name) => figureLine(figures, name)).join('');
  const tables = section.tables(lab).map(markdown).join('\n');
  return `## ${title}\n\n${text}\nFrom \`${csv}\`.\n\n${images}${tables === '' ? 'Not measured.\n' : tables}`;
}

/** The second column, commands, as code. */
function withCode({ columns, cells }: Table): Table {
  return { columns, cells: cells.map(([file, command, ...rest]) => [file, `\`${command}\``, ...rest]) };
}

function markdown({ columns, cells }: Table): string {
  return markdownTable(columns, cells);
}

function figureLine(figures: ReadonlySet<string>, name: string): string {
  const figure = FIGURES.find((each) => each.name === name);
  return figure === undefined || !figures.has(name) ? '' : `![${figure.text}](figures/${name}.svg)\n\n`;
}

function linked(files: readonly string[]): string {
  return files.map((file) => `[${file}](${file})`).join(', ');
}
