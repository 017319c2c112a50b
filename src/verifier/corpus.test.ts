import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AUX_ORIG, AUX_SEEN } from '../../strategies/store.js';
import { BRANCH_SUBPROG, branchKind } from '../isa/insn.js';
import { kernelTargetOf } from '../kernel/image.js';
import { DEFAULT_RELEASE } from '../kernel/index.js';
import { loadObject } from '../object/index.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { VerifierError } from './facts.js';
import { check } from './index.js';
import { profile } from './testing/programs.js';

const corpus = new URL('../../corpus/', import.meta.url);
const objects: readonly BpfObject[] = readdirSync(corpus)
  .filter((name) => name.endsWith('.o'))
  .map((name) => loadObject(new URL(name, corpus).pathname, { kernel: kernelTargetOf(DEFAULT_RELEASE) }));
const programs: readonly (readonly [name: string, object: BpfObject, program: BpfProgram])[] =
  objects.flatMap((object) =>
    object.programs.map((program) => [`${object.fileName} ${program.name}`, object, program] as const),
  );

/** The program with some of its words changed. */
function mutated(
  program: BpfProgram,
  changes: readonly (readonly [where: number, bits: number])[],
): BpfProgram {
  const insns = program.insns.slice();
  for (const [where, bits] of changes) insns[where % insns.length] ^= bits;
  return { ...program, insns };
}

describe('programs of the corpus', () => {
  test('there are some', () => {
    expect(programs.length).toBeGreaterThan(50);
  });

  test.each([...programs])('%s: is explored, and its entry is live', (_name, object, program) => {
    const { facts } = check(object, program, profile);
    const { aux, auxWords } = facts;
    expect(facts.unknowns).toEqual([]);
    expect(aux.length).toBe((program.insns.length / 2) * auxWords);
    expect([aux[AUX_ORIG], aux[AUX_SEEN]]).toEqual([1, 1]);
    // What a live instruction calls is live.
    for (let slot = 0; slot < program.insns.length / 2; slot++) {
      const w0 = program.insns[2 * slot];
      if (branchKind(w0) !== BRANCH_SUBPROG || aux[slot * auxWords + AUX_SEEN] === 0) continue;
      const target = slot + 1 + program.insns[2 * slot + 1];
      expect(facts.subprogs.length).toBeGreaterThan(1);
      expect(aux[target * auxWords + AUX_SEEN]).not.toBe(0);
    }
  });
});

describe('mutated programs', () => {
  const small = programs.filter(([, , { insns }]) => insns.length < 2000);

  test('are explored or refused, and nothing else', () => {
    let refused = 0;
    let explored = 0;
    const where = fc.nat();
    const change = fc.oneof(
      fc.tuple(
        where,
        fc.nat({ max: 31 }).map((bit) => 1 << bit),
      ),
      fc.tuple(
        fc.nat().map((slot) => 2 * slot),
        fc.integer(),
      ),
    );
    fc.assert(
      fc.property(fc.nat(), fc.array(change, { minLength: 1, maxLength: 4 }), (which, changes) => {
        const [, object, program] = small[which % small.length];
        try {
          const { facts } = check(object, mutated(program, changes), profile, { maxSteps: 20_000 });
          expect(facts.unknowns.every((line) => /^(insn \d+: .+|\d+ more of the kind)$/.test(line))).toBe(
            true,
          );
          explored++;
        } catch (error) {
          expect(error).toBeInstanceOf(VerifierError);
          expect((error as Error).message).toMatch(/^insn \d+: .+/);
          refused++;
        }
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(refused, explored)).toBeGreaterThan(20);
  });
});
