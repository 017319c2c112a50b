/**
 * The floor: what a rewriting costs at least, for strategies to be measured against. It is a store for which all patches
 * are known before the clock starts (floor-recording.ts), so that nothing is left to find out or to move:
 *
 *     place:   0 1 . . 2 3 . 4        room is left where patches will be; a position is a place, for ever
 *     walk:    0 1     2   (2 becomes a b 2)   ->   0 1 a b 2   3 . 4
 *     finish:  runs copied, the words of branches written, once: the one pass nobody can do without
 *
 * In its time are: the passes' own deciding, the same code as over any strategy; a step and a read for each record a pass
 * looks at; the words of patches written to their places, `seen` and `zext_dst` of their aux records; and `finish`: the
 * program and its aux records copied to where they end in runs as long as neighbours stay neighbours, one distance
 * a branch, one entry a subprogram, line, insn array entry and poke descriptor. Its output is compared like any other.
 *
 * Not in its time: what is known beforehand. Which records will be inserted where, which instructions are branches and where
 * they aim (so that checking the input and looking for 16-bit overflows is not in it either), what became of
 * subprograms, where an original instruction is; `locate`, `targetSlot`, `jumpsToNext` and `subprogStart` give the
 * recorded answers in their order. The input is not copied, but the words and the gaps are put back as they were at
 * the beginning, as passes write in them: that is its `init`.
 *
 * It serves the very workload it was recorded from and no other, and checks nothing of what it is told.
 */
import { withOff, type OriginalSlot } from '../isa/insn.js';
import { BPF_JA, BPF_JMP } from '../isa/opcodes.js';
import { copyWords } from '../../strategies/copy-words.js';
import { newCounters } from '../../strategies/counters.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import {
  assertNotFinished,
  AUX_SEEN,
  AUX_ZEXT,
  NONE,
  type PokeDescriptor,
  type Pos,
  type Store,
} from '../../strategies/store.js';
import {
  record,
  RUN_COUNT,
  RUN_FROM,
  RUN_WORDS,
  type Recording,
  type SubprogState,
} from './floor-recording.js';
import type { MeasuredStrategy, Workload } from './workload.js';

/** Name in tables and CSV. It is no strategy of the registry: nobody could choose it. */
export const FLOOR = 'floor';

/**
 * The floor of one workload, made by running it once.
 * @throws what the workload throws
 */
export function floorOf(workload: Workload): MeasuredStrategy {
  return floorFrom(record(workload));
}

/** The floor of the workload that was recorded. */
export function floorFrom(recording: Recording): MeasuredStrategy {
  const plan = new Plan(recording);
  return { name: FLOOR, create: () => new FloorStore(plan) };
}

/** A recording and the memory that its runs work in, one after the other. */
class Plan {
  readonly words: Int32Array;
  readonly rows: Uint32Array;
  readonly gaps: Int32Array;
  readonly gapsBehind: Int32Array;
  /** Final slot of each place; of the one behind the last, the length. */
  readonly slots: Int32Array;
  /** Places of subprogram starts, line info, insn array entries (`NONE` when removed) and poke descriptors. */
  readonly subprogPlaces: Int32Array;
  readonly linePlaces: Int32Array;
  readonly insnArrayPlaces: Int32Array;
  readonly pokePlaces: Int32Array;

  constructor(readonly recording: Recording) {
    const { final, finalIndexes } = recording;
    this.words = recording.words.slice();
    this.rows = recording.rows.slice();
    this.gaps = recording.gaps.slice();
    this.gapsBehind = recording.gapsBehind.slice();
    this.slots = new Int32Array(recording.total + 1);
    const place = (slot: number): number => (slot < 0 ? NONE : finalIndexes[slot]);
    this.subprogPlaces = Int32Array.from(final.subprogs, ({ start }) => place(start));
    this.linePlaces = Int32Array.from(final.lineInfo, ({ slot }) => place(slot));
    this.insnArrayPlaces = Int32Array.from(final.insnArray, place);
    this.pokePlaces = Int32Array.from(final.pokes, ({ slot }) => place(slot));
  }

  /** Puts back what a run has changed, but for what the next one writes before it reads. */
  reset(): void {
    const { recording, rows } = this;
    this.words.set(recording.words);
    this.gaps.set(recording.gaps);
    this.gapsBehind.set(recording.gapsBehind);
    const changed = recording.changedRows;
    for (let at = 0; at < changed.length; at += 2) rows[changed[at]] = changed[at + 1];
  }
}

class FloorStore implements Store {
  readonly name = FLOOR;
  readonly counters = newCounters();
  private readonly words: Int32Array;
  private readonly rows: Uint32Array;
  private readonly auxWords: number;
  /** At the first of records that are missing or gone, how many of them stand side by side at least; else 0. */
  private readonly gaps: Int32Array;
  /** The same at the last one of them. */
  private readonly gapsBehind: Int32Array;
  private readonly total: number;
  private readonly answers: Int32Array;
  private answered = 0;
  private count: number;
  private subprogs: SubprogState;
  /** Of `subprogs`, while no patch has moved one. */
  private starts: Int32Array;
  private state = 0;
  private expanding = 0;
  private moves = 0;
  /** The next expanding patch that moves the start of a subprogram. */
  private nextMove: number;
  private readonly pokes: PokeDescriptor[] = [];
  /** Words that passes wrote in rows of inserted records: place and word of each. */
  private readonly marked: number[] = [];
  private finished = false;

