/**
 * Generated programs as an object loader would hand them over: maps of many kinds, context accesses of several program types,
 * subprograms and callbacks, dead code, divisions, loops, line and func info. The check of Linux, and so ours, takes every one
 * of them, by construction; some it refuses afterwards, because they refer to callbacks that went as dead code.
 */
import fc from 'fast-check';
import { profileOf, RELEASES } from '../../kernel/index.js';
import type { KernelProfile } from '../../kernel/profile.js';
import { programSpecs } from './arbitrary.js';
import { KIND_NAMES, settingOf } from './kind.js';
import type { ProgramSpec } from './model.js';
import { writeProgram, type Generated } from './write.js';

export { KIND_NAMES, PLAIN_KIND_NAMES, settingOf } from './kind.js';
export type { ProgramSpec, Statement } from './model.js';
export { writeProgram, type Generated } from './write.js';
export { programSpecs } from './arbitrary.js';

/** A generated program with the release it is for and what it was made from. */
export interface GeneratedProgram extends Generated {
  readonly profile: KernelProfile;
  /** One of `KIND_NAMES`. */
  readonly kind: string;
  readonly spec: ProgramSpec;
}

/** What to generate; everything has a default. */
export interface GeneratorOptions {
  /** Statements of the main function, at most; about ten instructions each. */
  readonly statements?: number;
  /** Parts of the main function are repeated up to so many times: a way to programs of thousands of instructions. */
  readonly times?: number;
  /** Many statements whose rewriting is delicate: divisions by 0 and -1, loops near `maxLoops` 12, last keys of arrays. */
  readonly delicately?: boolean;
  readonly kinds?: readonly string[];
  readonly releases?: readonly string[];
}

/** Programs of any of the kinds on any of the releases. */
export function generatedPrograms({
  statements = 20,
  times = 1,
  delicately = false,
  kinds = KIND_NAMES,
  releases = RELEASES,
}: GeneratorOptions = {}): fc.Arbitrary<GeneratedProgram> {
  return fc
    .record({
      kind: fc.constantFrom(...kinds),
      release: fc.constantFrom(...releases),
      spec: programSpecs(statements, times, delicately),
    })
    .map(({ kind, release, spec }) => {
      const profile = profileOf(release);
      const made = { ...writeProgram(spec, settingOf(kind, profile)), profile, kind, spec };
      return Object.defineProperty(made, fc.toStringMethod, { value: () => describeProgram(made) });
    });
}

/** What a failing test shows of a program: the tree it was made from, from which it can be made again. */
function describeProgram({ kind, profile, spec, program }: GeneratedProgram): string {
  const slots = program.insns.length / 2;
  return `${kind} on ${profile.release}, ${slots} slots, from ${JSON.stringify(spec)}`;
}
