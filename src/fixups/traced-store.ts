/**
 * A store around another one that remembers who made each instruction. Every record gets one aux word more, its *stamp*:
 * 0 for an instruction as loaded, else the number of the edit that wrote it last, plus one.
 *
 *     record of the inner store = words | aux record | stamp
 *
 * The stamp rides with the aux record; after a patch all its instructions get the new one. Slower than the inner store
 * by as much, so nothing is ever measured through it.
 */
import type { Counters } from '../../strategies/counters.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import {
  AUX_ORIG,
  type PokeDescriptor,
  type Pos,
  type Store,
  type StoreInput,
} from '../../strategies/store.js';
import type { OriginalSlot } from '../isa/insn.js';

/** One change of an instruction. */
export interface Edit {
  /** Pass that made it. */
  readonly pass: string;
  /** `patch`: replaced by one or more; `in place`: words overwritten where they stand. */
  readonly kind: 'patch' | 'in place';
  /** What rule of the pass it was, in a few words. */
  readonly rule: string;
  /** Original slot of the instruction that was changed, or that of the instruction whose patch brought it. */
  readonly originalSlot: OriginalSlot;
  /** The instruction as it was before. */
  readonly before: readonly [w0: number, w1: number];
  /** Instructions there were afterwards. */
  readonly length: number;
  /** The edit that had written it before; undefined when it was as loaded. */
  readonly earlier: Edit | undefined;
}

/**
 * Names the rule by which the pass that is running changes the instruction at `pos`; asked before the change.
 * @param patch what replaces it; undefined when its words are overwritten in place
 */
export type NameRule = (pass: string, store: Store, pos: Pos, patch: PatchBuffer | undefined) => string;

/** The input with a stamp's room in every aux record. */
function widened(input: StoreInput): StoreInput {
  const { aux, auxWords } = input;
  const slots = aux.length / auxWords;
  const wide = new Uint32Array(slots * (auxWords + 1));
  for (let slot = 0; slot < slots; slot++)
    wide.set(aux.subarray(slot * auxWords, (slot + 1) * auxWords), slot * (auxWords + 1));
  return { ...input, aux: wide, auxWords: auxWords + 1 };
}

export class TracedStore implements Store {
  readonly name: string;
  readonly counters: Counters;
  /** The pass that is running; set by whoever runs it. */
  pass = '';
  private readonly inner: Store;
  private readonly edits: Edit[] = [];
  private readonly auxWords: number;

  constructor(
    input: StoreInput,
    create: (input: StoreInput) => Store,
    private readonly nameRule: NameRule,
  ) {
    this.inner = create(widened(input));
    this.name = this.inner.name;
    this.counters = this.inner.counters;
    this.auxWords = input.auxWords;
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    const stamp = this.note(pos, patch);
    const last = this.inner.replace(pos, patch);
    let at = last;
    for (let left = patch.length; left > 0; left--) {
      this.inner.setAux(at, this.auxWords, stamp);
      if (left > 1) at = this.inner.prev(at);
    }
    return last;
  }

  setWords(pos: Pos, w0: number, w1: number): void {
    const { inner } = this;
    const changed = inner.word0(pos) !== w0 || inner.word1(pos) !== w1;
    const stamp = changed ? this.note(pos) : inner.aux(pos, this.auxWords);
    inner.setWords(pos, w0, w1);
    inner.setAux(pos, this.auxWords, stamp);
  }

  setNop(pos: Pos): void {
    const stamp = this.note(pos);
    this.inner.setNop(pos);
    this.inner.setAux(pos, this.auxWords, stamp);
  }

  finish(): LinearProgram {
    return this.finishTraced().linear;
  }

  /** The rewritten program as the inner store would have given it, and the last edit of each of its instructions. */
  finishTraced(): { readonly linear: LinearProgram; readonly edits: readonly (Edit | undefined)[] } {
    const wide = this.inner.finish();
    const { auxWords } = this;
    const aux = new Uint32Array(wide.length * auxWords);
    const edits: (Edit | undefined)[] = [];
    for (let slot = 0; slot < wide.length; slot++) {
      const row = slot * (auxWords + 1);
      aux.set(wide.aux.subarray(row, row + auxWords), slot * auxWords);
      edits.push(this.editOf(wide.aux[row + auxWords]));
    }
    return { linear: { ...wide, aux, auxWords }, edits };
  }

  private note(pos: Pos, patch?: PatchBuffer): number {
    const { inner, edits } = this;
    const earlier = this.editOf(inner.aux(pos, this.auxWords));
    const origin = inner.aux(pos, AUX_ORIG);
    return edits.push({
      pass: this.pass,
      kind: patch === undefined ? 'in place' : 'patch',
      rule: this.nameRule(this.pass, inner, pos, patch),
      originalSlot: origin > 0 ? origin - 1 : (earlier?.originalSlot ?? 0),
      before: [inner.word0(pos), inner.word1(pos)],
      length: patch?.length ?? 1,
      earlier,
    });
  }

  private editOf(stamp: number): Edit | undefined {
    return stamp === 0 ? undefined : this.edits[stamp - 1];
  }

  // Everything else is the inner store's.

  length(): number {
    return this.inner.length();
  }
  first(): Pos {
    return this.inner.first();
  }
  next(pos: Pos): Pos {
    return this.inner.next(pos);
  }
  prev(pos: Pos): Pos {
    return this.inner.prev(pos);
  }
  word0(pos: Pos): number {
    return this.inner.word0(pos);
  }
  word1(pos: Pos): number {
    return this.inner.word1(pos);
  }
  jumpsToNext(pos: Pos): boolean {
    return this.inner.jumpsToNext(pos);
  }
  aux(pos: Pos, word: number): number {
    return this.inner.aux(pos, word);
  }
  setAux(pos: Pos, word: number, value: number): void {
    this.inner.setAux(pos, word, value);
  }
  remove(pos: Pos, count: number): Pos {
    return this.inner.remove(pos, count);
  }
  locate(slot: OriginalSlot): Pos {
    return this.inner.locate(slot);
  }
  targetSlot(pos: Pos): OriginalSlot {
    return this.inner.targetSlot(pos);
  }
  subprogCount(): number {
    return this.inner.subprogCount();
  }
  subprogId(k: number): number {
    return this.inner.subprogId(k);
  }
  startsSubprog(pos: Pos, k: number): boolean {
    return this.inner.startsSubprog(pos, k);
  }
  subprogStart(k: number): Pos {
    return this.inner.subprogStart(k);
  }
  skipPrologue(pos: Pos, body: Pos): void {
    this.inner.skipPrologue(pos, body);
  }
  addSubprog(pos: Pos): void {
    this.inner.addSubprog(pos);
  }
  addPoke(pos: Pos, poke: PokeDescriptor): number {
    return this.inner.addPoke(pos, poke);
  }
  commit(): void {
    this.inner.commit();
  }
  check(): void {
    this.inner.check();
  }
}
