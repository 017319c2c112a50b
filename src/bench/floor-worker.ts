/** The thread in which the floor's recordings are made, see recorded-floor.ts: a recording for each item it is sent. */
import { parentPort } from 'node:worker_threads';
import type { MeasureItem } from './child-protocol.js';
import { record, type Recording } from './floor-recording.js';
import { messageOf } from './sampling.js';
import { workloadOf } from './workloads.js';

/** What it sends back: one or the other. */
export interface Recorded {
  readonly recording?: Recording;
  /** One line. */
  readonly error?: string;
}

parentPort!.on('message', ({ workload: spec, facts }: MeasureItem) => {
  void (async (): Promise<Recorded> => {
    try {
      const { workload } = await workloadOf(spec, facts);
      return { recording: record(workload) };
    } catch (error) {
      return { error: messageOf(error) };
    }
  })().then((recorded) => {
    parentPort!.postMessage(recorded);
  });
});
