/**
 * The yardstick: plain objects in a list, every reference an object of its own, every rule spelled out. Slow, and
 * obviously right; no benchmark measures it, every result is compared with it.
 *
 *     records:    [ Rec ] [ Rec ] [ Rec ] ... [ END ]      one object per instruction, numbered anew after every change
 *                   ^ ^             ^           ^
 *     references:   | |             |           |          one object per branch, subprogram start, line info entry,
 *                                                          insn array entry, poke; each record lists those at it
 *
 * A patch moves the references at the replaced record to the patch's first; a removal moves those at removed records to
 * the next survivor. That is all there is to identity. After each patch all 16-bit distances are recomputed from
 * scratch; if one is too long, the patch is undone.
 *
 * Invariants: a reference is at a record in the list, or at the end, and listed there; a record knows its index; positions
 * are numbers given to records for life.
 *
 * Cost: step O(1); replace by more and remove O(N); locate and subprogram questions O(N).
 */
import {
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchKind,
  definesSubregister,
  NOT_BRANCH,
  type OriginalSlot,
  withOff,
} from '../src/isa/insn.js';
import { BPF_JA, BPF_JMP } from '../src/isa/opcodes.js';
import { newCounters } from './counters.js';
import type { LinearLineInfo, LinearProgram } from './linear-program.js';
import { assertPatch, INSIDE, insideTarget, OWN, PLAIN, type PatchBuffer } from './patch-buffer.js';
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
import { assertStoreInput, branchTarget } from './store-input.js';
import { assertKnownOptions, type StoreOptions, type Strategy } from './strategy.js';

export const reference: Strategy = {
  name: 'reference',
  summary: 'Plain objects with a reference object per target: the yardstick, not measured.',
  cost: 'O(N * M) and more',
  growth: 'quadratic',
  tunables: [],
  create: (input, options) => new ReferenceStore(input, options),
};

interface Rec {
  readonly pos: Pos;
  /** Where it is in the list. */
  index: number;
  /** Who refers to it. */
  references: Reference[];
  w0: number;
  w1: number;
  readonly aux: number[];
  /** Where a branch leads; absent for all other instructions. */
  target?: Reference | undefined;
}

interface Reference {
  at: Rec;
  /** The very instruction it was at was removed: what an insn array entry wants to know. */
  removed: boolean;
}

interface Subprog {
  readonly id: number;
  readonly start: Reference;
  /** Index in the input of its first line info entry. */
  readonly line: number;
}

export class ReferenceStore implements Store {
  readonly name = reference.name;
  readonly counters = newCounters();
  private readonly slots: number;
  private readonly auxWords: number;
  /** The records, and the one behind them all that stands for the end. */
  private readonly recs: Rec[] = [];
  /** Records by their positions. */
  private readonly known: Rec[] = [];
  private subprogs: Subprog[];
  /** Subprograms the store was made with. */
  private readonly given: number;
  private subprogAdded = false;
  private finished = false;
  private readonly lineInfo: Reference[];
  private readonly insnArray: Reference[];
  private readonly pokes: { readonly poke: PokeDescriptor; readonly place: Reference }[] = [];

  constructor(input: StoreInput, options: StoreOptions = {}) {
    assertKnownOptions(reference.name, reference.tunables, options);
    assertStoreInput(input);
    this.slots = input.insns.length / 2;
    this.auxWords = input.auxWords;
    for (let slot = 0; slot < this.slots; slot++) {
      const aux = input.aux.slice(slot * this.auxWords, (slot + 1) * this.auxWords);
      this.recs.push(this.newRec(input.insns[2 * slot], input.insns[2 * slot + 1], [...aux]));
    }
    this.recs.push(this.newRec(0, 0, []));
    this.renumber(0);
    this.recs.forEach((rec, slot) => {
      const kind = branchKind(rec.w0);
      if (kind === NOT_BRANCH || slot === this.slots) return;
      rec.target = this.refer(this.recs[branchTarget(kind, slot, rec.w0, rec.w1, this.slots)]);
    });
    const referTo = (slots: Int32Array): Reference[] => [...slots].map((slot) => this.refer(this.recs[slot]));
    this.lineInfo = referTo(input.lineInfoSlots);
    this.insnArray = referTo(input.insnArraySlots);
    this.given = input.subprogStarts.length;
    this.subprogs = referTo(input.subprogStarts).map((start, id) => {
      const line = [...input.lineInfoSlots].findIndex((slot) => slot >= input.subprogStarts[id]);
      return { id, start, line: line === -1 ? this.lineInfo.length : line };
    });
  }

