/**
 * The kernel as it is: one flat array each for instructions and aux records, everything fixed at every patch.
 *
 *     insns:  [ 0 | 1 | 2 | 3 | ...          N-1 |  room up to the next page  ]
 *     aux:    [ 0 | 1 | 2 | 3 | ...          N-1 ]   reallocated by every expanding patch
 *
 *     patch of 2 by three:    0 1 [a b c] 3 ... N+1      tail moved by two, all branches looked at,
 *                                                        line info, subprograms, pokes shifted
 *
 * `bpf_patch_insn_data()`, `verifier_remove_insns()` (kernel/bpf/verifier.c), `bpf_patch_insn_single()`, `bpf_remove_insns()`,
 * `bpf_prog_realloc()` (kernel/bpf/core.c), Linux 6.12, step for step. Two aux arrays take turns where the kernel
 * allocates and frees one per patch; each is zeroed and filled as the kernel's are, and counted as an allocation.
 *
 * Invariants: a position is the current slot; branch distances and all metadata are right after every operation; the aux
 * rows behind the last record are never read.
 *
 * Cost: step O(1); locate O(log N) by bisection over the original slots, which never change their order; replace by one O(1);
 * replace by more O(N), above 32,767 instructions with two scans over all of them, and the whole aux array copied; remove O(N).
 */
import {
  BRANCH_OFF,
  branchDistance,
  branchKind,
  definesSubregister,
  NOT_BRANCH,
  type OriginalSlot,
} from '../src/isa/insn.js';
import { BPF_JA, BPF_JMP } from '../src/isa/opcodes.js';
import { adjustBranches, fitsShort, probeBranches, retargetJumps, writeDistance } from './array-branches.js';
import { ArrayMetadata } from './array-metadata.js';
import { newCounters } from './counters.js';
import type { LinearProgram } from './linear-program.js';
import { assertPatch, OWN, SUBPROG, type PatchBuffer } from './patch-buffer.js';
import {
  AUX_ORIG,
  AUX_SEEN,
  AUX_ZEXT,
  assertNotFinished,
  NONE,
  PatchRangeError,
  type PokeDescriptor,
  type Pos,
  type Store,
  type StoreInput,
} from './store.js';
import { assertBranches, assertStoreInput } from './store-input.js';
import { assertKnownOptions, tuned, type StoreOptions, type Strategy, type Tunable } from './strategy.js';

/** Length up to which no 16-bit distance can overflow (`S16_MAX`). */
const NO_OVERFLOW_LENGTH = 0x7fff;

const PAGE_BYTES: Tunable = {
  name: 'pageBytes',
  default: 4096,
  min: 8,
  max: 1 << 30,
  tight: 64,
  meaning: 'bytes by which the instruction memory grows (PAGE_SIZE)',
};
const HEADER_BYTES: Tunable = {
  name: 'headerBytes',
  default: 72,
  min: 0,
  max: 4096,
  tight: 0,
  meaning: 'bytes of struct bpf_prog before the first instruction',
};

export const array: Strategy = {
  name: 'array',
  summary: 'Flat arrays, tail moved and all branches rescanned at every patch: Linux as it is.',
  cost: 'O(N * M)',
  growth: 'quadratic',
  tunables: [PAGE_BYTES, HEADER_BYTES],
  create: (input, options) => new ArrayStore(input, options),
};

export class ArrayStore implements Store {
  readonly name: string = array.name;
  readonly counters = newCounters();

