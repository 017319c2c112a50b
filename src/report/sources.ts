/**
 * The measured files in results/: `lab.csv`, or its parts from several machines (`lab-I-of-N.csv`), or the short
 * benchmark's `bench.csv`, each with its sidecar.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../bench/columns.js';
import { readCsv } from '../bench/csv.js';
import { readSidecar, type Sidecar } from '../bench/sidecar.js';

/** Measured rows and where they are from. */
export interface Source {
  /** CSV files, by name. */
  readonly files: readonly string[];
  readonly rows: readonly Row[];
  /** One per file. */
  readonly sidecars: readonly Sidecar[];
}

const PART = /^lab-(\d+)-of-(\d+)\.csv$/;

/**
 * The measured rows of a folder: the lab's, or where it has not run those of `bench.csv`.
 * @throws Error when there are none, parts are missing, or the files are of different commits
 */
export function measuredSource(folder: string): Source {
  const names = readdirSync(folder).sort();
  const parts = names.filter((name) => PART.test(name));
  const whole = names.includes('lab.csv');
  if (whole && parts.length > 0)
    throw new Error(`${folder}: lab.csv and parts of it (${parts[0]}) are both there: remove what is older`);
  if (whole) return sourceOf(folder, ['lab.csv']);
  if (parts.length > 0) {
    assertComplete(folder, parts);
    return sourceOf(folder, parts);
  }
  if (!names.includes('bench.csv'))
    throw new Error(`${folder}: neither lab.csv nor bench.csv: npm run bench makes them`);
  return sourceOf(folder, ['bench.csv']);
}

/**
 * Named files as one source.
 * @throws Error when they are of different commits
 */
export function sourceOf(folder: string, files: readonly string[]): Source {
  const paths = files.map((name) => join(folder, name));
  const sidecars = paths.map(readSidecar);
  const commits = [...new Set(sidecars.map(({ commit }) => commit.hash))];
  if (commits.length > 1)
    throw new Error(`${files.join(', ')}: measured at different commits: ${commits.join(', ')}`);
  return { files, rows: paths.flatMap(readCsv), sidecars };
}

function assertComplete(folder: string, parts: readonly string[]): void {
  const divisions = new Set(parts.map((name) => Number(PART.exec(name)![2])));
  const [of] = divisions;
  if (divisions.size > 1 || parts.length !== of)
    throw new Error(`${folder}: parts of lab.csv are missing or of several divisions: ${parts.join(', ')}`);
}
