/**
 * `patchbench xlated OBJECT`: rewrites a program of a compiled object and prints the instructions as
 * `bpftool prog dump xlated` prints those of a loaded one.
 */
import type { Command } from 'commander';
import { strategyOf } from '../../strategies/index.js';
import { writeFileAtomic } from '../bench/atomic-file.js';
import { dumpAsJson, dumpBytes, dumpListing, dumpXlated, type XlatedDump } from '../fixups/dump.js';
import { rewriteProgram } from '../fixups/rewrite.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import type { KernelProfile } from '../kernel/profile.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import { ObjectError, type BpfObject, type BpfProgram } from '../object/program.js';
import { EXIT_FAILURE, EXIT_OK, oneLine, say } from './outcome.js';

/** What the command was told. */
export interface XlatedOptions {
  /** Program to print; absent for all of the object. */
  readonly prog?: string;
  readonly strategy: string;
  /** Kernel release. */
  readonly kernel: string;
  /** File with the types to relocate against; those of the release when absent. */
  readonly btf?: string;
  /** File that takes the instructions as 8-byte words; then nothing is printed unless `json` asks for it. */
  readonly raw?: string;
  readonly json?: boolean;
  readonly opcodes?: boolean;
  readonly linum?: boolean;
}

/** Where the command writes. */
export interface TextSinks {
  out(text: string): void;
  /** Takes one message, without prefix and line end. */
  err(message: string): void;
}

/** All strategies give the same program; this one does not make large ones wait. */
const DEFAULT_STRATEGY = 'linked-list';

/** Characters of listing that are written at once. */
const CHUNK = 1 << 16;

/** What was asked for does not exist or cannot be written; the message says all, unlike one about the file's contents. */
class RequestError extends Error {}

/** Runs the command on one object and returns the exit code: 1 when any program asked for could not be shown. */
export function runXlated(file: string, options: XlatedOptions, sinks: TextSinks): number {
  try {
    return showPrograms(file, options, sinks);
  } catch (error) {
    const message = oneLine(error);
    sinks.err(
      error instanceof ObjectError || error instanceof RequestError ? message : `${file}: ${message}`,
    );
    return EXIT_FAILURE;
  }
}

function showPrograms(file: string, options: XlatedOptions, sinks: TextSinks): number {
  const profile = usable(() => profileOf(options.kernel));
  usable(() => strategyOf(options.strategy));
  const object = loadObject(file, { kernel: kernelTargetOf(options.kernel, options.btf) });
  const programs = chosenPrograms(file, object, options);
  let failed = false;
  if (options.prog === undefined) {
    for (const { program, reason } of object.failures) {
      failed = true;
      sinks.err(`${file}: ${program}: ${reason}`);
    }
  }
  const shown = new Map<string, unknown>();
  for (const program of programs) {
    const dump = dumpOf(file, object, program, profile, options, sinks);
    if (dump === undefined) {
      failed = true;
      continue;
    }
    if (options.raw !== undefined) writeRaw(options.raw, dump);
    if (options.json === true) shown.set(program.name, dumpAsJson(dump));
    else if (options.raw === undefined) {
      if (options.prog === undefined) sinks.out(`${program.section}  name ${program.name}\n`);
      writeLines(dumpListing(dump, options), sinks);
    }
  }
  if (options.json === true) {
    const only = options.prog === undefined ? Object.fromEntries(shown) : shown.get(options.prog);
    if (only !== undefined) sinks.out(`${JSON.stringify(only)}\n`);
  }
  return failed ? EXIT_FAILURE : EXIT_OK;
}

/** Turns the error of a name that does not exist into one about the command line, not about the file. */
function usable<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw new RequestError(oneLine(error));
  }
}

function chosenPrograms(
  file: string,
  object: BpfObject,
  { prog, raw }: XlatedOptions,
): readonly BpfProgram[] {
  if (prog === undefined) {
    if (raw !== undefined && object.programs.length !== 1) {
      const names = object.programs.map(({ name }) => name).join(', ');
      throw new RequestError(`${file}: --raw takes one program, name it with --prog (it has: ${names})`);
    }
    return object.programs;
  }
  const program = object.programs.find(({ name }) => name === prog);
  if (program !== undefined) return [program];
  const failure = object.failures.find((candidate) => candidate.program === prog);
  if (failure !== undefined) throw new RequestError(`${file}: ${prog}: ${failure.reason}`);
  const names = object.programs.map(({ name }) => name).join(', ');
  throw new RequestError(`${file}: no program ${prog} (it has: ${names === '' ? 'none' : names})`);
}

/** The view of one rewritten program; undefined, and a message, when the program cannot be rewritten. */
function dumpOf(
  file: string,
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  options: XlatedOptions,
  sinks: TextSinks,
): XlatedDump | undefined {
  try {
    const { linear, symbols, facts } = rewriteProgram(object, program, profile, options.strategy);
    for (const unknown of facts.unknowns) sinks.err(`${file}: ${program.name}: warning: ${unknown}`);
    const farCalls = profile.features.dumpsFarCallsAsZero === true ? 'zero' : 'truncated';
    return dumpXlated({ linear, object, program, symbols, farCalls });
  } catch (error) {
    const message = oneLine(error);
    sinks.err(`${file}: ${program.name}: ${message}`);
    return undefined;
  }
}

function writeRaw(path: string, dump: XlatedDump): void {
  try {
    writeFileAtomic(path, dumpBytes(dump));
  } catch (error) {
    const message = oneLine(error);
    throw new RequestError(`${path}: cannot be written (${message})`);
  }
}

function writeLines(lines: Iterable<string>, sinks: TextSinks): void {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length >= CHUNK) {
      sinks.out(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') sinks.out(chunk);
}

/** Adds the sub-command to the command line; sets `process.exitCode` when it ran. */
export function registerXlated(program: Command): void {
  program
    .command('xlated')
    .description("print a program of OBJECT after the verifier's rewriting, as bpftool prog dump xlated does")
    .argument('<object>', 'BPF object file made by clang')
    .option('--prog <name>', 'program to print (default: all of them)')
    .option('--strategy <name>', 'how the instructions are held while they are rewritten', DEFAULT_STRATEGY)
    .option('--kernel <release>', 'kernel release to rewrite for', DEFAULT_RELEASE)
    .option('--btf <file>', 'kernel types to relocate against (default: those of the release)')
    .option('--raw <file>', 'write the instructions to FILE as 8-byte words instead')
    .option('--json', 'print instructions and metadata as JSON')
    .option('--opcodes', 'print the bytes of each instruction')
    .option('--linum', 'print file, line and column with each source line')
    .action((object: string, options: XlatedOptions) => {
      process.exitCode = runXlated(object, options, {
        out: (text) => process.stdout.write(text),
        err: (message) => {
          say(oneLine(message));
        },
      });
    });
}
