/** The session that README shows, run again: what it prints is what stands there. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compiledModule } from '../bench/child-process.js';
import { packageRoot } from '../package-root.js';

const README = readFileSync(join(packageRoot(), 'README.md'), 'utf8');

/** Commands of the console blocks, with the text below each. */
const SESSION = [...README.matchAll(/```console\n([^]*?)```/g)].flatMap(([, block]) =>
  block
    .split(/^\$ patchbench /m)
    .slice(1)
    .map((entry) => {
      const end = entry.indexOf('\n');
      return [entry.slice(0, end), entry.slice(end + 1).trimEnd()] as const;
    }),
);

test('README shows a session', () => {
  expect(SESSION.length).toBeGreaterThan(1);
});

describe('the session of README', () => {
  test.each(SESSION)('prints the same for: patchbench %s', (line, printed) => {
    const { stdout } = spawnSync(process.execPath, [compiledModule('src/cli/main.js'), ...line.split(' ')], {
      cwd: packageRoot(),
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stdout.trimEnd()).toBe(printed);
  });
});
