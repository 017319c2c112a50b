/**
 * Every strategy through every pass over the committed corpus, and over synthetic shapes: the same program bit for bit,
 * whatever holds the instructions, and the counters that are pinned. Programs too long for the reference store are
 * compared with what the first strategy makes of them here, and with the reference by `npm run bench`, which writes no row
 * otherwise.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newEnv, runPasses, type Prepared } from '../fixups/pipeline.js';
import { prepare } from '../fixups/rewrite.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import { REFERENCE, STRATEGIES, type Strategy } from '../../strategies/index.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { COUNTERS_CSV, countRun, differences, pinnedOf, REGENERATE, subjects } from './counters.js';
import { readCsv } from './csv.js';
import { firstDifference, sameProgram } from './linear-compare.js';
import { corpusFolder, readManifest } from './manifest.js';
import { PhaseLog } from './phase-log.js';

/** Longest program that is run over the reference here, in slots. */
const LONGEST = 4_000;

const all = subjects();
const pinned = readCsv(COUNTERS_CSV);

it('the corpus has programs of every size, and quick shapes are among the subjects', () => {
  const sizes = all.filter(({ fileName }) => fileName !== 'synthetic').map(({ slots }) => slots);
  expect(sizes.filter((slots) => slots <= LONGEST).length).toBeGreaterThan(40);
  expect(sizes.filter((slots) => slots > LONGEST).length).toBeGreaterThan(2);
  expect(all.some(({ fileName, quick }) => fileName === 'synthetic' && quick.length > 5)).toBe(true);
});

it.runIf(pinned.length > 0)(
  'every counter that is pinned is of a program, shape and strategy that there is',
  () => {
    const known = all.flatMap(({ fileName, progName, strategies }) =>
      strategies.map(({ name }) => `${fileName} ${progName} ${name}`),
    );
    const rows = pinned.map((row) => `${row.file_name!} ${row.prog_name!} ${row.strategy!}`);
    expect([...rows].sort(), `if that is on purpose: ${REGENERATE}`).toEqual(known.sort());
  },
);

describe('as loaded', () => {
  it.each(all.filter(({ quick }) => quick.length > 0))(
    '$fileName $progName is the same over every strategy, and so is the work it takes',
    (subject) => {
      const workload = subject.make();
      const pins = pinnedOf(pinned, subject);
      let expected = subject.slots <= LONGEST ? workload.run(REFERENCE, new PhaseLog(false)) : undefined;
      const changed: string[] = [];
      for (const strategy of subject.quick) {
        const { linear, row } = countRun(subject, workload, strategy);
        expected ??= linear;
        if (!sameProgram(linear, expected))
          expect(firstDifference(linear, expected), strategy.name).toBeUndefined();
        changed.push(...differences(pins.get(strategy.name), row));
      }
      expect(changed).toEqual([]);
    },
  );
});

describe('with random upper halves and blinded constants', () => {
  const profile = profileOf(DEFAULT_RELEASE);
  const programs = readManifest()
    .flatMap(({ file }) => {
      const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
      return object.programs.map((program) => ({
        object,
        program,
        label: `${object.fileName}/${program.name}`,
      }));
    })
    .filter(({ program }) => program.insns.length / 2 <= LONGEST);

  it.each(programs)('$label is the same over every strategy', ({ object, program }) => {
    const options = { rndHi32: true, blindConstants: true, seed: 'corpus' };
    const prepared = prepare(object, program, profile, options);
    const expected = rewritten(REFERENCE, prepared);
    for (const strategy of STRATEGIES) {
      expect(firstDifference(rewritten(strategy, prepared), expected), strategy.name).toBeUndefined();
    }
  });
});

function rewritten(strategy: Strategy, prepared: Prepared): LinearProgram {
  const store = strategy.create(prepared.input);
  runPasses(newEnv(prepared, store));
  return store.finish();
}
