/**
 * What `npm run bench` and `npm run bench -- --full` measure: which workloads, over which strategies, in how many
 * processes, and how that is shared out among machines.
 */
import { BESIDE_REGISTRY } from '../../strategies/ablation/index.js';
import { STRATEGIES } from '../../strategies/index.js';
import type { Growth } from '../../strategies/strategy.js';
import type { Target } from './measure.js';
import { MEASURED_BESIDE } from './measured.js';
import { syntheticTarget } from './targets.js';
import { affordable, SHAPES, shapeOf, visitsOf, type Shape } from './workloads/index.js';

/** The programs that the literature and README talk about: measured in more processes than the rest. */
export const HEADLINES: readonly string[] = [
  'pystacks50.bpf.o',
  'pystacks180.bpf.o',
  'pystacks600.bpf.o',
  'dense-10k',
];
export const PROCESSES_OF_HEADLINES = 7;
export const PROCESSES = 3;

/** The phases of smaller programs are in the short benchmark's results; of every process they would fill the CSV. */
const SLOTS_WITH_PHASES = 4_000;

/** Shapes that the short benchmark measures besides the corpus. */
const SHORT_SHAPES = ['dense-10k', 'ladder-15k'];

/** Workloads that the ablation is measured on. */
const ABLATED: readonly string[] = ['pystacks180.bpf.o', 'dense-10k'];

/** What is measured on most workloads, in the order of the rows: the chosen strategies, then the floor. */
export function measuredNames(chosen: readonly string[] = STRATEGIES.map(({ name }) => name)): string[] {
  return [...chosen, ...MEASURED_BESIDE];
}

/** What is measured anywhere by the full benchmark, in the order of the rows. */
export function labNames(): string[] {
  return [...measuredNames(), ...BESIDE_REGISTRY.keys()];
}

/** The short benchmark's workloads; one process each. */
export function shortTargets(corpus: readonly Target[], seed: string): Target[] {
  return [...corpus, ...SHORT_SHAPES.map((name) => shapeTarget(shapeOf(name), seed))];
}

/**
 * Everything: the corpus, its programs rewritten in other ways, every shape, each over the strategies that can take it.
 * @param variants targets of `PROGRAM_VARIANTS`
 */
export function fullTargets(corpus: readonly Target[], variants: readonly Target[], seed: string): Target[] {
  return [...corpus, ...variants, ...SHAPES.map((shape) => shapeTarget(shape, seed))].map((target) => ({
    ...target,
    strategies: [...(target.strategies ?? measuredNames()), ...ablationOf(target)],
    processes: processesOf(target),
    onlyTotals: target.workload.kind === 'program' && (target.slots ?? 0) <= SLOTS_WITH_PHASES,
  }));
}

/** The cells of the ablation and the array that times its parts, where they are measured. */
function ablationOf(target: Target): string[] {
  return isNamed(target, ABLATED) ? [...BESIDE_REGISTRY.keys()] : [];
}

function processesOf(target: Target): (strategy: string) => number {
  const most = isNamed(target, HEADLINES) ? PROCESSES_OF_HEADLINES : PROCESSES;
  return (strategy) => (BESIDE_REGISTRY.has(strategy) ? PROCESSES : most);
}

/** Is it a program of one of these files, rewritten in the usual way, or one of these shapes? */
function isNamed({ fileName, progName }: Target, names: readonly string[]): boolean {
  return names.includes(progName) || (names.includes(fileName) && !progName.includes('+'));
}

/** A shape over the strategies that can take it. */
function shapeTarget(shape: Shape, seed: string): Target {
  return {
    ...syntheticTarget(shape.name, seed),
    strategies: measuredNames(
      STRATEGIES.filter(({ growth }) => affordable(shape, growth)).map(({ name }) => name),
    ),
  };
}

/** The i-th of n machines, from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/**
 * The part of the targets that a shard measures: a target's strategies and the floor stay together, as times of two
 * machines cannot be compared. Shares out the longest first, each to the shard with least to do, so that every machine
 * works out the same parts.
 */
export function shardOf(targets: readonly Target[], { index, of }: Shard): Target[] {
  const shares = Array.from({ length: of }, () => ({ members: [] as number[], work: 0 }));
  const works = targets.map(workOf);
  const longestFirst = works.map((_, at) => at).sort((a, b) => works[b] - works[a] || a - b);
  for (const at of longestFirst) {
    const least = shares.reduce((best, share) => (share.work < best.work ? share : best));
    least.members.push(at);
    least.work += works[at];
  }
  return shares[index - 1].members.sort((a, b) => a - b).map((at) => targets[at]);
}

/** Seconds for one process, its start and its samples. */
const SECONDS_PER_PROCESS = 0.4;
/** Seconds that a visit takes by the slowest strategies. */
const SECONDS_PER_VISIT = 8e-9;
/** Runs of a workload in a process. */
const RUNS = 8;

const GROWTHS: ReadonlyMap<string, Growth> = new Map(
  [...STRATEGIES, ...BESIDE_REGISTRY.values()].map(({ name, growth }) => [name, growth]),
);

/** About how many seconds a target takes; only its proportion to others matters. */
function workOf({ workload, slots = 0, strategies = measuredNames(), processes = 1 }: Target): number {
  const visits = (growth: Growth): number =>
    workload.kind === 'synthetic'
      ? visitsOf(shapeOf(workload.shape), growth)
      : // A patch per fifty instructions is what compiled programs have.
        growth === 'quadratic'
        ? slots ** 2 / 50
        : slots;
  return strategies
    .map((name) => {
      const count = typeof processes === 'number' ? processes : processes(name);
      const runs = RUNS * SECONDS_PER_VISIT * visits(GROWTHS.get(name) ?? 'linear');
      return count * (SECONDS_PER_PROCESS + runs);
    })
    .reduce((sum, each) => sum + each, 0);
}
