/**
 * Edits of a session: drawn without knowing the program and fitted to it when they are done, so that any list of them is
 * valid by the store's contract (or must be refused, by all stores alike) and shrinks well. sessions.ts draws them.
 */
import {
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  NOT_BRANCH,
  type OriginalSlot,
  withOff,
} from '../../src/isa/insn.js';
import type { LinearProgram } from '../linear-program.js';
import { PatchBuffer } from '../patch-buffer.js';
import { ReferenceStore } from '../reference.js';
import { AUX_ORIG, AUX_ZEXT, NONE, type Pos, type Store, type StoreInput } from '../store.js';
import { CALL, EXIT, JA, MOV64, pick } from './programs.js';

/** One instruction of a drawn patch. */
export type PatchItem =
  | { readonly type: 'plain'; readonly w0: number }
  | { readonly type: 'inside'; readonly w0: number; readonly goal: number }
  | { readonly type: 'own'; readonly w0: number }
  | { readonly type: 'replaced' }
  | { readonly type: 'subprog'; readonly w0: number; readonly k: number };

/** What every store must refuse, with the same words and without a change. */
export const REFUSED = [
  'empty patch',
  'patch that leads outside',
  'target of none',
  'no such subprogram',
  'branch in place',
  'too many removed',
  'body before front',
] as const;

export type Edit =
  | { readonly do: 'walk'; readonly steps: number }
  | { readonly do: 'goto'; readonly index: number }
  | { readonly do: 'locate'; readonly slot: number }
  /** Goes to an original instruction that was patched before. */
  | { readonly do: 'back'; readonly nth: number }
  | { readonly do: 'replace'; readonly items: readonly PatchItem[] }
  | { readonly do: 'remove'; readonly count: number }
  | { readonly do: 'setWords'; readonly w0: number; readonly drop: boolean }
  | { readonly do: 'setNop' }
  | { readonly do: 'setAux'; readonly word: number; readonly value: number }
  | { readonly do: 'skipPrologue'; readonly length: number }
  | { readonly do: 'addPoke'; readonly key: number }
  /** Patches the last instruction to some more, of which the last `length` become a subprogram; commits before. */
  | { readonly do: 'addSubprog'; readonly length: number }
  | { readonly do: 'refused'; readonly what: (typeof REFUSED)[number] }
  | { readonly do: 'commit' };

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

/** The session that edits are fitted to: on the reference, with what was patched so far. */
export interface Guide extends Session {
  readonly store: ReferenceStore;
  readonly patched: OriginalSlot[];
}

export function guide(input: StoreInput): Guide {
  const store = new ReferenceStore(input);
  return { store, input, cursor: store.first(), patched: [] };
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
export function removable(session: Guide, wanted: number): number {
  const { store } = session;
  const index = new Map<Pos, number>();
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) index.set(pos, index.size);
  const first = index.get(session.cursor)!;
  const starts = Array.from({ length: store.subprogCount() }, (_, k) => index.get(store.subprogStart(k))!);
  starts.push(store.length());
  const targets = branchTargets(store.linear());
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
  /** Records to remove. */
  readonly count: number;
  /** Original slot to go to, `NONE` for none. */
  readonly slot: OriginalSlot;
}

/**
 * Fits an edit to the program as the reference has it.
 * @param exact are the stores' numbers of subprograms up to date?
 */
export function fit(edit: Edit, at: Guide, exact: boolean): Fitted {
  const patch = new PatchBuffer();
  let count = 0;
  let slot = NONE;
  if (at.cursor !== NONE) {
    if (edit.do === 'replace') {
      fittedPatch(patch, edit.items, at.store, at.cursor, exact);
      const origin = at.store.aux(at.cursor, AUX_ORIG);
      if (origin !== 0) at.patched.push(origin - 1);
    }
    if (edit.do === 'remove') count = removable(at, edit.count);
    if (edit.do === 'refused') refusedPatch(patch, edit.what, at, exact);
    if (edit.do === 'back' && at.patched.length > 0) slot = at.patched[pick(edit.nth, at.patched.length)];
  }
  return { edit, patch, count, slot };
}

/** A patch that the record at the cursor must not be replaced by. */
function refusedPatch(
  patch: PatchBuffer,
  what: (typeof REFUSED)[number],
  { store, cursor }: Guide,
  exact: boolean,
): void {
  const kind = branchKind(store.word0(cursor));
  if (what === 'patch that leads outside') patch.push(MOV64, 0).push(withOff(JA, 1), 0);
  else if (what === 'no such subprogram' && exact) patch.pushSubprog(CALL, 0, store.subprogCount());
  else if (what === 'target of none') {
    patch.pushOwnTarget(kind === NOT_BRANCH ? CALL : kind === BRANCH_OFF ? MOV64 : JA, 0);
  }
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
    case 'back': {
      const at = fitted.slot === NONE ? NONE : store.locate(fitted.slot);
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
    case 'addSubprog':
      store.commit();
      session.cursor = patchEnd(store, edit.length);
      store.addSubprog(session.cursor);
      break;
    case 'refused':
      refused(store, pos, edit.what, patch);
      break;
    case 'commit':
      store.commit();
      session.cursor = store.first();
      break;
  }
}

/** Patches the last instruction to one more than `length` and returns where the last `length` start. */
function patchEnd(store: Store, length: number): Pos {
  const patch = new PatchBuffer().push(EXIT, 0);
  for (let at = 1; at < length; at++) patch.push(MOV64, at);
  patch.push(EXIT, 1);
  let start = store.replace(atIndex(store, store.length() - 1), patch);
  for (let left = length - 1; left > 0; left--) start = store.prev(start);
  return start;
}

/** @throws whatever the store says to that */
function refused(store: Store, pos: Pos, what: (typeof REFUSED)[number], patch: PatchBuffer): void {
  switch (what) {
    case 'branch in place': {
      const kind = branchKind(store.word0(pos));
      if (kind !== BRANCH_OFF) store.setWords(pos, JA, 0);
      break;
    }
    case 'too many removed':
      store.remove(pos, store.length() + 1);
      break;
    case 'body before front':
      if (store.prev(pos) !== NONE) store.skipPrologue(pos, store.prev(pos));
      break;
    default:
      store.replace(pos, patch);
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
