/** Where the package's own files are, and which commit they are from. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../package-root.js';

export { packageRoot };

const PACKAGE = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
});

/** Version in `package.json`. */
export function packageVersion(): string {
  return readPackage(packageRoot()).version;
}

/** Installed version of each runtime dependency; those that are not installed are missing. */
export function dependencyVersions(): Record<string, string> {
  const root = packageRoot();
  const versions: Record<string, string> = {};
  for (const name of Object.keys(readPackage(root).dependencies)) {
    const version = installedVersion(root, name);
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}

function readPackage(folder: string): z.infer<typeof PACKAGE> {
  return PACKAGE.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
}

/** Looks upwards as Node does: an installed package has its dependencies beside it. */
function installedVersion(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'node_modules', name, 'package.json');
    if (existsSync(file))
      return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
    if (at === dirname(at)) return undefined;
  }
}

/** The state of the sources. */
export interface Commit {
  /** Full hash; `unknown` outside a git checkout. */
  readonly hash: string;
  /** Something besides `results/` differs from that commit; null when that is not known. */
  readonly dirty: boolean | null;
}

/** The commit of the checkout the program runs from. */
export function currentCommit(): Commit {
  const root = packageRoot();
  if (!existsSync(join(root, '.git'))) return { hash: 'unknown', dirty: null };
  try {
    return {
      hash: git(root, 'rev-parse', 'HEAD').trim(),
      dirty: git(root, 'status', '--porcelain', '--', '.', ':!results') !== '',
    };
  } catch {
    return { hash: 'unknown', dirty: null };
  }
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
