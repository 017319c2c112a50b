/**
 * What a pass is and what it works with. A pass is written once over the store contract (strategies/store.ts); it knows
 * the kernel's rules and facts, never which strategy holds the instructions.
 */
import type { Store } from '../../strategies/store.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { KernelProfile } from '../kernel/profile.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import type { Facts } from '../verifier/facts.js';
import type { Patcher } from '../patcher.js';
import type { Conversion } from './context/conversion.js';
import type { SymbolTable } from './symbols.js';

/** Stack of a subprogram while passes add to it; by the subprogram's number as loaded. */
export interface SubprogStack {
  /** Bytes below the frame pointer. */
  depth: number;
  /** Bytes that `may_goto` added and a prologue must initialise. */
  extra: number;
}

/** All a pass may read and write. One per run of the pipeline. */
export interface FixupEnv {
  readonly profile: KernelProfile;
  readonly object: BpfObject;
  readonly program: BpfProgram;
  readonly facts: Facts;
  readonly store: Store;
  /** Counts and applies patches; the only way a pass changes the number of instructions. */
  readonly patcher: Patcher;
  /** Scratch patch, cleared by whoever fills it. */
  readonly patch: PatchBuffer;
  /** Scratch context access, whose `out` is `patch`. */
  readonly access: Conversion;
  /** Names behind call immediates and addresses. */
  readonly symbols: SymbolTable;
  /** Stack per subprogram number as loaded. */
  readonly stacks: SubprogStack[];
  /** Seeded; the only source of random numbers of `rnd_hi32` and constant blinding. */
  readonly randomU32: () => number;
  /** Load flag `BPF_F_TEST_RND_HI32`. */
  readonly rndHi32: boolean;
  /** Constants are blinded (`net.core.bpf_jit_harden`); then tail calls get no poke descriptors. */
  readonly blindConstants: boolean;
}

export interface Pass {
  /** Name in tables and CSV, the kernel's own without underscores: `convert-ctx-accesses`. */
  readonly name: string;
  /** Does the pass run for this kernel and these options? */
  applies(env: FixupEnv): boolean;
  /**
   * Rewrites the program in `env.store` and ends with its `commit()`.
   * @throws PatchRangeError when a branch cannot reach any more
   * @throws FixupError when the kernel would refuse the program here
   */
  run(env: FixupEnv): void;
}

/** The rewriting cannot go on: `message` names the slot and the cause. */
export class FixupError extends Error {
  override readonly name = 'FixupError';
}
