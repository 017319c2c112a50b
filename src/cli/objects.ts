/** Object files that a command was given. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { targetsOf, type LoadOptions } from '../bench/targets.js';
import type { Target } from '../bench/measure.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import { oneLine } from './outcome.js';

/** Arguments with each `@LIST` replaced by the lines of that file, `#` lines and empty ones left out. */
export function expandLists(args: readonly string[]): string[] {
  return args.flatMap((arg) =>
    arg.startsWith('@')
      ? readFileSync(arg.slice(1), 'utf8')
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !line.startsWith('#'))
      : arg,
  );
}

/**
 * The object files that arguments mean: lists replaced by their lines, folders by the `.o` files directly in them. A folder
 * without any stays what it is, for opening it to say so.
 */
export function expandObjects(args: readonly string[]): string[] {
  return expandLists(args).flatMap((path) => {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
    const files = readdirSync(path)
      .filter((name) => name.endsWith('.o'))
      .sort();
    return files.length === 0 ? path : files.map((name) => join(path, name));
  });
}

/** What could be made of some object files, and what could not: `FILE: what`, one line each. */
export interface Opened {
  readonly targets: Target[];
  readonly problems: string[];
  /** Files that could not be read as objects at all. */
  readonly skippedFiles: number;
  /** Programs that the loader could not make ready. */
  readonly skippedPrograms: number;
}

/** Opens the objects one by one; a bad one does not keep the others from being measured. */
export function openObjects(paths: readonly string[], load: LoadOptions): Opened {
  const targets: Target[] = [];
  const problems: string[] = [];
  let skippedFiles = 0;
  let skippedPrograms = 0;
  for (const path of paths) {
    try {
      const object = loadObject(path, { kernel: kernelTargetOf(load.kernel, load.btf) });
      targets.push(...targetsOf(path, object, load));
      for (const { program, section, reason } of object.failures) {
        problems.push(oneLine(`${path}: ${program} (${section}): ${reason}`));
        skippedPrograms++;
      }
    } catch (error) {
      problems.push(oneLine(error));
      skippedFiles++;
    }
  }
  return { targets, problems, skippedFiles, skippedPrograms };
}
