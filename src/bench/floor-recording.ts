/**
 * What the floor (floor.ts) knows beforehand: a run of a workload, recorded over the linked list, in which no record ever
 * moves. Every record that ever exists gets a place in one order, its *index*:
 *
 *     loaded:    0     1           2     3                     records as loaded
 *     patches:            a   b                  c             2 becomes a b 2, 3 becomes c 3
 *     index:     0     1  2   3    4          5  6   ...       c takes 5, 3 takes 6
 *
 * Records that were removed again keep theirs.
 */
import { BRANCH_OFF, branchDistance, branchKind, NOT_BRANCH, type OriginalSlot } from '../isa/insn.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { LinkedListStore } from '../../strategies/linked-list.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import { NONE, type Pos, type Store, type StoreInput } from '../../strategies/store.js';
import { PhaseLog } from './phase-log.js';
import type { Workload } from './workload.js';

/** Subprograms as a store knows them from some moment on. */
export interface SubprogState {
  readonly count: number;
  /** Index of each start; behind the last one `NONE`, which is what passes are told to ask about. */
  readonly starts: Int32Array;
  /** Number each had when the store was made. */
  readonly ids: Int32Array;
}

/** A run of records that are neighbours in the final program and were so from the beginning, or in one patch. */
export const RUN_FROM = 0;
export const RUN_COUNT = 1;
export const RUN_WORDS = 2;

/** Everything about a run that the floor does not have to find out. All positions are indexes. */
export interface Recording {
  /** Records that were loaded, and that ever were. */
  readonly loaded: number;
  readonly total: number;
  readonly auxWords: number;
  /** Words of the records as loaded, zero for those of patches; `2 * total`. */
  readonly words: Int32Array;
  /** Their aux rows; `total * auxWords`. */
  readonly rows: Uint32Array;
  /** Per record that patches insert: which expanding patch does, from 1; 0 for those that were loaded. */
  readonly owners: Int32Array;
  /**
   * Where records are missing at the beginning, `total + 1` long: at the first one of those that a patch inserts side by
   * side, how many they are; behind the last record 1; 0 elsewhere.
   */
  readonly gaps: Int32Array;
  /** The same at the last one of them. */
  readonly gapsBehind: Int32Array;
  /** Words of loaded rows that the run changes: place in `rows`, value as loaded; one pair after the other. */
  readonly changedRows: Int32Array;
  /** What `locate`, `targetSlot`, `jumpsToNext` and `subprogStart` answered, in order. */
  readonly answers: Int32Array;
  /** At the beginning, then after every `commit` and `addSubprog`. */
  readonly subprogs: readonly SubprogState[];
  /**
   * Expanding patches that take over the start of a subprogram: the patch, the subprogram, the new start. Behind the last
   * one a patch that never comes.
   */
  readonly movedStarts: Int32Array;
  /** Runs of the final program: `RUN_WORDS` numbers each, first index and number of records. */
  readonly runs: Int32Array;
  /** Indexes of the final program's branches, by kind of their distance: 16-bit ones, 32-bit ones; each its target's index. */
  readonly shortBranches: Int32Array;
  readonly longBranches: Int32Array;
  /** The program at the end, whose metadata is known. */
  readonly final: LinearProgram;
  /** Index of every record of the final program; behind the last one `total`. */
  readonly finalIndexes: Int32Array;
}

/**
 * Runs the workload once, over the linked list.
 * @throws what the workload throws
 */
export function record(workload: Workload): Recording {
  let recorder: Recorder | undefined;
  const final = workload.run(
    {
      name: 'recorder',
      create(input: StoreInput): Store {
        recorder = new Recorder(input);
        return recorder;
      },
    },
    new PhaseLog(false),
  );
  if (recorder === undefined) throw new Error('the workload made no store');
  return recorder.recording(final);
}

/** A growing list of numbers. */
class Numbers {
  private values = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const values = new Int32Array(2 * this.length);
      values.set(this.values);
      this.values = values;
    }
    this.values[this.length++] = value;
  }

  all(): Int32Array {
    return this.values.slice(0, this.length);
  }
}

/** In the order of what was answered: is it a position? */
const PLAIN_ANSWER = 0;
const POSITION_ANSWER = 1;

