/** Runs a program as loaded and as rewritten, and says what there is to see of each run. */
import { newEnv, runPasses, type PipelineOptions, type Prepared } from '../../fixups/pipeline.js';
import { blindConstants } from '../../fixups/blind-constants.js';
import type { FixupEnv } from '../../fixups/pass.js';
import type { SymbolTable } from '../../fixups/symbols.js';
import { srcOf, codeOf, withSrc, classOf } from '../../isa/insn.js';
import { BPF_PSEUDO_FUNC, BPF_LD, LD_IMM64 } from '../../isa/opcodes.js';
import { AS_COMPILED, AS_SPECIFIED, Machine, type Behaviour } from '../../isa/interpreter/index.js';
import { AUX_FLAGS, FLAG_SYMBOL_ADDRESS } from '../../verifier/facts.js';
import type { LinearProgram } from '../../../strategies/linear-program.js';
import { REFERENCE, type Strategy } from '../../../strategies/index.js';
import { AUX_ORIG, AUX_ZEXT, type Store } from '../../../strategies/store.js';
import { TestKernel } from './kernel.js';

/** Turns of a timed `may_goto` before the clock is looked at (`BPF_MAX_TIMED_LOOPS`, Linux 7.2). */
const TIMED_TURNS = 0xffff;
/** Turns of `may_goto` and of `bpf_loop()` that fit a test; kernels allow 8 Mi. */
export const FEW_LOOPS = 12;

/** What a run shows of itself. */
export interface Seen {
  readonly result: bigint;
  readonly log: readonly string[];
  readonly maps: readonly string[];
}

/** A rewritten program and the names in it. */
export interface Rewritten {
  readonly linear: LinearProgram;
  readonly symbols: SymbolTable;
}

/** Changes the environment of a rewriting before its passes run: how tests bring in mistakes. */
export type Spoil = (env: FixupEnv) => FixupEnv;

const AS_IT_IS: Spoil = (env) => env;

/**
 * Runs all passes. Blinding comes last and over addresses, as in the kernel, so `run` does that.
 * @throws PatchRangeError, FixupError
 */
export function rewrite(
  prepared: Prepared,
  options: PipelineOptions,
  spoil: Spoil = AS_IT_IS,
  strategy: Strategy = REFERENCE,
): Rewritten {
  const store = strategy.create(prepared.input);
  const env = spoil(newEnv({ ...prepared, options }, store));
  runPasses(env);
  return { linear: store.finish(), symbols: env.symbols };
}

function behaviourFor(prepared: Prepared, base: Behaviour): Behaviour {
  const { features, maxLoops } = prepared.profile;
  return { ...base, mayGotoTurns: features.timedMayGoto ? TIMED_TURNS : maxLoops };
}

/** Runs the program as it was loaded; with `trustsMarks` only marked
 * 32-bit definitions clear the upper half. */
export function runLoaded(prepared: Prepared, seed: bigint, trustsMarks = false): Seen {
  const { profile, object, program, facts } = prepared;
  const kernel = new TestKernel(profile, object, program, seed);
  const behaviour = behaviourFor(prepared, AS_SPECIFIED);
  return run(
    kernel,
    prepared.input.insns,
    trustsMarks ? trusting(behaviour, facts.aux, facts.auxWords) : behaviour,
  );
}

/** What is done to a rewritten program before it runs. */
export interface RunOptions {
  /** Only marked 32-bit definitions clear the upper half. */
  readonly trustsMarks?: boolean;
  /** Constants are blinded first. */
  readonly blinds?: boolean;
  readonly spoil?: Spoil;
}

/** Runs a rewritten program as the JIT compiler has it. */
export function runRewritten(
  prepared: Prepared,
  { linear, symbols }: Rewritten,
  seed: bigint,
  { trustsMarks = false, blinds = false, spoil = AS_IT_IS }: RunOptions = {},
): Seen {
  const { profile, object, program } = prepared;
  const kernel = new TestKernel(profile, object, program, seed, symbols);
  const behaviour = behaviourFor(prepared, AS_COMPILED);
  let insns = resolved(linear, kernel);
  if (blinds) insns = blinded(prepared, linear, insns, spoil);
  return run(kernel, insns, trustsMarks ? trusting(behaviour, linear.aux, linear.auxWords) : behaviour);
}

function run(kernel: TestKernel, insns: Int32Array, behaviour: Behaviour): Seen {
  const machine = new Machine(insns, kernel.memory, kernel, behaviour);
  const result = machine.run(kernel.context);
  return { result, log: kernel.log, maps: kernel.dump() };
}

function trusting(behaviour: Behaviour, aux: Uint32Array, auxWords: number): Behaviour {
  return { ...behaviour, clearsUpperHalf: (slot) => aux[slot * auxWords + AUX_ZEXT] !== 0 };
}

/**
 * The instructions with addresses in place of maps and symbols, as `convert_pseudo_ld_imm64()` (kernel/bpf/verifier.c)
 * leaves them.
 */
function resolved(linear: LinearProgram, kernel: TestKernel): Int32Array {
  const insns = linear.insns.slice(0, 2 * linear.length);
  for (let slot = 0; slot < linear.length; slot++) {
    const w0 = insns[2 * slot];
    const imm = insns[2 * slot + 1];
    const isSymbol = (linear.aux[slot * linear.auxWords + AUX_FLAGS] & FLAG_SYMBOL_ADDRESS) !== 0;
    if (codeOf(w0) !== LD_IMM64) {
      if (isSymbol && classOf(codeOf(w0)) !== BPF_LD) insns[2 * slot + 1] = Number(kernel.symbolAddress(imm));
      continue;
    }
    const source = srcOf(w0);
    if (source === BPF_PSEUDO_FUNC || (source === 0 && !isSymbol)) {
      slot++;
      continue;
    }
    const value = isSymbol
      ? kernel.symbolAddress(imm)
      : kernel.pseudoImmediate(source, imm, insns[2 * slot + 3]);
    insns[2 * slot] = withSrc(w0, 0);
    insns[2 * slot + 1] = Number(BigInt.asIntN(32, value));
    insns[2 * slot + 3] = Number(BigInt.asIntN(32, value >> 32n));
    slot++;
  }
  return insns;
}

/** Blinds the constants of a finished program, in a store of its own. */
function blinded(prepared: Prepared, linear: LinearProgram, insns: Int32Array, spoil: Spoil): Int32Array {
  const { auxWords, length } = linear;
  const aux = linear.aux.slice(0, auxWords * length);
  for (let slot = 0; slot < length; slot++) aux[slot * auxWords + AUX_ORIG] = slot + 1;
  const input = {
    insns,
    aux,
    auxWords,
    subprogStarts: Int32Array.from(linear.subprogs, ({ start }) => start),
    lineInfoSlots: new Int32Array(0),
    insnArraySlots: new Int32Array(0),
  };
  const store: Store = REFERENCE.create(input);
  const env = spoil(
    newEnv({ ...prepared, input, options: { blindConstants: true, seed: 'blinding' } }, store),
  );
  blindConstants.run(env);
  const hidden = store.finish();
  return hidden.insns.slice(0, 2 * hidden.length);
}
