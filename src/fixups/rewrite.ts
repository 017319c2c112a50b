/** From a loaded program to the rewritten one: the check, then every pass, over one strategy. */
import { strategyOf } from '../../strategies/index.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { KernelProfile } from '../kernel/profile.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import type { PatchCounts } from '../patcher.js';
import type { Facts } from '../verifier/facts.js';
import { deriveFacts } from '../verifier/index.js';
import { layOut, newEnv, runPasses, type PipelineOptions, type Prepared } from './pipeline.js';
import type { SymbolTable } from './symbols.js';

/** What rewriting a program gives. */
export interface Rewritten {
  readonly linear: LinearProgram;
  readonly symbols: SymbolTable;
  readonly counts: PatchCounts;
  readonly facts: Facts;
}

/**
 * Checks the program once and lays out what stores are made from.
 * @throws VerifierError when the analysis cannot go on
 */
export function prepare(
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  options: PipelineOptions = {},
): Prepared {
  return layOut(object, program, profile, options, deriveFacts(object, program, profile));
}

/**
 * Checks and rewrites one program over the named strategy.
 * @throws VerifierError, FixupError, PatchRangeError, or an Error naming the strategies when there is none of that name
 */
export function rewriteProgram(
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  strategy: string,
  options: PipelineOptions = {},
): Rewritten {
  const chosen = strategyOf(strategy);
  const prepared = prepare(object, program, profile, options);
  const store = chosen.create(prepared.input);
  const env = newEnv(prepared, store);
  runPasses(env);
  return { linear: store.finish(), symbols: env.symbols, counts: env.patcher.counts, facts: prepared.facts };
}
