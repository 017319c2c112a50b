/** Random program trees for fast-check: what fails shrinks to few and simple statements. */
import fc from 'fast-check';
import { JMP_OPS } from '../../isa/field-names.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_B,
  BPF_CMPXCHG,
  BPF_DIV,
  BPF_DW,
  BPF_FETCH,
  BPF_H,
  BPF_LOAD_ACQ,
  BPF_LSH,
  BPF_MOD,
  BPF_MUL,
  BPF_OR,
  BPF_RSH,
  BPF_STORE_REL,
  BPF_SUB,
  BPF_W,
  BPF_XCHG,
  BPF_XOR,
} from '../../isa/opcodes.js';
import type { Comparison, MemoryUse, Operand, ProgramSpec, Statement } from './model.js';

const variable = fc.constantFrom(0, 1, 2, 3);
const place = fc.constantFrom(0, 1, 2, 3);
const draw = fc.nat(1 << 20);
const wide = fc.boolean();
const number = fc.oneof(
  fc.integer({ min: -3, max: 20 }),
  fc.constantFrom(-1, 0x7fff_ffff, -0x8000_0000),
  fc.integer(),
);
const operand: fc.Arbitrary<Operand> = fc.oneof(
  fc.record({ kind: fc.constant('number'), value: number }),
  fc.record({ kind: fc.constant('variable'), variable }),
);
/** Keys that a map of sixteen entries may have. */
const key: fc.Arbitrary<Operand> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('number'), value: fc.integer({ min: 0, max: 18 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('variable'), variable }) },
);
const size = fc.constantFrom(BPF_B, BPF_H, BPF_W, BPF_DW);
const ATOMICS = [BPF_ADD, BPF_AND, BPF_OR, BPF_XOR] as const;
const atomic = fc.constantFrom(
  ...ATOMICS,
  ...ATOMICS.map((op) => op | BPF_FETCH),
  BPF_XCHG,
  BPF_CMPXCHG,
  BPF_LOAD_ACQ,
  BPF_STORE_REL,
);
const use: fc.Arbitrary<MemoryUse> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('load'), variable, size, draw, signed: wide }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('store'), right: operand, size, draw }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('atomic'), op: atomic, wide, variable, draw }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('atomic'),
      op: fc.constant(BPF_CMPXCHG),
      wide,
      variable,
      draw,
    }),
  },
);
const hit = fc.array(use, { maxLength: 4 });

const comparison: fc.Arbitrary<Comparison> = fc.record({
  op: fc.constantFrom(...Object.values(JMP_OPS)),
  wide,
  left: variable,
  right: operand,
});

const arithmetic: fc.Arbitrary<Statement> = fc.record({
  do: fc.constant('arithmetic'),
  op: fc.oneof(
    fc.constantFrom(BPF_DIV, BPF_MOD),
    fc.constantFrom(BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH),
  ),
  wide,
  left: variable,
  right: operand,
  signed: fc.boolean(),
});
const divide: fc.Arbitrary<Statement> = fc.record({
  do: fc.constant('divide'),
  op: fc.constantFrom(BPF_DIV, BPF_MOD),
  wide,
  left: variable,
  signed: fc.boolean(),
});
const convert: fc.Arbitrary<Statement> = fc.record({
  do: fc.constant('convert'),
  form: fc.constantFrom('move', 'sign-extend', 'negate', 'swap', 'little-endian', 'big-endian'),
  wide,
  left: variable,
  right: variable,
  draw,
});
const constant: fc.Arbitrary<Statement> = fc.oneof(
  fc.record({ do: fc.constant('constant'), left: variable, low: number, wide }),
  fc.record({ do: fc.constant('constant'), left: variable, low: number, high: number, wide }),
);
const helper: fc.Arbitrary<Statement> = fc.record({ do: fc.constant('helper'), draw, left: variable });

