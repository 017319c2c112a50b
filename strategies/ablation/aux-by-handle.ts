/**
 * Aux records beside the instructions instead of among them: a record keeps what the rewriting itself reads and writes
 * (original slot, seen, zext) and the handle of a row in a table; the row stays where it is whatever moves.
 *
 *     record:  [ w0 | w1 | ... | orig | seen | zext | handle ]       16 bytes of aux that move with the record
 *                                                      |
 *     table:   [ row 1 | row 2 | row 3 | ... ]  <------'             the whole aux record otherwise, which never moves
 *
 * It is put around a store of any kind, which then holds aux records of four words. Inserted records have no row until a
 * pass writes into their payload: handle 0 reads as zeros.
 *
 * Cost: a read or write of payload is one look into the table more. `finish()` gathers all rows in final order: what a store
 * that keeps its rows in order hands out as it is, this one copies once.
 */
import type { OriginalSlot } from '../../src/isa/insn.js';
import type { Counters } from '../counters.js';
import type { LinearProgram } from '../linear-program.js';
import type { PatchBuffer } from '../patch-buffer.js';
import {
  assertNotFinished,
  AUX_FREE,
  AUX_ORIG,
  AUX_SEEN,
  AUX_ZEXT,
  type PokeDescriptor,
  type Pos,
  type Store,
  type StoreInput,
} from '../store.js';

/** The word of the store's own aux record that holds the handle: row number plus one, 0 for none. */
const HANDLE = AUX_FREE;
/** Words of an aux record in the store. */
const HELD_WORDS = HANDLE + 1;

export class AuxByHandle implements Store {
  readonly counters: Counters;
  private readonly store: Store;
  private readonly auxWords: number;
  private table: Uint32Array;
  /** Rows in use. */
  private used: number;
  private finished = false;

  /** @param create makes the store that holds the rest */
  constructor(
    readonly name: string,
    input: StoreInput,
    create: (input: StoreInput) => Store,
  ) {
    this.auxWords = input.auxWords;
    this.table = input.aux.slice();
    this.used = input.aux.length / input.auxWords;
    this.store = create({ ...input, aux: held(input), auxWords: HELD_WORDS });
    this.counters = this.store.counters;
    this.countTable();
    this.counters.auxBytesMoved += this.table.byteLength;
  }

  length(): number {
    return this.store.length();
  }

  first(): Pos {
    return this.store.first();
  }

  next(pos: Pos): Pos {
    return this.store.next(pos);
  }

  prev(pos: Pos): Pos {
    return this.store.prev(pos);
  }

  word0(pos: Pos): number {
    return this.store.word0(pos);
  }

  word1(pos: Pos): number {
    return this.store.word1(pos);
  }

  setWords(pos: Pos, w0: number, w1: number): void {
    this.store.setWords(pos, w0, w1);
  }

  setNop(pos: Pos): void {
    this.store.setNop(pos);
  }

  jumpsToNext(pos: Pos): boolean {
    return this.store.jumpsToNext(pos);
  }

  aux(pos: Pos, word: number): number {
    if (word < AUX_FREE) return this.store.aux(pos, word);
    const handle = this.store.aux(pos, HANDLE);
    return handle === 0 ? 0 : this.table[(handle - 1) * this.auxWords + word];
  }

  setAux(pos: Pos, word: number, value: number): void {
    if (word < AUX_FREE) {
      this.store.setAux(pos, word, value);
      return;
    }
    assertNotFinished(this.finished);
    let handle = this.store.aux(pos, HANDLE);
    if (handle === 0) {
      handle = this.newRow();
      this.store.setAux(pos, HANDLE, handle);
    }
    this.table[(handle - 1) * this.auxWords + word] = value;
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    return this.store.replace(pos, patch);
  }

  remove(pos: Pos, count: number): Pos {
    return this.store.remove(pos, count);
  }

  locate(slot: OriginalSlot): Pos {
    return this.store.locate(slot);
  }

  targetSlot(pos: Pos): OriginalSlot {
    return this.store.targetSlot(pos);
  }

  subprogCount(): number {
    return this.store.subprogCount();
  }

  subprogId(k: number): number {
    return this.store.subprogId(k);
  }

  startsSubprog(pos: Pos, k: number): boolean {
    return this.store.startsSubprog(pos, k);
  }

  subprogStart(k: number): Pos {
    return this.store.subprogStart(k);
  }

  skipPrologue(pos: Pos, body: Pos): void {
    this.store.skipPrologue(pos, body);
  }

  addSubprog(pos: Pos): void {
    this.store.addSubprog(pos);
  }

  addPoke(pos: Pos, poke: PokeDescriptor): number {
    return this.store.addPoke(pos, poke);
  }

  commit(): void {
    this.store.commit();
  }

  finish(): LinearProgram {
    const linear = this.store.finish();
    this.finished = true;
    return { ...linear, aux: this.gathered(linear), auxWords: this.auxWords };
  }

  check(): void {
    this.store.check();
    const seen = new Set<number>();
    for (let pos = this.store.first(); pos >= 0; pos = this.store.next(pos)) {
      const handle = this.store.aux(pos, HANDLE);
      if (handle === 0) continue;
      if (handle > this.used) throw new Error(`handle ${handle} of ${this.used} rows`);
      if (seen.has(handle)) throw new Error(`two records have the handle ${handle}`);
      seen.add(handle);
    }
  }

  /** The aux records in final order, put together from what the store held and what the table holds. */
  private gathered({ aux, length }: LinearProgram): Uint32Array {
    const { table, auxWords } = this;
    const out = new Uint32Array(length * auxWords);
    for (let slot = 0; slot < length; slot++) {
      const from = slot * HELD_WORDS;
      const to = slot * auxWords;
      out[to + AUX_ORIG] = aux[from + AUX_ORIG];
      out[to + AUX_SEEN] = aux[from + AUX_SEEN];
      out[to + AUX_ZEXT] = aux[from + AUX_ZEXT];
      const handle = aux[from + HANDLE];
      if (handle === 0) continue;
      const row = (handle - 1) * auxWords;
      for (let word = AUX_FREE; word < auxWords; word++) out[to + word] = table[row + word];
    }
    this.counters.allocations++;
    this.counters.bytesAllocated += out.byteLength;
    this.counters.auxBytesMoved += out.byteLength;
    return out;
  }

  /** A new row, all zeros; its handle. */
  private newRow(): number {
    const { auxWords } = this;
    if ((this.used + 1) * auxWords > this.table.length) {
      const table = new Uint32Array((this.used + (this.used >> 3) + 16) * auxWords);
      table.set(this.table);
      this.counters.auxBytesMoved += this.table.byteLength;
      this.table = table;
      this.countTable();
    }
    return ++this.used;
  }

  private countTable(): void {
    this.counters.allocations++;
    this.counters.bytesAllocated += this.table.byteLength;
  }
}

/** The aux records that the store holds: each row's head and its handle. */
function held({ aux, auxWords }: StoreInput): Uint32Array {
  const slots = aux.length / auxWords;
  const heads = new Uint32Array(slots * HELD_WORDS);
  for (let slot = 0; slot < slots; slot++) {
    const from = slot * auxWords;
    const to = slot * HELD_WORDS;
    heads[to + AUX_ORIG] = aux[from + AUX_ORIG];
    heads[to + AUX_SEEN] = aux[from + AUX_SEEN];
    heads[to + AUX_ZEXT] = aux[from + AUX_ZEXT];
    heads[to + HANDLE] = slot + 1;
  }
  return heads;
}
