import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cow, CowStore, type CowMark } from './cow.js';
import { newCounters } from './counters.js';
import { Labels } from './labels.js';
import { PatchBuffer } from './patch-buffer.js';
import { AUX_FREE, NONE, PatchRangeError, type Pos, type StoreInput } from './store.js';
import type { StoreOptions } from './strategy.js';
import { expectSame, walk } from './testing/compare.js';
import { apply, cursorIndex, fit, guide, type Fitted, type Guide, type Session } from './testing/edits.js';
import { variantsOf } from './testing/lockstep.js';
import { CALL, JA, JEQ, MOV32, MOV64, plainInput } from './testing/programs.js';
import { CASES, type Case } from './testing/sessions.js';

/** No time limit: how long a property runs is up to `RUNS`. */
const AS_LONG_AS_IT_TAKES = 0;

/** What happens besides the edits, after one of them: a mark, going back to the nth one there is, or nothing. */
type Turn = 'mark' | 'on' | number;

const turns = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Turn>('on') },
    { weight: 2, arbitrary: fc.constant<Turn>('mark') },
    { weight: 1, arbitrary: fc.nat(1000) },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

/** A version as the test remembers it: the mark, and what led there. */
interface Remembered {
  readonly mark: CowMark;
  readonly done: number;
  readonly cursor: Pos;
  readonly exact: boolean;
}

