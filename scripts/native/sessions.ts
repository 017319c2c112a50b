/**
 * What the passes of a workload do to a store, recorded: replayed over any strategy, and by the C model, which reads it as
 * a file of 32-bit words (main.c). Passes only walk and edit here, they decide nothing: both sides do the same.
 */
import type { LinearProgram } from '../../strategies/linear-program.js';
import { LinkedListStore } from '../../strategies/linked-list.js';
import { INSIDE, PatchBuffer, PLAIN } from '../../strategies/patch-buffer.js';
import { NONE, type Pos, type Store, type StoreInput } from '../../strategies/store.js';
import { PhaseLog } from '../../src/bench/phase-log.js';
import type { MeasuredStrategy, Workload } from '../../src/bench/workload.js';
import { branchKind, NOT_BRANCH } from '../../src/isa/insn.js';

/** Kinds of operations, as in model.h. */
const REPLACE = 0;
const WORDS = 1;
const AUX = 2;

/** Kind, steps from where the last operation ended (or the first record), arguments. */
type Operation = readonly [kind: number, step: number, ...args: number[]];

export interface Session {
  readonly input: StoreInput;
  /** The operations of each pass, as the words of a file. */
  readonly passes: readonly Int32Array[];
  /** Operations in each. */
  readonly counts: readonly number[];
}

/** What the model does not do came up; `message` is one line. */
export class NotModelled extends Error {
  override readonly name = 'NotModelled';
}

/**
 * Runs the workload once.
 * @throws NotModelled when its passes do more than patching, without branches that leave the patch, and writing
 */
export function recordSession(workload: Workload): Session {
  let recorder: Recorder | undefined;
  const strategy: MeasuredStrategy = {
    name: 'recorder',
    create(input: StoreInput): Store {
      recorder = new Recorder(input);
      return recorder;
    },
  };
  workload.run(strategy, new PhaseLog(false));
  if (recorder === undefined) throw new Error('the workload made no store');
  const { given, passes } = recorder;
  return {
    input: given,
    passes: passes.map((pass) => Int32Array.from(pass.flat())),
    counts: passes.map((pass) => pass.length),
  };
}

class Recorder extends LinkedListStore {
  readonly passes: Operation[][] = [];
  private operations: Operation[] = [];
  /** Index of the record where the last operation ended. */
  private cursor = 0;

  constructor(readonly given: StoreInput) {
    super(given);
  }

  override replace(pos: Pos, patch: PatchBuffer): Pos {
    const { length, kinds, words } = patch;
    if (kinds.subarray(0, length).some((kind) => kind !== PLAIN && kind !== INSIDE))
      throw new NotModelled('a patch has a branch that leaves it');
    this.note(REPLACE, pos, [length, ...words.subarray(0, 2 * length)]);
    this.cursor += length - 1;
    return super.replace(pos, patch);
  }

  override setWords(pos: Pos, w0: number, w1: number): void {
    if (branchKind(w0) !== NOT_BRANCH || branchKind(this.word0(pos)) !== NOT_BRANCH)
      throw new NotModelled('a branch is written in place');
    this.note(WORDS, pos, [w0, w1]);
    super.setWords(pos, w0, w1);
  }

  override setAux(pos: Pos, word: number, value: number): void {
    this.note(AUX, pos, [word, value | 0]);
    super.setAux(pos, word, value);
  }

  override setNop(): void {
    throw new NotModelled('an instruction is made a nop');
  }

  override remove(): Pos {
    throw new NotModelled('instructions are removed');
  }

  override skipPrologue(): void {
    throw new NotModelled('jumps skip a prologue');
  }

  override commit(): void {
    super.commit();
    this.passes.push(this.operations);
    this.operations = [];
    this.cursor = 0;
  }

  private note(kind: number, pos: Pos, args: readonly number[]): void {
    let index = 0;
    for (let at = this.prev(pos); at !== NONE; at = this.prev(at)) index++;
    this.operations.push([kind, index - this.cursor, ...args]);
    this.cursor = index;
  }
}