class Recorder extends LinkedListStore {
  /** The list of all nodes that ever were, removed ones included. */
  private everFirst: Pos = 0;
  private readonly everNext: number[] = [];
  private readonly everPrev: number[] = [];
  /** Per node what `Recording.owners` says. */
  private readonly ownerOf = new Numbers();
  private expanding = 0;
  private readonly answers = new Numbers();
  private readonly answerKinds = new Numbers();
  private readonly states: { count: number; starts: number[]; ids: number[] }[] = [];
  /** Node that a subprogram starts with, to the subprogram. */
  private readonly startAt = new Map<Pos, number>();
  private readonly moved = new Numbers();
  /** Asked by the recorder itself: answers are not noted. */
  private aside = false;

  constructor(private readonly given: StoreInput) {
    super(given);
    for (let node = 0; node < this.slots; node++) {
      this.everNext.push(node + 1);
      this.everPrev.push(node - 1);
      this.ownerOf.push(0);
    }
    this.everNext[this.slots - 1] = NONE;
    this.noteSubprogs();
  }

  override locate(slot: OriginalSlot): Pos {
    return this.answer(super.locate(slot), POSITION_ANSWER);
  }

  override targetSlot(pos: Pos): OriginalSlot {
    return this.answer(
      this.withoutNotes(() => super.targetSlot(pos)),
      PLAIN_ANSWER,
    );
  }

  override jumpsToNext(pos: Pos): boolean {
    return this.answer(Number(super.jumpsToNext(pos)), PLAIN_ANSWER) !== 0;
  }

  override subprogStart(k: number): Pos {
    return this.answer(
      this.withoutNotes(() => super.subprogStart(k)),
      POSITION_ANSWER,
    );
  }

  override replace(pos: Pos, patch: PatchBuffer): Pos {
    return this.withoutNotes(() => super.replace(pos, patch));
  }

  override remove(pos: Pos, count: number): Pos {
    return this.withoutNotes(() => super.remove(pos, count));
  }

  override skipPrologue(pos: Pos, body: Pos): void {
    this.withoutNotes(() => super.skipPrologue(pos, body));
  }

  override check(): void {
    this.withoutNotes(() => super.check());
  }

  override addSubprog(pos: Pos): void {
    super.addSubprog(pos);
    this.noteSubprogs();
  }

  override commit(): void {
    super.commit();
    this.noteSubprogs();
  }

  protected override open(pos: Pos, extra: number): Pos {
    const last = super.open(pos, extra);
    const first = this.opened;
    this.expanding++;
    let before = this.everPrev[pos];
    for (let node = first; node < first + extra; node++) {
      if (before === NONE) this.everFirst = node;
      else this.everNext[before] = node;
      this.everPrev[node] = before;
      this.everNext[node] = pos;
      this.ownerOf.push(this.expanding);
      before = node;
    }
    this.everPrev[pos] = before;
    const k = this.startAt.get(pos);
    if (k !== undefined) {
      this.startAt.delete(pos);
      this.startAt.set(first, k);
      this.moved.push(this.expanding);
      this.moved.push(k);
      this.moved.push(first);
    }
    return last;
  }