  constructor(private readonly plan: Plan) {
    plan.reset();
    const { recording } = plan;
    this.words = plan.words;
    this.rows = plan.rows;
    this.auxWords = recording.auxWords;
    this.gaps = plan.gaps;
    this.gapsBehind = plan.gapsBehind;
    this.total = recording.total;
    this.answers = recording.answers;
    this.count = recording.loaded;
    this.subprogs = recording.subprogs[0];
    this.starts = this.subprogs.starts;
    this.nextMove = recording.movedStarts[0];
    this.counters.insnBytesMoved += this.words.byteLength;
  }

  length(): number {
    return this.count;
  }

  first(): Pos {
    return this.next(-1);
  }

  next(pos: Pos): Pos {
    const at = pos + 1;
    return this.gaps[at] === 0 ? at : this.over(at);
  }

  prev(pos: Pos): Pos {
    let at = pos - 1;
    while (at >= 0) {
      const gap = this.gapsBehind[at];
      if (gap === 0) return at;
      at -= gap;
    }
    return NONE;
  }

  word0(pos: Pos): number {
    return this.words[2 * pos];
  }

  word1(pos: Pos): number {
    return this.words[2 * pos + 1];
  }

  setWords(pos: Pos, w0: number, w1: number): void {
    this.words[2 * pos] = w0;
    this.words[2 * pos + 1] = w1;
  }

  setNop(pos: Pos): void {
    this.words[2 * pos] = BPF_JMP | BPF_JA;
    this.words[2 * pos + 1] = 0;
  }

  jumpsToNext(): boolean {
    return this.answers[this.answered++] !== 0;
  }

  aux(pos: Pos, word: number): number {
    return this.rows[pos * this.auxWords + word];
  }

  setAux(pos: Pos, word: number, value: number): void {
    this.rows[pos * this.auxWords + word] = value;
    if (this.plan.recording.owners[pos] !== 0) this.marked.push(pos, word);
  }

  replace(pos: Pos, patch: PatchBuffer): Pos {
    const { words, length, subregisters } = patch;
    const { rows, auxWords } = this;
    const extra = length - 1;
    let at = pos;
    if (extra > 0) {
      at = this.fill(pos, extra);
      const seen = rows[pos * auxWords + AUX_SEEN];
      const own = this.words;
      let done = 0;
      for (; done < extra; done++, at++) {
        // Of records that later patches divide, the next is not the place behind.
        while (this.gaps[at] !== 0) at += this.gaps[at];
        own[2 * at] = words[2 * done];
        own[2 * at + 1] = words[2 * done + 1];
        rows[at * auxWords + AUX_SEEN] = seen;
        rows[at * auxWords + AUX_ZEXT] = (subregisters >>> done) & 1;
      }
    }
    this.words[2 * pos] = words[2 * extra];
    this.words[2 * pos + 1] = words[2 * extra + 1];
    rows[pos * auxWords + AUX_ZEXT] = (subregisters >>> extra) & 1;
    return pos;
  }

  remove(pos: Pos, count: number): Pos {
    let at = pos;
    for (let left = count; left > 0;) {
      let end = at;
      while (left > 0 && this.gaps[end] === 0) {
        end++;
        left--;
      }
      this.gaps[at] = end - at;
      this.gapsBehind[end - 1] = end - at;
      at = end;
      while (left > 0 && this.gaps[at] > 0) at += this.gaps[at];
    }
    this.count -= count;
    return this.next(at - 1);
  }

  locate(): Pos {
    return this.answers[this.answered++];
  }

  targetSlot(): OriginalSlot {
    return this.answers[this.answered++];
  }

  subprogCount(): number {
    return this.subprogs.count;
  }

  subprogId(k: number): number {
    return this.subprogs.ids[k];
  }

  startsSubprog(pos: Pos, k: number): boolean {
    return this.starts[k] === pos;
  }

  subprogStart(): Pos {
    return this.answers[this.answered++];
  }

  skipPrologue(): void {
    // Which jumps this redirects is known: `finish` reads where each one leads.
  }

  addSubprog(): void {
    this.nextState();
  }

  addPoke(_pos: Pos, poke: PokeDescriptor): number {
    return this.pokes.push(poke) - 1;
  }

  commit(): void {
    this.nextState();
  }