/** Does an edit on one store; what is refused changes nothing. */
function attempt(session: Session, fitted: Fitted): void {
  try {
    apply(session, fitted);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

/** The reference after those edits. */
function replayed(input: StoreInput, done: readonly Fitted[]): Guide {
  const reference = guide(input);
  for (const fitted of done) attempt(reference, fitted);
  return reference;
}

/** All there is to see of a store, its subprograms only when they are up to date. */
function seen(session: Session, exact: boolean): unknown[] {
  const { store, input } = session;
  const subprogs = Array.from({ length: exact ? store.subprogCount() : 0 }, (_, k) => [
    store.subprogId(k),
    cursorIndex({ ...session, cursor: store.subprogStart(k) }),
  ]);
  const located = Array.from({ length: input.insns.length / 2 }, (_, slot) => {
    const pos = store.locate(slot);
    return pos === NONE ? NONE : cursorIndex({ ...session, cursor: pos });
  });
  return [store.length(), cursorIndex(session), subprogs, located, walk(store, input.auxWords)];
}

/** Runs a session with marks and rollbacks in between, and compares with the reference that did what is left of it. */
function runWithMarks({ input, edits }: Case, drawn: readonly Turn[], options?: StoreOptions): void {
  const store = new CowStore(input, options);
  const session: Session = { store, input, cursor: store.first() };
  let reference = guide(input);
  let exact = true;
  let done: Fitted[] = [];
  const remember = (): Remembered => ({
    mark: store.mark(),
    done: done.length,
    cursor: session.cursor,
    exact,
  });
  let marks: Remembered[] = drawn[0] === 'mark' ? [remember()] : [];
  edits.forEach((edit, step) => {
    const fitted = fit(edit, reference, exact);
    attempt(reference, fitted);
    attempt(session, fitted);
    done.push(fitted);
    if (edit.do === 'remove') exact = false;
    if (edit.do === 'commit' || (edit.do === 'addSubprog' && store.length() > 0)) exact = true;
    const turn = drawn[step % drawn.length];
    if (turn === 'mark') {
      marks.push(remember());
    } else if (turn !== 'on' && marks.length > 0) {
      const nth = turn % marks.length;
      const back = marks[nth];
      store.rollback(back.mark);
      marks = marks.slice(0, nth + 1);
      done = done.slice(0, back.done);
      session.cursor = back.cursor;
      exact = back.exact;
      reference = replayed(input, done);
    }
    store.check();
    expect(JSON.stringify(seen(session, exact))).toBe(JSON.stringify(seen(reference, exact)));
  });
  expectSame(store.finish(), reference.store.finish(), 'cow');
}

const patch = (...words: number[]): PatchBuffer => {
  const made = new PatchBuffer();
  words.forEach((w0, at) => made.push(w0, at));
  return made;
};

describe.each(variantsOf(cow))('copy on write with $options', ({ options }) => {
  it(
    'gives back any earlier version, whatever was done since',
    () => {
      fc.assert(
        fc.property(CASES, turns, (session, drawn) => {
          runWithMarks(session, drawn, options);
        }),
        { numRuns: fc.readConfigureGlobal().numRuns ?? 80 },
      );
    },
    AS_LONG_AS_IT_TAKES,
  );

  it('gives back what was there before patches of patches, removals over them and writes in place', () => {
    const input = plainInput(
      8,
      { 1: { w0: JEQ, target: 6 }, 5: { w0: JA, target: 2 } },
      { lineInfoSlots: Int32Array.of(0, 3, 4) },
    );
    const store = new CowStore(input, options);
    const versions: { mark: CowMark; looks: string }[] = [];
    const looks = (): string => JSON.stringify([store.length(), walk(store, input.auxWords)]);
    const mark = (): void => {
      versions.push({ mark: store.mark(), looks: looks() });
    };
    mark();
    const last = store.replace(store.locate(3), patch(MOV64, MOV32, MOV64));
    mark();
    store.replace(store.prev(last), patch(MOV64, MOV32));
    mark();
    store.setWords(store.locate(3), MOV32, 99);
    store.setAux(store.locate(0), AUX_FREE, 12345);
    store.setNop(store.locate(5));
    mark();
    store.remove(store.locate(2), 5);
    mark();
    store.remove(store.first(), 2);
    for (const { mark: version, looks: before } of versions.toReversed()) {
      store.rollback(version);
      store.check();
      expect(looks()).toBe(before);
      store.replace(store.first(), patch(MOV64, MOV64));
      store.rollback(version);
      expect(looks()).toBe(before);
    }
    const untouched = new CowStore(input, options);
    expectSame(store.finish(), untouched.finish(), 'all rolled back');
  });
});

describe('rolling back', () => {
  const input = plainInput(6, { 2: { w0: JA, target: 0 }, 4: { w0: CALL, target: 0 } });

  it('takes marks of this store only, and none made after one that was rolled back to', () => {
    const store = new CowStore(input);
    const first = store.mark();
    const second = store.mark();
    store.rollback(second);
    store.rollback(first);
    store.rollback(first);
    expect(() => store.rollback(second)).toThrow(new RangeError('no such mark to roll back to'));
    const third = store.mark();
    expect([first, second, third].map(({ depth }) => depth)).toEqual([0, 1, 1]);
    expect(() => store.rollback(second)).toThrow(RangeError);
    store.rollback(third);
    expect(() => store.rollback(new CowStore(input).mark())).toThrow(RangeError);
  });

  it('ends with the store', () => {
    const store = new CowStore(input);
    const mark = store.mark();
    store.finish();
    expect(() => store.mark()).toThrow('the store is finished');
    expect(() => store.rollback(mark)).toThrow('the store is finished');
  });

  it('takes a skipped prologue back, and what was removed behind it', () => {
    const store = new CowStore(input);
    const targets = (): number[] => [2, 4].map((slot) => store.targetSlot(store.locate(slot)));
    const before = store.mark();
    const body = store.replace(store.first(), patch(MOV64, MOV32));
    expect(targets()).toEqual([0, 0]);
    const patched = store.mark();
    store.skipPrologue(store.first(), body);
    store.remove(store.locate(1), 1);
    const skipped = store.mark();
    store.remove(store.locate(3), 1);
    store.rollback(skipped);
    expect([store.jumpsToNext(store.locate(2)), store.length()]).toEqual([false, 6]);
    store.rollback(patched);
    store.skipPrologue(store.first(), body);
    store.check();
    store.rollback(before);
    store.check();
    expect([targets(), store.length()]).toEqual([[0, 0], 6]);
    expectSame(store.finish(), new CowStore(input).finish(), 'all rolled back');
  });

  it('takes subprograms and pokes back', () => {
    const store = new CowStore(
      plainInput(9, {}, { subprogStarts: Int32Array.of(0, 3, 6), lineInfoSlots: Int32Array.of(0, 1, 3, 6) }),
    );
    const ids = (): number[] => Array.from({ length: store.subprogCount() }, (_, k) => store.subprogId(k));
    store.addPoke(store.locate(1), { map: 1, key: 1 });
    const before = store.mark();
    store.remove(store.locate(3), 3);
    store.commit();
    store.addPoke(store.locate(2), { map: 2, key: 2 });
    store.replace(store.locate(8), patch(MOV64, MOV64));
    store.addSubprog(store.locate(8));
    expect(ids()).toEqual([0, 2, 3]);
    store.rollback(before);
    expect(ids()).toEqual([0, 1, 2]);
    store.addSubprog(store.locate(8));
    expect(store.addPoke(store.locate(8), { map: 3, key: 3 })).toBe(1);
    const linear = store.finish();
    expect(linear.subprogs.map(({ id, start, lineInfoIndex }) => [id, start, lineInfoIndex])).toEqual([
      [0, 0, 0],
      [1, 3, 2],
      [2, 6, 3],
      [3, 8, 4],
    ]);
    expect(linear.pokes).toEqual([
      { map: 1, key: 1, slot: 1 },
      { map: 3, key: 3, slot: 8 },
    ]);
  });

  it('takes back the patch that made a branch too long, and names the right one afterwards', () => {
    const slots = 0x7fff;
    const store = new CowStore(plainInput(slots, { 0: { w0: JEQ, target: slots - 1 } }));
    const before = store.mark();
    const tooLong = (slot: number): void => {
      store.replace(store.locate(slot), patch(MOV64, MOV64, MOV64, MOV64));
      const thrown = (() => {
        try {
          store.finish();
          return undefined;
        } catch (error) {
          return error;
        }
      })();
      expect(thrown).toBeInstanceOf(PatchRangeError);
      expect((thrown as PatchRangeError).originalSlot).toBe(slot);
    };
    tooLong(70);
    store.rollback(before);
    tooLong(7);
    store.rollback(before);
    expect(store.finish().length).toBe(slots);
  });

  it('costs a mark nothing of the program', () => {
    const store = new CowStore(plainInput(5000));
    store.mark();
    const { bytesAllocated, insnBytesMoved } = store.counters;
    for (let nth = 0; nth < 100; nth++) store.mark();
    expect(store.counters.bytesAllocated).toBe(bytesAllocated);
    expect(store.counters.insnBytesMoved).toBe(insnBytesMoved);
    store.setAux(store.first(), AUX_FREE, 1);
    store.setAux(store.first(), AUX_FREE, 2);
    expect(store.counters.insnBytesMoved).toBe(insnBytesMoved + 8);
  });
});

describe('labels that are rolled back', () => {
  it('lead where they led, before and after a split, and through more of them than there was room for', () => {
    const labels = new Labels(200, newCounters());
    labels.alias(1, 2);
    const unsplit = labels.mark();
    labels.alias(2, 3);
    const rest = labels.allocate(7);
    labels.split(3, rest, 4);
    const split = labels.mark();
    for (let nth = 0; nth < 300; nth++) labels.alias(nth < 190 ? 199 - nth : labels.allocate(0), 5);
    labels.markRemoved(rest);
    labels.setStamp(rest, 9);
    expect([labels.resolve(1), labels.isRemoved(1), labels.resolveJump(180)]).toEqual([rest, false, 5]);
    labels.rollback(split);
    expect([labels.resolve(1), labels.resolveJump(1), labels.isRemoved(3)]).toEqual([rest, 4, false]);
    expect([labels.stamps[rest], labels.count, labels.resolve(180)]).toEqual([7, rest + 1, 180]);
    expect(labels.resolveJump(180)).toBe(180);
    labels.rollback(unsplit);
    expect([labels.resolve(1), labels.resolveJump(1), labels.isRoot(3)]).toEqual([2, 2, true]);
    expect(labels.isRemoved(3)).toBe(false);
    // Nothing is left of what the number of the split's rest stood for.
    labels.markRemoved(labels.allocate(0));
    expect([labels.count, labels.isRemoved(3)]).toEqual([rest + 1, false]);
    labels.markRemoved(3);
    labels.alias(3, 4);
    expect([labels.isRemoved(3), labels.resolveJump(3), labels.resolve(3)]).toEqual([true, 4, 4]);
  });

  it('lead where they led although they were followed since', () => {
    const labels = new Labels(10, newCounters());
    labels.alias(2, 3);
    const mark = labels.mark();
    labels.alias(3, 4);
    labels.alias(4, 5);
    expect([labels.resolveJump(2), labels.resolve(2)]).toEqual([5, 5]);
    labels.rollback(mark);
    expect([labels.resolveJump(2), labels.resolve(2)]).toEqual([3, 3]);
  });

  it('stay parted by a split before when a later one is taken back', () => {
    const labels = new Labels(10, newCounters());
    const rest = labels.allocate(0);
    labels.split(2, rest, 3);
    const mark = labels.mark();
    labels.split(6, labels.allocate(0), 7);
    labels.rollback(mark);
    expect([2, 6].map((label) => labels.resolveJump(label))).toEqual([3, 6]);
    expect([2, 6].map((label) => labels.resolve(label))).toEqual([rest, 6]);
  });
});
