/**
 * `patchbench verify-golden`: holds what we hand over and emit against what real kernels were given and made, program by
 * program, and shows the first difference of each that is not identical.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { packageRoot } from '../bench/checkout.js';
import type { Difference, StateComparison } from '../bench/golden-compare.js';
import { readGoldenKernel, type GoldenObject } from '../bench/golden-format.js';
import type { KernelNames } from '../bench/golden-kernel.js';
import { readTruth } from '../bench/golden-truth.js';
import {
  count,
  differencesOf,
  goldenOfTruth,
  goldenReleases,
  isIdentical,
  newTally,
  readGoldens,
  verifyObject,
  type ProgramComparison,
  type Tally,
} from '../bench/golden.js';
import { kernelTargetOf } from '../kernel/image.js';
import { profileOf } from '../kernel/index.js';
import { formatTable } from '../report/table.js';
import { expandLists } from './objects.js';
import { EXIT_FAILURE, EXIT_OK, say, sayError, UsageError } from './outcome.js';

interface VerifyGoldenOptions {
  readonly kernel?: string;
  readonly records?: string;
  readonly btf?: string;
  readonly strategy: string;
  readonly context: number;
  readonly prog?: string;
  readonly json?: boolean;
}

/** Objects to verify for one kernel. */
interface Batch {
  readonly release: string;
  readonly names: KernelNames;
  readonly objects: readonly (readonly [golden: GoldenObject, path: string])[];
}

/** Adds the command; it sets `process.exitCode`: 0 when all programs are identical. */
export function registerVerifyGolden(program: Command): void {
  program
    .command('verify-golden')
    .description('compare handed-over and rewritten programs with what real kernels were given and made')
    .argument(
      '[objects...]',
      'object files that the oracle has records of (default: the corpus and its goldens)',
    )
    .option('--kernel <release>', 'only this kernel; needed with objects')
    .option(
      '--records <folder>',
      'records of the objects, from: kernel-oracle RELEASE --out FOLDER OBJECT...',
    )
    .option('--btf <file>', "the kernel's types (default: those of the profile's kernel)")
    .option('--prog <name>', 'only programs of this name')
    .option('--strategy <name>', 'how the instructions are held while they are rewritten', 'linked-list')
    .option('--context <n>', 'instructions shown before and after the first difference', parseCount, 3)
    .option('--json', 'print every comparison as a line of JSON instead')
    .addHelpText(
      'after',
      '\nExamples:\n  patchbench verify-golden --kernel 6.12 --prog balance\n  patchbench verify-golden --kernel 7.2 --prog refill',
    )
    .action((objects: string[], options: VerifyGoldenOptions) => {
      process.exitCode = verifyGolden(expandLists(objects), options);
    });
}

function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a number, 0 or more');
  return value;
}

function verifyGolden(paths: readonly string[], options: VerifyGoldenOptions): number {
  const batches = paths.length > 0 ? [recordBatch(paths, options)] : corpusBatches(options);
  const rows: (readonly [string, Tally])[] = [];
  let identical = true;
  for (const batch of batches) {
    const tally = newTally();
    rows.push([batch.release, tally]);
    try {
      identical = verifyBatch(batch, options, tally) && identical;
    } catch (error) {
      sayError(error);
      identical = false;
    }
  }
  if (options.json !== true) process.stdout.write(table(rows));
  return identical && rows.every(([, { loaded }]) => loaded > 0) ? EXIT_OK : EXIT_FAILURE;
}

function corpusBatches({ kernel }: VerifyGoldenOptions): Batch[] {
  const corpus = join(packageRoot(), 'corpus');
  const folder = join(corpus, 'golden');
  const releases = goldenReleases(folder).filter((release) => kernel === undefined || release === kernel);
  if (releases.length === 0)
    throw new UsageError(`${folder}: no goldens${kernel === undefined ? '' : ` of ${kernel}`}`);
  return releases.map((release) => {
    const goldens = readGoldens(join(folder, release));
    return {
      release,
      names: goldens.kernel,
      objects: goldens.objects.map((golden) => [golden, join(corpus, golden.object)]),
    };
  });
}

