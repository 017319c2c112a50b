/** Generated programs for store tests: every kind of branch, subprograms, line info, insn arrays, any aux contents. */
import fc from 'fast-check';
import { branchKind, BRANCH_OFF, NOT_BRANCH, withOff, word0 } from '../../src/isa/insn.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_EXIT,
  BPF_JA,
  BPF_JEQ,
  BPF_JMP,
  BPF_JMP32,
  BPF_K,
  BPF_MOV,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_TAIL_CALL,
  LD_IMM64,
} from '../../src/isa/opcodes.js';
import { AUX_FREE, AUX_ORIG, AUX_SEEN, AUX_ZEXT, type StoreInput } from '../store.js';

/** First words of instructions that are no branch. */
export const MOV64 = word0(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0);
export const MOV32 = word0(BPF_ALU | BPF_MOV | BPF_K, 2, 0, 0);
export const HELPER = word0(BPF_JMP | BPF_CALL, 0, 0, 0);
export const EXIT = word0(BPF_JMP | BPF_EXIT, 0, 0, 0);
const TAIL = BPF_JMP | BPF_TAIL_CALL;
/** First words of branches, their distance 0. */
export const JA = word0(BPF_JMP | BPF_JA, 0, 0, 0);
export const JEQ = word0(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 0);
const JEQ32 = word0(BPF_JMP32 | BPF_JEQ | BPF_K, 4, 0, 0);
/** `may_goto` (`BPF_JCOND`). */
export const MAY_GOTO = word0(0xe5, 0, 0, 0);
export const GOTOL = word0(BPF_JMP32 | BPF_JA, 0, 0, 0);
export const CALL = word0(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0);
export const LD_FUNC = word0(LD_IMM64, 5, BPF_PSEUDO_FUNC, 0);

export const PLAIN_WORDS = [MOV64, MOV32, HELPER, EXIT, TAIL, LD_IMM64];
export const SHORT_BRANCHES = [JA, JEQ, JEQ32, MAY_GOTO];
export const SUBPROG_BRANCHES = [CALL, LD_FUNC];

/** A list of first words with targets (slots; absent for what is no branch), made into the words of a program. */
export function assemble(insns: readonly { readonly w0: number; readonly target?: number }[]): Int32Array {
  const words = new Int32Array(2 * insns.length);
  insns.forEach(({ w0, target }, slot) => {
    const kind = branchKind(w0);
    const distance = target === undefined ? 0 : target - slot - 1;
    words[2 * slot] = kind === BRANCH_OFF ? withOff(w0, distance) : w0;
    words[2 * slot + 1] = kind === NOT_BRANCH || kind === BRANCH_OFF ? 1000 + slot : distance;
  });
  return words;
}

/** A store input with what is absent at its plainest: one subprogram, nothing else, all instructions seen. */
export function inputOf(insns: Int32Array, rest: Partial<StoreInput> = {}): StoreInput {
  const slots = insns.length / 2;
  const auxWords = rest.auxWords ?? AUX_FREE + 1;
  const aux = new Uint32Array(slots * auxWords);
  for (let slot = 0; slot < slots; slot++) {
    aux[slot * auxWords + AUX_ORIG] = slot + 1;
    aux[slot * auxWords + AUX_SEEN] = 1;
    aux.fill(7 * slot, slot * auxWords + AUX_FREE, (slot + 1) * auxWords);
  }
  return {
    insns,
    aux,
    auxWords,
    subprogStarts: Int32Array.of(0),
    lineInfoSlots: new Int32Array(0),
    insnArraySlots: new Int32Array(0),
    ...rest,
  };
}

/** `count` plain instructions and an exit, but for the branches given as slot and target. */
export function plainInput(
  slots: number,
  branches: Readonly<Record<number, { readonly w0: number; readonly target: number }>> = {},
  rest: Partial<StoreInput> = {},
): StoreInput {
  const insns = Array.from(
    { length: slots },
    (_, slot) => branches[slot] ?? { w0: slot === slots - 1 ? EXIT : MOV64 },
  );
  return inputOf(assemble(insns), rest);
}

