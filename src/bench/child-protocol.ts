/** What the parent asks a measuring child for, and what it answers: one job and one answer a process. */
import type { Facts } from '../verifier/facts.js';
import type { PhaseResult, SamplingOptions } from './sampling.js';

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

/** Runs the reference store once. */
export interface ReferenceJob {
  readonly kind: 'reference';
  readonly workload: WorkloadSpec;
}

/** Measures one strategy. */
export interface MeasureJob {
  readonly kind: 'measure';
  readonly workload: WorkloadSpec;
  readonly strategy: string;
  /** The reference's digest. */
  readonly expected: string;
  /** What the reference's process found out about the program, so that the check runs once a program. */
  readonly facts: Facts | undefined;
  readonly sampling: SamplingOptions;
}

export type Job = ReferenceJob | MeasureJob;

/** A program's reference output, by its digest. */
export interface ReferenceAnswer {
  readonly kind: 'reference';
  readonly digest: string;
  /** Undefined for workloads that need none. */
  readonly facts: Facts | undefined;
}

export interface MeasuredAnswer {
  readonly kind: 'measured';
  readonly phases: readonly PhaseResult[];
  /** Peak resident memory of the process in KiB. */
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

export type Answer = ReferenceAnswer | MeasuredAnswer | DifferentAnswer | FailedAnswer;
