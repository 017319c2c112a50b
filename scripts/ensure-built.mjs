// Makes `npm run bench` and `npm test` work on a fresh clone: installs from the
// lock file when that has not happened, and compiles when the sources are newer
// than the compiled code. Plain JavaScript over node: modules, because it runs
// before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Holds how new the sources were that are compiled: what tsc writes itself is newer after a mere check of types, too. */
const stamp = join(root, 'dist', '.built');

/** Modification time in ms, or 0 where there is no such file. */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The newest modification time of the TypeScript below `folder`. */
function newestSource(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .reduce((newest, name) => Math.max(newest, modified(join(folder, name))), 0);
}

/** Runs npm with its output on stderr, so that stdout stays the tool's own. */
function npm(...args) {
  const { status, error } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error || status !== 0) {
    console.error(`patchbench: npm ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
    process.exit(1);
  }
}

const installed = join(root, 'node_modules', '.package-lock.json');
// npm writes both files in one go: a lock file clearly newer than the installation came with a later commit.
if (modified(installed) + 60_000 < modified(join(root, 'package-lock.json'))) npm('ci');

const sources = Math.max(
  ...['src', 'strategies', 'scripts'].map((folder) => newestSource(join(root, folder))),
  modified(join(root, 'package.json')),
  modified(join(root, 'tsconfig.json')),
);
const compiled = existsSync(stamp) ? Number(readFileSync(stamp, 'utf8')) : 0;
if (modified(join(root, 'dist', 'src', 'cli', 'main.js')) === 0 || compiled !== sources) {
  npm('run', '--silent', 'build');
  writeFileSync(stamp, String(sources));
}
