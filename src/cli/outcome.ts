/** How a command ends: exit codes, and one line for whatever went wrong. */
import { CommanderError, type Command } from 'commander';

/** 0: all well. 1: a verdict failed or an input was bad. 2: wrong usage. */
export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;
/** 128 + SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** An option or argument that cannot be meant; ends with `EXIT_USAGE`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Everything the tool says about itself goes here, results go to stdout. */
export function say(line: string): void {
  process.stderr.write(`patchbench: ${line}\n`);
}

/** Something went wrong: its one line on stderr; the stack only with `PATCHBENCH_DEBUG=1`. */
export function sayError(error: unknown): void {
  say(oneLine(error));
  if (process.env['PATCHBENCH_DEBUG'] === '1' && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
}

/** Causes of failed system calls, in the words of the shell. */
const CAUSES: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ENOSPC: 'no space left on the device',
};

/** An error as one line without control characters: `FILE: what` for failed system calls. */
export function oneLine(error: unknown): string {
  return describe(error).replace(/\p{Cc}+/gu, ' ');
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const cause = code === undefined ? undefined : CAUSES[code];
  return cause !== undefined && path !== undefined ? `${path}: ${cause}` : error.message;
}

/**
 * Runs the command line and sets `process.exitCode`: the one place where an error of any kind becomes a line and a code.
 * @param program throws what Commander finds wrong (`oneLineErrors`)
 */
export async function runCommandLine(program: Command, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has said what it had to say.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    else {
      sayError(error);
      process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
    }
  }
}

/** Makes Commander throw instead of exit, and its errors one line with the tool's name in front; sub-commands inherit it. */
export function oneLineErrors(program: Command): Command {
  return program
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'patchbench: ').replace(/\n(?=.)/g, ' '));
      },
    });
}

/** Whoever reads our output may stop reading: that ends us, but is no error of ours. */
export function quietWhenReaderLeaves(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      throw error;
    });
}

/** Colours are for terminals whose owner has not refused them (https://no-color.org). */
export function coloursWanted(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && (process.env['NO_COLOR'] ?? '') === '';
}
