/** Parsers of option values, shared by the commands. A value that cannot be meant is a usage error of one line. */
import { InvalidArgumentError } from 'commander';

/** A whole number of at least `least`. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`Not a whole number from ${least} on.`);
    return value;
  };
}

/** `a,b` and repeated options, appended. */
export function listOf(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), ...text.split(',').filter((name) => name !== '')];
}

/** Runs a spec's parser; what it refuses is a usage error. */
export function specOf<T>(parse: (text: string) => T[]): (text: string, before: T[] | undefined) => T[] {
  return (text, before) => {
    try {
      return [...(before ?? []), ...parse(text)];
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}
