/**
 * What the parent asks a measuring child for, and what it answers: one job a process, an answer for each of the job's
 * workloads. A job that measures names one strategy: never two in a process.
 */
import type { Facts } from '../verifier/facts.js';
import type { PhaseResult, SamplingOptions } from './sampling.js';
import type { Walk } from './walk.js';

/** Names a workload so that any process can make it. */
export type WorkloadSpec = ProgramSpec | SyntheticSpec;

/** A program of an object file. */
export interface ProgramSpec {
  readonly kind: 'program';
  /** The object file. */
  readonly path: string;
  /** Index in `BpfObject.programs`: names need not be unique. */
  readonly program: number;
  /** Release whose rewriting is run. */
  readonly kernel: string;
  /** File with the types to relocate against; the release's own when absent. */
  readonly btf?: string;
  readonly seed: string;
  readonly rndHi32: boolean;
  readonly blindConstants: boolean;
}

/** A shape made from a seed, see synthetic.ts. */
export interface SyntheticSpec {
  readonly kind: 'synthetic';
  readonly shape: string;
  readonly seed: string;
}

/** Runs the reference store once on each workload. */
export interface ReferenceJob {
  readonly kind: 'reference';
  readonly items: readonly ReferenceItem[];
}

export interface ReferenceItem {
  readonly workload: WorkloadSpec;
}

/** Measures one strategy on each workload. */
export interface MeasureJob {
  readonly kind: 'measure';
  readonly strategy: string;
  readonly sampling: SamplingOptions;
  readonly items: readonly MeasureItem[];
}

export interface MeasureItem {
  readonly workload: WorkloadSpec;
  /** The reference's digest. */
  readonly expected: string;
  /** What the reference's process found out about the program, so that the check runs once a program. */
  readonly facts: Facts | undefined;
}

export type Job = ReferenceJob | MeasureJob;

/** The same job with only the items at these indices. */
export function withItems(job: Job, indices: readonly number[]): Job {
  return job.kind === 'reference'
    ? { ...job, items: indices.map((at) => job.items[at]) }
    : { ...job, items: indices.map((at) => job.items[at]) };
}

/** A program's reference output, by its digest. */
export interface ReferenceAnswer {
  readonly kind: 'reference';
  readonly digest: string;
  /** Undefined for workloads that need none. */
  readonly facts: Facts | undefined;
  /** Empty where the output is calculated and nothing walks. */
  readonly walk: Walk;
}

export interface MeasuredAnswer {
  readonly kind: 'measured';
  /** Width of an aux record. */
  readonly auxBytes: number;
  readonly phases: readonly PhaseResult[];
  /** Peak resident memory of the process so far in KiB. */
  readonly peakRssKb: number;
}

/** The strategy's output is not the reference's. */
export interface DifferentAnswer {
  readonly kind: 'differs';
  /** One line naming the first difference. */
  readonly difference: string;
}

/** The workload cannot be run, or the process came to grief; one line. */
export interface FailedAnswer {
  readonly kind: 'failed';
  readonly reason: string;
}

/** What came of one workload. */
export type Answer = ReferenceAnswer | MeasuredAnswer | DifferentAnswer | FailedAnswer;

/** What a child tells while it works. */
export type Message =
  /** Works on this item of the job from now on; -1: on several by turns. Whatever befalls the process is its doing. */
  | { readonly kind: 'begins'; readonly at: number }
  | { readonly kind: 'answers'; readonly at: number; readonly answer: Answer };
