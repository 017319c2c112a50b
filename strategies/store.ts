/**
 * The contract between the rewriting passes and the ways of holding the instructions they rewrite.
 *
 * A store is an ordered sequence of *records*, one per instruction slot, under a cursor:
 *
 *     record = word 0 | word 1 | aux record (auxWords x u32)        (a deferring store adds labels of its own)
 *
 * A *position* (`Pos`) names a record. What the number means is the store's own business (an index, a node, leaf and
 * slot…). It stays valid until the next `replace`, `remove` or `commit`; after those only what the call returned is
 * valid. `NONE` (-1) is the position past either end.
 *
 * Two rules say where things go, whatever the store:
 * - **Identity** (what branches, subprogram starts, line info, insn arrays and poke descriptors refer to): the first
 *   instruction of a patch inherits it from the instruction it replaces; a removed record's identity passes to the next
 *   survivor.
 * - **Aux**: the replaced instruction's aux record moves to the *last* instruction of the patch. The others start
 *   zeroed with `seen` copied. `zext_dst` is recomputed for each instruction of the patch from what it defines.
 *
 * Source: `bpf_patch_insn_data()`, `adjust_insn_aux_data()`, `verifier_remove_insns()` in kernel/bpf/verifier.c and
 * `bpf_patch_insn_single()`, `bpf_adj_branches()` in kernel/bpf/core.c, Linux 6.12.
 */
import type { OriginalSlot } from '../src/isa/insn.js';
import type { Counters } from './counters.js';
import type { LinearProgram } from './linear-program.js';
import type { PatchBuffer } from './patch-buffer.js';

/** Names a record of one store; see the head of this file for how long it stays valid. */
export type Pos = number;

/** The position past either end of the sequence. */
export const NONE = -1;

/**
 * The words of the aux record that the rewriting itself moves or sets. Everything behind `AUX_FREE` is payload of
 * the check and its passes, which stores only carry.
 */
/** Original slot **plus one** (0 in records that a patch inserted). Rides with the aux record. */
export const AUX_ORIG = 0;
/** Not 0 when the check reached the instruction; copied to every instruction of a patch. */
export const AUX_SEEN = 1;
/** 1 when the instruction defines a register of which only the low half is written; recomputed by patching. */
export const AUX_ZEXT = 2;
/** First word of the payload. */
export const AUX_FREE = 3;

/** What a store is made from. A store copies what it changes: the input can be used for many stores. */
export interface StoreInput {
  /** `2 * slots` words, see src/isa/insn.ts. */
  readonly insns: Int32Array;
  /** `slots * auxWords` words; word `AUX_ORIG` of record `i` is `i + 1`. */
  readonly aux: Uint32Array;
  /** Width of one aux record in 32-bit words (`sizeof(struct bpf_insn_aux_data) / 4` of the kernel modelled). */
  readonly auxWords: number;
  /** Start slot of each subprogram, ascending, the first 0. At least one. */
  readonly subprogStarts: Int32Array;
  /** Slot of each line info entry, strictly ascending, as the kernel wants them. */
  readonly lineInfoSlots: Int32Array;
  /** Slot of each insn array (jump table) entry, in any order. */
  readonly insnArraySlots: Int32Array;
}

/** A tail call whose map and key are known, for the JIT to patch into a direct jump. */
export interface PokeDescriptor {
  /** Index of the program array in the program's maps. */
  readonly map: number;
  /** The constant key. */
  readonly key: number;
}

/**
 * A 16-bit branch distance would overflow: the outcome every store reports alike, naming the original slot of the
 * instruction whose patch brought it (`-ERANGE` of `bpf_patch_insn_data()`). An eager store throws it from `replace`,
 * a deferring one from `finish`, or earlier from what would hide the overflow again: `remove`, `skipPrologue`, or a
 * `replace`, `setWords` or `setNop` that does away with a 16-bit branch.
 */
export class PatchRangeError extends Error {
  constructor(
    /** The instruction whose patch made a branch too long; 0, as the kernel has it, when that was itself inserted. */
    readonly originalSlot: OriginalSlot,
  ) {
    super(`insn ${originalSlot} cannot be patched due to 16-bit range`);
    this.name = 'PatchRangeError';
  }
}

/**
 * @throws Error when `finished`; what every store's methods that change something ask first
 */
export function assertNotFinished(finished: boolean): void {
  if (finished) throw new Error('the store is finished');
}

export interface Store {
  /** The registry's name of the strategy. */
  readonly name: string;
  /** What this store did so far; deterministic. */
  readonly counters: Counters;

  /** Number of records now. */
  length(): number;

