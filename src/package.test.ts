/** The package as its users get it: packed, laid out in an empty folder with nothing but its runtime dependencies. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from './package-root.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbench-package-'));
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: packageRoot(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', modules]);
  execFileSync('mv', [join(modules, 'package'), join(modules, 'bpf-patchbench')]);
  for (const name of runtimeDependencies()) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(packageRoot(), 'node_modules', name), join(modules, name));
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Names of what the lock file installs without development dependencies. */
function runtimeDependencies(): string[] {
  const lock = JSON.parse(readFileSync(join(packageRoot(), 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const top = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/;
  return Object.entries(lock.packages).flatMap(([path, { dev }]) => {
    const name = top.exec(path)?.[1];
    return name === undefined || dev === true ? [] : [name];
  });
}

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
}

test('plain JavaScript loads a program, rewrites it over two strategies and measures it', () => {
  const object = join(folder, 'node_modules/bpf-patchbench/corpus/divisions.bpf.o');
  expect(existsSync(object)).toBe(true);
  writeFileSync(
    join(folder, 'use.mjs'),
    `
    import * as lab from 'bpf-patchbench';
    const object = lab.loadObject(process.argv[2], { kernel: lab.kernelTargetOf('6.12') });
    const profile = lab.profileOf('6.12');
    const program = object.programs[0];
    const outs = ['array', 'rope'].map((name) => lab.rewriteProgram(object, program, profile, name));
    const workload = new lab.ProgramWorkload(lab.prepare(object, program, profile));
    const digest = lab.digestOf(outs[0].linear);
    const phases = lab.measureStrategy(workload, lab.strategyOf('rope'), digest, lab.REFERENCE, {
      budgetMs: 5,
      minSamples: 3,
    });
    console.log(JSON.stringify({
      same: lab.sameProgram(outs[0].linear, outs[1].linear),
      expanding: outs[0].counts.expandingPatches,
      phases: phases.map(({ name }) => name),
      store: typeof lab.DeferringStore,
    }));
    `,
  );
  const { status, stdout, stderr } = node('use.mjs', object);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const said = JSON.parse(stdout) as { same: boolean; expanding: number; phases: string[]; store: string };
  expect(said).toMatchObject({ same: true, store: 'function' });
  expect(said.expanding).toBeGreaterThan(0);
  expect(said.phases).toEqual(expect.arrayContaining(['init', 'misc-fixups', 'finish', 'total']));
});

test('the command line runs from the installed package', () => {
  const cli = join(folder, 'node_modules/bpf-patchbench/dist/src/cli/main.js');
  const object = join(folder, 'node_modules/bpf-patchbench/corpus/divisions.bpf.o');
  const measured = node(cli, '--strategy', 'array', '--time', '5', '-q', '-o', 'csv', object);
  expect({ status: measured.status, stderr: measured.stderr }).toEqual({ status: 0, stderr: '' });
  expect(measured.stdout).toMatch(/^file_name,prog_name,strategy,/);
  expect(node(cli, 'verify-golden', '--kernel', '6.12', '--prog', 'refill').status).toBe(0);
});

test('types come with it', () => {
  const types = join(folder, 'node_modules/bpf-patchbench/dist/src/index.d.ts');
  expect(readFileSync(types, 'utf8')).toContain('rewriteProgram');
});
