#!/usr/bin/env node
/** `patchbench`: the one place where a command's errors become a line and an exit code. */
import { CommanderError } from 'commander';
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, sayError, UsageError } from './outcome.js';
import { makeProgram } from './program.js';

// Whoever reads our output may stop reading: that is no error of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_OK);
    throw error;
  });

try {
  await makeProgram().parseAsync();
} catch (error) {
  // Commander has said what it had to say.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  else {
    sayError(error);
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILURE;
  }
}
