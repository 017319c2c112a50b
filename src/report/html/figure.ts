/** Figures in a page: the same charts as in results/figures/, in the page’s colours, with values to hover over. */
import type { Cell } from '../../bench/columns.js';
import type { Figure } from '../figures/index.js';
import { renderSvg } from '../figures/index.js';
import type { Lab } from '../lab.js';
import type { Table } from '../tables.js';
import { escapeHtml, htmlTable } from './markup.js';

/** The figure with its words and its data; undefined when the rows it needs were not measured. */
export async function htmlFigure(figure: Figure, lab: Lab): Promise<string | undefined> {
  const chart = figure.chart(lab);
  if (chart === undefined) return undefined;
  const svg = inlineSvg(await renderSvg(chart), figure);
  const title = escapeHtml(figure.title);
  return [
    `<figure id="figure-${figure.name}">`,
    `<div class="chart" role="region" aria-label="Figure: ${title}" tabindex="0">`,
    svg,
    '</div>',
    `<figcaption>${escapeHtml(figure.text)}</figcaption>`,
    `<details><summary>Data of the figure “${title}”</summary>`,
    htmlTable(chartTable(chart), `Data of the figure “${figure.title}”`),
    '</details>',
    '</figure>\n',
  ].join('\n');
}

/**
 * A chart’s SVG for the inside of a page: one image with a text alternative, whose marks have their values as titles.
 * What Vega says about marks is kept as those titles alone: a screen reader is given the text and the table instead.
 */
export function inlineSvg(svg: string, { name, text }: Pick<Figure, 'name' | 'text'>): string {
  return svg
    .trimEnd()
    .replace(/^<svg [^>]*?(width="[^"]*" height="[^"]*" viewBox="[^"]*")>/, (_, size: string) => {
      const alternative = escapeHtml(text);
      return `<svg xmlns="http://www.w3.org/2000/svg" class="figure figure-${name}" role="img" aria-label="${alternative}" ${size}>`;
    })
    .replace(/<rect width="[^"]*" height="[^"]*" fill="#ffffff"\/>/, '')
    .replace(
      /<(path|line|rect|text) aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="(?!line mark)[^"]*"([^>]*?)(\/?)>/g,
      (_, tag: string, label: string, rest: string, closed: string) =>
        closed === '/'
          ? `<${tag} class="mark"${rest}><title>${label}</title></${tag}>`
          : `<${tag} class="mark"${rest}><title>${label}</title>`,
    )
    .replace(/ (role="graphics-[a-z]+"|aria-roledescription="[^"]*"|aria-hidden="true")/g, '')
    .replace(/(<(?!svg)[a-z]+[^>]*?) aria-label="[^"]*"/g, '$1')
    .replace(/ font-family="[^"]*"/g, '');
}

/** The values that a chart shows, a column per field. */
function chartTable(chart: object): Table {
  const { values } = (chart as { data: { values: readonly Readonly<Record<string, Cell>>[] } }).data;
  const fields = Object.keys(values[0]);
  return {
    columns: fields.map((heading) => ({
      heading,
      align: typeof values[0][heading] === 'number' ? 'right' : 'left',
    })),
    cells: values.map((value) => fields.map((field) => value[field])),
  };
}
