/**
 * The walks of src/README.md, followed to the letter in a copy of the sources: every code block behind a `walk:` mark is
 * written where the mark says, the copy is compiled with all types checked, and what was added is used.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from './package-root.js';

const ROOT = packageRoot();

let copy: string;

/** A step of a walk: a new file, or a change of one. */
interface Step {
  readonly file: string;
  /** `behind "…"`, `instead of "…"` or `at the end`; absent for a new file. */
  readonly place: string | undefined;
  readonly code: string;
}

function steps(): Step[] {
  const text = readFileSync(join(ROOT, 'src', 'README.md'), 'utf8');
  return [...text.matchAll(/<!-- walk: ([^\s,]+)(?:, (.+?))? -->\n\n```ts\n([^]*?)```/g)].map(
    ([, file, place, code]) => ({ file, place: place === '' ? undefined : place, code }),
  );
}

function follow({ file, place, code }: Step): void {
  const path = join(copy, file);
  if (place === undefined) {
    writeFileSync(path, code);
    return;
  }
  const text = readFileSync(path, 'utf8');
  const anchor = /"(.*)"/.exec(place)?.[1];
  if (anchor === undefined) writeFileSync(path, text + code);
  else {
    if (text.split(anchor).length !== 2) throw new Error(`${file}: '${anchor}' is not there exactly once`);
    const line = code.trimEnd();
    const changed = text.replace(anchor, () => (place.startsWith('behind') ? `${anchor}\n${line}` : line));
    writeFileSync(path, changed);
  }
}

/** Adds an import, which the walks leave to the reader's editor. */
function addImport(file: string, line: string): void {
  const path = join(copy, file);
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/^import /m, () => `${line}\nimport `),
  );
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'patchbench-walks-'));
  for (const room of ['src', 'strategies'])
    cpSync(join(ROOT, room), join(copy, room), {
      recursive: true,
      filter: (path) => !path.endsWith('.test.ts'),
    });
  for (const file of ['package.json', 'tsconfig.json']) copyFileSync(join(ROOT, file), join(copy, file));
  for (const linked of ['corpus', 'node_modules']) symlinkSync(join(ROOT, linked), join(copy, linked));
  steps().forEach(follow);
  addImport('src/fixups/pipeline.ts', "import { dropSelfMoves } from './drop-self-moves.js';");
  addImport('src/kernel/index.ts', "import { V6_18 } from './v6.18.js';");
  const data = join(copy, 'src/kernel/data');
  for (const name of readdirSync(data))
    if (name.startsWith('6.12.')) copyFileSync(join(data, name), join(data, name.replace('6.12.', '6.18.')));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, '-p', 'tsconfig.json', '--incremental', 'false'],
    {
      cwd: copy,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the walks do not compile:\n${stdout}`);
}, 180_000);

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

function patchbench(...args: string[]) {
  return spawnSync(process.execPath, [join(copy, 'dist/src/cli/main.js'), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

test('the walks are three, a file and a line each', () => {
  expect(steps().map(({ file, place }) => `${file}${place === undefined ? '' : ' changed'}`)).toEqual([
    'src/fixups/drop-self-moves.ts',
    'src/fixups/pipeline.ts changed',
    'src/kernel/v6.18.ts',
    'src/kernel/index.ts changed',
    'src/bench/workloads/short.ts',
    'src/bench/workloads/list.ts changed',
  ]);
});

test('the pass is listed in its place, and all strategies agree on what it does', () => {
  expect(patchbench('list', 'passes').stdout).toMatch(/remove-nops\s+drop-self-moves/);
  const { status, stdout } = patchbench('verify', join(ROOT, 'corpus/divisions.bpf.o'));
  expect(stdout).toMatch(/ (\d+) of \1\n/);
  expect(status).toBe(0);
});

test('the kernel rewrites programs, with its own width of aux records', () => {
  expect(patchbench('list', 'kernels').stdout).toMatch(/6\.18 +linux-image-6\.18\.0-amd64 6\.18\.0-1 +88\n/);
  const { status, stdout } = patchbench('xlated', join(ROOT, 'corpus/divisions.bpf.o'), '--kernel', '6.18');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ {3}0: \(/m);
});

test('the workload is made, and every strategy gives what the reference gives', () => {
  const script = join(copy, 'use.mjs');
  writeFileSync(
    script,
    `
    import { SHAPES } from './dist/src/bench/workloads/index.js';
    import { syntheticTarget } from './dist/src/bench/targets.js';
    import { workloadOf } from './dist/src/bench/workloads.js';
    import { PhaseLog } from './dist/src/bench/phase-log.js';
    import { digestOf } from './dist/src/bench/linear-compare.js';
    import { REFERENCE, STRATEGIES } from './dist/strategies/index.js';
    const names = SHAPES.map(({ name }) => name).filter((name) => name.startsWith('short-'));
    const digests = [];
    for (const name of names) {
      const { workload } = await workloadOf(syntheticTarget(name, 'walk').workload, undefined);
      digests.push(new Set([REFERENCE, ...STRATEGIES].map((each) => digestOf(workload.run(each, new PhaseLog(false))))).size);
    }
    console.log(JSON.stringify({ names, digests }));
    `,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ names: ['short-100', 'short-300'], digests: [1, 1] });
});
