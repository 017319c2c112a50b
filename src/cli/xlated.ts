/**
 * `patchbench xlated OBJECT`: rewrites a program of a compiled object and prints the instructions as
 * `bpftool prog dump xlated` prints those of a loaded one.
 */
import type { Command } from 'commander';
import { strategyOf } from '../../strategies/index.js';
import { writeFileAtomic } from '../bench/atomic-file.js';
import { dumpAsJson, dumpBytes, dumpListing, dumpXlated, type XlatedDump } from '../fixups/dump.js';
import { traceRewrite } from '../fixups/provenance.js';
import { prepare, rewriteProgram } from '../fixups/rewrite.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import type { KernelProfile } from '../kernel/profile.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import { ObjectError, type BpfObject, type BpfProgram } from '../object/program.js';
import { loadedTexts, rewrittenTexts } from './insn-texts.js';
import { coloursWanted, EXIT_FAILURE, EXIT_OK, oneLine, say, UsageError } from './outcome.js';
import { chosenPrograms, namesOf, RequestError, usable } from './programs.js';
import { kernelRelease } from './release.js';
import { sideBySide } from './side-by-side.js';

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
  /** The program as loaded beside it, coloured when the reader can show that. */
  readonly diff?: boolean;
  readonly colours?: boolean;
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
  const programs = chosenPrograms(file, object, options.prog);
  if (options.raw !== undefined && programs.length !== 1)
    throw new RequestError(
      `${file}: --raw takes one program, name it with --prog (it has: ${namesOf(programs)})`,
    );
  let failed = false;
  if (options.prog === undefined) {
    for (const { program, reason } of object.failures) {
      failed = true;
      sinks.err(`${file}: ${program}: ${reason}`);
    }
  }
  const shown = new Map<string, unknown>();
  for (const program of programs) {
    if (options.diff === true) {
      failed = !showDiff(file, object, program, profile, options, sinks) || failed;
      continue;
    }
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
    return dumpXlated({ linear, object, program, symbols, farCalls: farCallsOf(profile) });
  } catch (error) {
    const message = oneLine(error);
    sinks.err(`${file}: ${program.name}: ${message}`);
    return undefined;
  }
}

/** Shows the program as loaded beside the rewritten one; false, and a message, when it cannot be rewritten. */
function showDiff(
  file: string,
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  options: XlatedOptions,
  sinks: TextSinks,
): boolean {
  try {
    const provenance = traceRewrite(prepare(object, program, profile), options.strategy);
    const { linear, symbols } = provenance;
    const dump = dumpXlated({ linear, object, program, symbols, farCalls: farCallsOf(profile) });
    if (options.prog === undefined) sinks.out(`${program.section}  name ${program.name}\n`);
    const lines = sideBySide(
      provenance,
      loadedTexts(object, program, profile),
      rewrittenTexts(dump),
      options.colours === true,
    );
    writeLines(lines, sinks);
    return true;
  } catch (error) {
    sinks.err(`${file}: ${program.name}: ${oneLine(error)}`);
    return false;
  }
}

/** How this kernel's dumps show calls that are too far for 16 bits. */
export function farCallsOf(profile: KernelProfile): 'zero' | 'truncated' {
  return profile.features.dumpsFarCallsAsZero === true ? 'zero' : 'truncated';
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
    .option('--kernel <release>', 'kernel release to rewrite for', kernelRelease, DEFAULT_RELEASE)
    .option('--btf <file>', 'kernel types to relocate against (default: those of the release)')
    .option('--raw <file>', 'write the instructions to FILE as 8-byte words instead')
    .option('--json', 'print instructions and metadata as JSON')
    .option('--opcodes', 'print the bytes of each instruction')
    .option('--linum', 'print file, line and column with each source line')
    .option('--diff', 'print the program as loaded beside the rewritten one, each change with its pass')
    .addHelpText(
      'after',
      `
Examples:
  patchbench xlated corpus/xdp_balancer.bpf.o --prog balance --linum
  patchbench xlated corpus/tc_classifier.bpf.o --diff
  patchbench xlated corpus/divisions.bpf.o --json --kernel 6.1`,
    )
    .action((object: string, options: XlatedOptions) => {
      if (options.diff === true && (options.json === true || options.raw !== undefined))
        throw new UsageError('--diff is for reading: it goes with neither --json nor --raw');
      process.exitCode = runXlated(
        object,
        { ...options, colours: coloursWanted(process.stdout) },
        {
          out: (text) => process.stdout.write(text),
          err: (message) => {
            say(oneLine(message));
          },
        },
      );
    });
}
