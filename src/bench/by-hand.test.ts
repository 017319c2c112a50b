import { join } from 'node:path';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { newEnv } from '../fixups/pipeline.js';
import { prepare } from '../fixups/rewrite.js';
import { zextRndHi32 } from '../fixups/zext-rnd-hi32.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import { reference } from '../../strategies/reference.js';
import { patchByHand, zextRndHi32ByHand } from './by-hand.js';
import { firstDifference } from './linear-compare.js';
import { corpusFolder, readManifest } from './manifest.js';
import { PhaseLog } from './phase-log.js';
import { DENSE_10K } from './workloads/dense.js';
import { synthesize } from './workloads/synthesize.js';
import { SyntheticRun } from './workloads/synthetic-run.js';

describe('a rewriting written by hand', () => {
  it.each([0, 1, 150, 300])('ends in the reference’s program for %d patches of a shape', (patches) => {
    const shape = { ...DENSE_10K, name: 'small', slots: 700, patches, subprogs: 4, longestJump: 64 };
    const { input, edits } = synthesize(shape, '1');
    const wanted = new SyntheticRun(shape, '1').run(reference, new PhaseLog(false));
    expect(edits.places).toHaveLength(patches);
    expect(firstDifference(patchByHand(input, edits.places!, edits.patch), wanted)).toBeUndefined();
  });

  it('ends in the reference’s program for random upper halves of corpus programs', () => {
    const profile = profileOf(DEFAULT_RELEASE);
    let patched = 0;
    for (const { file } of readManifest().slice(0, 12)) {
      const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
      for (const program of object.programs.filter(({ insns }) => insns.length < 2000)) {
        const prepared = prepare(object, program, profile, { rndHi32: true, seed: 'x' });
        const store = reference.create(prepared.input);
        const env = newEnv(prepared, store);
        zextRndHi32.run(env);
        const random = seedrandom.alea('x');
        const byHand = zextRndHi32ByHand(prepared.input, profile.scratchRegister, () => random.int32() >>> 0);
        expect(firstDifference(byHand, store.finish()), `${file}: ${program.name}`).toBeUndefined();
        patched += env.patcher.counts.patches;
      }
    }
    expect(patched).toBeGreaterThan(0);
  });
});
