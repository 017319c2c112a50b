/** Charts as SVG: the same specification gives the same bytes, on any machine, without a browser. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** What all charts look alike in: light ground of their own, so that they can be read on a dark page too. */
const CONFIG = {
  background: '#ffffff',
  padding: 12,
  font: 'system-ui, sans-serif',
  title: { anchor: 'start', fontSize: 14, subtitleFontSize: 11, subtitleColor: '#555555', offset: 10 },
  axis: { labelFontSize: 11, titleFontSize: 11, gridColor: '#e5e5e5' },
  legend: { labelFontSize: 11, titleFontSize: 11, labelLimit: 300 },
  view: { stroke: null },
} as const satisfies TopLevelSpec['config'] & object;

/** A chart without what all have in common. */
export type Chart = Omit<TopLevelSpec, 'config' | '$schema'>;

/** The chart as a whole SVG document, ended by a newline. */
export async function renderSvg(chart: Chart): Promise<string> {
  const { spec } = compile({ ...chart, config: CONFIG } as TopLevelSpec);
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
