/**
 * Generated cases for the model test: a program and an editing session for it. Every kind of edit comes in every kind of
 * session; the kinds differ in size and in where edits fall.
 */
import fc from 'fast-check';
import { STRATEGIES } from '../index.js';
import { PATCH_MAX } from '../patch-buffer.js';
import type { StoreInput } from '../store.js';
import { REFUSED, type Edit, type PatchItem } from './edits.js';
import type { Scrutiny } from './lockstep.js';
import {
  CALL,
  GOTOL,
  PLAIN_WORDS,
  programs,
  programsOf,
  SHORT_BRANCHES,
  SUBPROG_BRANCHES,
} from './programs.js';

/** One case of the model test. */
export interface Case {
  readonly input: StoreInput;
  readonly edits: readonly Edit[];
  readonly scrutiny: Scrutiny;
}

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
const longReplace = fc.record({
  do: fc.constant('replace' as const),
  items: fc.array(item, { minLength: 1, maxLength: PATCH_MAX, size: 'max' }),
});
const remove = fc.record({
  do: fc.constant('remove' as const),
  count: fc.oneof(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 60, max: 400 }),
  ),
});
const goto = fc.record({ do: fc.constant('goto' as const), index: natural });
const back = fc.record({ do: fc.constant('back' as const), nth: natural });
/** Single edits of every kind. */
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('walk' as const), steps: fc.integer({ min: -3, max: 8 }) }),
  },
  { weight: 2, arbitrary: goto },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('locate' as const), slot: natural }) },
  { weight: 10, arbitrary: replace },
  { weight: 4, arbitrary: remove },
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
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('addSubprog' as const), length: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('refused' as const), what: fc.constantFrom(...REFUSED) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'commit' as const }) },
);

/** Single edits, and the pairs that a walk rarely makes: patching a patched instruction, or what follows removed ones. */
const step: fc.Arbitrary<Edit[]> = fc.oneof(
  { weight: 12, arbitrary: edit.map((one) => [one]) },
  { weight: 1, arbitrary: fc.tuple(back, replace) },
  { weight: 1, arbitrary: fc.tuple(back, remove) },
  { weight: 1, arbitrary: fc.tuple(remove, replace) },
);

/** Up to `most` steps anywhere. */
function session(most: number): fc.Arbitrary<Edit[]> {
  return fc.array(step, { maxLength: most, size: 'max' }).map((steps) => steps.flat());
}

/** Edits close to each other, most of them long patches: what splits the same chunk or leaf again and again. */
const clusteredEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: longReplace },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('walk' as const), steps: fc.integer({ min: -40, max: 40 }) }),
  },
  { weight: 1, arbitrary: edit },
);

/** Up to `most` edits around one place. */
function clusteredSession(most: number): fc.Arbitrary<Edit[]> {
  return fc
    .tuple(goto, fc.array(clusteredEdit, { maxLength: most, size: 'max' }))
    .map(([place, edits]) => [place, ...edits]);
}

/** Steps between the original slots that a pass patches one after the other: onwards, back, around, all over. */
const STRIDES = [1, 3, 17, -1, -5, -16, 0, 389, 10_007];

/** A pass over the program in some order, each instruction it meets patched or removed, with other steps after it. */
const sweepingSession: fc.Arbitrary<Edit[]> = fc
  .record({
    from: natural,
    stride: fc.constantFrom(...STRIDES),
    pass: fc.array(fc.oneof({ weight: 5, arbitrary: replace }, { weight: 1, arbitrary: remove }), {
      minLength: 1,
      maxLength: 14,
      size: 'max',
    }),
    then: session(6),
  })
  .map(({ from, stride, pass, then }) => [
    ...pass.flatMap((one, nth) => [
      // Far enough from zero for strides that go back.
      { do: 'locate' as const, slot: from + (1 << 20) + nth * stride },
      one,
    ]),
    ...then,
  ]);

/** Longest program that sizes are taken from. */
const LONGEST = 520;

/**
 * Sizes at which a program ends just before, at, or just behind a boundary of some strategy: the values and the tight values of its
 * tunables, as they are and filled as its containers fill theirs, once and twice; and the kernel's first page.
 */
export const CRITICAL_SIZES: readonly number[] = [
  ...new Set(
    [
      503,
      ...STRATEGIES.flatMap(({ tunables }) => tunables)
        .flatMap(({ tight, default: usual }) => [tight, usual])
        .flatMap((size) => [size / 8, size / 2, (size * 3) / 4, size, (size * 3) / 2, size * 2]),
    ]
      .flatMap((size) => [size - 1, size, size + 1])
      .filter((size) => Number.isInteger(size) && size > 0 && size <= LONGEST),
  ),
].sort((a, b) => a - b);

function caseOf(
  input: fc.Arbitrary<StoreInput>,
  edits: fc.Arbitrary<Edit[]>,
  scrutiny: Scrutiny,
): fc.Arbitrary<Case> {
  return fc.record({ input, edits, scrutiny: fc.constant(scrutiny) });
}

/**
 * All kinds of cases: small programs looked at closely, programs that span several chunks and leaves, programs that
 * come to hold many times what they held in one place, and passes over programs of critical sizes.
 */
export const CASES: fc.Arbitrary<Case> = fc.oneof(
  { weight: 14, arbitrary: caseOf(programs(24), session(14), 'all') },
  { weight: 2, arbitrary: caseOf(programs(260), session(20), 'cursor') },
  { weight: 2, arbitrary: caseOf(programs(60), clusteredSession(40), 'cursor') },
  {
    weight: 2,
    arbitrary: caseOf(programsOf(fc.constantFrom(...CRITICAL_SIZES)), sweepingSession, 'cursor'),
  },
);
