/**
 * Holds the programs of objects against what a real kernel made of them: the goldens of the corpus, or records that
 * `scripts/kernel-oracle` wrote of any other objects.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rewriteProgram } from '../fixups/rewrite.js';
import type { KernelProfile } from '../kernel/profile.js';
import { loadObject, type KernelTarget } from '../object/index.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import {
  compareState,
  expectedOf,
  type CompareOptions,
  type Difference,
  type StateComparison,
} from './golden-compare.js';
import {
  readGoldenKernel,
  readGoldenObject,
  sha256Of,
  type GoldenKernel,
  type GoldenObject,
  type GoldenProgram,
} from './golden-format.js';
import { GoldenTarget, KernelSymbols, type KernelNames } from './golden-kernel.js';
import type { ObjectTruth } from './golden-truth.js';
import { viewOfLoaded, viewOfRewritten, type OwnNames } from './golden-own-view.js';
import { viewOfTruth, type StateView } from './golden-view.js';

/** Outcome for one program that the kernel has loaded. */
export interface ProgramComparison {
  /** Object's file name. */
  readonly object: string;
  readonly program: string;
  /** What kept the program from being loaded or rewritten here; then nothing is identical that is not said to be. */
  readonly failure?: string;
  /** Program type, attach type or flags that differ: `attach type 0, kernel was given 37`. */
  readonly attributes: readonly string[];
  /** Absent when the program could not be loaded here. */
  readonly loaded?: StateComparison;
  /** Absent when the program could not be rewritten here. */
  readonly xlated?: StateComparison;
  /** What the analysis could not derive. */
  readonly warnings: readonly string[];
}

/** Programs that the kernel has loaded, and in how many of them something is identical. */
export interface Tally {
  loaded: number;
  handedOver: number;
  translated: number;
  lineInfo: number;
}

export interface VerifyOptions extends CompareOptions {
  readonly profile: KernelProfile;
  /** The kernel that objects are relocated against. */
  readonly image: KernelTarget;
  readonly strategy: string;
}

/** Goldens of one kernel. */
export interface KernelGoldens {
  readonly kernel: GoldenKernel;
  readonly objects: readonly GoldenObject[];
}

/** Releases that a folder of goldens has. */
export function goldenReleases(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'kernel.json')))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** @throws Error (one line) when a file is no golden, or there are none */
export function readGoldens(folder: string): KernelGoldens {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.o.json'))
    .sort();
  if (names.length === 0) throw new Error(`${folder}: no goldens`);
  return {
    kernel: readGoldenKernel(join(folder, 'kernel.json')),
    objects: names.map((name) => readGoldenObject(join(folder, name))),
  };
}

/** A full record in the form of a golden, nothing of it as digests. */
export function goldenOfTruth(truth: ObjectTruth): GoldenObject {
  return {
    object: truth.object,
    sha256: truth.sha256,
    verdict: truth.verdict,
    programs: truth.programs.map((program): GoldenProgram => {
      const view = viewOfTruth(program);
      const { name, section, verdict } = program;
      if (view === undefined) return { name, section, verdict };
      const { progType, attachType, flags, loaded, xlated } = view;
      return {
        ...{ name, section, verdict, progType, attachType, flags },
        loaded: expectedOf(loaded),
        ...(xlated === undefined ? {} : { xlated: expectedOf(xlated) }),
      };
    }),
  };
}

/**
 * Compares the programs of one object that the kernel has loaded, one after the other.
 * @param path the object file
 */
export function* verifyObject(
  golden: GoldenObject,
  path: string,
  names: KernelNames,
  options: VerifyOptions,
): Generator<ProgramComparison, void> {
  const wanted = golden.programs.filter(({ verdict }) => verdict === 'success');
  if (wanted.length === 0) return;
  const fail = (program: string, failure: string): ProgramComparison => ({
    ...{ object: golden.object, program, failure },
    attributes: [],
    warnings: [],
  });
  const symbols = new KernelSymbols(names, options.profile);
  const own = { symbols, target: new GoldenTarget(options.image, symbols) };
  const object = attempt(() => loadObject(path, { kernel: own.target }));
  if (typeof object === 'string') {
    for (const { name } of wanted) yield fail(name, object);
    return;
  }
  if (golden.sha256 !== '' && golden.sha256 !== sha256Of(path)) {
    const stale = `${basename(path)} is not the file that the kernel was given: ask the oracle again`;
    for (const { name } of wanted) yield fail(name, stale);
    return;
  }
  for (const expected of wanted) {
    const program = object.programs.find(({ name }) => name === expected.name);
    if (program === undefined) {
      const reason = object.failures.find((one) => one.program === expected.name)?.reason;
      yield fail(expected.name, reason ?? 'no such program');
    } else yield compareProgram(expected, object, program, own, options);
  }
}

function compareProgram(
  expected: GoldenProgram,
  object: BpfObject,
  program: BpfProgram,
  own: OwnNames,
  options: VerifyOptions,
): ProgramComparison {
  const common = {
    object: object.fileName,
    program: program.name,
    attributes: [
      ...differs('program type', program.type, expected.progType),
      ...differs('attach type', program.attachType, expected.attachType),
      ...differs('flags', program.flags, expected.flags),
    ],
    ...(expected.loaded === undefined
      ? {}
      : { loaded: compareState(expected.loaded, viewOfLoaded(object, program, own), options) }),
  };
  const warnings: string[] = [];
  const view = attempt((): StateView => {
    const { profile, strategy } = options;
    const { linear, symbols, facts } = rewriteProgram(object, program, profile, strategy);
    warnings.push(...facts.unknowns);
    const farCalls = profile.features.dumpsFarCallsAsZero === true ? 'zero' : 'truncated';
    return viewOfRewritten({ linear, object, program, symbols, farCalls }, own.symbols);
  });
  if (typeof view === 'string') return { ...common, warnings, failure: view };
  if (expected.xlated === undefined) return { ...common, warnings };
  return { ...common, warnings, xlated: compareState(expected.xlated, view, options) };
}

function differs(what: string, ours: number, kernel: number | undefined): string[] {
  return kernel === undefined || kernel === ours ? [] : [`${what} ${ours}, the kernel was given ${kernel}`];
}

/** The value, or the message of the error. */
function attempt<T extends object>(make: () => T): T | string {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function newTally(): Tally {
  return { loaded: 0, handedOver: 0, translated: 0, lineInfo: 0 };
}

/** Counts one program; changes `tally`. */
export function count(tally: Tally, { loaded, xlated }: ProgramComparison): void {
  tally.loaded++;
  if (loaded !== undefined && loaded.code === undefined) tally.handedOver++;
  if (xlated !== undefined && xlated.code === undefined) tally.translated++;
  if (xlated !== undefined && xlated.lines === undefined) tally.lineInfo++;
}

/** Is everything about the program as the kernel has it? */
export function isIdentical({ failure, attributes, loaded, xlated }: ProgramComparison): boolean {
  return (
    failure === undefined &&
    attributes.length === 0 &&
    loaded !== undefined &&
    xlated !== undefined &&
    differencesOf(loaded).length + differencesOf(xlated).length === 0
  );
}

/** The parts of a state that differ, each with its name. */
export function differencesOf(state: StateComparison): (readonly [part: string, difference: Difference])[] {
  return [
    ...(state.code === undefined ? [] : [['instructions', state.code] as const]),
    ...(state.lines === undefined ? [] : [['line info', state.lines] as const]),
    ...(state.funcs === undefined ? [] : [['func info', state.funcs] as const]),
  ];
}