/** The session as a workload: passes that walk over all records, reading each first word, and do what was recorded. */
export class Replay implements Workload {
  readonly slots: number;
  lastRun: unknown;
  private readonly patch = new PatchBuffer();

  constructor(private readonly session: Session) {
    this.slots = session.input.insns.length / 2;
  }

  run(strategy: MeasuredStrategy, log: PhaseLog): LinearProgram {
    log.start();
    const store = strategy.create(this.session.input);
    let read = 0;
    this.session.passes.forEach((pass, at) => {
      read += this.replay(store, pass, this.session.counts[at]);
      store.commit();
    });
    const linear = store.finish();
    log.stop('run', store, linear.length, NOTHING);
    this.lastRun = { store, linear, read };
    return linear;
  }

  /** One pass; returns what it read, so that reading cannot be left out. */
  private replay(store: Store, pass: Int32Array, count: number): number {
    let read = 0;
    let pos = store.first();
    let at = 0;
    for (let left = count; left > 0; left--) {
      const kind = pass[at];
      let step = pass[at + 1];
      for (; step > 0; step--) {
        read += store.word0(pos);
        pos = store.next(pos);
      }
      for (; step < 0; step++) pos = store.prev(pos);
      if (kind === REPLACE) {
        const length = pass[at + 2];
        const patch = this.patch.clear();
        for (let word = at + 3; word < at + 3 + 2 * length; word += 2) patch.push(pass[word], pass[word + 1]);
        pos = store.replace(pos, patch);
        at += 3 + 2 * length;
      } else {
        if (kind === WORDS) store.setWords(pos, pass[at + 2], pass[at + 3]);
        else store.setAux(pos, pass[at + 2], pass[at + 3] >>> 0);
        at += 4;
      }
    }
    for (; pos !== NONE; pos = store.next(pos)) read += store.word0(pos);
    return read;
  }
}

const NOTHING = { patches: 0, expandingPatches: 0, insnsAdded: 0, removals: 0, insnsRemoved: 0 };

/** The file that the model reads. */
export function sessionFile({ input, passes, counts }: Session): Buffer {
  const { insns, aux, auxWords, subprogStarts, lineInfoSlots } = input;
  const head = Int32Array.of(
    insns.length / 2,
    auxWords,
    subprogStarts.length,
    lineInfoSlots.length,
    passes.length,
  );
  const edits = passes.flatMap((pass, at) => [Int32Array.of(counts[at]), pass]);
  return joined([head, insns, aux, subprogStarts, lineInfoSlots, ...edits]);
}

/** The file that the model writes, of a program. */
export function programFile({ length, insns, aux, auxWords, subprogs, lineInfo }: LinearProgram): Buffer {
  return joined([
    Int32Array.of(length, subprogs.length, lineInfo.length),
    insns.subarray(0, 2 * length),
    aux.subarray(0, length * auxWords),
    Int32Array.from(subprogs, ({ start }) => start),
    Int32Array.from(lineInfo, ({ slot }) => slot),
  ]);
}

function joined(parts: readonly (Int32Array | Uint32Array)[]): Buffer {
  return Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** What `sessionFile` wrote. */
export function sessionOf(file: Buffer): Session {
  const words = new Int32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
  const [slots, auxWords, subprogs, lines, passCount] = words;
  let at = 5;
  const take = (count: number): Int32Array => words.slice(at, (at += count));
  const input: StoreInput = {
    insns: take(2 * slots),
    aux: new Uint32Array(take(slots * auxWords).buffer),
    auxWords,
    subprogStarts: take(subprogs),
    lineInfoSlots: take(lines),
    insnArraySlots: new Int32Array(0),
  };
  const passes: Int32Array[] = [];
  const counts: number[] = [];
  for (let pass = 0; pass < passCount; pass++) {
    const count = words[at++];
    let end = at;
    for (let left = count; left > 0; left--) end += words[end] === REPLACE ? 3 + 2 * words[end + 2] : 4;
    counts.push(count);
    passes.push(take(end - at));
  }
  return { input, passes, counts };
}
