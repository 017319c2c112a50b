/**
 * Generated editing sessions: a list of edits at a cursor, drawn without knowing the program and fitted to it when they are
 * done, so that any list is a valid session by the store's contract and shrinks well.
 */
import fc from 'fast-check';
import {
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  NOT_BRANCH,
  withOff,
} from '../../src/isa/insn.js';
import type { LinearProgram } from '../linear-program.js';
import type { ReferenceStore } from '../reference.js';
import { PATCH_MAX, PatchBuffer } from '../patch-buffer.js';
import { AUX_ZEXT, NONE, type Pos, type Store, type StoreInput } from '../store.js';
import { CALL, GOTOL, MOV64, pick, PLAIN_WORDS, SHORT_BRANCHES, SUBPROG_BRANCHES } from './programs.js';

/** One instruction of a drawn patch. */
export type PatchItem =
  | { readonly type: 'plain'; readonly w0: number }
  | { readonly type: 'inside'; readonly w0: number; readonly goal: number }
  | { readonly type: 'own'; readonly w0: number }
  | { readonly type: 'replaced' }
  | { readonly type: 'subprog'; readonly w0: number; readonly k: number };

export type Edit =
  | { readonly do: 'walk'; readonly steps: number }
  | { readonly do: 'goto'; readonly index: number }
  | { readonly do: 'locate'; readonly slot: number }
  | { readonly do: 'replace'; readonly items: readonly PatchItem[] }
  | { readonly do: 'remove'; readonly count: number }
  | { readonly do: 'setWords'; readonly w0: number; readonly drop: boolean }
  | { readonly do: 'setNop' }
  | { readonly do: 'setAux'; readonly word: number; readonly value: number }
  | { readonly do: 'skipPrologue'; readonly length: number }
  | { readonly do: 'addPoke'; readonly key: number }
  | { readonly do: 'commit' };

const natural = fc.nat(1 << 20);
const plainItem = fc.record({ type: fc.constant('plain' as const), w0: fc.constantFrom(...PLAIN_WORDS) });
const branchItem = fc.oneof(
  fc.record({
    type: fc.constant('inside' as const),
    w0: fc.constantFrom(...SHORT_BRANCHES, GOTOL, CALL),
    goal: natural,
  }),
  fc.record({
    type: fc.constant('own' as const),
    w0: fc.constantFrom(...SHORT_BRANCHES, GOTOL, ...SUBPROG_BRANCHES),
  }),
  fc.constant({ type: 'replaced' as const }),
  fc.record({ type: fc.constant('subprog' as const), w0: fc.constantFrom(...SUBPROG_BRANCHES), k: natural }),
);
const item: fc.Arbitrary<PatchItem> = fc.oneof(plainItem, branchItem);
const items = fc.oneof(
  { weight: 3, arbitrary: fc.array(item, { minLength: 1, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.array(item, { minLength: 1, maxLength: PATCH_MAX, size: 'max' }) },
);

const replace = fc.record({ do: fc.constant('replace' as const), items });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('walk' as const), steps: fc.integer({ min: -3, max: 8 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('goto' as const), index: natural }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('locate' as const), slot: natural }) },
  { weight: 10, arbitrary: replace },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 100 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('setWords' as const),
      w0: fc.constantFrom(...PLAIN_WORDS, ...SHORT_BRANCHES, GOTOL, ...SUBPROG_BRANCHES),
      drop: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'setNop' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('setAux' as const), word: natural, value: natural }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('skipPrologue' as const),
      length: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('addPoke' as const), key: natural }) },
  { weight: 2, arbitrary: fc.constant({ do: 'commit' as const }) },
);

/** Edits close to each other, most of them long patches: what splits the same chunk or leaf again and again. */
const clusteredEdit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('replace' as const),
      items: fc.array(item, { minLength: 1, maxLength: PATCH_MAX, size: 'max' }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('walk' as const), steps: fc.integer({ min: -40, max: 40 }) }),
  },
  { weight: 1, arbitrary: edit },
);

/** Sessions of up to `most` edits around one place. */
export function clusteredEdits(most: number): fc.Arbitrary<Edit[]> {
  return fc
    .tuple(natural, fc.array(clusteredEdit, { maxLength: most, size: 'max' }))
    .map(([index, session]) => [{ do: 'goto' as const, index }, ...session]);
}

/** Sessions of up to `most` edits. */
export function edits(most: number): fc.Arbitrary<Edit[]> {
  return fc.array(edit, { maxLength: most, size: 'max' });
}

/** A drawn patch fitted to the instruction it replaces. */
export function fittedPatch(
  patch: PatchBuffer,
  drawn: readonly PatchItem[],
  store: Store,
  pos: Pos,
  exact: boolean,
): void {
  const old = store.word0(pos);
  const oldKind = branchKind(old);
  patch.clear();
  drawn.forEach((spec, at) => {
    const w1 = 10 * at;
    switch (spec.type) {
      case 'plain':
        patch.push(spec.w0, w1);
        break;
      case 'inside': {
        const distance = pick(spec.goal, drawn.length + 1) - at - 1;
        if (branchKind(spec.w0) === BRANCH_OFF) patch.push(withOff(spec.w0, distance), w1);
        else patch.push(spec.w0, distance);
        break;
      }
      case 'own': {
        const fits = oldKind !== NOT_BRANCH && (branchKind(spec.w0) !== BRANCH_OFF || oldKind === BRANCH_OFF);
        if (fits) patch.pushOwnTarget(spec.w0, 0);
        else patch.push(MOV64, w1);
        break;
      }
      case 'replaced':
        patch.pushReplaced(old, oldKind === NOT_BRANCH || oldKind === BRANCH_OFF ? store.word1(pos) : 0);
        break;
      case 'subprog':
        if (exact && store.subprogCount() > 0)
          patch.pushSubprog(spec.w0, 0, pick(spec.k, store.subprogCount()));
        else patch.push(MOV64, w1);
        break;
    }
  });
}