  length(): number {
    return this.recs.length - 1;
  }

  first(): Pos {
    return this.at(0);
  }

  next(pos: Pos): Pos {
    return this.at(this.rec(pos).index + 1);
  }

  prev(pos: Pos): Pos {
    return this.at(this.rec(pos).index - 1);
  }

  word0(pos: Pos): number {
    return this.rec(pos).w0;
  }

  word1(pos: Pos): number {
    return this.rec(pos).w1;
  }

  setWords(pos: Pos, w0: number, w1: number): void {
    assertNotFinished(this.finished);
    const rec = this.rec(pos);
    const kind = branchKind(w0);
    const old = branchKind(rec.w0);
    if (kind === NOT_BRANCH) {
      if (rec.target !== undefined) this.drop(rec.target);
      rec.target = undefined;
    } else if (old === NOT_BRANCH) {
      throw new RangeError('an instruction that is no branch cannot become one in place');
    } else if (kind === BRANCH_OFF && old !== BRANCH_OFF) {
      throw new RangeError('a 32-bit branch cannot become a 16-bit one');
    }
    rec.w0 = w0;
    rec.w1 = w1;
  }

  setNop(pos: Pos): void {
    assertNotFinished(this.finished);
    const rec = this.rec(pos);
    if (rec.target !== undefined) this.drop(rec.target);
    rec.w0 = BPF_JMP | BPF_JA;
    rec.w1 = 0;
    rec.target = this.refer(this.recs[rec.index + 1]);
  }

  jumpsToNext(pos: Pos): boolean {
    return this.distance(this.rec(pos)) === 0;
  }

  aux(pos: Pos, word: number): number {
    return this.rec(pos).aux[word];
  }

  setAux(pos: Pos, word: number, value: number): void {
    assertNotFinished(this.finished);
    this.rec(pos).aux[word] = value >>> 0;
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    assertNotFinished(this.finished);
    const replaced = this.rec(pos);
    const index = replaced.index;
    assertPatch(patch, branchKind(replaced.w0), this.subprogs.length);

    const fresh: Rec[] = [];
    for (let slot = 0; slot < patch.length; slot++) {
      const last = slot === patch.length - 1;
      const aux = last ? [...replaced.aux] : new Array<number>(this.auxWords).fill(0);
      const rec = this.newRec(patch.words[2 * slot], patch.words[2 * slot + 1], aux);
      aux[AUX_SEEN] = replaced.aux[AUX_SEEN];
      aux[AUX_ZEXT] = definesSubregister(rec.w0, rec.w1) ? 1 : 0;
      fresh.push(rec);
    }
    const identity = replaced.references;
    this.moveReferences(replaced, fresh[0]);
    const insideAndBehind = [...fresh, this.recs[index + 1]];
    fresh.forEach((rec, slot) => {
      if (patch.kinds[slot] === PLAIN) return;
      const goal =
        patch.kinds[slot] === INSIDE
          ? insideAndBehind[insideTarget(patch, slot)]
          : patch.kinds[slot] === OWN
            ? replaced.target!.at
            : this.subprogs[patch.subprogs[slot]].start.at;
      rec.target = this.refer(goal);
    });
    this.recs.splice(index, 1, ...fresh);
    this.renumber(index);

    if (this.tooLong()) {
      this.recs.splice(index, fresh.length, replaced);
      this.renumber(index);
      for (const rec of fresh) if (rec.target !== undefined) this.drop(rec.target);
      for (const known of identity) known.at = replaced;
      replaced.references = identity;
      throw new PatchRangeError(Math.max(replaced.aux[AUX_ORIG] - 1, 0));
    }
    if (replaced.target !== undefined) this.drop(replaced.target);
    return fresh[fresh.length - 1].pos;
  }

