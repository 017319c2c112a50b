#!/usr/bin/env node
/** `patchbench` as a process. */
import { quietWhenReaderLeaves, runCommandLine } from './outcome.js';
import { makeProgram } from './program.js';

quietWhenReaderLeaves();
await runCommandLine(makeProgram(), process.argv.slice(2));
