/** Many loads of one program in one process: does memory stay where it is? */
import { join } from 'node:path';
import { corpusFolder } from '../../bench/manifest.js';
import { newEnv, runPasses } from '../../fixups/pipeline.js';
import { prepare } from '../../fixups/rewrite.js';
import { kernelTargetOf } from '../../kernel/image.js';
import { DEFAULT_RELEASE, profileOf } from '../../kernel/index.js';
import { loadObject } from '../../object/index.js';
import { STRATEGIES } from '../../../strategies/index.js';

const OBJECT = 'pystacks180.bpf.o';
/** Loads before the first that counts: code gets compiled, tables get read. */
const WARM_UP = 50;
/** Loads of which the average counts, at the beginning and at the end. */
const WINDOW = 100;
/** How much more the last may use than the first. */
export const MOST_GROWTH = 0.05;

export interface LongLife {
  readonly loads: number;
  /** Average of what is in use after garbage collection, in MiB: after warming up, and at the end. */
  readonly firstMiB: number;
  readonly lastMiB: number;
  /** `lastMiB / firstMiB - 1`. */
  readonly growth: number;
  readonly peakMiB: number;
}

/**
 * Loads, checks, rewrites and finishes the program again and again, over each strategy that is not quadratic in turn.
 * @param loads at least 250
 * @throws Error without `--expose-gc`
 */
export function liveLong(loads: number, progress: (load: number) => void): LongLife {
  if (loads < WARM_UP + 2 * WINDOW)
    throw new RangeError(`${loads} loads are too few for two times ${WINDOW}`);
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('node needs --expose-gc');
  const strategies = STRATEGIES.filter(({ growth }) => growth !== 'quadratic');
  const used: number[] = [];
  for (let load = 0; load < loads; load++) {
    const strategy = strategies[load % strategies.length];
    loadOnce((input) => strategy.create(input));
    collect();
    const { heapUsed, external } = process.memoryUsage();
    used.push((heapUsed + external) / 2 ** 20);
    progress(load + 1);
  }
  const firstMiB = average(used.slice(WARM_UP, WARM_UP + WINDOW));
  const lastMiB = average(used.slice(-WINDOW));
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { loads, firstMiB, lastMiB, growth: lastMiB / firstMiB - 1, peakMiB };
}

function loadOnce(create: (typeof STRATEGIES)[number]['create']): void {
  const object = loadObject(join(corpusFolder(), OBJECT), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
  for (const program of object.programs) {
    const prepared = prepare(object, program, profileOf(DEFAULT_RELEASE));
    const store = create(prepared.input);
    runPasses(newEnv(prepared, store));
    store.finish();
  }
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