  remove(pos: Pos, count: number): Pos {
    assertNotFinished(this.finished);
    const index = this.rec(pos).index;
    if (index + count > this.length()) {
      throw new RangeError(`${count} instructions to remove, ${this.length() - index} there`);
    }
    const survivor = this.recs[index + count];
    for (const gone of this.recs.splice(index, count)) {
      for (const known of gone.references) known.removed = true;
      this.moveReferences(gone, survivor);
      if (gone.target !== undefined) this.drop(gone.target);
    }
    this.renumber(index);
    // A subprogram that starts where the next one does has no instruction left.
    this.subprogs = this.subprogs.filter((subprog, k) => {
      const next = k + 1 < this.subprogs.length ? this.subprogs[k + 1].start.at : this.end();
      return subprog.start.at !== next;
    });
    return this.at(index);
  }

  locate(slot: OriginalSlot): Pos {
    return this.recs.find((rec) => rec.aux[AUX_ORIG] === slot + 1)?.pos ?? NONE;
  }

  targetSlot(pos: Pos): OriginalSlot {
    let goal = this.rec(pos).target!.at;
    while (goal !== this.end() && goal.aux[AUX_ORIG] === 0) goal = this.recs[goal.index + 1];
    return goal === this.end() ? this.slots : goal.aux[AUX_ORIG] - 1;
  }

  subprogCount(): number {
    return this.subprogs.length;
  }

  subprogId(k: number): number {
    return this.subprogs[k].id;
  }

  startsSubprog(pos: Pos, k: number): boolean {
    if (pos === NONE) return k === this.subprogs.length;
    return k < this.subprogs.length && this.subprogs[k].start.at === this.rec(pos);
  }

  subprogStart(k: number): Pos {
    return this.subprogs[k].start.at.pos;
  }

  skipPrologue(pos: Pos, body: Pos): void {
    assertNotFinished(this.finished);
    const front = this.rec(pos);
    const behind = this.rec(body);
    if (behind.index < front.index) throw new RangeError('the body does not lie behind the prologue');
    const jumps = this.recs.filter(
      (rec) =>
        (rec.index < front.index || rec.index >= behind.index) &&
        branchKind(rec.w0) !== BRANCH_SUBPROG &&
        rec.target?.at === front,
    );
    const lead = (to: Rec): void => {
      for (const jump of jumps) {
        this.drop(jump.target!);
        jump.target = this.refer(to);
      }
    };
    lead(behind);
    if (this.tooLong()) {
      lead(front);
      throw new PatchRangeError(Math.max(behind.aux[AUX_ORIG] - 1, 0));
    }
  }

  addSubprog(pos: Pos): void {
    assertNotFinished(this.finished);
    if (this.subprogAdded) throw new RangeError('there is a hidden subprogram already');
    this.subprogAdded = true;
    const start = this.refer(this.rec(pos));
    this.subprogs.push({ id: this.given, start, line: this.lineInfo.length });
  }

  addPoke(pos: Pos, poke: PokeDescriptor): number {
    assertNotFinished(this.finished);
    return this.pokes.push({ poke, place: this.refer(this.rec(pos)) }) - 1;
  }

  commit(): void {
    assertNotFinished(this.finished);
    // Everything is up to date after every operation.
  }

  finish(): LinearProgram {
    assertNotFinished(this.finished);
    this.finished = true;
    return this.linear();
  }