  finish(): LinearProgram {
    assertNotFinished(this.finished);
    this.commit();
    this.finished = true;
    const { plan, count, auxWords } = this;
    const { slots, recording } = plan;
    const insns = new Int32Array(2 * count);
    const aux = new Uint32Array(count * auxWords);
    this.counters.allocations += 2;
    this.counters.bytesAllocated += insns.byteLength + aux.byteLength;
    this.copyRuns(insns, aux);
    slots[this.total] = count;
    this.writeDistances(insns);
    const { final } = recording;
    return {
      insns,
      aux,
      auxWords,
      length: count,
      subprogs: final.subprogs.map(({ id, lineInfoIndex }, at) => ({
        id,
        start: slots[plan.subprogPlaces[at]],
        lineInfoIndex,
      })),
      lineInfo: final.lineInfo.map(({ index }, at) => ({ index, slot: slots[plan.linePlaces[at]] })),
      insnArray: plan.insnArrayPlaces.map((place) => (place === NONE ? NONE : slots[place])),
      pokes: this.pokes.map((poke, at) => ({ ...poke, slot: slots[plan.pokePlaces[at]] })),
    };
  }

  /** @throws Error when the records that are there are not as many as they should be */
  check(): void {
    let met = 0;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) met++;
    if (met !== this.count) throw new Error(`${met} records, ${this.count} counted`);
  }

  /** First record from `pos` on that is there, or `NONE`; the gap behind the last place has no end. */
  private over(pos: Pos): Pos {
    let at = pos;
    while (at < this.total) {
      const gap = this.gaps[at];
      if (gap === 0) return at;
      at += gap;
    }
    return NONE;
  }

  /** Makes the `extra` records of the next expanding patch be there; returns the first. */
  private fill(pos: Pos, extra: number): Pos {
    const { gaps, gapsBehind } = this;
    this.count += extra;
    this.expanding++;
    if (this.expanding === this.nextMove) this.moveStart();
    const { owners } = this.plan.recording;
    const first = pos - extra;
    if (first >= 0 && gaps[first] === extra && owners[first] === this.expanding) {
      gaps[first] = 0;
      gapsBehind[pos - 1] = 0;
      return first;
    }
    // Later patches will insert between them or behind them.
    let left = extra;
    let at = pos;
    while (left > 0) {
      at--;
      if (owners[at] !== this.expanding) continue;
      const length = gapsBehind[at];
      gapsBehind[at] = 0;
      at -= length - 1;
      gaps[at] = 0;
      left -= length;
    }
    return at;
  }

  private moveStart(): void {
    const { movedStarts } = this.plan.recording;
    if (this.starts === this.subprogs.starts) this.starts = this.starts.slice();
    this.starts[movedStarts[this.moves + 1]] = movedStarts[this.moves + 2];
    this.moves += 3;
    this.nextMove = movedStarts[this.moves];
  }

  private nextState(): void {
    this.subprogs = this.plan.recording.subprogs[++this.state];
    this.starts = this.subprogs.starts;
  }

  /** Copies every record to where it ends and notes its slot. */
  private copyRuns(insns: Int32Array, aux: Uint32Array): void {
    const { words, rows, auxWords } = this;
    const { slots, recording } = this.plan;
    const { runs, owners } = recording;
    let slot = 0;
    for (let at = 0; at < runs.length; at += RUN_WORDS) {
      const from = runs[at + RUN_FROM];
      const count = runs[at + RUN_COUNT];
      if (owners[from] === 0) {
        const length = count * auxWords;
        const source = from * auxWords;
        const target = slot * auxWords;
        copyWords(rows, source, aux, target, length);
        this.counters.auxBytesMoved += 4 * length;
      } else {
        // All else in the rows of inserted records is zero, as the output is from the beginning.
        for (let nth = 0; nth < count; nth++) {
          aux[(slot + nth) * auxWords + AUX_SEEN] = rows[(from + nth) * auxWords + AUX_SEEN];
          aux[(slot + nth) * auxWords + AUX_ZEXT] = rows[(from + nth) * auxWords + AUX_ZEXT];
        }
      }
      for (let place = from; place < from + count; place++, slot++) {
        insns[2 * slot] = words[2 * place];
        insns[2 * slot + 1] = words[2 * place + 1];
        slots[place] = slot;
      }
    }
    for (let at = 0; at < this.marked.length; at += 2) {
      const place = this.marked[at];
      const word = this.marked[at + 1];
      // Of a record that was removed again, the slot is that of an earlier run, or none.
      if (recording.finalIndexes[slots[place]] !== place) continue;
      aux[slots[place] * auxWords + word] = rows[place * auxWords + word];
    }
    this.counters.insnBytesMoved += insns.byteLength;
  }

  private writeDistances(insns: Int32Array): void {
    const { slots, recording } = this.plan;
    const { shortBranches, longBranches } = recording;
    for (let at = 0; at < shortBranches.length; at += 2) {
      const slot = slots[shortBranches[at]];
      insns[2 * slot] = withOff(insns[2 * slot], slots[shortBranches[at + 1]] - slot - 1);
    }
    for (let at = 0; at < longBranches.length; at += 2) {
      const slot = slots[longBranches[at]];
      insns[2 * slot + 1] = slots[longBranches[at + 1]] - slot - 1;
    }
    this.counters.branchVisits += (shortBranches.length + longBranches.length) / 2;
  }
}
