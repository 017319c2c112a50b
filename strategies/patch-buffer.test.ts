import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BRANCH_IMM, BRANCH_OFF, BRANCH_SUBPROG, branchKind, NOT_BRANCH, withOff } from '../src/isa/insn.js';
import {
  assertPatch,
  INSIDE,
  insideTarget,
  jumpsBehind,
  OWN,
  PATCH_MAX,
  PatchBuffer,
  PLAIN,
  SUBPROG,
} from './patch-buffer.js';
import { CALL, GOTOL, JA, JEQ, MOV64 } from './testing/programs.js';

/** What `assertPatch` says of a patch for an instruction of this branch kind, in a program of three subprograms. */
function said(patch: PatchBuffer, replacedKind: number): string {
  try {
    assertPatch(patch, replacedKind, 3);
    return 'nothing';
  } catch (error) {
    return String(error);
  }
}

describe('the patch buffer', () => {
  it('takes branches for jumps inside unless told otherwise', () => {
    const patch = new PatchBuffer().push(MOV64, 1).push(JA, 0).pushReplaced(MOV64, 2).pushReplaced(JEQ, 3);
    patch.pushOwnTarget(GOTOL, 4).pushSubprog(CALL, 5, 2);
    expect([...patch.kinds.subarray(0, patch.length)]).toEqual([PLAIN, INSIDE, PLAIN, OWN, OWN, SUBPROG]);
    expect([...patch.words.subarray(0, 4)]).toEqual([MOV64, 1, JA, 0]);
    expect(patch.subprogs[5]).toBe(2);
    expect(patch.has).toBe((1 << PLAIN) | (1 << INSIDE) | (1 << OWN) | (1 << SUBPROG));
  });

  it('can be used again and again', () => {
    const patch = new PatchBuffer().push(JA, 0);
    expect(patch.clear().push(MOV64, 7).length).toBe(1);
    expect([patch.has, patch.kinds[0], patch.words[1]]).toEqual([1 << PLAIN, PLAIN, 7]);
  });

  it('holds so many instructions and no more', () => {
    const patch = new PatchBuffer();
    for (let at = 0; at < PATCH_MAX; at++) patch.push(MOV64, at);
    expect(() => patch.push(MOV64, 0)).toThrow(
      new RangeError(`a patch has at most ${PATCH_MAX} instructions`),
    );
    expect(patch.length).toBe(PATCH_MAX);
  });

  it('knows where its jumps lead, by 16 or 32 bit', () => {
    const patch = new PatchBuffer().push(withOff(JEQ, 1), 0).push(GOTOL, 0).push(withOff(JA, -3), 0);
    expect([0, 1, 2].map((at) => insideTarget(patch, at))).toEqual([2, 2, 0]);
    expect(jumpsBehind(patch)).toBe(false);
    patch.push(GOTOL, 0);
    expect(jumpsBehind(patch)).toBe(true);
    patch.push(withOff(JA, 1), 0);
    expect(() => insideTarget(patch, 4)).toThrow('branch 4 of a patch leads to 6, outside of 0..5');
  });

  it('knows the slots that its jumps lead over, backward ones from where they lead', () => {
    const spanned = (...distances: (number | undefined)[]): number => {
      const patch = new PatchBuffer();
      for (const distance of distances)
        if (distance === undefined) patch.push(MOV64, 0);
        else patch.push(withOff(JA, distance), 0);
      return patch.spanned;
    };
    const plain = (count: number): undefined[] => Array.from({ length: count }, () => undefined);
    expect(spanned(...plain(3))).toBe(0);
    expect([spanned(0, undefined), spanned(undefined, -1)]).toEqual([0, 0]);
    expect(spanned(2, ...plain(3))).toBe(0b110);
    expect(spanned(...plain(3), -3)).toBe(0b110);
    expect(spanned(undefined, 1, undefined, -4)).toBe(0b111);
    expect(spanned(PATCH_MAX - 1, ...plain(PATCH_MAX - 1))).toBe(-2);
    expect(spanned(...plain(PATCH_MAX - 1), -PATCH_MAX)).toBe(0x7fff_ffff);
    expect(new PatchBuffer().push(withOff(JA, 1), 0).push(MOV64, 0).clear().spanned).toBe(0);
  });

  it('says what is wrong with a patch', () => {
    const first = (): PatchBuffer => new PatchBuffer().push(MOV64, 0);
    expect(said(new PatchBuffer(), BRANCH_OFF)).toBe('RangeError: a patch has at least one instruction');
    expect(said(first().pushOwnTarget(MOV64, 0), BRANCH_OFF)).toBe(
      'RangeError: instruction 1 of a patch has a target but is no branch',
    );
    expect(said(first().pushOwnTarget(JA, 0), NOT_BRANCH)).toBe(
      'RangeError: branch 1 of a patch wants the target of an instruction that has none',
    );
    expect(said(first().pushOwnTarget(JA, 0), BRANCH_IMM)).toBe(
      'RangeError: branch 1 of a patch has 16 bit for a 32-bit distance',
    );
    expect(said(first().push(withOff(JA, -3), 0), NOT_BRANCH)).toBe(
      'RangeError: branch 1 of a patch leads to -1, outside of 0..2',
    );
    for (const k of [-1, 3]) {
      expect(said(first().pushSubprog(CALL, 0, k), NOT_BRANCH)).toBe(
        `RangeError: branch 1 of a patch leads to subprogram ${k} of 3`,
      );
    }
    for (const k of [0, 2]) expect(said(first().pushSubprog(CALL, 0, k), NOT_BRANCH)).toBe('nothing');
    expect(said(first().pushOwnTarget(GOTOL, 0).pushOwnTarget(CALL, 0), BRANCH_IMM)).toBe('nothing');
    expect(said(first().pushOwnTarget(JA, 0), BRANCH_OFF)).toBe('nothing');
  });

  it('says what is wrong first, behind what is right', () => {
    const wrong = 'RangeError: branch 2 of a patch leads to subprogram 9 of 3';
    const faulty = (first: (patch: PatchBuffer) => PatchBuffer): PatchBuffer =>
      first(new PatchBuffer().push(MOV64, 0)).pushSubprog(CALL, 0, 9).pushSubprog(CALL, 0, 8);
    expect(
      said(
        faulty((patch) => patch.pushOwnTarget(JA, 0)),
        BRANCH_OFF,
      ),
    ).toBe(wrong);
    expect(
      said(
        faulty((patch) => patch.pushOwnTarget(GOTOL, 0)),
        BRANCH_OFF,
      ),
    ).toBe(wrong);
    expect(
      said(
        faulty((patch) => patch.pushOwnTarget(GOTOL, 0)),
        BRANCH_IMM,
      ),
    ).toBe(wrong);
    expect(
      said(
        faulty((patch) => patch.pushSubprog(CALL, 0, 0)),
        NOT_BRANCH,
      ),
    ).toBe(wrong);
    expect(
      said(
        faulty((patch) => patch.push(withOff(JA, 0), 0)),
        NOT_BRANCH,
      ),
    ).toBe(wrong);
    expect(said(faulty((patch) => patch.push(MOV64, 0)).pushOwnTarget(MOV64, 0), NOT_BRANCH)).toBe(wrong);
    const short = new PatchBuffer().push(MOV64, 0).pushOwnTarget(GOTOL, 0).pushOwnTarget(JA, 0);
    expect(said(short, BRANCH_IMM)).toBe('RangeError: branch 2 of a patch has 16 bit for a 32-bit distance');
  });

  it('fits a program without subprograms, or with one, when it calls none', () => {
    const jump = new PatchBuffer().push(MOV64, 0).push(withOff(JA, 0), 0);
    expect([0, 1].map((subprogs) => jump.fits(NOT_BRANCH, subprogs))).toEqual([true, true]);
    jump.clear().push(withOff(JA, 0), 0);
    expect([0, 1].map((subprogs) => jump.fits(NOT_BRANCH, subprogs))).toEqual([true, true]);
    expect(new PatchBuffer().push(MOV64, 1).fits(NOT_BRANCH, 0)).toBe(true);
  });

  it('fits exactly where looking at every branch finds nothing wrong', () => {
    const word = fc.constantFrom(MOV64, CALL, GOTOL, JA, JEQ);
    const insn = fc.record({ word, distance: fc.integer({ min: -4, max: 4 }), how: fc.constantFrom(...HOW) });
    const replaced = fc.constantFrom(NOT_BRANCH, BRANCH_OFF, BRANCH_IMM, BRANCH_SUBPROG);
    let found = 0;
    fc.assert(
      fc.property(fc.array(insn, { maxLength: 5 }), replaced, fc.boolean(), (insns, kind, reused) => {
        const patch = reused
          ? new PatchBuffer().push(JA, 0).pushSubprog(CALL, 0, 9).clear()
          : new PatchBuffer();
        for (const { word, distance, how } of insns) {
          if (how === 'push')
            patch.push(withOff(word, branchKind(word) === BRANCH_OFF ? distance : 0), distance);
          else if (how === 'own') patch.pushOwnTarget(word, 0);
          else patch.pushSubprog(word, 0, distance);
        }
        const length = patch.length;
        const faults = insns.filter(({ word, distance, how }, at) => {
          const branch = branchKind(word);
          if (how === 'push')
            return branch !== NOT_BRANCH && (at + 1 + distance < 0 || at + 1 + distance > length);
          if (branch === NOT_BRANCH) return true;
          if (how === 'subprog') return distance < 0 || distance >= 3;
          return kind === NOT_BRANCH || (branch === BRANCH_OFF && kind !== BRANCH_OFF);
        });
        const wrong = length === 0 || faults.length > 0;
        if (wrong) found++;
        expect(patch.fits(kind, 3)).toBe(!wrong);
        if (wrong) {
          expect(() => {
            assertPatch(patch, kind, 3);
          }).toThrow(RangeError);
          return;
        }
        assertPatch(patch, kind, 3);
        const behind = insns.some(
          ({ word, distance, how }, at) =>
            how === 'push' && branchKind(word) !== NOT_BRANCH && at + 1 + distance === length,
        );
        expect(jumpsBehind(patch)).toBe(behind);
      }),
    );
    expect(found).toBeGreaterThan(0);
  });
});

/** The ways to append an instruction. */
const HOW = ['push', 'own', 'subprog'] as const;
