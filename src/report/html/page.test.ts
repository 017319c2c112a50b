import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsToCsv } from '../../bench/csv.js';
import { makeProgram } from '../../cli/program.js';
import { FIGURES } from '../figures/index.js';
import { SECTIONS } from '../sections.js';
import { sourceFrom, total } from '../testing/rows.js';
import { inlineSvg } from './figure.js';
import { escapeHtml, inlineMarkup } from './markup.js';
import { reportPage } from './page.js';
import { SCRIPT } from './script.js';
import { HOSTILE_NAME, madeUpRows } from './testing/made-up-lab.js';

const source = sourceFrom(madeUpRows());
let page: string;
let folder: string;
beforeAll(async () => {
  page = await reportPage(source);
  folder = mkdtempSync(join(tmpdir(), 'patchbench-report-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the page of a full measurement', () => {
  test('needs nothing but itself', () => {
    const references = page
      .replaceAll('xmlns="http://www.w3.org/2000/svg"', '')
      .match(/https?:|url\(|@import|\bsrc=|srcset=/g);
    // The hostile name is text: its `src=` is no attribute.
    expect(references?.filter((found) => found !== 'src=') ?? []).toEqual([]);
    expect(page).not.toMatch(/<(link|img|iframe|object|embed|use|image)\b/);
    const links = [...page.matchAll(/ href="([^"]*)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(SECTIONS.length);
    for (const link of links) {
      expect(link).toMatch(/^#/);
      expect(page).toContain(`id="${link.slice(1)}"`);
    }
  });

  test('has every section, every figure, and nothing unmeasured but what was left out', () => {
    for (const id of ['question', 'answer', ...SECTIONS.map((section) => section.id), 'rows', 'provenance'])
      expect(page).toContain(`<h2 id="section-${id}">`);
    for (const { name } of FIGURES) expect(page).toContain(`<figure id="figure-${name}">`);
    expect(page.match(/<p>Not measured\.<\/p>/g)).toHaveLength(3);
  });

  test('has a row of its table for every total', () => {
    const table = /<table id="rows"[^]*?<\/table>/.exec(page)![0];
    const totals = source.rows.filter(({ pass }) => pass === 'total');
    expect(totals.length).toBeGreaterThan(300);
    expect(table.match(/<tr><th scope="row">/g)).toHaveLength(totals.length);
  });

  test('answers with figures from rows', () => {
    const answer = /<h2 id="section-answer">[^]*?<\/section>/.exec(page)![0];
    // 10,000 slots with 50 ms a process and 1 ms of the fastest, the median being the second process’s.
    expect(answer).toContain('takes 52 ms');
    expect(answer).toContain('<code>linked-list</code> with 2.08 ms: 25 times as fast');
    expect(answer).toContain('its law extrapolated gives');
  });

  test('lets no file name be markup', () => {
    expect(page).not.toContain('<img');
    expect(page).not.toContain('\u0007');
    expect(page).toContain('=&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;&lt;/script&gt;?.bpf.o');
    expect(page.match(/<\/script>/g)).toHaveLength(1);
    expect(HOSTILE_NAME).toContain('</script>');
  });

  test('has no handlers in attributes and a script that its policy names', () => {
    expect(page).not.toMatch(/<[a-z][^>]*\son[a-z]+="/);
    expect(page).toMatch(/script-src 'sha256-[A-Za-z0-9+/=]{44}'/);
    expect(SCRIPT).not.toContain('</');
  });

  test('has one image with a text alternative per figure, whose marks have titles and no roles', () => {
    const images = page.match(/<svg [^]*?<\/svg>/g)!;
    expect(images).toHaveLength(FIGURES.length);
    for (const image of images) {
      expect(image).toMatch(/^<svg [^>]*role="img" aria-label="[^"]{20,}"/);
      expect(image.match(/ (role|aria-[a-z]+)=/g)).toHaveLength(2);
      expect(image).toMatch(/<title>[^<]+<\/title>/);
    }
    expect(page).toContain('<title>extrapolated, not measured: array;');
  });

  test('has the same bytes for the same rows', async () => {
    expect((await reportPage(source)) === page).toBe(true);
  });
});

test('a page without the large programs says so', async () => {
  const small = await reportPage(sourceFrom([total('a', 'array', 1, { file_name: 'x.bpf.o' })]));
  expect(small).toContain('None of the large programs');
  expect(small).not.toContain('<figure');
});

test('the command writes the page of a folder', async () => {
  writeFileSync(join(folder, 'lab.csv'), rowsToCsv(source.rows));
  writeFileSync(join(folder, 'lab.json'), JSON.stringify(source.sidecars[0]));
  const out = join(folder, 'deep', 'page.html');
  await makeProgram().parseAsync(['report', '--results', folder, '--out', out], { from: 'user' });
  expect(readFileSync(out, 'utf8') === page).toBe(true);
});

test('a folder without measurements is refused in a line', async () => {
  const empty = mkdtempSync(join(folder, 'empty-'));
  const run = makeProgram().parseAsync(['report', '--results', empty], { from: 'user' });
  await expect(run).rejects.toThrow('neither lab.csv nor bench.csv');
});

test.each([
  ['a & b < c > "d" \'e\'', 'a &amp; b &lt; c &gt; &quot;d&quot; &#39;e&#39;'],
  ['\u001b[31m\u202egnp', '?[31m?gnp'],
])('%j is escaped', (text, html) => {
  expect(escapeHtml(text)).toBe(html);
});

test('our own marks become elements', () => {
  expect(inlineMarkup('`a<b` is **so** and *thus*')).toBe(
    '<code>a&lt;b</code> is <strong>so</strong> and <em>thus</em>',
  );
});

test('a chart’s marks keep their values as titles', () => {
  const svg =
    '<svg xmlns="x" width="1" height="2" viewBox="0 0 1 2"><rect width="1" height="2" fill="#ffffff"/>' +
    '<path aria-label="ms: 1" role="graphics-symbol" aria-roledescription="bar" d="M0,0"/></svg>\n';
  expect(inlineSvg(svg, { name: 'n', text: 'T' })).toBe(
    '<svg xmlns="http://www.w3.org/2000/svg" class="figure figure-n" role="img" aria-label="T" width="1" height="2" ' +
      'viewBox="0 0 1 2"><path class="mark" d="M0,0"><title>ms: 1</title></path></svg>',
  );
});
