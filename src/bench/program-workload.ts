/** A program of an object file through the real passes, as a workload. */
import type { LinearProgram } from '../../strategies/linear-program.js';
import { newEnv, PASSES, type Prepared } from '../fixups/pipeline.js';
import { FINISH, INIT, noPatches, type PhaseLog } from './phase-log.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** The pipeline over a program that was checked before: only the rewriting is measured. */
export class ProgramWorkload implements Workload {
  readonly slots: number;
  lastRun: unknown;

  constructor(private readonly prepared: Prepared) {
    this.slots = prepared.program.insns.length / 2;
  }

  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram {
    log.start();
    const store = strategy.create(this.prepared.input);
    log.stop(INIT, store, store.length(), NOTHING_YET);

    const env = newEnv(this.prepared, store);
    const { counts } = env.patcher;
    for (const pass of PASSES) {
      if (!pass.applies(env)) continue;
      log.start();
      pass.run(env);
      log.stop(pass.name, store, store.length(), counts);
    }

    log.start();
    const linear = store.finish();
    log.stop(FINISH, store, linear.length, counts);
    this.lastRun = { env, linear };
    return linear;
  }
}

const NOTHING_YET = noPatches();
