/** One case over one strategy, in a process of its own: what it gives and takes. */
import { spawnSync } from 'node:child_process';
import { digestOf } from '../../bench/linear-compare.js';
import { PhaseLog } from '../../bench/phase-log.js';
import { SyntheticRun } from '../../bench/workloads/synthetic-run.js';
import { REFERENCE, strategyOf } from '../../../strategies/index.js';
import { casesNamed } from './cases.js';

/** What a child process tells. */
export interface CaseResult {
  /** SHA-256 of the linear program. */
  readonly digest: string;
  /** From making the store to the linear program. */
  readonly milliseconds: number;
  /** Largest resident set of the process, in MiB: the input and the output are in it. */
  readonly peakMiB: number;
}

/** Seed of what the shapes draw. */
const SEED = 'stress';
/** The longest that one case over one strategy may take. */
const MOST_MILLISECONDS = 15 * 60_000;

/** Runs the case here and now. @throws what the store throws */
export function runHere(caseName: string, strategyName: string): CaseResult {
  const [{ shape }] = casesNamed(caseName);
  const strategy = strategyOf(strategyName);
  const run = new SyntheticRun(shape, SEED);
  const start = performance.now();
  const linear = run.run(strategy, new PhaseLog(false));
  const milliseconds = performance.now() - start;
  return { digest: digestOf(linear), milliseconds, peakMiB: process.resourceUsage().maxRSS / 1024 };
}

/** The digest a case must give, by arithmetic and not by a store (src/bench/workloads/expected.ts). */
export function expectedDigest(caseName: string): string {
  return runInChild(caseName, REFERENCE.name).digest;
}

/**
 * Runs the case in a process of its own.
 * @throws Error of one line when that ends in any other way than with a result
 */
export function runInChild(caseName: string, strategyName: string): CaseResult {
  const script = process.argv[1];
  const child = spawnSync(process.execPath, [...process.execArgv, script, 'child', caseName, strategyName], {
    encoding: 'utf8',
    timeout: MOST_MILLISECONDS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.error !== undefined) throw child.error;
  if (child.status === 0) return JSON.parse(child.stdout) as CaseResult;
  const reason = child.stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1);
  throw new Error(
    child.signal === null ? (reason ?? `exit code ${child.status}`) : `ended by ${child.signal}`,
  );
}
