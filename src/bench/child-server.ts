/** The child's side: answers every workload of the one job it is sent and ends. */
import type { Facts } from '../verifier/facts.js';
import type {
  Answer,
  Job,
  MeasureItem,
  MeasureJob,
  Message,
  ReferenceJob,
  WorkloadSpec,
} from './child-protocol.js';
import { DifferenceError, messageOf, runReference, Sampler, type Started } from './sampling.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** What a child can do: the strategies it knows and how it makes workloads. */
export interface Bench {
  /**
   * The strategy, ready for the item's workload.
   * @throws Error naming the strategies there are when there is none of that name
   */
  strategyOf(name: string, item: MeasureItem): MeasuredStrategy | Promise<MeasuredStrategy>;
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
  // A terminal sends Ctrl-C to parent and child alike; the parent decides what comes of it.
  process.on('SIGINT', () => undefined);
  process.once('message', (job: Job) => {
    void answer(bench, job, sent).then(() => {
      process.disconnect();
    });
  });
}

/** Waits until the message is on its way: a process that dies later must not take it along. */
function sent(message: Message): Promise<void> {
  return new Promise((resolve) => {
    process.send!(message, undefined, undefined, () => {
      resolve();
    });
  });
}

/** Does the job: an answer for each item, in their order; whatever goes wrong is an answer too. */
export async function answer(
  bench: Bench,
  job: Job,
  tell: (message: Message) => Promise<void> = () => Promise.resolve(),
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const report: Report = {
    begins: (at) => tell({ kind: 'begins', at }),
    answers: (at, given) => {
      answers[at] = given;
      return tell({ kind: 'answers', at, answer: given });
    },
  };
  await (job.kind === 'reference' ? runReferences(bench, job, report) : measure(bench, job, report));
  return answers;
}

/** See `Message`. */
interface Report {
  begins(at: number): Promise<void>;
  answers(at: number, answer: Answer): Promise<void>;
}

async function runReferences(bench: Bench, { items }: ReferenceJob, report: Report): Promise<void> {
  for (const [at, item] of items.entries()) {
    await report.begins(at);
    await report.answers(at, await reference(bench, item.workload));
  }
}

async function reference(bench: Bench, spec: WorkloadSpec): Promise<Answer> {
  try {
    const { workload, facts } = await bench.workloadOf(spec, undefined);
    return { kind: 'reference', facts, ...runReference(workload, bench.reference) };
  } catch (error) {
    return failure(error);
  }
}

/**
 * Every workload is run and compared first, then all are warmed up by turns, then they are sampled one after the other:
 * the last of a group must not meet better compiled code than the first.
 */
async function measure(
  bench: Bench,
  { items, strategy, sampling }: MeasureJob,
  report: Report,
): Promise<void> {
  const sampler = new Sampler(bench.reference, sampling);
  const started = new Map<number, Started>();
  for (const [at, item] of items.entries()) {
    await report.begins(at);
    try {
      const { workload } = await bench.workloadOf(item.workload, item.facts);
      const ready = await bench.strategyOf(strategy, item);
      started.set(at, sampler.start(workload, ready, item.expected));
    } catch (error) {
      await report.answers(at, failure(error));
    }
  }
  const [first] = started.keys();
  await report.begins(started.size === 1 ? first : -1);
  sampler.warmUp([...started.values()]);
  for (const [at, run] of started) {
    await report.begins(at);
    await report.answers(at, measured(sampler, run));
  }
}

function measured(sampler: Sampler, started: Started): Answer {
  try {
    const phases = sampler.measure(started);
    const auxBytes = 4 * started.auxWords;
    return { kind: 'measured', auxBytes, phases, peakRssKb: process.resourceUsage().maxRSS };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Answer {
  if (error instanceof DifferenceError) return { kind: 'differs', difference: error.message };
  if (process.env['PATCHBENCH_DEBUG'] === '1') console.error(error);
  return { kind: 'failed', reason: messageOf(error) };
}