function recordBatch(paths: readonly string[], { kernel, records }: VerifyGoldenOptions): Batch {
  if (kernel === undefined || records === undefined)
    throw new UsageError('objects of your own need --kernel RELEASE and --records FOLDER');
  const about = join(records, 'kernel.json');
  return {
    release: kernel,
    names: existsSync(about) ? readGoldenKernel(about) : { aliases: {}, symbols: {} },
    objects: paths.map((path) => [goldenOfTruth(readTruth(join(records, `${basename(path)}.json`))), path]),
  };
}

function verifyBatch(
  { release, names, objects }: Batch,
  options: VerifyGoldenOptions,
  tally: Tally,
): boolean {
  const verify = {
    profile: profileOf(release),
    image: kernelTargetOf(release, options.btf),
    strategy: options.strategy,
    context: options.context,
  };
  let identical = true;
  for (const [golden, path] of objects) {
    const only = options.prog;
    const programs = golden.programs.filter(({ name }) => only === undefined || name === only);
    for (const comparison of verifyObject({ ...golden, programs }, path, names, verify)) {
      count(tally, comparison);
      if (options.json === true)
        process.stdout.write(`${JSON.stringify({ kernel: release, ...comparison })}\n`);
      if (isIdentical(comparison)) continue;
      identical = false;
      if (options.json !== true) process.stdout.write(describe(release, comparison));
    }
  }
  if (tally.loaded === 0) say(`${release}: no program that the kernel has loaded`);
  return identical;
}

function describe(release: string, comparison: ProgramComparison): string {
  const { object, program, failure, attributes, warnings, loaded, xlated } = comparison;
  const head = `${release} ${object} ${program}: `;
  const lines: string[] = [];
  if (failure !== undefined) lines.push(`${head}${failure}`);
  for (const attribute of attributes) lines.push(`${head}${attribute}`);
  if (loaded !== undefined) lines.push(...stateText(`${head}handed-over`, loaded));
  if (xlated !== undefined) lines.push(...stateText(`${head}translated`, xlated));
  for (const warning of warnings) lines.push(`${head}warning: ${warning}`);
  return lines.map((line) => `${line.replace(/\p{Cc}/gu, '?')}\n`).join('');
}

function stateText(head: string, state: StateComparison): string[] {
  return differencesOf(state).flatMap(([part, difference]) => [
    `${head} ${part} ${placeOf(difference)}`,
    ...difference.kernel.map((line) => `    kernel  ${line}`),
    ...difference.ours.map((line) => `    ours    ${line}`),
  ]);
}

function placeOf({ at, blockEnd, kernelLength, ourLength }: Difference): string {
  const place = blockEnd === undefined ? `differ first at ${at}` : `differ in ${at}..${blockEnd - 1}`;
  return kernelLength === ourLength ? place : `${place} (kernel has ${kernelLength}, we have ${ourLength})`;
}

function table(rows: readonly (readonly [string, Tally])[]): string {
  const of = (part: number, whole: number): string =>
    whole === 0 ? String(part) : `${part} (${((100 * part) / whole).toFixed(1)} %)`;
  return formatTable(
    [
      { heading: 'Kernel', align: 'left' },
      { heading: 'Loaded by Linux', align: 'right' },
      { heading: 'Handed over identical', align: 'left' },
      { heading: 'Translated identical', align: 'left' },
      { heading: 'Line info identical', align: 'left' },
    ],
    rows.map(([release, { loaded, handedOver, translated, lineInfo }]) => [
      release,
      loaded,
      of(handedOver, loaded),
      of(translated, loaded),
      of(lineInfo, loaded),
    ]),
  );
}