/** A store and a place in it. */
export interface Session {
  readonly store: Store;
  readonly input: StoreInput;
  cursor: Pos;
}

/** Steps from the first record to the cursor. */
export function cursorIndex(session: Session): number {
  let index = -1;
  for (let pos = session.cursor; pos !== NONE; pos = session.store.prev(pos)) index++;
  return index;
}

function atIndex(store: Store, index: number): Pos {
  let pos = store.first();
  for (let step = 0; step < index; step++) pos = store.next(pos);
  return pos;
}

/**
 * How many of `wanted` records from the cursor on the contract lets go: no survivor may aim into the middle of them, and of a
 * subprogram that begins behind the first of them all must go. Asked of the reference, which can show its program at any time.
 */
export function removable(session: Session, wanted: number): number {
  const { store } = session;
  const index = new Map<Pos, number>();
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) index.set(pos, index.size);
  const first = index.get(session.cursor)!;
  const starts = Array.from({ length: store.subprogCount() }, (_, k) => index.get(store.subprogStart(k))!);
  starts.push(store.length());
  const targets = branchTargets((store as ReferenceStore).linear());
  for (let count = Math.min(wanted, store.length() - first); count > 0; count--) {
    const end = first + count;
    const aimedAt = targets.some(({ from, to }) => (from < first || from >= end) && to > first && to < end);
    const cut = starts.some((start, k) => start > first && start < end && starts[k + 1] > end);
    if (!aimedAt && !cut) return count;
  }
  return 0;
}

function branchTargets({ insns, length }: LinearProgram): { from: number; to: number }[] {
  return Array.from({ length }, (_, from) => from).flatMap((from) => {
    const w0 = insns[2 * from];
    const kind = branchKind(w0);
    return kind === NOT_BRANCH
      ? []
      : [{ from, to: from + 1 + branchDistance(kind, w0, insns[2 * from + 1]) }];
  });
}

/** Facts of one edit that do not depend on the store: fitted once, done on every store. */
export interface Fitted {
  readonly edit: Edit;
  readonly patch: PatchBuffer;
  readonly count: number;
}

/** Fits an edit to the program as the reference has it. */
export function fit(edit: Edit, at: Session, exact: boolean): Fitted {
  const patch = new PatchBuffer();
  let count = 0;
  if (at.cursor !== NONE) {
    if (edit.do === 'replace') fittedPatch(patch, edit.items, at.store, at.cursor, exact);
    if (edit.do === 'remove') count = removable(at, edit.count);
  }
  return { edit, patch, count };
}

/** Does the edit on one store; the cursor goes where the store says. */
export function apply(session: Session, fitted: Fitted): void {
  const { store } = session;
  const { edit, patch } = fitted;
  if (store.length() === 0) {
    if (edit.do === 'commit') store.commit();
    session.cursor = NONE;
    return;
  }
  const pos = session.cursor;
  switch (edit.do) {
    case 'walk': {
      let at = pos;
      for (let left = Math.abs(edit.steps); left > 0; left--) {
        const step = edit.steps < 0 ? store.prev(at) : store.next(at);
        if (step === NONE) break;
        at = step;
      }
      session.cursor = at;
      break;
    }
    case 'goto':
      session.cursor = atIndex(store, pick(edit.index, store.length()));
      break;
    case 'locate': {
      const at = store.locate(pick(edit.slot, session.input.insns.length / 2));
      if (at !== NONE) session.cursor = at;
      break;
    }
    case 'replace':
      session.cursor = store.replace(pos, patch);
      break;
    case 'remove':
      if (fitted.count > 0) session.cursor = store.remove(pos, fitted.count);
      if (session.cursor === NONE) session.cursor = store.first();
      break;
    case 'setWords':
      setWords(store, pos, edit.w0, edit.drop);
      break;
    case 'setNop':
      store.setNop(pos);
      break;
    case 'setAux':
      store.setAux(pos, AUX_ZEXT + pick(edit.word, session.input.auxWords - AUX_ZEXT), edit.value);
      break;
    case 'skipPrologue': {
      let body = pos;
      for (let left = edit.length; left > 0 && store.next(body) !== NONE; left--) body = store.next(body);
      if (body !== pos) store.skipPrologue(pos, body);
      break;
    }
    case 'addPoke':
      store.addPoke(pos, { map: 3, key: edit.key });
      break;
    case 'commit':
      store.commit();
      session.cursor = store.first();
      break;
  }
}

function setWords(store: Store, pos: Pos, w0: number, drop: boolean): void {
  const old = branchKind(store.word0(pos));
  const kind = branchKind(w0);
  const fits =
    kind === NOT_BRANCH
      ? drop || old === NOT_BRANCH
      : old !== NOT_BRANCH && (kind !== BRANCH_OFF || old === BRANCH_OFF);
  if (fits) store.setWords(pos, w0, kind === NOT_BRANCH ? 77 : kind === BRANCH_SUBPROG ? 5 : 0);
}
