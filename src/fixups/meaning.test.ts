/**
 * What programs do, before and after the rewriting: results, maps and calls must be the same, so that a mistake is found
 * that all stores make alike. Division guards, dead code and nop removal, zero extension, random upper halves, constant
 * blinding, `may_goto`, `bpf_loop` and map lookups in line; contexts are those that nothing converts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KernelProfile } from '../kernel/profile.js';
import {
  generatedPrograms,
  PLAIN_KIND_NAMES,
  type Generated,
  type GeneratedProgram,
} from '../testing/generator/index.js';
import { SPOILED } from '../testing/machine/mistakes.js';
import {
  FEW_LOOPS,
  rewrite,
  runLoaded,
  runRewritten,
  type Rewritten,
  type Seen,
  type Spoil,
} from '../testing/machine/runs.js';
import { Fault } from '../isa/interpreter/index.js';
import { deriveFacts } from '../verifier/index.js';
import { FixupError } from './pass.js';
import { layOut, type Prepared } from './pipeline.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;
/** Programs on which each mistake must show. */
const PATIENCE = 1_000;

/** Generated cases of a property: `RUNS`, or as many as this repository promises. */
function runs(promised: number): { numRuns: number } {
  return { numRuns: fc.readConfigureGlobal().numRuns ?? promised };
}

const programs = generatedPrograms({ statements: 10, delicately: true, kinds: PLAIN_KIND_NAMES });
const seeds = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 2, maxLength: 2 });

/** Checks the program for a release whose loops end after few turns. */
function prepared({ object, program }: Generated, release: KernelProfile): Prepared {
  const profile = { ...release, maxLoops: FEW_LOOPS };
  return layOut(object, program, profile, {}, deriveFacts(object, program, profile));
}

function text(seen: Seen): string {
  return [`R0 = 0x${seen.result.toString(16)}`, ...seen.log, ...seen.maps].join('\n');
}

/** The program rewritten without options; undefined when the kernel refuses it: then there is nothing to run. */
function rewrittenPlain(made: Prepared, spoil?: Spoil): Rewritten | undefined {
  try {
    return rewrite(made, {}, spoil);
  } catch (error) {
    if (error instanceof FixupError) return undefined;
    throw error;
  }
}

/**
 * The way of running a rewritten program that shows something else than `wanted`, which the program as loaded shows;
 * undefined when none does.
 */
function unlike(made: Prepared, seed: bigint, wanted: string, spoil?: Spoil): string | undefined {
  const plain = rewrittenPlain(made, spoil);
  if (plain === undefined) return undefined;
  const random = rewrite(made, { rndHi32: true, seed: String(seed) }, spoil);
  const ways: readonly (readonly [string, () => Seen])[] = [
    ['as rewritten', () => runRewritten(made, plain, seed)],
    ['with random upper halves', () => runRewritten(made, random, seed)],
    [
      'with blinded constants',
      () => runRewritten(made, plain, seed, { blinds: true, ...(spoil === undefined ? {} : { spoil }) }),
    ],
    [
      'where only marked instructions zero-extend',
      () => runRewritten(made, plain, seed, { trustsMarks: true }),
    ],
  ];
  for (const [way, run] of ways) {
    let got: string;
    try {
      got = text(run());
    } catch (error) {
      // A program as loaded never faults: its rewritten form must not, either.
      if (!(error instanceof Fault)) throw error;
      got = error.message;
    }
    if (got !== wanted) return `${way}: ${firstUnlikeLine(got, wanted)}`;
  }
  return undefined;
}

function firstUnlikeLine(got: string, wanted: string): string {
  const lines = wanted.split('\n');
  const at = got.split('\n').findIndex((line, index) => line !== lines[index]);
  return `${got.split('\n')[at] ?? 'less'}, as loaded ${lines[at] ?? 'less'}`;
}

describe('a rewritten program does what it did before', () => {
  it(
    'whatever the numbers it is given',
    () => {
      let refused = 0;
      let cases = 0;
      fc.assert(
        fc.property(programs, seeds, (generated, numbers) => {
          const made = prepared(generated, generated.profile);
          cases++;
          if (rewrittenPlain(made) === undefined) refused++;
          for (const seed of numbers) expect(unlike(made, seed, text(runLoaded(made, seed)))).toBeUndefined();
        }),
        runs(300),
      );
      expect(refused).toBeLessThan(5 + cases / 10);
    },
    AS_LONG_AS_IT_TAKES,
  );

  it(
    'as loaded, when only the 32-bit definitions that the check has marked zero-extend',
    () => {
      fc.assert(
        fc.property(programs, seeds, (generated, numbers) => {
          const made = prepared(generated, generated.profile);
          for (const seed of numbers)
            expect(text(runLoaded(made, seed, true))).toBe(text(runLoaded(made, seed)));
        }),
        runs(200),
      );
    },
    AS_LONG_AS_IT_TAKES,
  );
});

/** A program that was checked, numbers for it, and what it shows with them. */
interface Sound {
  readonly made: Prepared;
  readonly seed: bigint;
  readonly wanted: string;
}

describe('a mistake that every store would make alike is found', () => {
  /** Made when the first mistake gets so far. */
  const sound: Sound[] = [];
  let drawn: readonly GeneratedProgram[] = [];

  function soundProgram(at: number): Sound {
    if (drawn.length === 0) drawn = fc.sample(programs, PATIENCE);
    const generated = drawn[at];
    const made = prepared(generated, generated.profile);
    const seed = BigInt(at);
    return (sound[at] ??= { made, seed, wanted: text(runLoaded(made, seed)) });
  }

  it.each(SPOILED)('%s', (_, spoil) => {
    let found: string | undefined;
    for (let at = 0; at < PATIENCE && found === undefined; at++) {
      const { made, seed, wanted } = sound[at] ?? soundProgram(at);
      found = unlike(made, seed, wanted, spoil);
    }
    expect(found).toBeDefined();
  });
});
