/** Runs one editing session on all registered strategies and on the reference, side by side. */
import { expect } from 'vitest';
import { REFERENCE, STRATEGIES } from '../index.js';
import { NONE, type StoreInput } from '../store.js';
import type { StoreOptions, Strategy } from '../strategy.js';
import { expectSame, view, walk } from './compare.js';
import { apply, cursorIndex, fit, type Edit, type Session } from './edits.js';

/** A strategy and how it is tuned. */
export interface Variant {
  readonly strategy: Strategy;
  readonly options?: StoreOptions;
}

/** Every strategy as it is, and with all of its tunables tight, so that small programs cross its boundaries. */
export const VARIANTS: readonly Variant[] = STRATEGIES.flatMap((strategy) => [
  { strategy },
  { strategy, options: Object.fromEntries(strategy.tunables.map(({ name, tight }) => [name, tight])) },
]);

export function variantName({ strategy, options }: Variant): string {
  return options === undefined ? strategy.name : `${strategy.name} ${JSON.stringify(options)}`;
}

/** How closely to look between two edits: at the cursor, or at everything. */
export type Scrutiny = 'cursor' | 'all';

/**
 * Does the edits on every variant and compares with the reference: the cursor's place and record after each edit, with
 * `check()`, and the linear programs at the end.
 */
export function runInLockstep(
  input: StoreInput,
  edits: readonly Edit[],
  variants: readonly Variant[] = VARIANTS,
  scrutiny: Scrutiny = 'cursor',
): void {
  const open = (variant: Variant): Session => {
    const store = variant.strategy.create(input, variant.options);
    return { store, input, cursor: store.first() };
  };
  const reference = open({ strategy: REFERENCE });
  const sessions = variants.map((variant) => ({ name: variantName(variant), session: open(variant) }));
  let exact = true;
  edits.forEach((edit, step) => {
    const fitted = fit(edit, reference, exact);
    apply(reference, fitted);
    reference.store.check();
    if (edit.do === 'remove') exact = false;
    if (edit.do === 'commit') exact = true;
    const look = (session: Session): unknown[] => [
      session.store.length(),
      cursorIndex(session),
      view(session.store, session.cursor, input.auxWords),
      exact ? subprogs(session) : [],
      scrutiny === 'all' ? walk(session.store, input.auxWords) : [],
    ];
    const seen = look(reference);
    for (const { name, session } of sessions) {
      apply(session, fitted);
      session.store.check();
      expectEqual(look(session), seen, `${name}, after edit ${step} (${edit.do})`);
    }
  });
  const wanted = reference.store.finish();
  for (const { name, session } of sessions) expectSame(session.store.finish(), wanted, name);
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
