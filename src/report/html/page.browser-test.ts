/**
 * The report's page in Chromium: `CHROMIUM` names its executable, by default Debian's. Without one the tests are skipped and
 * say so; with a `CHROMIUM` that is not there they fail.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { rowsToCsv } from '../../bench/csv.js';
import { FIGURES } from '../figures/index.js';
import { measuredSource } from '../sources.js';
import { sourceFrom } from '../testing/rows.js';
import { reportPage } from './page.js';
import { FIRST_ROWS } from './rows-table.js';
import { HOSTILE_NAME, madeUpRows } from './testing/made-up-lab.js';

const NAMED = process.env['CHROMIUM'];
const EXECUTABLE = NAMED ?? '/usr/bin/chromium';
const absent = NAMED === undefined && !existsSync(EXECUTABLE);
if (absent)
  process.stderr.write(
    `browser tests skipped: no ${EXECUTABLE}; install chromium or name one by CHROMIUM=/path/to/it\n`,
  );

const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };

/** What axe-core finds, as far as it is read here. */
interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

describe.skipIf(absent)('the report in Chromium', () => {
  const rows = madeUpRows();
  const totals = rows.filter(({ pass }) => pass === 'total');
  let folder: string;
  let address: string;
  let browser: Browser;
  let page: Page;
  /** What the page complained of, and what it asked of a network. */
  let complaints: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'patchbench-browser-'));
    writeFileSync(join(folder, 'lab.csv'), rowsToCsv(rows));
    writeFileSync(join(folder, 'lab.json'), JSON.stringify(sourceFrom(rows).sidecars[0]));
    const out = join(folder, 'page.html');
    writeFileSync(out, await reportPage(measuredSource(folder)));
    address = pathToFileURL(out).href;
    browser = await chromium.launch({ executablePath: EXECUTABLE });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await page.context().close();
  });

  async function open(viewport: { width: number; height: number }, colorScheme: 'light' | 'dark' = 'light') {
    const context = await browser.newContext({ viewport, colorScheme });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== address) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(address);
  }

  const table = (): Locator => page.locator('#rows');
  const shownRows = (): Locator => table().locator('tbody tr:not([hidden])');

  /** A heading of the table of rows; found by its text, for roles of thousands of cells take long to work out. */
  const heading = (text: string): Locator => table().locator('thead th', { hasText: text });

  /** Texts of a column of the rows that are shown. */
  async function column(text: string): Promise<string[]> {
    const at = (await table().locator('thead th').allTextContents()).indexOf(text);
    expect(at, text).toBeGreaterThanOrEqual(0);
    return page.evaluate<string[]>(
      `[...document.querySelectorAll('#rows tbody tr:not([hidden])')].map((row) => row.cells[${at}].textContent)`,
    );
  }

  const numbers = (texts: readonly string[]): number[] =>
    texts.map((text) => Number(text.replaceAll(',', '')));

  test('loads from a file without a word on the console and without a request', async () => {
    await open(DESK);
    expect(complaints).toEqual([]);
    expect(await page.title()).toContain('BPF');
    expect(await table().locator('tbody tr').count()).toBe(totals.length);
    expect(await page.getByRole('img').count()).toBe(FIGURES.length);
    expect(await page.locator('img').count()).toBe(0);
    expect(await table().locator('tbody th').allTextContents()).toContain(
      HOSTILE_NAME.replace(/\p{Cc}/gu, '?'),
    );
  });

  test('sorts by a click, the other way by the next, and says so', async () => {
    await open(DESK);
    await page.locator('#filter-all').check();
    const median = heading('Median (ns)');
    await median.locator('button').click();
    expect(await median.getAttribute('aria-sort')).toBe('descending');
    const down = numbers(await column('Median (ns)'));
    expect(down).toHaveLength(totals.length);
    expect(down).toEqual([...down].sort((a, b) => b - a));
    expect(new Set(down).size).toBeGreaterThan(100);
    await median.locator('button').click();
    expect(await median.getAttribute('aria-sort')).toBe('ascending');
    expect(numbers(await column('Median (ns)'))).toEqual([...down].reverse());
  });

  test('sorts by the keyboard, and marks one heading only', async () => {
    await open(DESK);
    await heading('Median (ns)').locator('button').click();
    await heading('File').locator('button').focus();
    await page.keyboard.press('Enter');
    const files = await column('File');
    expect(files).toHaveLength(FIRST_ROWS);
    expect(files).toEqual([...files].sort());
    expect(await table().locator('th[aria-sort]').allTextContents()).toEqual(['File']);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await table().locator('th[aria-sort]').allTextContents()).toEqual(['Program']);
    const programs = await column('Program');
    expect(programs).toEqual([...programs].sort());
  });

  test('filters by words and by strategy, and says how many rows are left', async () => {
    await open(DESK);
    const count = page.locator('#filter-count');
    expect(await count.textContent()).toBe(
      `${totals.length} of ${totals.length} rows, the first ${FIRST_ROWS} shown`,
    );
    expect(await shownRows().count()).toBe(FIRST_ROWS);
    await page.locator('#filter-all').check();
    expect(await shownRows().count()).toBe(totals.length);
    await page.getByRole('searchbox', { name: 'Filter' }).focus();
    await page.keyboard.type('LADDER list');
    const lists = totals.filter(
      ({ prog_name, strategy }) => prog_name!.startsWith('ladder-') && strategy!.includes('list'),
    );
    expect(lists.length).toBeGreaterThan(0);
    expect(await shownRows().count()).toBe(lists.length);
    expect(await count.textContent()).toBe(`${lists.length} of ${totals.length} rows`);

    await page.getByRole('searchbox', { name: 'Filter' }).fill('');
    await page.getByRole('combobox', { name: 'Strategy' }).selectOption('floor');
    const floors = await column('Strategy');
    expect(new Set(floors)).toEqual(new Set(['floor']));
    expect(floors).toHaveLength(totals.filter(({ strategy }) => strategy === 'floor').length);

    await page.getByRole('searchbox', { name: 'Filter' }).fill('nothing has this');
    expect(await shownRows().count()).toBe(0);
    await page.keyboard.press('Enter');
    expect(page.url()).toBe(address);
  });

  test('gives every chart a text, a table and values to point at', async () => {
    await open(DESK);
    for (const { name, text } of FIGURES) {
      const figure = page.locator(`#figure-${name}`);
      expect(await figure.getByRole('img').getAttribute('aria-label')).toBe(text);
      expect(await figure.locator('details tbody tr').count()).toBeGreaterThan(0);
      expect(await figure.locator('.mark > title').count()).toBeGreaterThan(0);
    }
    const memory = page.locator('#figure-memory');
    await memory.locator('.mark').first().hover();
    expect(await memory.locator('.value').textContent()).toMatch(/MiB: \d+/);
    await page.locator('#figure-ladder summary').click();
    expect(await page.locator('#figure-ladder details table').isVisible()).toBe(true);
  });

  test('has landmarks, and headings in order', async () => {
    await open(DESK);
    for (const role of ['banner', 'navigation', 'main', 'contentinfo'] as const)
      expect(await page.getByRole(role).count(), role).toBe(1);
    expect(await page.locator('h1').count()).toBe(1);
    const levels = await page.evaluate<string[]>(
      "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(({ tagName }) => tagName)",
    );
    expect(levels[0]).toBe('H1');
    expect(new Set(levels.slice(1))).toEqual(new Set(['H2']));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(page.url()).toBe(`${address}#main`);
  });

  test.each([
    ['light', DESK],
    ['dark', DESK],
    ['light', PHONE],
    ['dark', PHONE],
  ] as const)('has no serious fault that axe finds: %s, %j', async (scheme, viewport) => {
    await open(viewport, scheme);
    // All data is looked at, but no more rows than a sample: thousands of equal cells only take time.
    await page.getByRole('searchbox', { name: 'Filter' }).fill('classify');
    await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const violations = await page.evaluate<Violation[]>(
      'axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations)',
    );
    const grave = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))]);
    expect(grave).toEqual([]);
  });

  test.each([360, 768, 1280])('does not scroll sideways at %d px', async (width) => {
    await open({ width, height: 800 });
    await page.evaluate('for (const each of document.querySelectorAll("details")) each.open = true');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const boxes = page.locator('.scroll, .chart');
    expect(await boxes.count()).toBeGreaterThan(FIGURES.length);
    for (const box of await boxes.all())
      expect((await box.boundingBox())!.width).toBeLessThanOrEqual(width - 16);
  });

  test('without its script has all contents, and no filter that does nothing', async () => {
    const context = await browser.newContext({ viewport: DESK, javaScriptEnabled: false });
    page = await context.newPage();
    await page.goto(address);
    expect(await shownRows().count()).toBe(totals.length);
    expect(await page.locator('#rows-filter').isVisible()).toBe(false);
  });
});