/** Picks from 0..bound - 1 by a number drawn before the bound was known. */
export function pick(drawn: number, bound: number): number {
  return drawn % bound;
}

const natural = fc.nat(1 << 20);
const insnSpec = fc.record({
  w0: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...PLAIN_WORDS) },
    { weight: 4, arbitrary: fc.constantFrom(...SHORT_BRANCHES, GOTOL) },
    { weight: 1, arbitrary: fc.constantFrom(...SUBPROG_BRANCHES) },
  ),
  /** How far a jump leads, from its own slot. */
  reach: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: -6, max: 6 }) },
    fc.integer({ min: -200, max: 200 }),
  ),
  subprog: natural,
  seen: fc.constantFrom(0, 1, 5),
  zext: fc.nat(1),
  payload: natural,
});

const ascendingSlots = (max: number): fc.Arbitrary<number[]> => fc.uniqueArray(natural, { maxLength: max });

function among(drawn: readonly number[], slots: number): number[] {
  return [...new Set(drawn.map((value) => pick(value, slots)))].sort((a, b) => a - b);
}

/** Programs of up to `most` slots. */
export function programs(most: number): fc.Arbitrary<StoreInput> {
  return fc
    .tuple(fc.array(insnSpec, { minLength: 1, maxLength: most, size: 'max' }), metadata)
    .map(([specs, rest]) => programFrom(specs, rest));
}

/** Programs of the sizes drawn; a few dozen instructions are drawn, and repeated as often as it takes. */
export function programsOf(sizes: fc.Arbitrary<number>): fc.Arbitrary<StoreInput> {
  return fc
    .tuple(sizes, fc.array(insnSpec, { minLength: 1, maxLength: 40, size: 'max' }), metadata)
    .map(([size, drawn, rest]) =>
      programFrom(
        Array.from({ length: size }, (_, slot) => drawn[slot % drawn.length]),
        rest,
      ),
    );
}

/** One of so many instructions of a sparse program may be a branch: most of it can be removed. */
const SPARSE = 41;

const metadata = fc.record({
  sparse: fc.boolean(),
  subprogs: ascendingSlots(4),
  lines: fc.option(ascendingSlots(24), { nil: [] as number[], freq: 4 }),
  linesAtStarts: fc.boolean(),
  insnArray: fc.array(natural, { maxLength: 6 }),
  auxWords: fc.constantFrom(AUX_FREE, AUX_FREE + 1, AUX_FREE + 4),
});

function programFrom(insns: readonly Drawn<typeof insnSpec>[], rest: Drawn<typeof metadata>): StoreInput {
  const { auxWords } = rest;
  const slots = insns.length;
  const starts = among([0, ...rest.subprogs], slots);
  const specs = insns.map(({ w0, reach, subprog }, slot) => {
    if (branchKind(w0) === NOT_BRANCH) return { w0 };
    if (rest.sparse && slot % SPARSE !== 0) return { w0: MOV64 };
    const leads = Math.min(Math.max(slot + reach, 0), slots);
    const isJump = w0 !== CALL && w0 !== LD_FUNC;
    return { w0, target: isJump ? leads : starts[pick(subprog, starts.length)] };
  });
  const aux = new Uint32Array(slots * auxWords);
  insns.forEach((spec, slot) => {
    aux[slot * auxWords + AUX_ORIG] = slot + 1;
    aux[slot * auxWords + AUX_SEEN] = spec.seen;
    aux[slot * auxWords + AUX_ZEXT] = spec.zext;
    for (let word = AUX_FREE; word < auxWords; word++) aux[slot * auxWords + word] = spec.payload + word;
  });
  const lines = rest.lines.length > 0 && rest.linesAtStarts ? [...rest.lines, ...starts] : rest.lines;
  return {
    insns: assemble(specs),
    aux,
    auxWords,
    subprogStarts: Int32Array.from(starts),
    lineInfoSlots: Int32Array.from(among(lines, slots)),
    insnArraySlots: Int32Array.from(rest.insnArray, (entry) => pick(entry, slots)),
  };
}

/** What an arbitrary draws. */
type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
