/** README's "Add a strategy", followed to the letter: the tests must take up a new strategy by registration alone. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** What the steps of README's section name; a step that is worded otherwise fails here. */
function steps(): { file: string; registry: string; line: string; name: string } {
  const section = /^## Add a strategy\n(.*?)^(?=## )/ms.exec(README)?.[1] ?? '';
  const file = /^1\. Write `(strategies\/[\w-]+\.ts)`/m.exec(section)?.[1];
  const second = /^2\. Add one line to \[(strategies\/[\w-]+\.ts)\]\(\1\): `(.+)`$/m.exec(section);
  if (file === undefined || second === null) throw new Error('README no longer says how to add a strategy');
  return { file, registry: second[1], line: second[2], name: path.basename(file, '.ts') };
}

const copy = mkdtempSync(path.join(tmpdir(), 'strategy-'));
afterAll(() => {
  rmSync(copy, { recursive: true });
});

/** What the strategies and their tests are made of. */
const NEEDED = [
  'strategies',
  'src/isa',
  'src/patcher.ts',
  'src/patcher.test.ts',
  'src/testing/choose-seed.ts',
  'src/testing/property-seed.ts',
];
const SETTINGS = ['package.json', 'tsconfig.json', 'vitest.config.ts'];

/** The checkout with the new strategy, in a temporary folder; nothing but the two steps is done to it. */
function checkoutWithStrategy(): void {
  const { file, registry, line, name } = steps();
  for (const part of [...NEEDED, ...SETTINGS])
    cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  // Step 1. In its place the example's imports are those of a strategy.
  const source = readFileSync(path.join(ROOT, 'strategies/testing', `${name}.ts`), 'utf8');
  writeFileSync(path.join(copy, file), source.replace(/'\.\.\//g, "'./").replace(/'\.\/\.\.\//g, "'../"));
  // Step 2.
  const registered = readFileSync(path.join(copy, registry), 'utf8');
  writeFileSync(path.join(copy, registry), `${registered}${line}\n`);
}

interface Report {
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the tests that are about the new strategy or about all of them. */
function runTests(name: string): Report {
  const output = path.join(copy, 'report.json');
  const vitest = path.join(copy, 'node_modules/vitest/vitest.mjs');
  const about = `${name}|all strategies agree with|the registry`;
  const run = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      'strategies/',
      'src/patcher',
      '-t',
      about,
      '--exclude',
      '**/toy-strategy.test.ts',
      '--reporter',
      'json',
      '--outputFile',
      output,
    ],
    { cwd: copy, env: { ...process.env, RUNS: '5' }, encoding: 'utf8' },
  );
  if (!existsSync(output)) throw new Error(run.stderr);
  return JSON.parse(readFileSync(output, 'utf8')) as Report;
}

describe("README's steps", () => {
  it('name a file, the registry and the line for it', () => {
    const { file, line } = steps();
    expect(line).toContain(`'./${path.basename(file, '.ts')}.js'`);
  });

  it('are all that a new strategy takes to be tested like the others', { timeout: 0 }, () => {
    checkoutWithStrategy();
    const { name } = steps();
    const report = runTests(name);
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const about = (strategy: string): string[] =>
      tests.filter(({ fullName }) => fullName.includes(strategy)).map(({ status }) => status);
    expect(report.testResults.map(({ message }) => message).join('')).toBe('');
    expect(tests.flatMap(({ failureMessages }) => failureMessages)).toEqual([]);
    expect(report.numFailedTests + report.numFailedTestSuites).toBe(0);
    expect(new Set(about(name))).toEqual(new Set(['passed']));
    expect(about(name).length).toBeGreaterThan(50);
    expect(about('all strategies agree with')).not.toContain('failed');
  });
});
