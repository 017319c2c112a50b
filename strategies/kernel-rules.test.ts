/** The kernel's rules one by one, each with the result worked out by hand from its source (Linux 6.12, insn arrays: 7.2). */
import { describe, expect, it } from 'vitest';
import { branchDistance, branchKind, NOT_BRANCH, withOff, word0 } from '../src/isa/insn.js';
import { BPF_ADD, BPF_ALU64, BPF_ATOMIC, BPF_END, BPF_FETCH, BPF_STX, BPF_W } from '../src/isa/opcodes.js';
import { REFERENCE, STRATEGIES, type StoreOptions } from './index.js';
import type { LinearProgram } from './linear-program.js';
import { PatchBuffer } from './patch-buffer.js';
import {
  AUX_FREE,
  AUX_ORIG,
  AUX_SEEN,
  AUX_ZEXT,
  NONE,
  type Pos,
  type Store,
  type StoreInput,
} from './store.js';
import {
  assemble,
  CALL,
  EXIT,
  GOTOL,
  inputOf,
  JA,
  JEQ,
  LD_FUNC,
  MAY_GOTO,
  MOV32,
  MOV64,
  plainInput,
} from './testing/programs.js';

/** Slots that the branches of a linear program lead to, by the slots of the branches. */
function leads({ insns, length }: LinearProgram): Record<number, number> {
  const targets: Record<number, number> = {};
  for (let slot = 0; slot < length; slot++) {
    const w0 = insns[2 * slot];
    const kind = branchKind(w0);
    if (kind !== NOT_BRANCH) targets[slot] = slot + 1 + branchDistance(kind, w0, insns[2 * slot + 1]);
  }
  return targets;
}

/** Original slots by the aux records they ended in, `undefined` for inserted instructions. */
function origins({ aux, auxWords, length }: LinearProgram): (number | undefined)[] {
  return Array.from({ length }, (_, slot) => {
    const origin = aux[slot * auxWords + AUX_ORIG];
    return origin === 0 ? undefined : origin - 1;
  });
}

/** A patch of `length` plain instructions. */
function plain(length: number): PatchBuffer {
  const patch = new PatchBuffer();
  for (let at = 0; at < length; at++) patch.push(MOV64, 100 + at);
  return patch;
}

function patchAt(store: Store, slot: number, patch: PatchBuffer): Pos {
  return store.replace(store.locate(slot), patch);
}

/** Lines as [index in the input, final slot]. */
function lines({ lineInfo }: LinearProgram): [number, number][] {
  return lineInfo.map(({ index, slot }) => [index, slot]);
}

/** Subprograms as [number, start, index of the first line]. */
function subprogs(linear: LinearProgram): [number, number, number][] {
  return linear.subprogs.map(({ id, start, lineInfoIndex }) => [id, start, lineInfoIndex]);
}

