/**
 * `measure SESSION STRATEGY RUNS OUTPUT`: what the C model does with the same arguments (main.c), done by a strategy of the
 * registry: a process of its own, so that its call sites see one store only.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { strategyOf } from '../../strategies/index.js';
import { Garbage } from '../../src/bench/garbage.js';
import { PhaseLog } from '../../src/bench/phase-log.js';
import { programFile, Replay, sessionOf } from './sessions.js';

/** Runs before the clock counts: by then all code is compiled. */
const WARM_UP = 10;

const [session, name, runs, output] = process.argv.slice(2);
const workload = new Replay(sessionOf(readFileSync(session)));
const strategy = strategyOf(name);
let linear = workload.run(strategy, new PhaseLog(false));
const first = programFile(linear);
const bytes = linear.insns.byteLength + linear.aux.byteLength;
const garbage = new Garbage();
const times: number[] = [];
for (let run = 0; run < Number(runs) + WARM_UP; run++) {
  garbage.beforeRun(bytes);
  const log = new PhaseLog(false);
  linear = workload.run(strategy, log);
  if (run >= WARM_UP) times.push(log.total());
}
if (!programFile(linear).equals(first)) throw new Error(`${name}: another output than that of the first run`);
times.sort((a, b) => a - b);
process.stdout.write(`${times[0]} ${times[times.length >> 1]}\n`);
writeFileSync(output, first);