  /** First record, `NONE` when empty. */
  first(): Pos;
  /** The record after `pos`, or `NONE`. */
  next(pos: Pos): Pos;
  /** The record before `pos`, or `NONE`. */
  prev(pos: Pos): Pos;

  word0(pos: Pos): number;
  word1(pos: Pos): number;
  /**
   * Overwrites both words in place: no patch, nothing moves, `zext_dst` stays. An instruction that becomes or stays
   * a branch keeps its target (whatever distance the words hold is ignored); to drop the branch write a non-branch.
   * @throws RangeError when a non-branch would become a branch (`setNop` is the one such case), or a 32-bit branch a 16-bit
   * one
   */
  setWords(pos: Pos, w0: number, w1: number): void;
  /** Overwrites the instruction in place with `ja +0`, which aims at the record after it from then on. */
  setNop(pos: Pos): void;
  /** Does the branch at `pos` aim at the record right after it (distance 0)? Only for branches. */
  jumpsToNext(pos: Pos): boolean;
  /** Word `word` of the aux record. */
  aux(pos: Pos, word: number): number;
  setAux(pos: Pos, word: number, value: number): void;

  /**
   * Replaces the instruction at `pos` by the patch (1 to n instructions) and returns the position of the patch's last
   * instruction. The buffer can be reused afterwards.
   * @throws PatchRangeError before anything has changed
   * @throws RangeError when the patch makes no sense here, see `assertPatch`
   */
  replace(pos: Pos, patch: PatchBuffer): Pos;
  /**
   * Removes `count` records from `pos` on and returns the next survivor, or `NONE`. No surviving branch may aim into
   * the middle of the range (its first record is fine), and the range holds no part of a subprogram's front unless it
   * starts with that subprogram's first instruction or takes the subprogram whole: dead code and nops are like that.
   * Calls and addresses of removed subprograms are branches, too: at the front of the range they pass to the next survivor,
   * be it the end; others the pass aims anew before, by the kernel's rule (src/fixups/removed-callees.ts).
   * @throws RangeError when there are not so many
   */
  remove(pos: Pos, count: number): Pos;

  /**
   * The record that carries the aux of the original instruction `slot`: itself while it was not patched, the last
   * instruction of its patch afterwards; `NONE` once removed.
   */
  locate(slot: OriginalSlot): Pos;

  /**
   * The original slot whose identity (or, for a branch inside its own patch, whose aux) the branch at `pos` aims at;
   * the original number of slots when it aims past the end. Only for branches.
   */
  targetSlot(pos: Pos): OriginalSlot;

  /** Subprograms that are still there; exact after a `commit`. */
  subprogCount(): number;
  /** The number the `k`-th remaining subprogram had when the store was made. Exact after a `commit`. */
  subprogId(k: number): number;
  /** Is `pos` the first instruction of the `k`-th remaining subprogram? `NONE` is that of subprogram `subprogCount()`. */
  startsSubprog(pos: Pos, k: number): boolean;
  /** First instruction of the `k`-th remaining subprogram. */
  subprogStart(k: number): Pos;

  /**
   * Makes every jump (not call) that aims at the identity of `pos` aim at `body`, which lies behind `pos`: after a
   * prologue was patched in front of a subprogram's first instruction (`adjust_jmp_off()`, kernel/bpf/verifier.c). Jumps
   * between the two are left alone, and so is every jump that comes later. A second call for the same identity changes
   * nothing: no jump aims there any more.
   * @throws PatchRangeError naming `body`, before anything has changed, when a jump cannot reach it, which the kernel only
   * warns of
   */
  skipPrologue(pos: Pos, body: Pos): void;

  /**
   * Makes the instructions from `pos` to the end, which a patch has put there, a subprogram of their own behind all
   * others: the one the kernel hides (`add_hidden_subprog()`, kernel/bpf/verifier.c). Its id is the number of subprograms
   * the store was made with; once only.
   */
  addSubprog(pos: Pos): void;

  /** Adds a poke descriptor for the instruction at `pos` and returns its index. */
  addPoke(pos: Pos, poke: PokeDescriptor): number;

  /** End of a pass: a batching store merges here; all bring `subprogCount` up to date. Positions end. */
  commit(): void;

  /**
   * The rewritten program with all branches and metadata resolved. The store is finished then: what would change it,
   * `commit` and another `finish` among that, throws an Error and changes nothing, neither the store nor the program
   * handed out, which may share memory with it. Reading goes on, from `first` or `locate`: older positions have ended.
   * @throws PatchRangeError (deferring stores), and again at the next call: the store is not finished then
   */
  finish(): LinearProgram;

  /**
   * Recomputes every cached count, link and invariant from scratch; for tests.
   * @throws Error naming the invariant that does not hold
   */
  check(): void;
}
