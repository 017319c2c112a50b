/** Runs one editing session on all registered strategies and on the reference, side by side. */
import { expect } from 'vitest';
import { STRATEGIES } from '../index.js';
import { PatchBuffer } from '../patch-buffer.js';
import { AUX_SEEN, NONE } from '../store.js';
import type { StoreOptions, Strategy } from '../strategy.js';
import { expectSame, view, walk } from './compare.js';
import { apply, cursorIndex, fit, guide, type Fitted, type Session } from './edits.js';
import { MOV64 } from './programs.js';
import type { Case } from './sessions.js';

/** A strategy and how it is tuned. */
export interface Variant {
  readonly strategy: Strategy;
  readonly options?: StoreOptions;
}

/** A strategy as it is, and with all of its tunables tight, so that small programs cross its boundaries. */
export function variantsOf(strategy: Strategy): Variant[] {
  const tight = Object.fromEntries(strategy.tunables.map((tunable) => [tunable.name, tunable.tight]));
  return [{ strategy }, { strategy, options: tight }];
}

export const VARIANTS: readonly Variant[] = STRATEGIES.flatMap(variantsOf);

export function variantName({ strategy, options }: Variant): string {
  return options === undefined ? strategy.name : `${strategy.name} ${JSON.stringify(options)}`;
}

/** How closely to look between two edits: at the cursor, or at everything. */
export type Scrutiny = 'cursor' | 'all';

/**
 * Does the edits on every variant and compares with the reference: what was refused, the cursor's place and record after each
 * edit, with `check()`, the linear programs at the end, and that nothing changes these any more.
 */
export function runInLockstep(
  { input, edits, scrutiny }: Case,
  variants: readonly Variant[] = VARIANTS,
): void {
  const reference = guide(input);
  const sessions = variants.map((variant) => {
    const store = variant.strategy.create(input, variant.options);
    return { name: variantName(variant), session: { store, input, cursor: store.first() } };
  });
  let exact = true;
  edits.forEach((edit, step) => {
    const fitted = fit(edit, reference, exact);
    const refusal = attempt(reference, fitted);
    reference.store.check();
    if (edit.do === 'remove') exact = false;
    if (edit.do === 'commit' || (edit.do === 'addSubprog' && reference.store.length() > 0)) exact = true;
    const look = (session: Session, refused: string): unknown[] => [
      refused,
      session.store.length(),
      cursorIndex(session),
      view(session.store, session.cursor, input.auxWords),
      exact ? subprogs(session) : [],
      scrutiny === 'all' ? walk(session.store, input.auxWords) : [],
    ];
    const seen = look(reference, refusal);
    for (const { name, session } of sessions) {
      const refused = attempt(session, fitted);
      session.store.check();
      expectEqual(look(session, refused), seen, `${name}, after edit ${step} (${edit.do})`);
    }
  });
  const wanted = reference.store.finish();
  for (const { name, session } of sessions) {
    const linear = session.store.finish();
    expectSame(linear, wanted, name);
    expectEqual(useAfterFinish(session), useAfterFinish(reference), `${name}, after its finish`);
    expectSame(linear, wanted, `${name}, after what came behind its finish`);
  }
}

/** Does the edit and returns what the store said to it if it refused; then its cursor stays. */
function attempt(session: Session, fitted: Fitted): string {
  try {
    apply(session, fitted);
    return '';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

/** What a finished store says to whatever would change it. */
function useAfterFinish({ store, input }: Session): unknown[] {
  const pos = store.first();
  const patch = new PatchBuffer().push(MOV64, 1).push(MOV64, 2);
  const uses: Record<string, () => unknown> = {
    setWords: () => store.setWords(pos, MOV64, 99),
    setNop: () => store.setNop(pos),
    setAux: () => store.setAux(pos, AUX_SEEN, 99),
    replace: () => store.replace(pos, patch),
    remove: () => store.remove(pos, 1),
    skipPrologue: () => store.skipPrologue(pos, pos),
    addSubprog: () => store.addSubprog(pos),
    addPoke: () => store.addPoke(pos, { map: 0, key: 0 }),
    commit: () => store.commit(),
    finish: () => store.finish(),
  };
  const said: string[][] = [];
  for (const [name, use] of Object.entries(uses)) {
    const refusal = refusalOf(use);
    said.push([name, refusal]);
    // What happens behind that has no meaning: the positions may have ended.
    if (refusal === '') break;
  }
  return [said, store.length(), store.length() > 0 ? view(store, store.first(), input.auxWords) : []];
}

function refusalOf(use: () => unknown): string {
  try {
    use();
    return '';
  } catch (error) {
    return String(error);
  }
}

/** What a store says of its subprograms; they are numbered as of the last commit. */
function subprogs({ store, input, cursor }: Session): unknown[] {
  const all = Array.from({ length: store.subprogCount() }, (_, k) => [
    store.subprogId(k),
    cursorIndex({ store, input, cursor: store.subprogStart(k) }),
    store.startsSubprog(cursor, k),
    store.startsSubprog(store.subprogStart(k), k),
  ]);
  return [all, store.startsSubprog(NONE, store.subprogCount()), store.startsSubprog(NONE, 0)];
}

/** `expect` is slow: it is asked only when there is a difference to show. */
function expectEqual(actual: unknown, wanted: unknown, what: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(wanted)) expect(actual, what).toEqual(wanted);
}
