/**
 * `npm run test:long`: the generated tests with a hundred times the cases of `npm test`, on all cores. Each core takes its share
 * of a suite's cases with a seed of its own, which is printed: `SEED=… RUNS=… npx vitest run <files>` replays it.
 *
 * `RUNS=…` sets the cases of the largest suite, of which the others have their share; `SEED=…` the first seed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is run: test files, the names of the tests meant (all without), and cases as a share of `RUNS`. */
const SUITES = [
  {
    name: 'editing sessions',
    files: ['strategies/equivalence.test.ts'],
    only: 'any editing session',
    share: 1,
  },
  { name: 'many patches', files: ['strategies/boundaries.test.ts'], only: 'all strategies', share: 0.1 },
  {
    name: 'damaged objects',
    files: ['src/damaged-inputs.test.ts', 'src/object/load.test.ts'],
    only: 'damaged objects',
    share: 1,
  },
  {
    name: 'damaged texts',
    files: ['src/damaged-inputs.test.ts'],
    only: 'damaged texts|any words',
    share: 1,
  },
  {
    name: 'failing stores',
    files: ['strategies/failed-stores.test.ts'],
    only: 'all strategies',
    share: 0.02,
  },
];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VITEST = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
const CORES = availableParallelism();

/** A positive integer from the environment. */
function setting(name, fallback) {
  const text = process.env[name] ?? '';
  if (text === '') return fallback;
  if (!/^\d+$/.test(text) || Number(text) < 1) {
    console.error(`test:long: ${name}=${text} is not a positive integer`);
    process.exit(2);
  }
  return Number(text);
}

const runs = setting('RUNS', 100_000);
const seed = setting('SEED', (Date.now() & 0x3fffffff) + 1);
const reports = mkdtempSync(path.join(tmpdir(), 'test-long-'));
process.on('exit', () => rmSync(reports, { recursive: true, force: true }));

const jobs = SUITES.flatMap((suite) => {
  const cases = Math.max(1, Math.round(runs * suite.share));
  const parts = Math.min(CORES, cases);
  return Array.from({ length: parts }, (_, part) => ({
    ...suite,
    cases: Math.floor(cases / parts) + (part < cases % parts ? 1 : 0),
    seed: seed + part,
  }));
});

/** Runs one share and resolves to how many tests passed and failed. */
function run(job, index) {
  const outputFile = path.join(reports, `${index}.json`);
  const args = [VITEST, 'run', ...job.files, '-t', job.only, '--maxWorkers', '1'];
  const child = spawn(process.execPath, [...args, '--reporter', 'json', '--outputFile', outputFile], {
    cwd: ROOT,
    env: { ...process.env, RUNS: String(job.cases), SEED: String(job.seed) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => {
    child.on('close', () => resolve(outcome(outputFile)));
  });
}

/** A share whose report is missing, or tells of no test, failed. */
function outcome(outputFile) {
  try {
    const report = JSON.parse(readFileSync(outputFile, 'utf8'));
    const messages = report.testResults
      .flatMap(({ assertionResults, message }) => [
        message,
        ...assertionResults.flatMap((one) => one.failureMessages),
      ])
      .filter((text) => text !== '' && text !== undefined);
    const failed = report.numFailedTests + report.numFailedTestSuites;
    const none = report.numPassedTests + failed === 0;
    return { passed: report.numPassedTests, failed: none ? 1 : failed, messages };
  } catch (error) {
    return { passed: 0, failed: 1, messages: [error.message] };
  }
}

let passed = 0;
let failed = 0;
const waiting = jobs.map((job, index) => [job, index]);
async function worker() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [job, index] = next;
    const begin = performance.now();
    const result = await run(job, index);
    const seconds = (performance.now() - begin) / 1000;
    passed += result.passed;
    failed += result.failed;
    const rate = (job.cases / seconds).toFixed(1);
    const verdict = result.failed === 0 ? 'passed' : 'FAILED';
    console.log(
      `${verdict} ${job.name}: ${job.cases} cases, SEED=${job.seed}, ${seconds.toFixed(0)} s (${rate} a second)`,
    );
    for (const message of result.messages) console.error(message);
  }
}

console.log(`${runs} cases of the largest suite on ${CORES} cores, SEED=${seed}`);
await Promise.all(Array.from({ length: CORES }, worker));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
