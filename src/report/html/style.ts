/** The page’s looks: light and dark by the reader’s preference, one column, wide things in boxes that scroll. */
import { STRATEGY_COLOURS } from '../figures/figure.js';

/** Colours of marks that are too dark on a dark ground, and what they are there. */
const ON_DARK: readonly (readonly [light: string, dark: string])[] = [
  [STRATEGY_COLOURS['floor'], '#f2f2f2'],
  [STRATEGY_COLOURS['batch'], '#4ea3e0'],
  [STRATEGY_COLOURS['batch-tail'], '#a5d0ee'],
  [STRATEGY_COLOURS['basic-block'], '#c08a7d'],
  [STRATEGY_COLOURS['linked-list'], '#f0595a'],
  [STRATEGY_COLOURS['rope'], '#b794dc'],
  ['#006d77', '#35b5c1'],
  ['#4b0082', '#b07be0'],
];

/** What Vega writes black or grey, by what it is for. */
const INK: readonly (readonly [written: string, ink: string])[] = [
  ['#000', 'var(--ink)'],
  ['black', 'var(--ink)'],
  ['#555555', 'var(--soft)'],
  ['#888', 'var(--soft)'],
  ['#e5e5e5', 'var(--line)'],
  ['#ddd', 'var(--line)'],
];

function painted(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .flatMap(([from, to]) =>
      ['fill', 'stroke'].map((what) => `svg.figure [${what}="${from}"]{${what}:${to}}`),
    )
    .join('\n');
}

/** The style sheet. */
export const STYLE = `:root{color-scheme:light dark;
--ground:#fff;--ink:#1b1f24;--soft:#4f5761;--line:#d9dde2;--band:#f4f6f8;--link:#0b57a4;
--good:#17692f;--part:#7a5200;--bad:#a3211d}
@media (prefers-color-scheme:dark){:root{
--ground:#14181d;--ink:#e9edf1;--soft:#aeb7c1;--line:#3a424c;--band:#1d232a;--link:#7fbcff;
--good:#6fd08c;--part:#e8b84e;--bad:#ff8a80}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main,nav,footer{max-width:66rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.3rem;line-height:1.25;margin:2.5rem 0 .5rem;border-top:1px solid var(--line);padding-top:1rem}
p,ul,figcaption,dl{max-width:48rem}
a{color:var(--link)}
code{font:.9em ui-monospace,monospace;background:var(--band);border-radius:3px;padding:0 .2em}
.skip{position:absolute;left:-100vw}
.skip:focus{position:static}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem;max-width:none}
nav a{display:inline-block;padding:.2rem 0}
.answer li{margin-bottom:.4rem}
figure{margin:1rem 0}
figcaption,.value,.from,caption,dd,#filter-help{color:var(--soft);font-size:.9rem}
.value{margin:.25rem 0;min-height:1.4em}
.chart,.scroll{overflow:auto;max-width:100%}
.scroll{border:1px solid var(--line);border-radius:4px;margin:.75rem 0}
.tall{max-height:80vh}
.chart svg{display:block;font-family:system-ui,sans-serif}
svg .mark{cursor:default}
svg .mark:hover{stroke:var(--ink);stroke-width:2}
svg text.mark:hover{stroke:none;font-weight:bold}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:100%}
caption{text-align:left;padding:.4rem .6rem}
th,td{padding:.2rem .6rem;text-align:left;white-space:nowrap;border-top:1px solid var(--line);vertical-align:top}
tbody th{font-weight:normal;position:sticky;left:0;background:var(--ground)}
thead th{position:sticky;top:0;background:var(--band);z-index:1}
thead th:first-child{left:0;z-index:2}
.n{text-align:right}
.wrap td,.wrap tbody th{white-space:normal;min-width:5.5rem}
.wrap td:last-child{min-width:15rem}
.wrap td:is(.holds,.part,.not){white-space:nowrap}
.wrap tbody th{min-width:14rem}
tbody tr:hover>*{background:var(--band)}
th button{font:inherit;font-weight:bold;color:inherit;background:none;border:0;padding:.2rem 0;cursor:pointer;text-align:inherit}
th button::after{content:"\\2195";color:var(--soft);padding-left:.3em;font-weight:normal}
th[aria-sort=ascending] button::after{content:"\\2191";color:inherit}
th[aria-sort=descending] button::after{content:"\\2193";color:inherit}
.warned{color:var(--part)}
.holds{color:var(--good);font-weight:bold}
.part{color:var(--part);font-weight:bold}
.not{color:var(--bad);font-weight:bold}
form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center}
form p{flex-basis:100%;margin:0}
form[hidden]{display:none}
input,select{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--soft);border-radius:4px;padding:.25rem .5rem;max-width:100%}
summary{cursor:pointer;padding:.2rem 0}
footer{padding:2rem 1rem;color:var(--soft)}
${painted(INK)}
@media (prefers-color-scheme:dark){${painted(ON_DARK)}}
@media (max-width:40rem){tbody th{white-space:normal;max-width:45vw;min-width:8.5rem}.wrap tbody th{position:static;max-width:none}
#rows tbody th,#rows thead th:first-child{left:auto}#rows tbody th{white-space:nowrap;position:static}}
@media print{.tall{max-height:none}}
`;
