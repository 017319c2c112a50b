/**
 * `npm run contract`: what it costs that passes are written over the store contract. The same rewriting once as a pass over the
 * floor (the store that has nothing to find out or to move) and once by hand, in one loop over the instructions; outputs are
 * compared. Writes results/contract.csv.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'csv-stringify/sync';
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import { packageRoot } from '../src/bench/checkout.js';
import { compiledModule } from '../src/bench/child-process.js';
import { describeRun, sidecarPath } from '../src/bench/sidecar.js';
import { integerFrom } from '../src/cli/option-values.js';
import { oneLineErrors, quietWhenReaderLeaves, runCommandLine } from '../src/cli/outcome.js';
import { DEFAULT_RELEASE } from '../src/kernel/index.js';
import { formatTable } from '../src/report/table.js';

/** Workload, and what is done. */
const WORKLOADS = [
  ['dense-10k', 'patches at every second instruction'],
  ['pystacks180.bpf.o', 'the pass zext-rnd-hi32 with BPF_F_TEST_RND_HI32'],
] as const;

/** Columns of results/contract.csv: name, unit, meaning. */
const COLUMNS = [
  ['workload', '-', 'Shape, or object file whose first program is rewritten'],
  ['work', '-', 'What is done'],
  ['contract_p50_ns', 'ns', 'Median time of the pass over the store contract, the floor being the store'],
  ['contract_min_ns', 'ns', 'Its fastest run'],
  ['by_hand_p50_ns', 'ns', 'Median time of the same work by hand in one loop'],
  ['by_hand_min_ns', 'ns', 'Its fastest run'],
  ['ratio_p50', '-', '`contract_p50_ns / by_hand_p50_ns`'],
  ['ratio_min', '-', '`contract_min_ns / by_hand_min_ns`'],
  ['runs', 'runs', 'Runs that each time is taken from'],
] as const;

interface ContractOptions {
  runs: number;
  out: string;
}

interface Timed {
  readonly minNs: number;
  readonly p50Ns: number;
  readonly digest: string;
}

function side(name: string, workload: string, runs: number, file: string): string {
  const args = [
    '--expose-gc',
    compiledModule('scripts/contract-side.js'),
    name,
    workload,
    String(runs),
    file,
  ];
  return execFileSync(process.execPath, args, { encoding: 'utf8' });
}

function timed(text: string): Timed {
  const [minNs, p50Ns, digest] = text.trim().split(' ');
  return { minNs: Number(minNs), p50Ns: Number(p50Ns), digest };
}

function contract({ runs, out }: ContractOptions): void {
  const folder = mkdtempSync(join(tmpdir(), 'patchbench-contract-'));
  try {
    const file = join(folder, 'recording');
    const lines = WORKLOADS.map(([workload, work]) => {
      side('record', workload, runs, file);
      const over = timed(side('contract', workload, runs, file));
      const byHand = timed(side('by-hand', workload, runs, file));
      if (over.digest !== byHand.digest) throw new Error(`${workload}: both ways end in different programs`);
      const ratio = (a: number, b: number): number => Math.round((100 * a) / b) / 100;
      return [
        workload,
        work,
        over.p50Ns,
        over.minNs,
        byHand.p50Ns,
        byHand.minNs,
        ratio(over.p50Ns, byHand.p50Ns),
        ratio(over.minNs, byHand.minNs),
        runs,
      ];
    });
    const columns = COLUMNS.map(([name]) => name);
    writeFileAtomic(out, stringify(lines, { header: true, columns, record_delimiter: 'unix' }));
    writeFileAtomic(sidecarPath(out), `${JSON.stringify(sidecarOf(lines.length, runs), undefined, 2)}\n`);
    const headings = COLUMNS.map(([heading]) => ({ heading, align: 'left' }) as const);
    process.stdout.write(formatTable(headings, lines));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sidecarOf(rows: number, runs: number): object {
  const run = describeRun(
    {
      command: `npm run contract -- --runs ${runs}`,
      ended: 'complete',
      problems: [],
      kernel: DEFAULT_RELEASE,
      seed: 'patchbench',
      sampling: { budget_ms: 0, min_samples: runs, jobs: 1 },
    },
    [],
  );
  return { ...run, rows, columns: COLUMNS.map(([name, unit, meaning]) => ({ name, unit, meaning })) };
}

const program = new Command('contract')
  .description('measure passes over the store contract beside the same work written by hand')
  .option('--runs <n>', 'runs of each', integerFrom(5), 100)
  .option('--out <file>', 'the CSV to write', join(packageRoot(), 'results', 'contract.csv'))
  .action(contract);

quietWhenReaderLeaves();
await runCommandLine(oneLineErrors(program), process.argv.slice(2));