  /** Puts together what was recorded; `final` is what the run ended with. */
  recording(final: LinearProgram): Recording {
    const total = this.everNext.length;
    const { auxWords } = this;
    const { insns, aux } = this.given;
    const indexes = new Int32Array(total);
    const words = new Int32Array(2 * total);
    const rows = new Uint32Array(total * auxWords);
    const owners = new Int32Array(total);
    const ownerOf = this.ownerOf.all();
    const indexOf = (node: Pos): number => (node === NONE ? NONE : indexes[node]);
    let index = 0;
    for (let node = this.everFirst; node !== NONE; node = this.everNext[node], index++) {
      indexes[node] = index;
      owners[index] = ownerOf[node];
      if (node >= this.slots) continue;
      words[2 * index] = insns[2 * node];
      words[2 * index + 1] = insns[2 * node + 1];
      rows.set(aux.subarray(node * auxWords, (node + 1) * auxWords), index * auxWords);
    }
    const finalIndexes = new Int32Array(final.length + 1);
    let slot = 0;
    for (let pos = this.first(); pos !== NONE; pos = this.next(pos)) finalIndexes[slot++] = indexes[pos];
    finalIndexes[slot] = total;
    const kinds = this.answerKinds.all();
    const moved = this.moved.all().map((value, at) => (at % 3 === 2 ? indexOf(value) : value));
    return {
      loaded: this.slots,
      total,
      auxWords,
      words,
      rows,
      owners,
      ...gapsOf(owners),
      changedRows: this.changedRows(indexes),
      answers: this.answers
        .all()
        .map((value, at) => (kinds[at] === POSITION_ANSWER ? indexOf(value) : value)),
      subprogs: this.states.map(({ count, starts, ids }) => ({
        count,
        starts: Int32Array.of(...starts.map(indexOf), NONE),
        ids: Int32Array.from(ids),
      })),
      movedStarts: Int32Array.of(...moved, NONE),
      runs: runsOf(owners, finalIndexes),
      ...branchesOf(final, finalIndexes),
      final,
      finalIndexes,
    };
  }

  private changedRows(indexes: Int32Array): Int32Array {
    const { given, auxWords, rows } = this;
    const changed = new Numbers();
    for (let at = 0; at < given.aux.length; at++) {
      if (rows[at] === given.aux[at]) continue;
      changed.push(indexes[Math.floor(at / auxWords)] * auxWords + (at % auxWords));
      changed.push(given.aux[at] | 0);
    }
    return changed.all();
  }

  private answer(value: number, kind: number): number {
    if (!this.aside) {
      this.answers.push(value);
      this.answerKinds.push(kind);
    }
    return value;
  }

  private withoutNotes<T>(act: () => T): T {
    const outer = this.aside;
    this.aside = true;
    try {
      return act();
    } finally {
      this.aside = outer;
    }
  }

  private noteSubprogs(): void {
    const count = this.subprogCount();
    const starts: number[] = [];
    const ids: number[] = [];
    this.startAt.clear();
    for (let k = 0; k < count; k++) {
      const start = this.withoutNotes(() => super.subprogStart(k));
      starts.push(start);
      ids.push(this.subprogId(k));
      this.startAt.set(start, k);
    }
    this.states.push({ count, starts, ids });
  }
}

/** Neighbours of one patch are one gap. */
function gapsOf(owners: Int32Array): Pick<Recording, 'gaps' | 'gapsBehind'> {
  const gaps = new Int32Array(owners.length + 1);
  const gapsBehind = new Int32Array(owners.length + 1);
  for (let from = 0; from < owners.length;) {
    let to = from + 1;
    while (to < owners.length && owners[to] === owners[from]) to++;
    if (owners[from] !== 0) {
      gaps[from] = to - from;
      gapsBehind[to - 1] = to - from;
    }
    from = to;
  }
  gaps[owners.length] = 1;
  return { gaps, gapsBehind };
}

function runsOf(owners: Int32Array, finalIndexes: Int32Array): Int32Array {
  const runs = new Numbers();
  const length = finalIndexes.length - 1;
  for (let from = 0; from < length;) {
    let to = from + 1;
    while (
      to < length &&
      finalIndexes[to] === finalIndexes[to - 1] + 1 &&
      owners[finalIndexes[to]] === owners[finalIndexes[from]]
    )
      to++;
    runs.push(finalIndexes[from]);
    runs.push(to - from);
    from = to;
  }
  return runs.all();
}

function branchesOf(
  { insns, length }: LinearProgram,
  finalIndexes: Int32Array,
): Pick<Recording, 'shortBranches' | 'longBranches'> {
  const short = new Numbers();
  const long = new Numbers();
  for (let slot = 0; slot < length; slot++) {
    const w0 = insns[2 * slot];
    const kind = branchKind(w0);
    if (kind === NOT_BRANCH) continue;
    const list = kind === BRANCH_OFF ? short : long;
    list.push(finalIndexes[slot]);
    list.push(finalIndexes[slot + 1 + branchDistance(kind, w0, insns[2 * slot + 1])]);
  }
  return { shortBranches: short.all(), longBranches: long.all() };
}
