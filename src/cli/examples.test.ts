/** Every example that a command's help gives is run as it stands there, from the checkout's top. */
import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { compiledModule } from '../bench/child-process.js';
import { packageRoot } from '../package-root.js';
import { makeProgram } from './program.js';

/** The help of a command as users see it, with what is added behind the options. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

/** Words of an example line as a shell splits them: single quotes and nothing else. */
function wordsOf(line: string): string[] {
  return (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

const commands = makeProgram().commands.map((command) => ({
  name: command.name(),
  examples: helpOf(command)
    .split('\n')
    .filter((line) => line.startsWith('  patchbench '))
    .map((line) => wordsOf(line).slice(1)),
}));

test.each(commands)('the help of $name has examples', ({ examples }) => {
  expect(examples.length).toBeGreaterThan(0);
});

describe.each(commands)('an example of $name', ({ examples }) => {
  test.each(examples.map((words) => [words.join(' '), words] as const))('runs: patchbench %s', (_, words) => {
    const { status, stdout } = spawnSync(process.execPath, [compiledModule('src/cli/main.js'), ...words], {
      cwd: packageRoot(),
      encoding: 'utf8',
      timeout: 60_000,
      // A report of the whole lab is several megabytes; Node ends a child after one.
      maxBuffer: 64 << 20,
    });
    expect(status).toBe(0);
    expect(stdout).not.toBe('');
  });
});