/** Statements without a branch on a number: whatever repeats them, the check soon has seen it all. */
const straight: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 8, arbitrary: arithmetic },
  { weight: 2, arbitrary: divide },
  { weight: 4, arbitrary: convert },
  { weight: 2, arbitrary: constant },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('stack'), use, place }) },
  { weight: 2, arbitrary: helper },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fastcall'),
      spilled: fc.constantFrom(1, 2),
      draw,
      left: variable,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('probe'), place, address: variable }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('nop'), far: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('lookup'), map: draw, key, hit, miss: fc.constant([]) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('update'), map: draw, key, value: variable }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), map: draw, key }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('queue'), map: draw, operation: draw, value: variable }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('inner-lookup'), map: draw, key, hit }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('global'), map: draw, use }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ringbuf'), reserve: fc.boolean(), value: variable }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('context-load'), draw, left: variable }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('context-store'), draw, value: operand }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('packet'), bytes: fc.integer({ min: 8, max: 64 }), use }),
  },
);
const straightBody = (most: number): fc.Arbitrary<Statement[]> => fc.array(straight, { maxLength: most });

/** Statements that come once on a path, or seldom. */
const calling: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('call'), callee: draw, left: variable }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('bpf-loop'),
      callback: draw,
      turns: operand,
      plain: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
      left: variable,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('for-each'), map: draw, callback: draw, left: variable }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tail-call'), key }) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        do: fc.constant('packet-load'),
        size: fc.constantFrom(BPF_B, BPF_H, BPF_W),
        offset: fc.integer({ min: 0, max: 60 }),
        index: variable,
        left: variable,
      },
      { requiredKeys: ['do', 'size', 'offset', 'left'] },
    ),
  },
);

const { statement } = fc.letrec<{ statement: Statement; body: Statement[] }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 14, arbitrary: straight },
    { weight: 3, arbitrary: calling },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('if'),
        comparison,
        yes: tie('body'),
        no: tie('body'),
        returns: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
        far: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('dead'),
        by: fc.constantFrom('constant', 'rodata'),
        target: fc.boolean(),
        body: tie('body'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('lookup'),
        map: draw,
        key,
        hit,
        miss: tie('body'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('loop'),
        turns: fc.integer({ min: 1, max: 5 }),
        body: straightBody(4),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('may-goto'),
        mask: fc.constantFrom(1, 7, 63),
        body: straightBody(4),
      }),
    },
  ),
  body: fc.array(tie('statement'), { maxLength: 4, size: 'small' }),
}));

const functions = fc.array(fc.array(statement, { maxLength: 8, size: 'max' }), {
  minLength: 1,
  maxLength: 4,
  size: 'max',
});
const callbacks = fc.array(straightBody(6), { minLength: 1, maxLength: 2 });

/** Statements whose rewriting has the most to get wrong, on numbers at which it goes wrong; loops end after some 12 turns. */
const delicate: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 4, arbitrary: divide },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('bpf-loop'),
      callback: draw,
      turns: fc.record({ kind: fc.constant('number'), value: fc.integer({ min: 11, max: 14 }) }),
      plain: fc.constant(true),
      left: variable,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('may-goto'), mask: fc.constant(63), body: straightBody(2) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stack'),
      use: fc.record({
        do: fc.constant('atomic'),
        op: fc.constant(BPF_CMPXCHG),
        wide: fc.constant(false),
        variable,
        draw: fc.constant(1),
      }),
      place,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('lookup'),
      map: draw,
      key: fc.record({ kind: fc.constant('number'), value: fc.constantFrom(4, 5, 16) }),
      hit,
      miss: fc.constant([]),
    }),
  },
);

/**
 * Programs whose main function has up to `most` statements, parts repeated up to `times` times; `delicately` with many
 * statements of the kind above.
 */
export function programSpecs(most: number, times = 1, delicately = false): fc.Arbitrary<ProgramSpec> {
  const repeat: fc.Arbitrary<Statement> = fc.record({
    do: fc.constant('repeat'),
    times: fc.integer({ min: 1, max: times }),
    body: fc.array(fc.oneof({ weight: 8, arbitrary: straight }, calling), {
      minLength: 1,
      maxLength: 24,
      size: 'max',
    }),
  });
  const part = fc.oneof(
    { weight: 3, arbitrary: statement },
    { weight: times > 1 ? 1 : 0, arbitrary: repeat },
    { weight: delicately ? 3 : 0, arbitrary: delicate },
  );
  return fc.record({
    main: fc.array(part, { minLength: 1, maxLength: most, size: 'max' }),
    functions,
    loopCallbacks: callbacks,
    eachCallbacks: callbacks,
  });
}
