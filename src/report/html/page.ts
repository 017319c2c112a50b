/**
 * `patchbench report`: the whole results as one HTML page that needs nothing but itself. The same measured files give the
 * same bytes.
 */
import { createHash } from 'node:crypto';
import type { Cell } from '../../bench/columns.js';
import { claimsOf, type Verdict } from '../claims.js';
import { FIGURES } from '../figures/index.js';
import { Lab } from '../lab.js';
import { SECTIONS, type Section } from '../sections.js';
import type { Source } from '../sources.js';
import { provenanceTable } from '../tables.js';
import { answerOf } from './answer.js';
import { htmlFigure } from './figure.js';
import { escapeHtml, htmlTable, inlineMarkup } from './markup.js';
import { rowsTable } from './rows-table.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

const TITLE = 'How should Linux hold a BPF program while it rewrites it?';

const QUESTION =
  'After a BPF program is checked, Linux rewrites it: calls, context accesses, divisions and more become other instructions, ' +
  'often longer ones. For every one of M patches `bpf_patch_insn_data()` allocates the array of N instructions anew, moves what ' +
  'is behind the patch with its records of analysis, and adjusts every branch: work of the order of N times M. ' +
  'This lab runs the same rewriting over other ways of holding the instructions, compares every output bit for bit with the ' +
  'reference’s, and measures what each costs. **How much is there to gain, and which decision brings it?**';

/** Sections that stand behind the others: what was said before, and the long lists. */
const LATER: readonly string[] = ['claims', 'corpus'];

/** The page of a measurement. */
export async function reportPage(source: Source): Promise<string> {
  const lab = new Lab(source.rows);
  const ordered = [
    ...SECTIONS.filter(({ id }) => !LATER.includes(id)),
    ...SECTIONS.filter(({ id }) => LATER.includes(id)),
  ];
  const sections = [
    block('question', 'The question', `<p>${inlineMarkup(QUESTION)}</p>`),
    block('answer', 'The answer', answerText(lab)),
  ];
  for (const section of ordered) sections.push(await measuredBlock(section, lab));
  sections.push(
    block('rows', 'Every row', ROWS_TEXT + rowsTable(source.rows)),
    block('provenance', 'Where the figures are from', provenanceText(source)),
  );
  const headings = [
    ['question', 'The question'],
    ['answer', 'The answer'],
    ...ordered.map(({ id, title }) => [id, title]),
    ['rows', 'Every row'],
    ['provenance', 'Where the figures are from'],
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${hashOf(SCRIPT)}'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(TITLE)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<a class="skip" href="#main">Skip to the results</a>',
    `<header><h1>${escapeHtml(TITLE)}</h1>${headline(source)}</header>`,
    `<nav aria-label="Sections"><ul>${headings.map(([id, title]) => `<li><a href="#section-${id}">${escapeHtml(title)}</a></li>`).join('')}</ul></nav>`,
    '<main id="main">',
    ...sections,
    '</main>',
    '<footer>Made by <code>patchbench report</code>. This page needs no network.</footer>',
    `<script>${SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

const ROWS_TEXT =
  '<p>The whole run of every strategy on every program and shape, as measured, one row per measuring process.</p>\n';

function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`;
}

function headline({ files, rows, sidecars }: Source): string {
  const [{ machine, date, commit, kernel }] = sidecars;
  const from = files.map((name) => `<code>${escapeHtml(name)}</code>`).join(', ');
  return (
    `<p>${rows.length} rows of ${from}: Linux ${escapeHtml(kernel)}, measured on ${escapeHtml(date.slice(0, 10))} on ` +
    `${escapeHtml(machine.cpu)} at commit <code>${escapeHtml(commit.hash.slice(0, 12))}</code>.</p>`
  );
}

function block(id: string, title: string, inner: string): string {
  const heading = `section-${id}`;
  return `<section aria-labelledby="${heading}">\n<h2 id="${heading}">${escapeHtml(title)}</h2>\n${inner}\n</section>`;
}

function answerText(lab: Lab): string {
  const sentences = answerOf(lab, claimsOf(lab));
  if (sentences.length === 0)
    return '<p>None of the large programs and shapes that the question is about are in these rows.</p>';
  const titles = new Map(SECTIONS.map(({ id, title }) => [id, title]));
  const items = sentences.map(
    ({ text, section }) =>
      `<li>${inlineMarkup(text)} <a href="#section-${section}">${escapeHtml(titles.get(section)!)}</a></li>`,
  );
  return `<ul class="answer">\n${items.join('\n')}\n</ul>`;
}

async function measuredBlock(section: Section, lab: Lab): Promise<string> {
  const { id, title, text, csv } = section;
  const figures: string[] = [];
  for (const figure of FIGURES.filter(({ name }) => section.figures.includes(name)))
    figures.push((await htmlFigure(figure, lab)) ?? '');
  const tables = section.tables(lab);
  const shown = tables.map((table) => {
    const html = htmlTable(table, table.title ?? title, {
      sortable: id === 'corpus' || id === 'large',
      cellClass: id === 'claims' ? verdictClass : () => '',
    });
    return id === 'claims' ? `<div class="wrap">${html}</div>` : html;
  });
  return block(
    id,
    title,
    [
      `<p>${inlineMarkup(text)}</p>`,
      ...figures,
      shown.length === 0 ? '<p>Not measured.</p>' : shown.join(''),
      `<p class="from">Also written by <code>npm run results</code> to <code>${csv}</code>.</p>`,
    ].join('\n'),
  );
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  holds: 'holds',
  'holds in part': 'part',
  'does not hold': 'not',
  'not measured': '',
};

function verdictClass(cell: Cell): string {
  return typeof cell === 'string' && Object.hasOwn(VERDICTS, cell) ? VERDICTS[cell as Verdict] : '';
}

function provenanceText(source: Source): string {
  const problems = source.sidecars.flatMap((sidecar) => sidecar.problems);
  const ends = new Set(source.sidecars.map(({ ended }) => ended));
  return [
    ends.has('interrupted') ? '<p><strong>A run was interrupted: rows are missing.</strong></p>' : '',
    ends.has('difference')
      ? '<p><strong>An output differed from the reference’s: see the problems.</strong></p>'
      : '',
    htmlTable(provenanceTable(source), 'Measured files'),
    problems.length === 0
      ? ''
      : `<details><summary>Problems of the run: ${problems.length}</summary><ul>${problems.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></details>`,
  ].join('\n');
}
