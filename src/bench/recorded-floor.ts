/**
 * The floor for a process that measures it. Its recording is made in a thread, which has compiled code of its own: the
 * recorder is a store too, and call sites that have seen it would be slower for the floor, by some 5 % on pystacks180.
 */
import { Worker } from 'node:worker_threads';
import type { MeasureItem } from './child-protocol.js';
import type { Recorded } from './floor-worker.js';
import { floorFrom } from './floor.js';
import type { MeasuredStrategy } from './workload.js';

let worker: Worker | undefined;

/** Records from which on a thread is not kept: all that it has made would stay in memory. */
const LARGE = 100_000;

/**
 * The floor of an item's workload. One at a time.
 * @throws Error with the line that says why the workload cannot be recorded
 */
export async function recordedFloor(item: MeasureItem): Promise<MeasuredStrategy> {
  worker ??= new Worker(new URL('./floor-worker.js', import.meta.url));
  const { recording, error } = await ask(worker, item);
  if (recording === undefined) throw new Error(error);
  if (recording.total > LARGE) {
    await worker.terminate();
    worker = undefined;
  }
  return floorFrom(recording);
}

function ask(asked: Worker, item: MeasureItem): Promise<Recorded> {
  return new Promise((resolve, reject) => {
    asked.ref();
    asked.once('error', reject);
    asked.once('message', (recorded: Recorded) => {
      asked.off('error', reject);
      // Nothing but this process' own work keeps it alive.
      asked.unref();
      resolve(recorded);
    });
    asked.postMessage({ ...item });
  });
}
