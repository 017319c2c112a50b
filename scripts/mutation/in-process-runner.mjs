/**
 * A test runner for Stryker that keeps all tests loaded and runs them where it is: a mutant costs milliseconds, where a
 * worker with fresh modules per mutant costs seconds. What it knows of vitest is `describe`, `it`, `each` and `expect`.
 *
 * The sandbox's sources are compiled file by file (types are not looked at: `npm run typecheck` is for that), `vitest` in
 * them replaced by vitest-shim.mjs, and run with one seed. Quick tests come first, the model test then, and the others as long as
 * the budget of a mutant lasts: so a survivor of what all strategies share may be one that a slow test would have killed.
 * The first failure is enough. Modules are loaded once, so mutants of what runs while they load are not for it (`ignoreStatic`).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import ts from 'typescript';
import { filesOf, takeTests } from './vitest-shim.mjs';

const SHIM = pathToFileURL(fileURLToPath(new URL('vitest-shim.mjs', import.meta.url))).href;
/** What the sources are compiled to, in the sandbox. */
const BUILD = '.mutation-build';
/** How long each test took, for a process that takes the place of the one that ran them without a mutant. */
const DURATIONS = path.join(BUILD, 'durations.json');
const PATCHER = ['src/patcher.ts', 'src/patcher.test.ts'];
/** In the name of the test that compares all strategies with the reference. */
const MODEL_TEST = 'on any editing session';
/** Tests up to so many milliseconds are quick. */
const QUICK = 30;
/** Milliseconds of tests that a mutant meets, as they took without one, once the quick ones and the model test are through. */
const BUDGET = 12_000;
/** A test that takes so many times as long as it should, and a second, will not end. */
const PATIENCE = 10;
/** One seed: a mutant must not be judged by luck. */
const SEED = 20_260_101;

/** Where instrumented code and Stryker meet. */
const shared = (globalThis.__stryker__ ??= {});

class InProcessRunner {
  tests = [];
  /** Mutants this process has met. */
  met = 0;
  /** What no mutant can be judged by any more: the test that fails without one. */
  spoiled = '';
  /** Per test how long it took in the dry run. */
  durations = new Map();

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    fc.configureGlobal({ seed: SEED, numRuns: Number(process.env.RUNS ?? 40), endOnFailure: true });
    const sources = ['strategies', 'src/isa'].flatMap(sourcesIn).concat(PATCHER);
    for (const source of sources) compile(source);
    for (const file of filesOf(sources)) {
      await import(pathToFileURL(built(file)).href);
      for (const { name, run } of takeTests()) {
        this.tests.push({ id: `${file} # ${name} # ${this.tests.length}`, name, run, file });
      }
    }
    if (this.tests.length === 0) throw new Error('no tests found');
    if (existsSync(DURATIONS)) this.durations = new Map(JSON.parse(readFileSync(DURATIONS, 'utf8')));
  }

  async dryRun() {
    shared.activeMutant = undefined;
    const results = [];
    for (const test of this.tests) {
      shared.currentTestId = test.id;
      const result = runTest(test);
      if (result.status === TestStatus.Success) Object.assign(result, again(test));
      shared.currentTestId = undefined;
      this.durations.set(test.id, result.timeSpentMs);
      results.push(result);
    }
    writeFileSync(DURATIONS, JSON.stringify([...this.durations]));
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage: shared.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }) {
    if (this.spoiled !== '') throw new Error(this.spoiled);
    this.met++;
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    const tests = this.tests.filter(({ id }) => wanted?.has(id) ?? true);
    const duration = ({ id }) => this.durations.get(id) ?? 0;
    const rank = (test) => (test.name.includes(MODEL_TEST) ? QUICK : duration(test));
    tests.sort((a, b) => rank(a) - rank(b));
    let spent = 0;
    shared.activeMutant = activeMutant.id;
    shared.hitCount = 0;
    shared.hitLimit = hitLimit;
    const results = [];
    for (const test of tests) {
      if (rank(test) > QUICK && (spent += duration(test)) > BUDGET) break;
      const result = runTest(test, 1000 + PATIENCE * duration(test));
      if (result.status !== TestStatus.Success) this.assertMutantsDoing(test, activeMutant.id);
      if (result.status === TIMED_OUT) {
        shared.activeMutant = undefined;
        return { status: MutantRunStatus.Timeout };
      }
      results.push(result);
      if (result.status === TestStatus.Failed && !disableBail) break;
    }
    const timeout = determineHitLimitReached(shared.hitCount, hitLimit);
    shared.activeMutant = undefined;
    return toMutantRunResult(timeout ?? { status: DryRunStatus.Complete, tests: results });
  }

  /**
   * A test that failed must pass without the mutant. One that does not stumbles over what was left behind in shared state: by
   * this mutant if it is the first in its process, by an earlier one otherwise. Stryker answers an error by a fresh process,
   * in which the mutant is tried again.
   */
  assertMutantsDoing(test, mutant) {
    shared.activeMutant = undefined;
    const { hitCount } = shared;
    const { status, failureMessage } = runTest(test, 2000 + PATIENCE * (this.durations.get(test.id) ?? 0));
    shared.activeMutant = mutant;
    shared.hitCount = hitCount;
    if (status === TestStatus.Success) return;
    this.spoiled = `${test.id} fails without a mutant now: ${failureMessage}`;
    if (this.met > 1) throw new Error(this.spoiled);
  }
}

/**
 * A test that passes once and then fails would be taken for one that found each mutant. How long the second time took
 * counts, since it is the like of a mutant's run.
 */
function again(test) {
  const { status, failureMessage, timeSpentMs } = runTest(test);
  if (status === TestStatus.Success) return { timeSpentMs };
  return { status, failureMessage: `passes once, and fails the second time: ${failureMessage}` };
}

/** Calls the test that waits in `shared.test`; a script, since only scripts can be stopped. */
const CALL = new vm.Script('__stryker__.test()');
/** Status of a test that was stopped. */
const TIMED_OUT = 'stopped';

/** Runs a test, which must be done when it returns, for at most `limit` milliseconds. */
function runTest({ id, name, run, file }, limit) {
  const begin = performance.now();
  const result = { id, name, fileName: path.resolve(file), status: TestStatus.Success };
  shared.test = run;
  try {
    CALL.runInThisContext(limit === undefined ? {} : { timeout: Math.ceil(limit) });
  } catch (error) {
    result.status = error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? TIMED_OUT : TestStatus.Failed;
    result.failureMessage = String(error).slice(0, 300);
  }
  result.timeSpentMs = performance.now() - begin;
  return result;
}

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

function built(source) {
  return path.resolve(BUILD, source.replace(/\.ts$/, '.js'));
}

function compile(source) {
  const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  mkdirSync(path.dirname(built(source)), { recursive: true });
  writeFileSync(built(source), outputText.replace(/from 'vitest'/g, `from '${SHIM}'`));
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
