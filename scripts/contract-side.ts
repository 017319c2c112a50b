/**
 * `contract-side SIDE WORKLOAD RUNS FILE`: one side of scripts/contract.ts, in a process of its own. SIDE is `record` (writes the
 * floor's recording to FILE), `contract` (the pass over the floor of that recording) or `by-hand`. The last two print the fastest
 * and the median run in ns and the digest of what they end in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import seedrandom from 'seedrandom';
import { patchByHand, zextRndHi32ByHand } from '../src/bench/by-hand.js';
import { record, type Recording } from '../src/bench/floor-recording.js';
import { floorFrom } from '../src/bench/floor.js';
import { Garbage } from '../src/bench/garbage.js';
import { digestOf, sameProgram } from '../src/bench/linear-compare.js';
import { corpusFolder } from '../src/bench/manifest.js';
import { PhaseLog } from '../src/bench/phase-log.js';
import type { MeasuredStrategy, Workload } from '../src/bench/workload.js';
import { shapeOf } from '../src/bench/workloads/index.js';
import { synthesize } from '../src/bench/workloads/synthesize.js';
import { SyntheticRun } from '../src/bench/workloads/synthetic-run.js';
import { newEnv } from '../src/fixups/pipeline.js';
import { prepare } from '../src/fixups/rewrite.js';
import { zextRndHi32 } from '../src/fixups/zext-rnd-hi32.js';
import { DEFAULT_RELEASE, profileOf } from '../src/kernel/index.js';
import { kernelTargetOf } from '../src/kernel/image.js';
import { loadObject } from '../src/object/index.js';
import type { LinearProgram } from '../strategies/linear-program.js';

const SEED = 'patchbench';
/** Runs before the clock counts: by then all code is compiled. */
const WARM_UP = 20;

/** The same work both ways. */
interface Both {
  readonly contract: Workload;
  readonly byHand: () => LinearProgram;
}

/** A shape's patches, in one forward walk. */
function patches(shape: string): Both {
  const { input, edits } = synthesize(shapeOf(shape), SEED);
  const { places, patch } = edits;
  if (places === undefined) throw new Error(`${shape} is not patched walking forward`);
  return {
    contract: new SyntheticRun(shapeOf(shape), SEED),
    byHand: () => patchByHand(input, places, patch),
  };
}

/** The pass `zext-rnd-hi32` over a program as it was loaded. */
function randomUpperHalves(file: string): Both {
  const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
  const profile = profileOf(DEFAULT_RELEASE);
  const prepared = prepare(object, object.programs[0], profile, { rndHi32: true, seed: SEED });
  const contract = {
    slots: prepared.input.insns.length / 2,
    lastRun: undefined as unknown,
    run(strategy: MeasuredStrategy): LinearProgram {
      const env = newEnv(prepared, strategy.create(prepared.input));
      zextRndHi32.run(env);
      const linear = env.store.finish();
      contract.lastRun = { env, linear };
      return linear;
    },
  };
  return {
    contract,
    byHand: () => {
      const random = seedrandom.alea(SEED);
      return zextRndHi32ByHand(prepared.input, profile.scratchRegister, () => random.int32() >>> 0);
    },
  };
}

function bothOf(workload: string): Both {
  return workload.endsWith('.o') ? randomUpperHalves(workload) : patches(workload);
}

function time(run: () => LinearProgram, runs: number): void {
  const first = run();
  const bytes = first.insns.byteLength + first.aux.byteLength;
  const garbage = new Garbage();
  const times: bigint[] = [];
  for (let at = 0; at < runs + WARM_UP; at++) {
    garbage.beforeRun(bytes);
    const startedAt = process.hrtime.bigint();
    const linear = run();
    const took = process.hrtime.bigint() - startedAt;
    if (!sameProgram(linear, first)) throw new Error('another output than that of the first run');
    if (at >= WARM_UP) times.push(took);
  }
  times.sort((a, b) => Number(a - b));
  process.stdout.write(`${times[0]} ${times[times.length >> 1]} ${digestOf(first)}\n`);
}

const [side, workload, runs, file] = process.argv.slice(2);
const both = bothOf(workload);
if (side === 'record') {
  writeFileSync(file, serialize(record(both.contract)));
} else if (side === 'contract') {
  const floor = floorFrom(deserialize(readFileSync(file)) as Recording);
  time(() => both.contract.run(floor, new PhaseLog(false)), Number(runs));
} else {
  time(both.byHand, Number(runs));
}
