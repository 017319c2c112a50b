import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../package-root.js';
import { rowsToCsv } from '../bench/csv.js';
import { readmeResults, withReadmeResults } from './readme-table.js';
import { sourceFrom, total } from './testing/rows.js';
import { measuredSource } from './sources.js';
import { resultFiles, writeResults } from './write-results.js';

const RESULTS = join(packageRoot(), 'results');
const README = join(packageRoot(), 'README.md');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbench-results-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A folder with a lab of two workloads. */
function smallLab(commit?: string): string {
  const own = mkdtempSync(join(folder, 'lab-'));
  const rows = ['dense-10k', 'order-scattered'].flatMap((workload) =>
    ['array', 'linked-list', 'floor'].map((strategy, at) => total(workload, strategy, 100 / (at + 1))),
  );
  const [sidecar] = sourceFrom(rows).sidecars;
  writeFileSync(join(own, 'lab.csv'), rowsToCsv(rows));
  const written = commit === undefined ? sidecar : { ...sidecar, commit: { hash: commit, dirty: false } };
  writeFileSync(join(own, 'lab.json'), JSON.stringify(written));
  writeFileSync(join(own, 'README-top.md'), 'a\n<!-- results:begin -->\nold\n<!-- results:end -->\nb\n');
  return own;
}

describe('npm run results', () => {
  test('gives the same files twice', async () => {
    const own = smallLab();
    const readme = join(own, 'README-top.md');
    await writeResults(own, readme);
    const first = contents(own);
    await writeResults(own, readme);
    expect(contents(own)).toEqual(first);
    expect([...first.keys()]).toEqual(expect.arrayContaining(['README.md', 'summary.csv', 'claims.csv']));
  });

  test('leaves figures out whose rows are not there, and removes old ones', async () => {
    const own = smallLab();
    const readme = join(own, 'README-top.md');
    await writeResults(own, readme);
    expect(existsSync(join(own, 'figures', 'strategies.svg'))).toBe(true);
    expect(existsSync(join(own, 'figures', 'ladder.svg'))).toBe(false);
    writeFileSync(join(own, 'figures', 'ladder.svg'), 'old');
    await writeResults(own, readme);
    expect(existsSync(join(own, 'figures', 'ladder.svg'))).toBe(false);
  });

  test('takes all parts of a lab or none', () => {
    const own = smallLab();
    for (const name of ['lab.csv', 'lab.json'])
      copyFileSync(join(own, name), join(own, name.replace('lab', 'lab-1-of-2')));
    expect(() => measuredSource(own)).toThrow('are both there');
    rmSync(join(own, 'lab.csv'));
    expect(() => measuredSource(own)).toThrow('missing');
    for (const name of ['lab.csv', 'lab.json'])
      copyFileSync(
        join(own, name.replace('lab', 'lab-1-of-2')),
        join(own, name.replace('lab', 'lab-2-of-2')),
      );
    expect(measuredSource(own).files).toEqual(['lab-1-of-2.csv', 'lab-2-of-2.csv']);
  });

  test('refuses parts that were measured at different commits', () => {
    const own = smallLab('one');
    const other = smallLab('two');
    for (const ending of ['csv', 'json']) {
      copyFileSync(join(own, `lab.${ending}`), join(own, `lab-1-of-2.${ending}`));
      copyFileSync(join(other, `lab.${ending}`), join(own, `lab-2-of-2.${ending}`));
      rmSync(join(own, `lab.${ending}`));
    }
    expect(() => measuredSource(own)).toThrow('different commits: one, two');
  });

  test('needs marks in README', () => {
    const results = readmeResults({
      source: sourceFrom([total('dense-10k', 'array', 1)]),
      figures: new Set(),
    });
    expect(() => withReadmeResults('no marks', results)).toThrow('README.md has no');
  });
});

describe('the committed results', () => {
  test('are what the committed measurements give, byte for byte', async () => {
    const files = await resultFiles(RESULTS, README);
    expect(files.size).toBeGreaterThan(5);
    for (const [path, text] of files) expect(readFileSync(path, 'utf8') === text, path).toBe(true);
  });

  test('have every number of README’s table in a CSV beside it', () => {
    const block = /<!-- results:begin -->([^]*)<!-- results:end -->/.exec(readFileSync(README, 'utf8'))![1];
    const numbers = block
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .flatMap((line) => line.split(/[\s|():,]+/))
      .filter((word) => /^\d+(\.\d+)?$/.test(word));
    expect(numbers.length).toBeGreaterThan(20);
    const known = new Set(derivedCells());
    for (const number of numbers) expect(known.has(number), number).toBe(true);
  });

  test('have every number of the page’s tables in a CSV beside it', () => {
    const known = new Set(derivedCells());
    const page = readFileSync(join(RESULTS, 'README.md'), 'utf8');
    const tables = page.slice(page.indexOf('\n## Claims'));
    const cells = tables
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .flatMap((line) => line.split('|'))
      .map((cell) =>
        cell
          .trim()
          .replace(/^\((.*)\)$/, '$1')
          .replaceAll(',', ''),
      )
      .filter((cell) => /^-?\d+(\.\d+)?$/.test(cell));
    expect(cells.length).toBeGreaterThan(100);
    const missing = cells.filter((cell) => !known.has(cell));
    expect(missing).toEqual([]);
  });
});

function contents(own: string): Map<string, string> {
  const names = readdirSync(own, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));
  return new Map(names.sort().map((name) => [name, readFileSync(join(own, name), 'utf8')]));
}

/** Every cell of the CSV files in results/. */
function derivedCells(): string[] {
  return readdirSync(RESULTS)
    .filter((name) => name.endsWith('.csv'))
    .flatMap((name) => {
      const records: string[][] = parse(readFileSync(join(RESULTS, name), 'utf8'));
      return records.flat().map((cell) => cell.replaceAll(',', ''));
    });
}
