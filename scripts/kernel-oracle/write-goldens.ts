/** Turns a kernel's answer about the corpus into the files of `corpus/golden/RELEASE`. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../../src/bench/atomic-file.js';
import {
  formatGoldenObject,
  goldenState,
  readGoldenKernel,
  readGoldenObject,
  sha256Of,
  type GoldenKernel,
  type GoldenObject,
  type GoldenProgram,
} from '../../src/bench/golden-format.js';
import type { ObjectTruth, ProgramTruth } from '../../src/bench/golden-truth.js';
import { viewOfTruth } from '../../src/bench/golden-view.js';
import type { Answer } from './ask.js';

/** Lines of the verifier's log that say how long it took, not why it refused: they differ from run to run. */
const STATISTICS = /^(verification time|stack depth|insns processed|processed|mark_precise|max_states)/;
const REASON_LINES = 3;
/** Where the guest has an object: the number is the object's place among those asked for. */
const GUEST_FOLDER = /\/objects\/\d+\//g;

function reasonOf(log: string | undefined): string | undefined {
  const lines = (log ?? '').split('\n').filter((line) => line !== '' && !STATISTICS.test(line));
  return lines.length === 0 ? undefined : lines.slice(-REASON_LINES).join('\n').replaceAll(GUEST_FOLDER, '');
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}

function goldenProgram(truth: ProgramTruth): GoldenProgram {
  const view = viewOfTruth(truth);
  const failed = truth.verdict !== 'success';
  const processed = /^processed (\d+) insns/m.exec(truth.log ?? '')?.[1];
  const { name, section, verdict } = truth;
  return {
    ...{ name, section, verdict },
    ...(failed ? optional('errno', truth.errno) : {}),
    ...(failed
      ? optional('reason', reasonOf(truth.verdict === 'failure' ? truth.log : truth.libbpf_log))
      : {}),
    ...optional('processed', processed === undefined ? undefined : Number(processed)),
    ...optional('stackDepth', /^stack depth ([0-9+]+)/m.exec(truth.log ?? '')?.[1]),
    ...(view === undefined
      ? {}
      : {
          progType: view.progType,
          attachType: view.attachType,
          flags: view.flags,
          loaded: goldenState(view.loaded),
          ...optional('xlated', view.xlated === undefined ? undefined : goldenState(view.xlated)),
        }),
  };
}

function goldenObject(truth: ObjectTruth): GoldenObject {
  return {
    object: truth.object,
    sha256: truth.sha256,
    verdict: truth.verdict,
    ...optional('reason', reasonOf(truth.log)),
    programs: truth.programs.map(goldenProgram),
  };
}

/** Those of the object files whose golden is missing or of another build. */
export function staleObjects(folder: string, paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const golden = join(folder, `${basename(path)}.json`);
    return !existsSync(golden) || readGoldenObject(golden).sha256 !== sha256Of(path);
  });
}

/**
 * Writes one file per object and `kernel.json`.
 * @param corpus all objects of the corpus: goldens of others are removed, those not asked about stay
 * @throws Error when goldens would stay that another kernel made
 */
export function writeGoldens(folder: string, corpus: readonly string[], answer: Answer): void {
  const kernel = withEarlierNames(folder, corpus, answer);
  const kept = new Set(['kernel.json', ...corpus.map((path) => `${basename(path)}.json`)]);
  for (const truth of answer.objects) {
    const file = `${truth.object}.json`;
    writeFileAtomic(join(folder, file), formatGoldenObject(goldenObject(truth)));
  }
  writeFileAtomic(join(folder, 'kernel.json'), `${JSON.stringify(kernel, null, 2)}\n`);
  for (const name of readdirSync(folder)) if (!kept.has(name)) rmSync(join(folder, name));
}

/** The kernel of the answer, with the other names of the symbols in goldens that stay. */
function withEarlierNames(
  folder: string,
  corpus: readonly string[],
  { kernel, objects }: Answer,
): GoldenKernel {
  const path = join(folder, 'kernel.json');
  if (objects.length === corpus.length || !existsSync(path)) return kernel;
  const earlier = readGoldenKernel(path);
  if (earlier.version !== kernel.version || earlier.libbpf !== kernel.libbpf)
    throw new Error(
      `${folder}: made by ${earlier.uname} with libbpf ${earlier.libbpf}, needs all objects anew`,
    );
  return {
    ...kernel,
    aliases: joined(earlier.aliases, kernel.aliases),
    symbols: joined(earlier.symbols, kernel.symbols),
  };
}

function joined<T>(earlier: Record<string, T>, later: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries({ ...earlier, ...later }).sort(([a], [b]) => (a < b ? -1 : 1)));
}
