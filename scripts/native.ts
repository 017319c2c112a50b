/**
 * `npm run native`: array, batch and linked list in TypeScript beside the same algorithms in C (scripts/native/*.c, compiled with
 * `cc -O2`), on the same sessions, outputs compared byte for byte: results/native.csv says how many times slower ours are, and
 * whether both rank them alike. Without a C compiler it says so and does nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'csv-stringify/sync';
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import { packageRoot } from '../src/bench/checkout.js';
import { compiledModule } from '../src/bench/child-process.js';
import type { WorkloadSpec } from '../src/bench/child-protocol.js';
import { corpusFolder } from '../src/bench/manifest.js';
import { describeRun, sidecarPath } from '../src/bench/sidecar.js';
import { workloadOf } from '../src/bench/workloads.js';
import { integerFrom } from '../src/cli/option-values.js';
import { oneLineErrors, quietWhenReaderLeaves, runCommandLine, say } from '../src/cli/outcome.js';
import { DEFAULT_RELEASE } from '../src/kernel/index.js';
import { formatTable } from '../src/report/table.js';
import { recordSession, sessionFile } from './native/sessions.js';

const SEED = 'patchbench';
const SOURCES = ['main.c', 'array.c', 'batch.c', 'list.c', 'deferred.c'];
/** The strategies that are modelled, by the names that both sides know them by. */
const MODELLED = ['array', 'batch', 'linked-list'];

/** Columns of results/native.csv: name, unit, meaning. */
const COLUMNS = [
  ['file_name', '-', 'Object file, or `synthetic`'],
  ['prog_name', '-', 'Program or shape, replayed: passes walk and do what was recorded, they decide nothing'],
  ['strategy', '-', 'How the instructions were held'],
  ['ts_p50_ns', 'ns', 'Median time of a run of the strategy'],
  ['ts_min_ns', 'ns', 'Its fastest run'],
  ['c_p50_ns', 'ns', 'Median time of a run of the same algorithm in C'],
  ['c_min_ns', 'ns', 'Its fastest run'],
  ['ratio', '-', '`ts_p50_ns / c_p50_ns`'],
  ['ts_rank', '-', 'Place among the strategies of this table, 1 the fastest'],
  ['c_rank', '-', 'The same in C'],
  ['runs', 'runs', 'Runs that each time is taken from'],
] as const;

const WORKLOADS: readonly {
  readonly fileName: string;
  readonly progName: string;
  readonly spec: WorkloadSpec;
}[] = [
  {
    fileName: 'synthetic',
    progName: 'dense-10k',
    spec: { kind: 'synthetic', shape: 'dense-10k', seed: SEED },
  },
  { fileName: 'pystacks180.bpf.o', progName: 'on_event', spec: programSpec('pystacks180.bpf.o') },
];

function programSpec(file: string): WorkloadSpec {
  const path = join(corpusFolder(), file);
  return {
    kind: 'program',
    path,
    program: 0,
    kernel: DEFAULT_RELEASE,
    seed: SEED,
    rndHi32: false,
    blindConstants: false,
  };
}

/** What one process says of its runs. */
interface Timed {
  readonly minNs: number;
  readonly p50Ns: number;
  readonly output: Buffer;
}

interface Pair {
  readonly strategy: string;
  readonly ts: Timed;
  readonly c: Timed;
}

interface NativeOptions {
  runs: number;
  out: string;
}

async function native({ runs, out }: NativeOptions): Promise<void> {
  const compiler = process.env['CC'] ?? 'cc';
  if (!isThere(compiler)) {
    say(`no C compiler (${compiler}): nothing is compared`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'patchbench-native-'));
  try {
    const lines: (string | number)[][] = [];
    const model = join(folder, 'model');
    const sources = SOURCES.map((file) => join(packageRoot(), 'scripts', 'native', file));
    execFileSync(compiler, ['-O2', '-Wall', '-o', model, ...sources], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const { fileName, progName, spec } of WORKLOADS) {
      const session = join(folder, 'session');
      writeFileSync(session, sessionFile(recordSession((await workloadOf(spec, undefined)).workload)));
      const pairs = MODELLED.map((strategy) => measured(strategy, model, session, folder, runs));
      lines.push(...linesOf(fileName, progName, pairs, runs));
    }
    const columns = COLUMNS.map(([name]) => name);
    writeFileAtomic(out, stringify(lines, { header: true, columns, record_delimiter: 'unix' }));
    writeFileAtomic(
      sidecarPath(out),
      `${JSON.stringify(sidecarOf(compiler, lines.length, runs), undefined, 2)}\n`,
    );
    const aligned = COLUMNS.map(
      ([name, unit]) => ({ heading: name, align: unit === '-' ? 'left' : 'right' }) as const,
    );
    process.stdout.write(formatTable(aligned, lines));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isThere(compiler: string): boolean {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Both sides of one strategy, one after the other. */
function measured(strategy: string, model: string, session: string, folder: string, runs: number): Pair {
  // What takes longest is steadiest.
  const count = strategy === 'array' ? Math.ceil(runs / 5) : runs;
  const output = join(folder, 'output');
  const args = [session, strategy, String(count), output];
  const c = timed(execFileSync(model, args, { encoding: 'utf8' }), output);
  const measure = compiledModule('scripts/native/measure.js');
  const ts = timed(
    execFileSync(process.execPath, ['--expose-gc', measure, ...args], { encoding: 'utf8' }),
    output,
  );
  if (!c.output.equals(ts.output)) throw new Error(`${strategy}: the model's program is not the strategy's`);
  return { strategy, ts, c };
}

function timed(text: string, output: string): Timed {
  const [minNs, p50Ns] = text.trim().split(' ').map(Number);
  return { minNs, p50Ns, output: readFileSync(output) };
}

function linesOf(
  fileName: string,
  progName: string,
  pairs: readonly Pair[],
  runs: number,
): (string | number)[][] {
  const rank = (of: (pair: Pair) => number, pair: Pair): number =>
    1 + pairs.filter((other) => of(other) < of(pair)).length;
  return pairs.map((pair) => [
    fileName,
    progName,
    pair.strategy,
    pair.ts.p50Ns,
    pair.ts.minNs,
    pair.c.p50Ns,
    pair.c.minNs,
    Math.round((100 * pair.ts.p50Ns) / pair.c.p50Ns) / 100,
    rank(({ ts }) => ts.p50Ns, pair),
    rank(({ c }) => c.p50Ns, pair),
    pair.strategy === 'array' ? Math.ceil(runs / 5) : runs,
  ]);
}

function sidecarOf(compiler: string, rows: number, runs: number): object {
  const described = describeRun(
    {
      command: `npm run native -- --runs ${runs}`,
      ended: 'complete',
      problems: [],
      kernel: DEFAULT_RELEASE,
      seed: SEED,
      sampling: { budget_ms: 0, min_samples: runs, jobs: 1 },
    },
    [],
  );
  const version = execFileSync(compiler, ['--version'], { encoding: 'utf8' }).split('\n', 1)[0];
  const columns = COLUMNS.map(([name, unit, meaning]) => ({ name, unit, meaning }));
  return { ...described, rows, compiler: `${version} -O2`, columns };
}

const program = new Command('native')
  .description('measure array, batch and linked list beside the same algorithms in C')
  .option('--runs <n>', 'runs of each, a fifth of them of the array', integerFrom(5), 60)
  .option('--out <file>', 'the CSV to write', join(packageRoot(), 'results', 'native.csv'))
  .action(native);

quietWhenReaderLeaves();
await runCommandLine(oneLineErrors(program), process.argv.slice(2));
