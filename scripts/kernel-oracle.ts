/**
 * Asks a real kernel, booted in QEMU, what it makes of BPF objects.
 *
 *     kernel-oracle RELEASE --out FOLDER OBJECT...   one JSON file per object
 *     kernel-oracle RELEASE                          regenerates corpus/golden/RELEASE from the corpus
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { askKernel } from './kernel-oracle/ask.js';
import type { ObjectTruth } from './kernel-oracle/truth.js';

/** The checkout: the nearest folder above this file that has the package's manifest. */
function checkout(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!statSync(join(at, 'package.json'), { throwIfNoEntry: false })) at = dirname(at);
  return at;
}

const root = checkout();
const command = new Command('kernel-oracle')
  .argument('<release>', 'kernel release: 6.1, 6.12 or 7.2')
  .argument('[objects...]', 'object files; @FILE reads names from a file')
  .option('--cache <folder>', 'where kernel packages are kept', join(root, '.cache'))
  .option('--seconds <n>', 'time limit of one program', parseSeconds, 120)
  .option('--out <folder>', 'write one JSON file per object here')
  .action(
    async (release: string, names: string[], options: { cache: string; seconds: number; out?: string }) => {
      const objects = names
        .flatMap((name) =>
          name.startsWith('@')
            ? readFileSync(name.slice(1), 'utf8')
                .split('\n')
                .filter((line) => line !== '' && !line.startsWith('#'))
            : [name],
        )
        .map((name) => resolve(name));
      const answer = await askKernel(release, objects, {
        sources: join(root, 'scripts/kernel-oracle'),
        cache: resolve(options.cache),
        seconds: options.seconds,
        progress: (line) => process.stderr.write(`${line}\n`),
      });
      if (options.out === undefined) return;
      writeObjects(options.out, answer.objects);
    },
  );

/** One file per object, one field of a program a line. @throws Error when two objects have the same file name */
function writeObjects(folder: string, objects: readonly ObjectTruth[]): void {
  mkdirSync(folder, { recursive: true });
  const written = new Set<string>();
  for (const { programs, ...object } of objects) {
    const file = `${object.object}.json`;
    if (written.has(file)) throw new Error(`${object.object}: two objects of that name`);
    written.add(file);
    const lines = programs.map((program) =>
      Object.entries(program)
        .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
        .join(',\n'),
    );
    const head = JSON.stringify(object).slice(0, -1);
    writeFileSync(
      join(folder, file),
      `${head},\n"programs":[${lines.map((text) => `{${text}}`).join(',\n\n')}]}\n`,
    );
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1) throw new InvalidArgumentError('a number of seconds');
  return seconds;
}

try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`kernel-oracle: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
