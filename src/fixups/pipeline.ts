/**
 * The kernel's rewriting from the end of the check to the program that runs, in the kernel's order (`bpf_check()`,
 * kernel/bpf/verifier.c, Linux 6.12, privileged load). What comes after it (`fixup_call_args`) changes no instruction's
 * place and is part of the view in `dump.ts`.
 */
import seedrandom from 'seedrandom';
import { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { Store, StoreInput } from '../../strategies/store.js';
import type { KernelProfile } from '../kernel/profile.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { Patcher } from '../patcher.js';
import type { Facts } from '../verifier/facts.js';
import { blindConstants } from './blind-constants.js';
import { Conversion } from './context/conversion.js';
import { convertCtxAccesses } from './convert-ctx-accesses.js';
import { doMiscFixups } from './misc-fixups.js';
import { hardWireDeadCodeBranches } from './hard-wire-dead-code-branches.js';
import { optimizeBpfLoop } from './optimize-bpf-loop.js';
import { FixupError, type FixupEnv, type Pass } from './pass.js';
import { removeDeadCode } from './remove-dead-code.js';
import { removeFastcallSpillsFills } from './remove-fastcall-spills-fills.js';
import { removeNops } from './remove-nops.js';
import { SymbolTable } from './symbols.js';
import { zextRndHi32 } from './zext-rnd-hi32.js';

/** Every pass in the kernel's order; each says itself whether it applies. */
export const PASSES: readonly Pass[] = [
  removeFastcallSpillsFills,
  optimizeBpfLoop,
  hardWireDeadCodeBranches,
  removeDeadCode,
  removeNops,
  convertCtxAccesses,
  doMiscFixups,
  zextRndHi32,
  blindConstants,
];

/** What a run may choose. */
export interface PipelineOptions {
  /** Seed of the random numbers that passes draw; default `patchbench`. */
  readonly seed?: string;
  /** Load flag `BPF_F_TEST_RND_HI32`. */
  readonly rndHi32?: boolean;
  /** Blind constants afterwards, as with `net.core.bpf_jit_harden`. */
  readonly blindConstants?: boolean;
}

/** A program ready to be rewritten any number of times, over any store. */
export interface Prepared {
  readonly object: BpfObject;
  readonly program: BpfProgram;
  readonly profile: KernelProfile;
  readonly facts: Facts;
  readonly input: StoreInput;
  readonly options: PipelineOptions;
}

/**
 * Lays out what stores are made from, facts being those of the program's check for the same profile.
 * @throws FixupError when line info is not in the order of the instructions, or is of none
 */
export function layOut(
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  options: PipelineOptions,
  facts: Facts,
): Prepared {
  checkLineInfo(program);
  const input: StoreInput = {
    insns: facts.insns ?? program.insns,
    aux: facts.aux,
    auxWords: facts.auxWords,
    subprogStarts: Int32Array.from(program.subprogs, (subprog) => subprog.start),
    lineInfoSlots: Int32Array.from(program.lineInfo, (entry) => entry.slot),
    insnArraySlots: new Int32Array(0),
  };
  return { object, program, profile, facts, input, options };
}

/** What the kernel wants of line info before it takes the program (`check_btf_line()`, kernel/bpf/verifier.c). */
function checkLineInfo({ lineInfo, insns }: BpfProgram): void {
  let before = -1;
  for (const { slot } of lineInfo) {
    if (slot <= before || 2 * slot >= insns.length)
      throw new FixupError(`line info of insn ${slot} behind that of insn ${before}: not in order`);
    before = slot;
  }
}

/** A fresh environment for one run of the passes over `store`, which was made from `prepared.input`. */
export function newEnv(prepared: Prepared, store: Store): FixupEnv {
  const { object, program, profile, facts, options } = prepared;
  const random = seedrandom.alea(options.seed ?? 'patchbench');
  const patch = new PatchBuffer();
  return {
    profile,
    object,
    program,
    facts,
    store,
    patcher: new Patcher(store),
    patch,
    access: new Conversion(patch),
    symbols: new SymbolTable(),
    stacks: facts.subprogs.map(({ stackDepth }) => ({ depth: stackDepth, extra: 0 })),
    randomU32: () => random.int32() >>> 0,
    rndHi32: options.rndHi32 ?? false,
    blindConstants: options.blindConstants ?? false,
  };
}

/** Runs every pass that applies, in order. */
export function runPasses(env: FixupEnv): void {
  for (const pass of PASSES) if (pass.applies(env)) pass.run(env);
}