  private readonly pageBytes: number;
  private readonly headerBytes: number;
  private pages: number;
  private insns: Int32Array;
  private auxRows: Uint32Array;
  /** Takes its turn at the next expanding patch. */
  private spare: Uint32Array = new Uint32Array(0);
  private readonly auxWords: number;
  private readonly slots: number;
  private count: number;
  private finished = false;
  private readonly metadata: ArrayMetadata;

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(array.name, array.tunables, options);
    this.pageBytes = tuned(options, PAGE_BYTES);
    this.headerBytes = tuned(options, HEADER_BYTES);
    assertStoreInput(input);
    assertBranches(input.insns);
    this.slots = input.insns.length / 2;
    this.count = this.slots;
    this.auxWords = input.auxWords;
    this.pages = this.pagesFor(this.slots);
    this.insns = new Int32Array(this.wordsOf(this.pages));
    this.insns.set(input.insns);
    this.auxRows = input.aux.slice();
    this.metadata = new ArrayMetadata(input, this.slots, this.counters);
    this.counters.allocations += 2;
    this.counters.bytesAllocated += this.pages * this.pageBytes + this.auxRows.byteLength;
    this.counters.insnBytesMoved += 8 * this.slots;
    this.counters.auxBytesMoved += this.auxRows.byteLength;
  }

  length(): number {
    return this.count;
  }

  first(): Pos {
    return this.count === 0 ? NONE : 0;
  }

  next(pos: Pos): Pos {
    return pos + 1 < this.count ? pos + 1 : NONE;
  }

  prev(pos: Pos): Pos {
    return pos - 1;
  }

  word0(pos: Pos): number {
    return this.insns[2 * pos];
  }

  word1(pos: Pos): number {
    return this.insns[2 * pos + 1];
  }

  setWords(pos: Pos, w0: number, w1: number): void {
    assertNotFinished(this.finished);
    const insns = this.insns;
    const kind = branchKind(w0);
    const old = branchKind(insns[2 * pos]);
    const distance = branchDistance(old, insns[2 * pos], insns[2 * pos + 1]);
    if (kind !== NOT_BRANCH) {
      if (old === NOT_BRANCH)
        throw new RangeError('an instruction that is no branch cannot become one in place');
      if (kind === BRANCH_OFF && old !== BRANCH_OFF) {
        throw new RangeError('a 32-bit branch cannot become a 16-bit one');
      }
    }
    insns[2 * pos] = w0;
    insns[2 * pos + 1] = w1;
    if (kind !== NOT_BRANCH) writeDistance(insns, pos, kind, distance);
  }

  setNop(pos: Pos): void {
    assertNotFinished(this.finished);
    this.insns[2 * pos] = BPF_JMP | BPF_JA;
    this.insns[2 * pos + 1] = 0;
  }

  jumpsToNext(pos: Pos): boolean {
    return this.targetOf(pos) === pos + 1;
  }

  aux(pos: Pos, word: number): number {
    return this.auxRows[pos * this.auxWords + word];
  }

  setAux(pos: Pos, word: number, value: number): void {
    assertNotFinished(this.finished);
    this.auxRows[pos * this.auxWords + word] = value;
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    assertNotFinished(this.finished);
    const replacedKind = branchKind(this.insns[2 * pos]);
    assertPatch(patch, replacedKind, this.metadata.subprogCount);
    const delta = patch.length - 1;
    // Of use only to a patch that aims where the replaced branch did.
    const target = this.targetOf(pos);
    const targetAfter = target > pos ? target + delta : target;
    if (this.count + delta > NO_OVERFLOW_LENGTH && delta > 0) this.probe(pos, patch, targetAfter);
    if (delta > 0) this.moveInsns(pos, delta);
    this.insns.set(patch.words.subarray(0, 2 * patch.length), 2 * pos);
    if (delta > 0) this.adjust(pos, pos + 1, pos + patch.length);
    this.moveAux(pos, patch.length);
    if (delta > 0) this.shiftMetadata(pos, delta);
    this.aimOutwards(pos, patch, targetAfter);
    return pos + delta;
  }

  remove(pos: Pos, count: number): Pos {
    assertNotFinished(this.finished);
    const left = this.count - count;
    if (pos + count > this.count)
      throw new RangeError(`${count} instructions to remove, ${this.count - pos} there`);
    this.closeInsns(pos, count, left);
    this.adjust(pos, pos + count, pos);
    this.closeAux(pos, count, left);
    this.shrinkMetadata(pos, count);
    return pos < left ? pos : NONE;
  }

  locate(slot: OriginalSlot): Pos {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const probe = this.originAt(middle, high);
      const found = probe === high ? this.slots + 1 : this.aux(probe, AUX_ORIG);
      if (found === slot + 1) return probe;
      if (found > slot) high = middle;
      else low = probe + 1;
    }
    return NONE;
  }

  targetSlot(pos: Pos): OriginalSlot {
    const at = this.originAt(this.targetOf(pos), this.count);
    return at === this.count ? this.slots : this.aux(at, AUX_ORIG) - 1;
  }

  subprogCount(): number {
    return this.metadata.subprogCount;
  }

  subprogId(k: number): number {
    return this.metadata.subprogIds[k];
  }

  startsSubprog(pos: Pos, k: number): boolean {
    if (pos === NONE || k >= this.metadata.subprogCount)
      return pos === NONE && k === this.metadata.subprogCount;
    return this.metadata.starts[k] === pos;
  }

  subprogStart(k: number): Pos {
    return this.metadata.starts[k];
  }

  skipPrologue(pos: Pos, body: Pos): void {
    assertNotFinished(this.finished);
    if (body < pos) throw new RangeError('the body does not lie behind the prologue');
    if (this.count > NO_OVERFLOW_LENGTH) {
      this.counters.probeVisits += this.count;
      if (!retargetJumps(this.insns, this.count, pos, body, true)) this.rangeError(body);
    }
    retargetJumps(this.insns, this.count, pos, body, false);
    this.counters.branchVisits += this.count;
  }

  addSubprog(pos: Pos): void {
    assertNotFinished(this.finished);
    this.metadata.addSubprog(pos);
  }

  addPoke(pos: Pos, poke: PokeDescriptor): number {
    assertNotFinished(this.finished);
    return this.metadata.addPoke(pos, poke);
  }

  commit(): void {
    assertNotFinished(this.finished);
    // Everything is up to date after every operation.
  }

  finish(): LinearProgram {
    assertNotFinished(this.finished);
    this.finished = true;
    return {
      insns: this.insns,
      aux: this.auxRows.subarray(0, this.count * this.auxWords),
      auxWords: this.auxWords,
      length: this.count,
      subprogs: this.metadata.subprogs(),
      lineInfo: this.metadata.lineInfo(),
      insnArray: this.metadata.insnArray(),
      pokes: this.metadata.linearPokes(),
    };
  }

  check(): void {
    if (2 * this.count > this.insns.length)
      throw new Error(`${this.count} instructions in ${this.pages} pages`);
    let origin = 0;
    for (let pos = 0; pos < this.count; pos++) {
      if (branchKind(this.insns[2 * pos]) !== NOT_BRANCH) {
        const target = this.targetOf(pos);
        if (target < 0 || target > this.count) throw new Error(`insn ${pos} branches to ${target}`);
      }
      const orig = this.aux(pos, AUX_ORIG);
      if (orig === 0) continue;
      if (orig <= origin) throw new Error(`original slots out of order at ${pos}`);
      if (this.locate(orig - 1) !== pos) throw new Error(`original slot ${orig - 1} is not located`);
      origin = orig;
    }
    this.metadata.check(this.count);
  }

  /** Slot that the branch at `pos` aims at. */
  private targetOf(pos: CurrentPos): CurrentPos {
    const w0 = this.insns[2 * pos];
    return pos + 1 + branchDistance(branchKind(w0), w0, this.insns[2 * pos + 1]);
  }

  /** First slot from `pos` up to `end` whose aux record is that of an original instruction, or `end`. */
  private originAt(pos: CurrentPos, end: CurrentPos): CurrentPos {
    let at = pos;
    while (at < end && this.aux(at, AUX_ORIG) === 0) at++;
    return at;
  }

  // The parts of an edit, each a method of its own, so that they can be timed (ablation/array-parts.ts).

  /** @throws PatchRangeError when a distance would overflow */
  protected probe(pos: Pos, patch: PatchBuffer, targetAfter: CurrentPos): void {
    this.counters.probeVisits += this.count - 1;
    if (!probeBranches(this.insns, this.count, pos, patch.length - 1)) this.rangeError(pos);
    for (let at = 0; at < patch.length; at++) {
      if (patch.kinds[at] !== OWN || branchKind(patch.words[2 * at]) !== BRANCH_OFF) continue;
      if (!fitsShort(targetAfter - (pos + at) - 1)) this.rangeError(pos);
    }
  }

  private rangeError(pos: Pos): never {
    throw new PatchRangeError(Math.max(this.aux(pos, AUX_ORIG) - 1, 0));
  }

  /** Writes the distances of the branches that leave the patch at `pos`, as the kernel's passes do themselves. */
  private aimOutwards(pos: Pos, patch: PatchBuffer, targetAfter: CurrentPos): void {
    for (let at = 0; at < patch.length; at++) {
      const kind = patch.kinds[at];
      if (kind !== OWN && kind !== SUBPROG) continue;
      const target = kind === OWN ? targetAfter : this.metadata.starts[patch.subprogs[at]];
      writeDistance(this.insns, pos + at, branchKind(patch.words[2 * at]), target - (pos + at) - 1);
    }
  }

  /** Moves the instructions behind `pos` on by `delta`. */
  protected moveInsns(pos: Pos, delta: number): void {
    this.growInsns(this.count + delta);
    this.insns.copyWithin(2 * (pos + 1 + delta), 2 * (pos + 1), 2 * this.count);
    this.counters.insnBytesMoved += 8 * (this.count - pos - 1);
    this.count += delta;
  }

  /** Adjusts all branches after what stood at `endOld` has moved to `endNew`. */
  protected adjust(pos: Pos, endOld: CurrentPos, endNew: CurrentPos): void {
    adjustBranches(this.insns, this.count, pos, endOld, endNew);
    this.counters.branchVisits += this.count;
  }

  protected shiftMetadata(pos: Pos, delta: number): void {
    this.metadata.afterPatch(pos, delta);
  }

  /** Moves the instructions behind the `removed` ones from `pos` on back; `left` remain. */
  protected closeInsns(pos: Pos, removed: number, left: number): void {
    this.insns.copyWithin(2 * pos, 2 * (pos + removed), 2 * this.count);
    this.counters.insnBytesMoved += 8 * (left - pos);
    this.count = left;
  }

  protected closeAux(pos: Pos, removed: number, left: number): void {
    const { auxRows, auxWords } = this;
    auxRows.copyWithin(pos * auxWords, (pos + removed) * auxWords, (left + removed) * auxWords);
    this.counters.auxBytesMoved += 4 * auxWords * (left - pos);
  }

  protected shrinkMetadata(pos: Pos, removed: number): void {
    this.metadata.afterRemoval(pos, removed, this.count);
  }

  /** `adjust_insn_aux_data()`; the instructions are in their new form already. */
  protected moveAux(pos: Pos, patchLength: number): void {
    const { insns, auxWords } = this;
    const last = pos + patchLength - 1;
    this.auxRows[pos * auxWords + AUX_ZEXT] = definesSubregister(insns[2 * last], insns[2 * last + 1])
      ? 1
      : 0;
    if (patchLength === 1) return;
    const words = this.count * auxWords;
    const old = this.auxRows;
    const aux = this.newAux(words);
    const oldWords = words - (patchLength - 1) * auxWords;
    aux.set(old.subarray(0, pos * auxWords));
    aux.set(old.subarray(pos * auxWords, oldWords), last * auxWords);
    this.counters.auxBytesMoved += 4 * oldWords;
    const seen = old[pos * auxWords + AUX_SEEN];
    for (let at = pos; at < last; at++) {
      aux[at * auxWords + AUX_SEEN] = seen;
      aux[at * auxWords + AUX_ZEXT] = definesSubregister(insns[2 * at], insns[2 * at + 1]) ? 1 : 0;
    }
    this.spare = old;
    this.auxRows = aux;
  }

  /** `vzalloc()`: zeroed memory for an aux array of so many words. */
  protected newAux(words: number): Uint32Array {
    this.counters.allocations++;
    this.counters.bytesAllocated += 4 * words;
    const { spare } = this;
    if (spare.length < words) return new Uint32Array(words + (words >> 4));
    return spare.fill(0, 0, words);
  }

  /** `bpf_prog_realloc()`: copies all pages once those there do not suffice. */
  private growInsns(length: number): void {
    const pages = this.pagesFor(length);
    if (pages <= this.pages) return;
    const insns = new Int32Array(this.wordsOf(pages));
    insns.set(this.insns);
    this.insns = insns;
    this.counters.allocations++;
    this.counters.bytesAllocated += pages * this.pageBytes;
    this.counters.insnBytesMoved += 8 * this.count;
    this.pages = pages;
  }

  private pagesFor(length: number): number {
    return Math.ceil((this.headerBytes + 8 * length) / this.pageBytes);
  }

  private wordsOf(pages: number): number {
    return Math.floor((pages * this.pageBytes - this.headerBytes) / 8) * 2;
  }
}

/** In this store a position is a current slot. */
type CurrentPos = Pos;
