/** The child's side: answers the one job it is sent and ends. */
import type { Facts } from '../verifier/facts.js';
import type { Answer, Job, WorkloadSpec } from './child-protocol.js';
import { DifferenceError, measureStrategy, messageOf, referenceDigest } from './sampling.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** What a child can do: the strategies it knows and how it makes workloads. */
export interface Bench {
  /** @throws Error naming the strategies there are when there is none of that name */
  strategyOf(name: string): MeasuredStrategy;
  readonly reference: MeasuredStrategy;
  /**
   * Makes the workload, from facts already derived where there are any.
   * @throws Error whose message is the one line that says why not
   */
  workloadOf(spec: WorkloadSpec, facts: Facts | undefined): Made | Promise<Made>;
}

/** A workload and the facts it was made from. */
export interface Made {
  readonly workload: Workload;
  readonly facts: Facts | undefined;
}

/** Waits for the parent's job, answers it, and disconnects. */
export function serve(bench: Bench): void {
  process.once('message', (job: Job) => {
    void answer(bench, job).then((done) => {
      process.send!(done, undefined, undefined, () => {
        process.disconnect();
      });
    });
  });
}

/** Does the job; whatever goes wrong is an answer too. */
export async function answer(bench: Bench, job: Job): Promise<Answer> {
  try {
    const made = await bench.workloadOf(job.workload, job.kind === 'measure' ? job.facts : undefined);
    if (job.kind === 'reference')
      return {
        kind: 'reference',
        digest: referenceDigest(made.workload, bench.reference),
        facts: made.facts,
      };
    const phases = measureStrategy(
      made.workload,
      bench.strategyOf(job.strategy),
      job.expected,
      bench.reference,
      job.sampling,
    );
    return { kind: 'measured', phases, peakRssKb: process.resourceUsage().maxRSS };
  } catch (error) {
    if (error instanceof DifferenceError) return { kind: 'differs', difference: error.message };
    if (process.env['PATCHBENCH_DEBUG'] === '1') console.error(error);
    return { kind: 'failed', reason: messageOf(error) };
  }
}
