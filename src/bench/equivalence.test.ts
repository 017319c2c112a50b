/**
 * Every strategy through every pass over the committed corpus: the same program bit for bit, whatever holds the
 * instructions. Programs too long for the slow ones are compared by `npm run bench`, which writes no row otherwise.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newEnv, runPasses, type PipelineOptions, type Prepared } from '../fixups/pipeline.js';
import { prepare } from '../fixups/rewrite.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import { REFERENCE, STRATEGIES, type Strategy } from '../../strategies/index.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { firstDifference } from './linear-compare.js';
import { corpusFolder, readManifest } from './manifest.js';

/** Longest program compared here, in slots. */
const LONGEST = 4_000;

const VARIANTS: readonly [string, PipelineOptions][] = [
  ['as loaded', {}],
  ['with random upper halves and blinded constants', { rndHi32: true, blindConstants: true, seed: 'corpus' }],
];

const profile = profileOf(DEFAULT_RELEASE);
const programs = readManifest().flatMap(({ file }) => {
  const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
  return object.programs.map((program) => ({ object, program, label: `${object.fileName}/${program.name}` }));
});
const short = programs.filter(({ program }) => program.insns.length / 2 <= LONGEST);

function rewritten(strategy: Strategy, prepared: Prepared): LinearProgram {
  const store = strategy.create(prepared.input);
  runPasses(newEnv(prepared, store));
  return store.finish();
}

it('the corpus has programs of every size', () => {
  expect(short.length).toBeGreaterThan(40);
  expect(programs.length).toBeGreaterThan(short.length);
});

describe.each(VARIANTS)('%s', (_, options) => {
  it.each(short)('$label is the same over every strategy', ({ object, program }) => {
    const prepared = prepare(object, program, profile, options);
    const expected = rewritten(REFERENCE, prepared);
    for (const strategy of STRATEGIES) {
      expect(firstDifference(rewritten(strategy, prepared), expected), strategy.name).toBeUndefined();
    }
  });
});
