/**
 * `npm run test:stress`: programs of up to 1,000,000 instructions with as many patches over every strategy, each in a
 * process of its own, all compared; and a thousand loads of one program in one process, whose memory must not grow. Prints
 * a table as it goes, and exits with 1 when anything failed. Some minutes.
 */
import { Command } from 'commander';
import { integerFrom } from '../src/cli/option-values.js';
import { EXIT_FAILURE, oneLine, oneLineErrors, runCommandLine } from '../src/cli/outcome.js';
import { casesNamed, isFor } from '../src/testing/stress/cases.js';
import { liveLong, MOST_GROWTH } from '../src/testing/stress/long-life.js';
import { expectedDigest, runHere, runInChild } from '../src/testing/stress/run-case.js';
import { STRATEGIES, strategyOf } from '../strategies/index.js';

interface StressOptions {
  readonly case?: string;
  readonly strategy?: string;
  readonly loads: number;
}

/** Name of the case that is no size: many loads of one program. */
const LOADS = 'loads';
/** Loads between two lines of progress. */
const LOADS_A_LINE = 100;

let passed = 0;
let failed = 0;

function report(
  name: string,
  strategy: string,
  milliseconds: number,
  peakMiB: number,
  verdict: string,
): void {
  if (verdict === 'ok') passed++;
  else failed++;
  row(name, strategy, milliseconds.toFixed(0), peakMiB.toFixed(0), verdict);
}

function row(name: string, strategy: string, time: string, peak: string, verdict: string): void {
  console.log(`${name.padEnd(24)}${strategy.padEnd(16)}${time.padStart(10)}${peak.padStart(10)}  ${verdict}`);
}

function stress(options: StressOptions): void {
  const strategies = options.strategy === undefined ? STRATEGIES : [strategyOf(options.strategy)];
  row('case', 'strategy', 'ms', 'peak MiB', 'verdict');
  for (const each of options.case === LOADS ? [] : casesNamed(options.case)) {
    const { name } = each.shape;
    const wanted = expectedDigest(name);
    for (const strategy of strategies.filter((strategy) => isFor(each, strategy))) {
      try {
        const { digest, milliseconds, peakMiB } = runInChild(name, strategy.name);
        report(name, strategy.name, milliseconds, peakMiB, digest === wanted ? 'ok' : 'differs');
      } catch (error) {
        report(name, strategy.name, 0, 0, oneLine(error));
      }
    }
  }
  if (options.case === undefined || options.case === LOADS) loadAgainAndAgain(options.loads);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = EXIT_FAILURE;
}

function loadAgainAndAgain(loads: number): void {
  const start = performance.now();
  const { firstMiB, lastMiB, growth, peakMiB } = liveLong(loads, (load) => {
    if (load % LOADS_A_LINE === 0) process.stderr.write(`stress: ${load} of ${loads} loads\n`);
  });
  const figures = `${loads} loads: ${firstMiB.toFixed(2)} MiB in use at first, ${lastMiB.toFixed(2)} at last`;
  const flat = Math.abs(growth) <= MOST_GROWTH;
  report(
    LOADS,
    'all in turn',
    performance.now() - start,
    peakMiB,
    flat ? 'ok' : `grows by ${(100 * growth).toFixed(1)} %`,
  );
  console.log(figures);
}

const program = oneLineErrors(
  new Command('stress')
    .description('Programs of unreal sizes over every strategy, and a process that lives long')
    .option('--case <name>', `only this case; \`${LOADS}\` is the process that lives long`)
    .option('--strategy <name>', 'only this strategy')
    .option('--loads <n>', 'how many loads of one program in one process', integerFrom(250), 1000)
    .action(stress),
);
program
  .command('child <case> <strategy>', { hidden: true })
  .action((caseName: string, strategyName: string) => {
    process.stdout.write(JSON.stringify(runHere(caseName, strategyName)));
  });

await runCommandLine(program, process.argv.slice(2));
