/**
 * The JSON beside a CSV: what a line of figures cannot say about itself. A CSV without its sidecar is not evidence,
 * so both are written by one call, each to a temporary name first.
 */
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { z } from 'zod';
import { writeFileAtomic } from './atomic-file.js';
import { currentCommit, dependencyVersions, packageVersion } from './checkout.js';
import { COLUMNS, type Row } from './columns.js';
import { rowsToCsv } from './csv.js';

const SIDECAR = z.strictObject({
  /** Counts up when the meaning of a field changes. */
  schema: z.literal(1),
  /** Command line that made the CSV. */
  command: z.string(),
  /** When it was written, ISO 8601 in UTC. */
  date: z.string(),
  /** `complete`, or why rows are missing. */
  ended: z.enum(['complete', 'difference', 'interrupted']),
  rows: z.int(),
  /** One line each: what could not be measured. */
  problems: z.array(z.string()),
  kernel: z.string(),
  seed: z.string(),
  /** Time in ms for the samples of one program in a process, fewest samples, processes at a time. */
  sampling: z.strictObject({
    budget_ms: z.number(),
    min_samples: z.int(),
    jobs: z.int(),
    /** Processes per strategy and program where no program has its own number; 1 when absent. */
    processes: z.int().optional(),
  }),
  /** `i/n` when this is the i-th of n parts; absent for the whole. */
  shard: z.string().optional(),
  version: z.string(),
  commit: z.strictObject({ hash: z.string(), dirty: z.boolean().nullable() }),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int(),
    memory_bytes: z.int(),
    arch: z.string(),
  }),
  os: z.strictObject({ platform: z.string(), release: z.string() }),
  node: z.string(),
  v8: z.string(),
  packages: z.record(z.string(), z.string()),
  columns: z.array(z.strictObject({ name: z.string(), unit: z.string(), meaning: z.string() })),
});

export type Sidecar = z.infer<typeof SIDECAR>;

/** What only the run knows. */
export type RunRecord = Pick<
  Sidecar,
  'command' | 'ended' | 'problems' | 'kernel' | 'seed' | 'sampling' | 'shard'
>;

/** The sidecar of `rows`, with everything about this machine, this program and this moment. */
export function describeRun(run: RunRecord, rows: readonly Row[]): Sidecar {
  return {
    schema: 1,
    command: run.command,
    date: new Date().toISOString(),
    ended: run.ended,
    rows: rows.length,
    problems: [...run.problems],
    kernel: run.kernel,
    seed: run.seed,
    sampling: run.sampling,
    ...(run.shard === undefined ? {} : { shard: run.shard }),
    version: packageVersion(),
    commit: currentCommit(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memory_bytes: totalmem(),
      arch: arch(),
    },
    os: { platform: platform(), release: release() },
    node: process.version,
    v8: process.versions.v8,
    packages: dependencyVersions(),
    columns: COLUMNS.map(({ name, unit, meaning }) => ({ name, unit, meaning })),
  };
}

/** `results/bench.csv` → `results/bench.json`. */
export function sidecarPath(csvPath: string): string {
  return `${csvPath.replace(/\.csv$/, '')}.json`;
}

/** Writes the CSV and its sidecar; the folder is made when it is missing. */
export function writeResult(csvPath: string, run: RunRecord, rows: readonly Row[]): void {
  const sidecar = describeRun(run, rows);
  writeFileAtomic(csvPath, rowsToCsv(rows));
  writeFileAtomic(sidecarPath(csvPath), `${JSON.stringify(sidecar, undefined, 2)}\n`);
}

function jsonOf(path: string): unknown {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path}: not JSON`);
  }
}

/**
 * The sidecar of a CSV.
 * @throws Error of one line: no such file, not JSON, or not a sidecar and where
 */
export function readSidecar(csvPath: string): Sidecar {
  const path = sidecarPath(csvPath);
  const parsed = SIDECAR.safeParse(jsonOf(path));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`${path}: ${issue.path.join('.')}: ${issue.message}`);
}
