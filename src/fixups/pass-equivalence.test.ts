/**
 * Every strategy, as it is and tightly tuned, through every pass: over generated programs on every release, and over the
 * corpus. Instructions, aux records, subprograms (and so func info), line info, insn arrays, poke descriptors and error texts
 * are the reference's, bit for bit. (The corpus over the strategies as they are: src/bench/equivalence.test.ts.)
 */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpusFolder, readManifest } from '../bench/manifest.js';
import { alu64Reg, exit, InsnList, jmpImm, mov64Imm } from '../isa/builders.js';
import { BPF_DIV, BPF_JEQ } from '../isa/opcodes.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import type { PatchCounts } from '../patcher.js';
import { generatedPrograms, type GeneratedProgram } from '../testing/generator/index.js';
import { deriveFacts } from '../verifier/index.js';
import { REFERENCE } from '../../strategies/index.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { PatchRangeError } from '../../strategies/store.js';
import { expectSame } from '../../strategies/testing/compare.js';
import { VARIANTS, variantName, type Variant } from '../../strategies/testing/lockstep.js';
import { FixupError } from './pass.js';
import { layOut, newEnv, runPasses, type PipelineOptions, type Prepared } from './pipeline.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;
/** Longest corpus program compared here, in slots. */
const LONGEST = 4_000;

const OPTIONS: readonly PipelineOptions[] = [
  {},
  { rndHi32: true, blindConstants: true, seed: 'equivalence' },
];

/** Generated cases of a property: `RUNS`, or as many as this repository promises. */
function runs(promised: number): { numRuns: number } {
  return { numRuns: fc.readConfigureGlobal().numRuns ?? promised };
}

/** What became of a program: the message of the error that ended the rewriting where there is no result. */
interface Outcome {
  readonly result: LinearProgram | string;
  readonly counts: PatchCounts;
}

function outcome({ strategy, options }: Variant, prepared: Prepared): Outcome {
  const store = strategy.create(prepared.input, options);
  const env = newEnv(prepared, store);
  const { counts } = env.patcher;
  try {
    runPasses(env);
    return { result: store.finish(), counts };
  } catch (error) {
    if (error instanceof PatchRangeError || error instanceof FixupError)
      return { result: error.message, counts };
    throw error;
  }
}

/** Compares all variants with the reference and returns what that one made. */
function expectSameEverywhere(prepared: Prepared, variants: readonly Variant[] = VARIANTS): Outcome {
  const wanted = outcome({ strategy: REFERENCE }, prepared);
  for (const variant of variants) {
    const name = variantName(variant);
    const { result, counts } = outcome(variant, prepared);
    if (typeof result === 'string' || typeof wanted.result === 'string')
      expect(result, name).toEqual(wanted.result);
    else {
      expectSame(result, wanted.result, name);
      expect(counts, name).toEqual(wanted.counts);
    }
  }
  return wanted;
}

/** Lays the program out as it is and hardened; jump table entries at some instructions, which no map of ours brings. */
function layOuts({ object, program, profile }: GeneratedProgram): Prepared[] {
  const facts = deriveFacts(object, program, profile);
  expect(facts.unknowns).toEqual([]);
  const slots = program.insns.length / 2;
  const insnArraySlots = Int32Array.from({ length: 8 }, (_, entry) => (entry * 7919) % slots);
  return OPTIONS.map((options) => {
    const prepared = layOut(object, program, profile, options, facts);
    return { ...prepared, input: { ...prepared.input, insnArraySlots } };
  });
}

describe('generated programs become the same over every strategy', () => {
  it(
    'when they are small, on every release',
    () => {
      let removing = 0;
      let expanding = 0;
      let cases = 0;
      fc.assert(
        fc.property(generatedPrograms({ statements: 10 }), (generated) => {
          for (const prepared of layOuts(generated)) {
            const { counts } = expectSameEverywhere(prepared);
            cases++;
            if (counts.insnsRemoved > 0) removing++;
            if (counts.insnsAdded > 0) expanding++;
          }
        }),
        runs(500),
      );
      expect(removing / cases).toBeGreaterThan(0.4);
      expect(expanding / cases).toBeGreaterThan(0.4);
    },
    AS_LONG_AS_IT_TAKES,
  );

  it(
    'when they have some thousand instructions',
    () => {
      fc.assert(
        fc.property(generatedPrograms({ statements: 16, times: 30 }), (generated) => {
          for (const prepared of layOuts(generated)) expectSameEverywhere(prepared);
        }),
        { numRuns: Math.ceil(runs(500).numRuns / 100) },
      );
    },
    AS_LONG_AS_IT_TAKES,
  );
});

describe('a jump that the rewriting stretches over the end of 16 bits', () => {
  /** A jump over `divisions` divisions, which grow to four instructions each, and `plain` moves. */
  function stretched(divisions: number, plain: number): { object: BpfObject; program: BpfProgram } {
    const out = new InsnList();
    mov64Imm(out, 0, 1);
    mov64Imm(out, 2, 1);
    jmpImm(out, BPF_JEQ, 1, 0, divisions + plain);
    for (let i = 0; i < divisions; i++) alu64Reg(out, BPF_DIV, 0, 2);
    for (let i = 0; i < plain; i++) mov64Imm(out, 0, i);
    exit(out);
    const program: BpfProgram = {
      name: 'far',
      section: 'syscall',
      type: 31,
      attachType: 0,
      flags: 0,
      attachTarget: '',
      insns: out.words(),
      subprogs: [{ name: 'far', start: 0, global: false }],
      lineInfo: [],
      funcInfo: [],
    };
    return {
      object: { fileName: 'far.bpf.o', license: 'GPL', maps: [], programs: [program], failures: [] },
      program,
    };
  }

  it.each([
    ['fits when it ends exactly there', 40, 32_767 - 4 * 40, undefined],
    [
      'fails alike, by the division that goes too far',
      41,
      32_767 - 4 * 40 - 1,
      'insn 43 cannot be patched due to 16-bit range',
    ],
  ])('%s', (_, divisions, plain, message) => {
    const { object, program } = stretched(divisions, plain);
    const profile = profileOf(DEFAULT_RELEASE);
    const facts = deriveFacts(object, program, profile);
    const { result } = expectSameEverywhere(layOut(object, program, profile, {}, facts));
    expect(typeof result === 'string' ? result : undefined).toBe(message);
  });
});

describe('corpus programs become the same over every strategy when it is tightly tuned', () => {
  const profile = profileOf(DEFAULT_RELEASE);
  const tight = VARIANTS.filter(({ options }) => options !== undefined);
  const programs = readManifest().flatMap(({ file }) => {
    const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
    return object.programs
      .filter(({ insns }) => insns.length / 2 <= LONGEST)
      .map((program) => ({ object, program, label: `${object.fileName}/${program.name}` }));
  });

  it.each(programs)('$label', ({ object, program }) => {
    const facts = deriveFacts(object, program, profile);
    for (const options of OPTIONS) {
      const { result } = expectSameEverywhere(layOut(object, program, profile, options, facts), tight);
      expect(result).not.toBeTypeOf('string');
    }
  });
});
