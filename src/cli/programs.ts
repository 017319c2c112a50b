/** The programs of an object that a command is about. */
import type { BpfObject, BpfProgram } from '../object/program.js';
import { oneLine } from './outcome.js';

/** What was asked for does not exist or cannot be written; the message says all, unlike one about the file's contents. */
export class RequestError extends Error {}

/** Turns the error of a name that does not exist into one about the command line, not about the file. */
export function usable<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw new RequestError(oneLine(error));
  }
}

/**
 * The program of that name, or all when none is named.
 * @throws RequestError when there is none of that name, or it could not be made ready
 */
export function chosenPrograms(
  file: string,
  object: BpfObject,
  prog: string | undefined,
): readonly BpfProgram[] {
  if (prog === undefined) return object.programs;
  const program = object.programs.find(({ name }) => name === prog);
  if (program !== undefined) return [program];
  const failure = object.failures.find((candidate) => candidate.program === prog);
  if (failure !== undefined) throw new RequestError(`${file}: ${prog}: ${failure.reason}`);
  throw new RequestError(`${file}: no program ${prog} (it has: ${namesOf(object.programs)})`);
}

/** The names for a message. */
export function namesOf(programs: readonly BpfProgram[]): string {
  return programs.length === 0 ? 'none' : programs.map(({ name }) => name).join(', ');
}
