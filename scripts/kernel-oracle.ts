/**
 * Asks a real kernel, booted in QEMU, what it makes of BPF objects.
 *
 *     kernel-oracle RELEASE                          regenerates corpus/golden/RELEASE from the corpus
 *     kernel-oracle RELEASE --out FOLDER OBJECT...   writes a full record per object
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import { packageRoot } from '../src/bench/checkout.js';
import type { ObjectTruth } from '../src/bench/golden-truth.js';
import { askKernel } from './kernel-oracle/ask.js';
import { staleObjects, writeGoldens } from './kernel-oracle/write-goldens.js';

interface OracleOptions {
  readonly cache: string;
  readonly seconds: number;
  readonly out?: string;
  readonly stale?: boolean;
}

const root = packageRoot();
const corpus = join(root, 'corpus');
const command = new Command('kernel-oracle')
  .argument('<release>', 'kernel release: 6.1, 6.12 or 7.2')
  .argument('[objects...]', 'object files (default: the corpus); @FILE reads names from a file')
  .option('--cache <folder>', 'where kernel packages are kept', join(root, '.cache', 'kernel-oracle'))
  .option('--seconds <n>', 'time limit of one program', parseSeconds, 600)
  .option('--out <folder>', 'write a full record of each object here instead of goldens')
  .option('--stale', 'only objects of the corpus whose golden is missing or of another build')
  .action(async (release: string, names: string[], options: OracleOptions) => {
    if (names.length > 0 && options.out === undefined)
      throw new Error('objects of your own need --out FOLDER');
    const folder = join(corpus, 'golden', release);
    const all = (names.length > 0 ? expandLists(names) : corpusObjects()).map((name) => resolve(name));
    rejectSameNames(all);
    const objects = options.stale === true ? staleObjects(folder, all) : all;
    if (objects.length === 0) {
      process.stdout.write(`${release}: every golden is of the object as it is\n`);
      return;
    }
    const answer = await askKernel(release, objects, {
      sources: join(root, 'scripts/kernel-oracle'),
      cache: resolve(options.cache),
      seconds: options.seconds,
      progress: (line) => process.stderr.write(`${line}\n`),
    });
    if (options.out === undefined) writeGoldens(folder, all, answer);
    else {
      writeRecords(options.out, answer.objects);
      writeFileAtomic(join(options.out, 'kernel.json'), `${JSON.stringify(answer.kernel, null, 2)}\n`);
    }
    process.stdout.write(`${release}: ${summary(answer.objects)}\n`);
  });

function corpusObjects(): string[] {
  const objects = readdirSync(corpus).filter((name) => name.endsWith('.o'));
  if (objects.length === 0) throw new Error(`${corpus}: no objects`);
  return objects.sort().map((name) => join(corpus, name));
}

/** Names with each `@LIST` replaced by the lines of that file, `#` lines and empty ones left out. */
function expandLists(names: readonly string[]): string[] {
  return names.flatMap((name) =>
    name.startsWith('@')
      ? readFileSync(name.slice(1), 'utf8')
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
      : [name],
  );
}

/** Results are named after the files. */
function rejectSameNames(paths: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const other = seen.get(basename(path));
    if (other !== undefined) throw new Error(`${path}: ${other} has the same file name`);
    seen.set(basename(path), path);
  }
}

function summary(objects: readonly ObjectTruth[]): string {
  const verdicts = new Map<string, number>();
  for (const { verdict, programs } of objects) {
    if (programs.length === 0) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    for (const program of programs) verdicts.set(program.verdict, (verdicts.get(program.verdict) ?? 0) + 1);
  }
  return [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}

/** One file per object, one field of a program a line. */
function writeRecords(folder: string, objects: readonly ObjectTruth[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { programs, ...object } of objects) {
    const texts = programs.map((program) => {
      const fields = Object.entries(program).map(([key, value]) => `"${key}":${JSON.stringify(value)}`);
      return `{${fields.join(',\n')}}`;
    });
    const head = JSON.stringify(object).slice(0, -1);
    writeFileSync(join(folder, `${object.object}.json`), `${head},\n"programs":[${texts.join(',\n\n')}]}\n`);
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
