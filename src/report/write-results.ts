/** Everything that `npm run results` writes, from the measured files of a folder alone. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../bench/atomic-file.js';
import { COMPARED_BY, effectsCsv, effectsOf } from './ablation.js';
import { claimsCsv, claimsOf } from './claims.js';
import { derivedToCsv, type Derived } from './derived-csv.js';
import { FIGURES, renderSvg } from './figures/index.js';
import { growthCsv, growthOf } from './growth.js';
import { Lab } from './lab.js';
import { readmeResults, withReadmeResults } from './readme-table.js';
import { resultsPage } from './results-page.js';
import { measuredSource, type Source } from './sources.js';
import { summaryCsv } from './summary.js';
import { operationsCsv, partsCsv } from './work.js';

/** Files that results are written to, by path, and their texts. */
export type ResultFiles = ReadonlyMap<string, string>;

/** The files that are derived from the rows alone. */
export function derivedFiles(source: Source): Derived[] {
  const lab = new Lab(source.rows);
  return [
    summaryCsv(lab),
    claimsCsv(claimsOf(lab)),
    effectsCsv(COMPARED_BY.flatMap((workload) => effectsOf(lab, workload))),
    growthCsv(growthOf(lab)),
    partsCsv(lab, COMPARED_BY),
    operationsCsv(lab),
  ];
}

/**
 * The texts of all files for a folder of results and the README above it; writes nothing.
 * @throws Error when measured files are missing or do not belong together
 */
export async function resultFiles(folder: string, readmePath: string): Promise<ResultFiles> {
  const source = measuredSource(folder);
  const lab = new Lab(source.rows);
  const files = new Map<string, string>();
  for (const derived of derivedFiles(source)) files.set(join(folder, derived.name), derivedToCsv(derived));
  const figures = new Set<string>();
  for (const figure of FIGURES) {
    const chart = figure.chart(lab);
    if (chart === undefined) continue;
    figures.add(figure.name);
    files.set(join(folder, 'figures', `${figure.name}.svg`), await renderSvg(chart));
  }
  const input = { source, figures };
  files.set(join(folder, 'README.md'), resultsPage(input));
  files.set(readmePath, withReadmeResults(readFileSync(readmePath, 'utf8'), readmeResults(input)));
  return files;
}

/** Writes them, each to a temporary name first; figures that are no longer made are removed. */
export async function writeResults(folder: string, readmePath: string): Promise<void> {
  const files = await resultFiles(folder, readmePath);
  const figures = join(folder, 'figures');
  mkdirSync(figures, { recursive: true });
  for (const [path, text] of files) writeFileAtomic(path, text);
  if (!existsSync(figures)) return;
  for (const name of readdirSync(figures)) if (!files.has(join(figures, name))) rmSync(join(figures, name));
}