describe.each([...STRATEGIES, REFERENCE])('$name', (strategy) => {
  const create = (input: StoreInput, options?: StoreOptions): Store => strategy.create(input, options);

  describe('branches and patches', () => {
    const input = plainInput(10, {
      0: { w0: JEQ, target: 4 },
      1: { w0: JA, target: 5 },
      2: { w0: GOTOL, target: 10 },
      6: { w0: JEQ, target: 4 },
      7: { w0: MAY_GOTO, target: 5 },
      8: { w0: JA, target: 0 },
    });

    it('lead to the front of a patch, and past it when they led behind it', () => {
      const store = create(input);
      patchAt(store, 4, plain(4));
      expect(leads(store.finish())).toEqual({ 0: 4, 1: 8, 2: 13, 9: 4, 10: 8, 11: 0 });
    });

    it('keep what the patch wrote for jumps inside it, also when a later patch comes between', () => {
      const store = create(plainInput(4));
      const guard = new PatchBuffer()
        .push(withOff(JEQ, 2), 0)
        .push(MOV64, 1)
        .push(withOff(JA, 1), 0)
        .push(MOV32, 2)
        .push(withOff(JA, -5), 0);
      let at = patchAt(store, 1, guard);
      for (let back = 0; back < 3; back++) at = store.prev(at);
      store.replace(at, plain(3));
      // Patched: slot 1 jeq -> 6 (was patch slot 3), 5 ja -> behind mov32, 7 ja back to the front.
      expect(leads(store.finish())).toEqual({ 1: 6, 5: 7, 7: 1 });
    });

    it('may lead just behind a patch, whose next instruction is then patched itself', () => {
      const store = create(plainInput(4));
      patchAt(store, 1, new PatchBuffer().push(withOff(JEQ, 1), 0).push(MOV64, 0));
      patchAt(store, 2, plain(3));
      expect(leads(store.finish())).toEqual({ 1: 3 });
    });

    it('may lead behind the last instruction of the program', () => {
      const store = create(plainInput(2));
      const last = patchAt(store, 1, new PatchBuffer().push(withOff(JEQ, 1), 0).push(EXIT, 0));
      store.replace(last, plain(2));
      expect(leads(store.finish())).toEqual({ 1: 4 });
    });

    it('give their target to the patch that replaces them: may_goto, forwards and backwards', () => {
      const store = create(input);
      const own = (): PatchBuffer => plain(1).pushOwnTarget(JEQ, 0).push(MOV64, 0).push(MOV64, 1);
      patchAt(store, 0, own());
      patchAt(store, 7, own());
      // Four instructions for one: forwards off + 2, backwards off - 1, as do_misc_fixups() writes them.
      const linear = store.finish();
      expect(leads(linear)).toEqual({ 1: 7, 4: 8, 5: 16, 9: 7, 11: 8, 14: 0 });
      expect(linear.insns[2] >> 16).toBe(3 + 2);
      expect(linear.insns[22] >> 16).toBe(-3 - 1);
    });

    it('give their target behind an immediate of -1, too', () => {
      const store = create(plainInput(8, { 4: { w0: JEQ, target: 1 } }));
      store.setWords(store.locate(3), MOV64, -1);
      patchAt(store, 4, plain(2).pushOwnTarget(JEQ, 0));
      expect(leads(store.finish())).toEqual({ 6: 1 });
    });

    it('that lead to themselves lead to the front of their patch', () => {
      const store = create(plainInput(3, { 1: { w0: JA, target: 1 } }));
      patchAt(store, 1, plain(2).pushOwnTarget(JA, 0));
      expect(leads(store.finish())).toEqual({ 3: 1 });
    });

    it('can be replaced in place', () => {
      const store = create(input);
      patchAt(store, 0, new PatchBuffer().push(withOff(JA, -1), 0));
      patchAt(store, 1, new PatchBuffer().pushOwnTarget(GOTOL, 0));
      const linear = store.finish();
      expect(linear.length).toBe(10);
      expect(leads(linear)).toMatchObject({ 0: 0, 1: 5 });
    });

    it('of a patch do not come from what its buffer held before', () => {
      const store = create(input);
      const buffer = new PatchBuffer();
      for (let at = 0; at < 9; at++) buffer.pushOwnTarget(JEQ, at);
      patchAt(store, 0, buffer);
      patchAt(store, 4, buffer.clear().push(MOV64, 1).push(MOV64, 2));
      patchAt(store, 5, buffer.clear().push(withOff(JA, 1), 1).push(MOV64, 2));
      buffer.clear();
      for (let at = 0; at < 9; at++) buffer.push(withOff(JEQ, 8 - at), at);
      patchAt(store, 9, buffer.clear().push(withOff(JA, 1), 1).push(EXIT, 2));
      buffer.clear();
      for (let at = 0; at < 9; at++) buffer.pushSubprog(CALL, 0, 0);
      patchAt(store, 3, buffer.clear().push(MOV64, 1));
      store.check();
      const linear = store.finish();
      const own = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [at, 12]));
      expect(leads(linear)).toEqual({ ...own, 9: 14, 10: 21, 14: 16, 16: 12, 17: 14, 18: 0, 19: 21 });
      expect([...linear.insns.subarray(22, 24)]).toEqual([MOV64, 1]);
      expect([...linear.insns.subarray(40, 42)]).toEqual([EXIT, 2]);
    });

    it('are all there is, in a program of nothing else', () => {
      const targets = Object.fromEntries(Array.from({ length: 150 }, (_, slot) => [slot, (slot * 7) % 150]));
      const branches = Object.entries(targets).map(([slot, target]) => [slot, { w0: JA, target }]);
      const store = create(plainInput(150, Object.fromEntries(branches) as Parameters<typeof plainInput>[1]));
      patchAt(store, 0, plain(2));
      const wanted = Object.entries(targets)
        .slice(1)
        .map(([slot, target]) => [Number(slot) + 1, target === 0 ? 0 : target + 1]);
      store.check();
      expect(leads(store.finish())).toEqual(Object.fromEntries(wanted));
    });

    it('are calls of subprograms, too, and addresses of them', () => {
      const insns = assemble([
        { w0: CALL, target: 4 },
        { w0: LD_FUNC, target: 6 },
        { w0: 0 },
        { w0: EXIT },
        { w0: MOV64 },
        { w0: CALL, target: 6 },
        { w0: EXIT },
      ]);
      const store = create(inputOf(insns, { subprogStarts: Int32Array.of(0, 4, 6) }));
      patchAt(store, 4, plain(3));
      patchAt(store, 3, new PatchBuffer().pushSubprog(CALL, 0, 2).pushSubprog(LD_FUNC, 0, 1).push(EXIT, 0));
      patchAt(store, 6, plain(2));
      const linear = store.finish();
      expect(leads(linear)).toEqual({ 0: 6, 1: 10, 3: 10, 4: 6, 9: 10 });
      expect(subprogs(linear).map(([, start]) => start)).toEqual([0, 6, 10]);
    });
  });

  describe('aux records', () => {
    it('go to the last instruction of a patch; the others are zero but for seen and zext_dst', () => {
      const input = plainInput(3, {}, { auxWords: AUX_FREE + 2 });
      input.aux[(AUX_FREE + 2) * 1 + AUX_SEEN] = 9;
      const store = create(input);
      patchAt(store, 1, new PatchBuffer().push(MOV32, 0).push(MOV64, 0).push(MOV32, 0));
      const { aux } = store.finish();
      const record = (slot: number): number[] => [...aux.slice(slot * 5, slot * 5 + 5)];
      expect([record(1), record(2), record(3)]).toEqual([
        [0, 9, 1, 0, 0],
        [0, 9, 0, 0, 0],
        [2, 9, 1, 7, 7],
      ]);
    });

    it('have zext_dst recomputed by a patch of one, and not by writing in place', () => {
      const store = create(plainInput(3));
      patchAt(store, 0, new PatchBuffer().push(MOV32, 0));
      store.setWords(store.locate(1), MOV32, 0);
      expect(store.aux(store.locate(0), AUX_ZEXT)).toBe(1);
      expect(store.aux(store.locate(1), AUX_ZEXT)).toBe(0);
    });

    it('have zext_dst by the immediate where that decides: of swaps by their width, of atomics by what they fetch', () => {
      const swap = word0(BPF_ALU64 | BPF_END, 1, 0, 0);
      const atomic = word0(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 0);
      const insns: [number, number, number][] = [
        [swap, 64, 0],
        [swap, 16, 1],
        [atomic, BPF_ADD, 0],
        [swap, 32, 1],
        [swap, 64, 0],
        [atomic, BPF_ADD | BPF_FETCH, 1],
      ];
      for (let front = 0; front < insns.length; front++) {
        for (let end = front + 1; end <= insns.length; end++) {
          const store = create(plainInput(5));
          const patch = new PatchBuffer();
          for (const [w0, imm] of insns.slice(front, end)) patch.push(w0, imm);
          patchAt(store, 3, patch);
          const { aux, auxWords } = store.finish();
          const zexts = insns.slice(front, end).map((_, at) => aux[(3 + at) * auxWords + AUX_ZEXT]);
          expect(zexts).toEqual(insns.slice(front, end).map(([, , zext]) => zext));
        }
      }
    });

    it('are found by their original slot: in patches of patches, and no more once removed', () => {
      const store = create(plainInput(4));
      const last = patchAt(store, 1, plain(3));
      expect(store.locate(1)).toBe(last);
      const again = store.replace(last, plain(2));
      expect(store.locate(1)).toBe(again);
      store.remove(store.locate(2), 1);
      expect(store.locate(2)).toBe(NONE);
      expect(origins(store.finish())).toEqual([0, undefined, undefined, undefined, 1, 3]);
    });
  });

  describe('removal', () => {
    it('leaves the last of its lines to the next survivor, also where a line that is gone once was', () => {
      const store = create(plainInput(12, {}, { lineInfoSlots: Int32Array.of(0, 5, 6) }));
      store.remove(store.locate(5), 1);
      store.remove(store.locate(4), 2);
      expect(lines(store.finish())).toEqual([
        [0, 0],
        [2, 4],
      ]);
    });

    it('passes identity to the next survivor', () => {
      const store = create(
        plainInput(8, {
          0: { w0: JA, target: 2 },
          1: { w0: JA, target: 5 },
          6: { w0: JA, target: 2 },
        }),
      );
      const after = store.remove(store.locate(2), 2);
      expect(store.aux(after, AUX_ORIG) - 1).toBe(4);
      expect(leads(store.finish())).toEqual({ 0: 2, 1: 3, 4: 2 });
    });

    it('at the end of the program leaves its branches to the end', () => {
      const store = create(plainInput(5, { 0: { w0: JA, target: 3 } }));
      expect(store.remove(store.locate(3), 2)).toBe(NONE);
      store.check();
      expect(leads(store.finish())).toEqual({ 0: 3 });
    });

    it('of everything leaves an empty program', () => {
      const store = create(
        plainInput(3, {}, { lineInfoSlots: Int32Array.of(0, 2), insnArraySlots: Int32Array.of(1) }),
      );
      expect(store.remove(store.first(), 3)).toBe(NONE);
      store.commit();
      expect(store.first()).toBe(NONE);
      expect(store.subprogCount()).toBe(0);
      expect(store.startsSubprog(NONE, 0)).toBe(true);
      expect(store.finish()).toMatchObject({ length: 0, subprogs: [], lineInfo: [], pokes: [] });
    });

    it('of more than there is fails', () => {
      const store = create(plainInput(3));
      expect(() => store.remove(store.first(), 4)).toThrow(
        new RangeError('4 instructions to remove, 3 there'),
      );
      expect(() => store.remove(store.locate(1), 3)).toThrow(
        new RangeError('3 instructions to remove, 2 there'),
      );
    });
  });

  describe('nops', () => {
    it('made in place lead to the next instruction for ever', () => {
      const store = create(plainInput(5, { 1: { w0: JEQ, target: 4 } }));
      const pos = store.locate(1);
      expect(store.jumpsToNext(pos)).toBe(false);
      store.setNop(pos);
      expect(store.jumpsToNext(pos)).toBe(true);
      expect(store.targetSlot(pos)).toBe(2);
      patchAt(store, 2, plain(4));
      store.remove(store.locate(0), 1);
      const nop = store.locate(1);
      expect(store.jumpsToNext(nop)).toBe(true);
      expect(leads(store.finish())).toEqual({ 0: 1 });
    });

    it('come about when what a branch skips is removed', () => {
      const store = create(plainInput(5, { 1: { w0: JA, target: 3 } }));
      store.remove(store.locate(2), 1);
      expect(store.jumpsToNext(store.locate(1))).toBe(true);
    });

    it('are a jump to the end in the last place', () => {
      const store = create(plainInput(2));
      store.setNop(store.locate(1));
      expect(store.jumpsToNext(store.locate(1))).toBe(true);
      expect(store.targetSlot(store.locate(1))).toBe(2);
    });
  });

  describe('subprograms', () => {
    const input = plainInput(
      12,
      { 1: { w0: CALL, target: 9 } },
      { subprogStarts: Int32Array.of(0, 3, 6, 9), lineInfoSlots: Int32Array.of(0, 3, 4, 6, 9, 10) },
    );

    it('go with their last instruction, whole or piece by piece', () => {
      const whole = create(input);
      whole.remove(whole.locate(3), 3);
      whole.commit();
      expect([whole.subprogCount(), whole.subprogId(1), whole.subprogId(2)]).toEqual([3, 2, 3]);
      expect(whole.subprogStart(1)).toBe(whole.locate(6));
      expect(subprogs(whole.finish())).toEqual([
        [0, 0, 0],
        [2, 3, 1],
        [3, 6, 2],
      ]);
      const pieces = create(input);
      pieces.remove(pieces.locate(4), 1);
      pieces.remove(pieces.locate(3), 1);
      pieces.remove(pieces.locate(5), 1);
      expect(subprogs(pieces.finish()).map(([id]) => id)).toEqual([0, 2, 3]);
    });

    it('go from the end of the program, too', () => {
      const store = create(plainInput(6, {}, { subprogStarts: Int32Array.of(0, 2, 4) }));
      store.remove(store.locate(1), 5);
      expect(subprogs(store.finish())).toEqual([[0, 0, 0]]);
    });

    describe('that go while something still refers to them', () => {
      /** Subprograms at 0, 4, 6 and 8; the first and the last refer to the middle two. */
      const referring = (): Store =>
        create(
          inputOf(
            assemble([
              { w0: LD_FUNC, target: 4 },
              { w0: 0 },
              { w0: CALL, target: 6 },
              { w0: EXIT },
              { w0: MOV64 },
              { w0: EXIT },
              { w0: MOV64 },
              { w0: EXIT },
              { w0: LD_FUNC, target: 4 },
              { w0: 0 },
              { w0: EXIT },
            ]),
            { subprogStarts: Int32Array.of(0, 4, 6, 8) },
          ),
        );

      it('leave references to their front to the next survivor, which later edits then shift', () => {
        const store = referring();
        store.remove(store.locate(4), 2);
        store.remove(store.locate(6), 2);
        store.commit();
        expect(store.targetSlot(store.locate(0))).toBe(8);
        patchAt(store, 3, plain(3));
        patchAt(store, 8, new PatchBuffer().push(MOV64, 1).pushReplaced(LD_FUNC, 0));
        const linear = store.finish();
        expect(leads(linear)).toEqual({ 0: 6, 2: 6, 7: 6 });
        expect(subprogs(linear).map(([id, start]) => [id, start])).toEqual([
          [0, 0],
          [3, 6],
        ]);
      });

      it('leave them to the end when nothing follows, wherever that comes to lie', () => {
        const store = create(
          inputOf(
            assemble([
              { w0: LD_FUNC, target: 4 },
              { w0: 0 },
              { w0: MOV64 },
              { w0: EXIT },
              { w0: MOV64 },
              { w0: EXIT },
            ]),
            { subprogStarts: Int32Array.of(0, 4) },
          ),
        );
        store.remove(store.locate(4), 2);
        patchAt(store, 3, plain(3));
        expect(leads(store.finish())).toEqual({ 0: 6 });
      });

      it('take those along that were aimed anew before, each alone', () => {
        const store = referring();
        patchAt(store, 2, new PatchBuffer().pushSubprog(CALL, 0, 3));
        patchAt(store, 8, new PatchBuffer().pushSubprog(LD_FUNC, 0, 0));
        store.remove(store.locate(4), 4);
        expect(leads(store.finish())).toEqual({ 0: 4, 2: 4, 4: 0 });
      });
    });

    it('stay when only their front or their tail goes', () => {
      const store = create(input);
      store.remove(store.locate(6), 2);
      store.remove(store.locate(4), 2);
      store.commit();
      expect(store.subprogCount()).toBe(4);
      expect(store.startsSubprog(store.locate(8), 2)).toBe(true);
      expect(store.subprogStart(2)).toBe(store.locate(8));
      expect(subprogs(store.finish())).toEqual([
        [0, 0, 0],
        [1, 3, 1],
        [2, 4, 2],
        [3, 5, 3],
      ]);
    });

    it('start with the first instruction of what their first was patched to', () => {
      const store = create(input);
      const last = patchAt(store, 3, plain(3));
      const front = store.prev(store.prev(last));
      expect(store.subprogStart(1)).toBe(front);
      expect(store.startsSubprog(front, 1)).toBe(true);
      expect(store.startsSubprog(last, 1)).toBe(false);
    });
  });

  describe('line info', () => {
    const input = plainInput(10, {}, { lineInfoSlots: Int32Array.of(0, 2, 3, 6, 9) });

    it('stays at the front of a patch and moves with what lies behind it', () => {
      const store = create(input);
      patchAt(store, 3, plain(3));
      expect(lines(store.finish())).toEqual([
        [0, 0],
        [1, 2],
        [2, 3],
        [3, 8],
        [4, 11],
      ]);
    });

    it('of the last removed instruction goes to a survivor that has none', () => {
      const store = create(input);
      store.remove(store.locate(2), 2);
      expect(lines(store.finish())).toEqual([
        [0, 0],
        [2, 2],
        [3, 4],
        [4, 7],
      ]);
    });

    it('goes when the survivor has its own', () => {
      const store = create(input);
      store.remove(store.locate(2), 4);
      expect(lines(store.finish())).toEqual([
        [0, 0],
        [3, 2],
        [4, 5],
      ]);
    });

    it('is handed on when the heir is removed, and gives way to a nearer one', () => {
      const store = create(input);
      store.remove(store.locate(3), 1);
      store.remove(store.locate(4), 1);
      store.remove(store.locate(2), 1);
      // Slot 5 has inherited the line of slot 3; that of slot 2 has no place any more.
      expect(lines(store.finish())).toEqual([
        [0, 0],
        [2, 2],
        [3, 3],
        [4, 6],
      ]);
    });

    it('goes with the tail of the program', () => {
      const store = create(input);
      store.remove(store.locate(6), 4);
      expect(lines(store.finish())).toEqual([
        [0, 0],
        [1, 2],
        [2, 3],
      ]);
    });
  });

  it('keeps insn array entries at the front of patches, and deletes those of removed instructions', () => {
    const store = create(plainInput(8, {}, { insnArraySlots: Int32Array.of(6, 1, 3, 6, 0) }));
    patchAt(store, 1, plain(3));
    store.remove(store.locate(3), 2);
    patchAt(store, 6, plain(2));
    expect([...store.finish().insnArray]).toEqual([6, 1, -1, 6, 0]);
  });

  it('deletes an insn array entry although a survivor inherits the place', () => {
    const store = create(
      plainInput(6, { 0: { w0: JA, target: 2 } }, { insnArraySlots: Int32Array.of(2, 1) }),
    );
    const last = patchAt(store, 2, plain(3));
    const front = store.prev(store.prev(last));
    store.remove(front, 1);
    const linear = store.finish();
    expect([...linear.insnArray]).toEqual([-1, 1]);
    expect(leads(linear)).toEqual({ 0: 2 });
  });

  it('keeps poke descriptors in the order they were added, at the instructions they were added for', () => {
    const store = create(plainInput(6));
    expect(store.addPoke(store.locate(4), { map: 1, key: 7 })).toBe(0);
    const last = patchAt(store, 1, plain(3));
    expect(store.addPoke(store.prev(last), { map: 0, key: 8 })).toBe(1);
    patchAt(store, 4, plain(2));
    expect(store.finish().pokes).toEqual([
      { map: 1, key: 7, slot: 6 },
      { map: 0, key: 8, slot: 2 },
    ]);
  });

  describe('skipping a prologue', () => {
    const input = plainInput(
      8,
      {
        0: { w0: CALL, target: 3 },
        5: { w0: JA, target: 3 },
        6: { w0: GOTOL, target: 3 },
        4: { w0: JEQ, target: 7 },
      },
      {
        subprogStarts: Int32Array.of(0, 3),
        lineInfoSlots: Int32Array.of(0, 3),
        insnArraySlots: Int32Array.of(3),
      },
    );

    it('makes jumps lead to the body; calls, subprograms and lines stay at the front', () => {
      const store = create(input);
      const body = patchAt(store, 3, plain(3));
      const front = store.prev(store.prev(body));
      store.skipPrologue(front, body);
      expect(store.targetSlot(store.locate(5))).toBe(3);
      expect(store.startsSubprog(front, 1)).toBe(true);
      expect(store.subprogStart(1)).toBe(front);
      store.check();
      const linear = store.finish();
      expect(leads(linear)).toEqual({ 0: 3, 6: 9, 7: 5, 8: 5 });
      expect(subprogs(linear)).toEqual([
        [0, 0, 0],
        [1, 3, 1],
      ]);
      expect([...linear.insnArray]).toEqual([3]);
    });

    it('can be done where nothing was patched, and to a call that was', () => {
      const store = create(input);
      // The nops in front lead to the prologue, until they skip it.
      store.setNop(store.locate(2));
      const nop = store.prev(patchAt(store, 1, plain(2)));
      store.setNop(nop);
      patchAt(store, 0, plain(1).pushOwnTarget(CALL, 0));
      const front = store.locate(3);
      store.skipPrologue(front, store.locate(4));
      expect(store.startsSubprog(front, 1)).toBe(true);
      store.check();
      const linear = store.finish();
      expect(leads(linear)).toEqual({ 1: 5, 2: 3, 4: 6, 6: 9, 7: 6, 8: 6 });
      expect(subprogs(linear)[1]).toEqual([1, 5, 1]);
      expect([...linear.insnArray]).toEqual([5]);
    });

    it('is skipped by nops in front of it, whoever put them there', () => {
      const store = create(plainInput(6));
      const last = patchAt(store, 2, plain(2));
      store.setNop(last);
      store.skipPrologue(store.locate(3), store.locate(5));
      const again = create(plainInput(6));
      again.setNop(again.locate(2));
      again.skipPrologue(again.locate(3), again.locate(5));
      const once = create(plainInput(6));
      once.setNop(patchAt(once, 2, plain(1)));
      once.skipPrologue(once.locate(3), once.locate(5));
      expect(leads(store.finish())).toEqual({ 3: 6 });
      expect(leads(again.finish())).toEqual({ 2: 5 });
      expect(leads(once.finish())).toEqual({ 2: 5 });
    });

    it('is done for each of several subprograms', () => {
      const store = create(
        plainInput(
          9,
          {
            1: { w0: CALL, target: 3 },
            2: { w0: CALL, target: 6 },
            4: { w0: JA, target: 3 },
            7: { w0: JA, target: 6 },
          },
          { subprogStarts: Int32Array.of(0, 3, 6) },
        ),
      );
      for (const slot of [3, 6]) {
        const body = patchAt(store, slot, plain(2));
        store.skipPrologue(store.prev(body), body);
      }
      expect(leads(store.finish())).toEqual({ 1: 3, 2: 7, 5: 4, 9: 8 });
    });

    it('changes nothing when done twice, nor for jumps that come later', () => {
      const store = create(input);
      const body = patchAt(store, 3, plain(2));
      const front = store.prev(body);
      store.skipPrologue(front, body);
      store.skipPrologue(front, body);
      patchAt(store, 2, new PatchBuffer().push(MOV64, 0).push(withOff(JEQ, 0), 0));
      expect(leads(store.finish())).toEqual({ 0: 4, 3: 4, 6: 9, 7: 5, 8: 5 });
    });

    it('leads what was a call to the front, also once it is a jump', () => {
      const replaced = create(input);
      const body = patchAt(replaced, 3, plain(2));
      replaced.skipPrologue(replaced.prev(body), body);
      patchAt(replaced, 0, new PatchBuffer().pushOwnTarget(GOTOL, 0));
      expect(leads(replaced.finish())).toMatchObject({ 0: 3 });
      const overwritten = create(input);
      const again = patchAt(overwritten, 3, plain(2));
      overwritten.skipPrologue(overwritten.prev(again), again);
      overwritten.setWords(overwritten.locate(0), GOTOL, 0);
      expect(leads(overwritten.finish())).toMatchObject({ 0: 3 });
    });

    it('leaves jumps within the prologue alone', () => {
      const store = create(plainInput(4, { 2: { w0: JA, target: 1 } }));
      const body = patchAt(
        store,
        1,
        new PatchBuffer().push(withOff(JEQ, 2), 0).push(withOff(JEQ, -2), 0).push(JA, 0).push(MOV64, 0),
      );
      store.skipPrologue(store.prev(store.prev(store.prev(body))), body);
      store.check();
      expect(leads(store.finish())).toEqual({ 1: 4, 2: 1, 3: 4, 5: 4 });
    });

    it('leads a body back to itself that led to the front, but no front to the body', () => {
      const store = create(plainInput(4, { 3: { w0: GOTOL, target: 1 } }));
      // No jump, though its immediate would lead to the front.
      store.setWords(store.first(), MOV64, 0);
      const body = patchAt(
        store,
        1,
        new PatchBuffer().push(withOff(JEQ, -1), 0).push(MOV64, 0).push(withOff(JA, -3), 0),
      );
      const front = store.prev(store.prev(body));
      store.skipPrologue(front, body);
      expect(store.jumpsToNext(front)).toBe(false);
      store.check();
      const linear = store.finish();
      expect(leads(linear)).toEqual({ 1: 1, 3: 3, 5: 3 });
      expect(linear.insns[1]).toBe(0);
    });

    it('counts for jumps that are overwritten or handed on to a patch afterwards', () => {
      const store = create(input);
      const body = patchAt(store, 3, plain(2));
      store.skipPrologue(store.prev(body), body);
      store.setWords(store.locate(6), GOTOL, 9);
      patchAt(store, 5, plain(1).pushOwnTarget(JEQ, 0));
      expect(leads(store.finish())).toMatchObject({ 0: 3, 7: 4, 8: 4 });
    });

    it('deletes the insn array entry when the front is removed afterwards', () => {
      const store = create(input);
      const body = patchAt(store, 3, plain(3));
      store.skipPrologue(store.prev(store.prev(body)), body);
      store.remove(store.prev(store.prev(body)), 1);
      store.commit();
      const linear = store.finish();
      expect([...linear.insnArray]).toEqual([-1]);
      expect(leads(linear)).toEqual({ 0: 3, 5: 8, 6: 4, 7: 4 });
    });

    it('of no instruction changes nothing', () => {
      const store = create(input);
      store.skipPrologue(store.locate(3), store.locate(3));
      store.check();
      expect(leads(store.finish())).toEqual({ 0: 3, 4: 7, 5: 3, 6: 3 });
    });

    it('needs a body behind the front', () => {
      const store = create(input);
      expect(() => {
        store.skipPrologue(store.locate(4), store.locate(2));
      }).toThrow(new RangeError('the body does not lie behind the prologue'));
    });
  });

  describe('targets in original slots', () => {
    it('are those of the identity aimed at, whatever became of it', () => {
      const store = create(plainInput(6, { 0: { w0: JA, target: 3 }, 1: { w0: JEQ, target: 6 } }));
      patchAt(store, 3, plain(4));
      expect(store.targetSlot(store.locate(0))).toBe(3);
      expect(store.targetSlot(store.locate(1))).toBe(6);
      store.remove(store.locate(3), 1);
      expect(store.targetSlot(store.locate(0))).toBe(4);
    });

    it('inside a patch are that of the aux record at its end', () => {
      const store = create(plainInput(6));
      const last = patchAt(
        store,
        2,
        new PatchBuffer().push(withOff(JEQ, 1), 0).push(MOV64, 0).push(MOV64, 0),
      );
      const front = store.prev(store.prev(last));
      expect(store.targetSlot(front)).toBe(2);
      store.replace(last, plain(3));
      expect(store.targetSlot(store.prev(store.prev(store.prev(store.prev(store.locate(2))))))).toBe(2);
    });
  });

  it('knows the end for the start of the subprogram behind the last', () => {
    const store = create(plainInput(6, {}, { subprogStarts: Int32Array.of(0, 3) }));
    const starts = (pos: Pos): boolean[] => [0, 1, 2, 3].map((k) => store.startsSubprog(pos, k));
    expect(starts(NONE)).toEqual([false, false, true, false]);
    expect(starts(store.first())).toEqual([true, false, false, false]);
    expect(starts(store.locate(3))).toEqual([false, true, false, false]);
    expect(starts(store.locate(4))).toEqual([false, false, false, false]);
  });

  it('knows no start of a subprogram that was removed', () => {
    const store = create(plainInput(12, {}, { subprogStarts: Int32Array.of(0, 3, 6, 9) }));
    store.remove(store.locate(3), 3);
    store.remove(store.locate(9), 3);
    store.commit();
    const numbers = [0, 1, 2, 3, 4, 5];
    const starts = (pos: Pos): number[] => numbers.filter((k) => store.startsSubprog(pos, k));
    expect(store.subprogCount()).toBe(2);
    expect(starts(NONE)).toEqual([2]);
    for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) {
      const origin = store.aux(pos, AUX_ORIG) - 1;
      expect(starts(pos), `slot ${origin}`).toEqual(origin === 0 ? [0] : origin === 6 ? [1] : []);
    }
  });

  it('leads poke descriptors of removed instructions to the next survivor', () => {
    const store = create(plainInput(9));
    for (const slot of [1, 3, 4, 5, 7]) store.addPoke(store.locate(slot), { map: 0, key: slot });
    store.remove(store.locate(3), 2);
    expect(store.finish().pokes.map(({ key, slot }) => [key, slot])).toEqual([
      [1, 1],
      [3, 3],
      [4, 3],
      [5, 3],
      [7, 5],
    ]);
  });

  describe('the door', () => {
    it('refuses inputs that do not fit together', () => {
      expect(() => create(inputOf(new Int32Array(0)))).toThrow(RangeError);
      expect(() => create(plainInput(3, {}, { aux: new Uint32Array(5) }))).toThrow(RangeError);
      expect(() => create(plainInput(3, {}, { subprogStarts: Int32Array.of(1) }))).toThrow(RangeError);
      expect(() => create(plainInput(3, {}, { subprogStarts: Int32Array.of(0, 3) }))).toThrow(RangeError);
      expect(() => create(plainInput(3, {}, { lineInfoSlots: Int32Array.of(1, 1) }))).toThrow(RangeError);
      expect(() => create(plainInput(3, {}, { insnArraySlots: Int32Array.of(-1) }))).toThrow(RangeError);
      expect(() => create(plainInput(3, { 1: { w0: JA, target: 4 } }))).toThrow(/insn 1 branches to slot 4/);
      expect(() => create(plainInput(3, { 1: { w0: GOTOL, target: -1 } }))).toThrow(
        /insn 1 branches to slot -1/,
      );
    });

    it('refuses options it does not know or cannot serve', () => {
      expect(() => create(plainInput(3), { colour: 1 })).toThrow(/has no option colour/);
    });

    it('refuses patches that make no sense, before anything has changed', () => {
      const input = plainInput(4, { 1: { w0: GOTOL, target: 3 }, 2: { w0: CALL, target: 0 } });
      const store = create(input);
      const refused = (slot: number, patch: PatchBuffer): void => {
        expect(() => patchAt(store, slot, patch)).toThrow(RangeError);
      };
      refused(0, new PatchBuffer());
      refused(0, new PatchBuffer().push(MOV64, 0).push(withOff(JA, 1), 0));
      refused(0, new PatchBuffer().push(withOff(JA, -2), 0));
      refused(0, new PatchBuffer().pushOwnTarget(JA, 0));
      refused(1, new PatchBuffer().pushOwnTarget(JA, 0));
      refused(1, new PatchBuffer().pushOwnTarget(MOV64, 0));
      refused(0, new PatchBuffer().pushSubprog(CALL, 0, 1));
      expect(() => {
        store.setWords(store.locate(0), JA, 0);
      }).toThrow(new RangeError('an instruction that is no branch cannot become one in place'));
      expect(() => {
        store.setWords(store.locate(1), JA, 0);
      }).toThrow(new RangeError('a 32-bit branch cannot become a 16-bit one'));
      const { insns } = store.finish();
      expect([...insns.subarray(0, 8)]).toEqual([...input.insns]);
    });

    it('leaves its input alone', () => {
      const input = plainInput(6, { 1: { w0: JA, target: 4 } }, { insnArraySlots: Int32Array.of(4) });
      const before = structuredClone(input);
      const store = create(input);
      patchAt(store, 2, plain(3));
      store.setAux(store.first(), AUX_FREE, 12_345);
      store.setNop(store.first());
      store.remove(store.locate(5), 1);
      store.finish();
      expect(input).toEqual(before);
    });
  });

  it('counts whole numbers, and never backwards', () => {
    const store = create(plainInput(300, { 3: { w0: JA, target: 200 }, 250: { w0: GOTOL, target: 9 } }));
    let before = { ...store.counters };
    const expectGrowth = (): void => {
      const now = { ...store.counters };
      for (const [name, count] of Object.entries(now)) {
        expect(Number.isSafeInteger(count), name).toBe(true);
        expect(count, name).toBeGreaterThanOrEqual(before[name as keyof typeof now]);
      }
      before = now;
    };
    for (let slot = 299; slot >= 0; slot -= 2) {
      patchAt(store, slot, plain(1 + (slot % 7)));
      expectGrowth();
      store.locate(slot);
      store.remove(store.next(store.locate(slot - (slot % 2))), 1);
      expectGrowth();
      if (slot % 50 === 1) store.commit();
      expectGrowth();
    }
    store.skipPrologue(store.first(), store.next(store.first()));
    expectGrowth();
    store.finish();
    expectGrowth();
  });

  it('counts what it did, the same every time', () => {
    const count = (): object => {
      const store = create(plainInput(600, { 3: { w0: JA, target: 500 } }));
      for (let slot = 0; slot < 600; slot += 7) patchAt(store, slot, plain(3));
      store.remove(store.locate(8), 5);
      store.commit();
      store.finish();
      return { ...store.counters };
    };
    expect(count()).toEqual(count());
  });
});