  /** The program as it is now; nothing is shared with the store, which is not finished by that. */
  linear(): LinearProgram {
    const length = this.length();
    const insns = new Int32Array(2 * length);
    const aux = new Uint32Array(length * this.auxWords);
    this.recs.slice(0, length).forEach((rec, index) => {
      const kind = branchKind(rec.w0);
      const distance = kind === NOT_BRANCH ? 0 : this.distance(rec);
      insns[2 * index] = kind === BRANCH_OFF ? withOff(rec.w0, distance) : rec.w0;
      insns[2 * index + 1] = kind === NOT_BRANCH || kind === BRANCH_OFF ? rec.w1 : distance;
      aux.set(rec.aux, index * this.auxWords);
    });
    const lineInfo = this.finalLineInfo();
    return {
      insns,
      aux,
      auxWords: this.auxWords,
      length,
      subprogs: this.subprogs.map(({ id, start, line }) => {
        const first = lineInfo.findIndex((entry) => entry.index >= line);
        return { id, start: start.at.index, lineInfoIndex: first === -1 ? lineInfo.length : first };
      }),
      lineInfo,
      insnArray: Int32Array.from(this.insnArray, (entry) => (entry.removed ? -1 : entry.at.index)),
      pokes: this.pokes.map(({ poke, place }) => ({ ...poke, slot: place.at.index })),
    };
  }

  check(): void {
    this.recs.forEach((rec, index) => {
      if (rec.index !== index) throw new Error(`record ${index} takes itself for ${rec.index}`);
      if (this.known[rec.pos] !== rec) throw new Error(`record ${index} is not known by its position`);
      if (rec.references.some((known) => known.at !== rec))
        throw new Error(`record ${index} lists a foreign reference`);
      if ((branchKind(rec.w0) !== NOT_BRANCH) !== (rec.target !== undefined) && rec !== this.end()) {
        throw new Error(`record ${index} has a target without being a branch, or none`);
      }
      if (rec.target !== undefined && !rec.target.at.references.includes(rec.target)) {
        throw new Error(`the target of record ${index} does not know of it`);
      }
    });
  }

  /** The last entry at a record stays: its own, or the last one that removed records left to it. */
  private finalLineInfo(): LinearLineInfo[] {
    const kept: LinearLineInfo[] = [];
    this.lineInfo.forEach((entry, index) => {
      const next = this.lineInfo[index + 1] as Reference | undefined;
      if (entry.at !== this.end() && entry.at !== next?.at) kept.push({ index, slot: entry.at.index });
    });
    return kept;
  }

  private newRec(w0: number, w1: number, aux: number[]): Rec {
    const rec: Rec = { pos: this.known.length, index: NONE, references: [], w0, w1, aux };
    this.known.push(rec);
    return rec;
  }

  private refer(at: Rec): Reference {
    const made: Reference = { at, removed: false };
    at.references.push(made);
    return made;
  }

  private drop(reference: Reference): void {
    const at = reference.at;
    at.references = at.references.filter((known) => known !== reference);
  }

  private moveReferences(from: Rec, to: Rec): void {
    for (const known of from.references) known.at = to;
    to.references = to.references.concat(from.references);
    from.references = [];
  }

  /** Nothing moved before `from`. */
  private renumber(from: number): void {
    for (let index = from; index < this.recs.length; index++) this.recs[index].index = index;
  }

  private end(): Rec {
    return this.recs[this.recs.length - 1];
  }

  private rec(pos: Pos): Rec {
    const rec = this.known[pos] as Rec | undefined;
    if (rec === undefined) throw new RangeError(`${pos} is no position`);
    return rec;
  }

  /** The position of the record there, `NONE` past either end. */
  private at(index: number): Pos {
    return index < 0 || index >= this.length() ? NONE : this.recs[index].pos;
  }

  private distance(rec: Rec): number {
    return rec.target!.at.index - rec.index - 1;
  }

  /** Is any 16-bit distance too long now? */
  private tooLong(): boolean {
    if (this.length() <= 0x7fff) return false;
    for (const rec of this.recs) {
      if (rec.target === undefined || branchKind(rec.w0) !== BRANCH_OFF) continue;
      const distance = this.distance(rec);
      if (distance > 0x7fff || distance < -0x8000) return true;
    }
    return false;
  }
}
