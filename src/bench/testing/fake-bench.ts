/**
 * Strategies and workloads that behave and misbehave on purpose, for tests of the measuring itself. Compiled with the
 * rest so that a real child process can run it.
 */
import { newCounters } from '../../../strategies/counters.js';
import type { LinearProgram } from '../../../strategies/linear-program.js';
import type { Store, StoreInput } from '../../../strategies/store.js';
import type { WorkloadSpec } from '../child-protocol.js';
import type { Bench, Made } from '../child-server.js';
import { FINISH, INIT, noPatches, type PhaseLog } from '../phase-log.js';
import type { MeasuredStrategy, Workload } from '../workload.js';

const SLOTS = 4;

/** The words that every well-behaved fake ends in: slot `i` holds `i` twice. */
function words(): Int32Array {
  return Int32Array.from({ length: 2 * SLOTS }, (_, at) => at >> 1);
}

function fakeStrategy(name: string, wordsOfRun: (run: number) => Int32Array): MeasuredStrategy {
  let runs = 0;
  return {
    name,
    create: () => {
      const made = runs++;
      const counters = { ...newCounters(), allocations: 1, bytesAllocated: 64 };
      return {
        name,
        counters,
        length: () => SLOTS,
        finish: (): LinearProgram => ({
          insns: wordsOfRun(made),
          aux: new Uint32Array(3 * SLOTS),
          auxWords: 3,
          length: SLOTS,
          subprogs: [{ id: 0, start: 0, lineInfoIndex: 0 }],
          lineInfo: [],
          insnArray: new Int32Array(0),
          pokes: [],
        }),
      } as unknown as Store;
    },
  };
}

/** Sets word 0 of slot 2 to 99. */
function spoilt(): Int32Array {
  const changed = words();
  changed[4] = 99;
  return changed;
}

const STRATEGIES: readonly MeasuredStrategy[] = [
  fakeStrategy('good', words),
  fakeStrategy('also-good', words),
  fakeStrategy('broken', spoilt),
  // Right in the run that is compared with the reference, wrong later.
  fakeStrategy('unsteady', (run) => (run < 3 ? words() : spoilt())),
  {
    name: 'refusing',
    create: () => {
      throw new Error('insn 7 cannot be patched due to 16-bit range');
    },
  },
];

/** Two phases of its own besides init and finish; each adds to the counters what its name says. */
class FakeWorkload implements Workload {
  readonly lastRun = undefined;
  readonly slots = SLOTS;
  private runs = 0;

  /** @param atRun what else happens at each run, by its number */
  constructor(private readonly atRun: (run: number) => void) {}

  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram {
    this.atRun(this.runs++);
    const counts = noPatches();
    log.start();
    const store = strategy.create({} as StoreInput);
    log.stop(INIT, store, store.length(), counts);
    log.start();
    store.counters.insnBytesMoved += 100;
    counts.patches += 3;
    log.stop('hundred', store, store.length() + 3, counts);
    log.start();
    store.counters.insnBytesMoved += 1;
    counts.removals += 1;
    counts.insnsRemoved += 3;
    log.stop('one', store, store.length(), counts);
    log.start();
    const linear = store.finish();
    log.stop(FINISH, store, linear.length, counts);
    return linear;
  }
}

/** How a shape's process ends before it has answered. */
const MISHAPS: Readonly<Partial<Record<string, () => void>>> = {
  exits: () => process.exit(3),
  killed: () => process.kill(process.pid, 'SIGKILL'),
  hangs: () => {
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  },
  throws: () => {
    throw new Error('R1 is not a pointer\n    at somewhere (file.js:1:1)');
  },
};

export const FAKE_BENCH: Bench = {
  reference: fakeStrategy('reference', words),
  strategyOf(name) {
    const found = STRATEGIES.find((known) => known.name === name);
    if (found === undefined) throw new Error(`no strategy '${name}'`);
    return found;
  },
  workloadOf(spec: WorkloadSpec): Made {
    if (spec.kind === 'synthetic') MISHAPS[spec.shape]?.();
    const dies = spec.kind === 'synthetic' && spec.shape === 'ends-warming-up';
    return {
      workload: new FakeWorkload((run) => {
        if (dies && run === 2) process.exit(4);
      }),
      facts: undefined,
    };
  },
};
