/**
 * The records of the overlay (overlay.ts): loaded ones as they stand in the input, added ones behind them.
 *
 *     number:   0 1 2 ...  N-1 | N  N+1  N+2 ...
 *     words     [ copied      ] [ added         ]     two words a record
 *     aux rows  [ input's own ] [ handles       ]     an added record names a loaded row, a row of its own, or none
 *
 * What is kept of a loaded record is in the input already, and zero says so in every table: 0 in `heads` and `homes` "I am
 * where I was" (overlay-cells.ts), 0 in `targets` "my distance is as loaded"; its label is its number. So making a store is a
 * copy of the words and one look at the branches; all else is zeroed memory.
 *
 * Most records that patches insert have nothing in their aux rows but `seen` and `zext_dst`, which are 0 or 1: these two are
 * bits of the handle, so that such a record needs no row, and one that moved there from the loaded ones keeps its row where
 * it is. Whatever else is written there, a larger `seen` too, makes a row of the record's own.
 *
 * A patch's jumps within itself need no label while nothing happens between them and where they lead: their distance is right
 * as it was written. Records whose number a distance counts on are `SPANNED`; `settle` gives the jumps over one of
 * them a label before it is patched or removed.
 *
 * Invariants
 * - the first record of a cell carries the label of its slot's number, if that is no alias. `carriers` names the records of
 *   the labels behind the end's.
 * - a loaded record that moved or was removed is no branch and not `retagged`.
 * - an added branch whose target is `AS_WRITTEN` leads as many records on, or back, as its distance says, at most
 *   `PATCH_MAX`, over added records only.
 */
import {
  BRANCH_KINDS,
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  namesSubprog,
  NOT_BRANCH,
} from '../src/isa/insn.js';
import { LD_IMM64 } from '../src/isa/opcodes.js';
import { BranchRanges } from './branch-ranges.js';
import { newCounters } from './counters.js';
import { Labels } from './labels.js';
import { OverlayCells } from './overlay-cells.js';
import { PATCH_MAX } from './patch-buffer.js';
import { AUX_SEEN, AUX_ZEXT, NONE, type Pos, type StoreInput } from './store.js';
import { assertStoreInput, branchTarget } from './store-input.js';

/** In `targets`: nothing has changed. */
export const AS_LOADED = 0;
/** In `targets`, of an added branch: its distance is right as it is. */
export const AS_WRITTEN = 0;
/** A handle is its row (0: none; loaded row + 1; -1 - own row), shifted by so much, and three bits. */
export const ROW_SHIFT = 3;
/** Bit of a handle: jumps may count on the number of records here (see the head of this file). */
export const SPANNED = 4;
/** Bits of a handle: `AUX_SEEN` and `AUX_ZEXT` of the record, whatever a loaded row says. An own row says it itself. */
export const SEEN = 2;
export const ZEXT = 1;

export class OverlayRecords extends OverlayCells {
  protected readonly auxWords: number;
  /** Rows of the loaded records: the input's own, until `setAux` wants to write in them. */
  protected rows: Uint32Array;
  private rowsAreCopied = false;
  /** Rows that passes wrote in, of added records. */
  protected ownRows: Uint32Array = new Uint32Array(0);
  private ownCount = 0;
  protected handles: Int32Array;
  protected words: Int32Array;
  /** Of each added record its label + 1, or less: minus the stamp. */
  protected tags: Int32Array;
  /** `AS_LOADED` (a loaded branch, or none at all), `AS_WRITTEN`, or label + 1. */
  protected targets: Int32Array;
  /** Per label behind the end's the record that carries it, by the label's number less `loaded`. */
  private carriers: Int32Array;
  /** Loaded records that are, or became by `setNop`, branches. */
  protected listed: Int32Array;
  protected listedCount = 0;
  /** How often an added record was given a target: at most so many have one. */
  protected addedTargets = 0;
  /** The labels of loaded records that were given another than their own; absent before there is one. */
  protected retagged: Map<Pos, number> | undefined;
  protected count: number;
  /** Records in use, loaded and added. */
  protected used: number;
  /** Records there is room for. */
  private capacity: number;
  protected readonly labels: Labels;
  protected readonly ranges: BranchRanges;

  /**
   * @param share room for added records at the start, as a share of what the program lets expect: an eighth of the loaded ones,
   * and three for each call that is none of a subprogram
   * @throws RangeError when the input is inconsistent or a branch leads outside of the program
   */
  constructor(input: StoreInput, share: number) {
    assertStoreInput(input);
    const loaded = input.insns.length / 2;
    super(loaded, newCounters());
    this.listed = this.table(64 + (loaded >> 2));
    this.ranges = new BranchRanges(this.counters);
    const calls = this.listBranches(input.insns);
    const added = PATCH_MAX + Math.ceil((loaded / 8 + 3 * calls) * share);
    const capacity = loaded + added;
    this.count = loaded;
    this.used = loaded;
    this.capacity = capacity;
    this.auxWords = input.auxWords;
    this.rows = input.aux;
    this.handles = this.table(added);
    this.growCells(added);
    this.words = this.table(2 * capacity);
    this.words.set(input.insns);
    this.tags = this.table(added);
    this.targets = this.table(capacity);
    this.carriers = this.table(64);
    this.labels = new Labels(loaded, this.counters);
    this.counters.insnBytesMoved += 8 * loaded;
  }

  length(): number {
    return this.count;
  }

  word0(pos: Pos): number {
    return this.words[2 * pos];
  }

  word1(pos: Pos): number {
    return this.words[2 * pos + 1];
  }

  aux(pos: Pos, word: number): number {
    return pos < this.loaded ? this.rows[pos * this.auxWords + word] : this.addedAux(pos, word);
  }

  private addedAux(pos: Pos, word: number): number {
    const handle = this.handles[pos - this.loaded];
    const row = handle >> ROW_SHIFT;
    if (row < 0) return this.ownRows[(-1 - row) * this.auxWords + word];
    if (word === AUX_SEEN) return (handle & SEEN) >> 1;
    if (word === AUX_ZEXT) return handle & ZEXT;
    return row === 0 ? 0 : this.rows[(row - 1) * this.auxWords + word];
  }

  protected writeAux(pos: Pos, word: number, value: number): void {
    const { auxWords, loaded } = this;
    if (pos < loaded) {
      if (!this.rowsAreCopied) this.copyRows();
      this.rows[pos * auxWords + word] = value;
    } else {
      const row = this.ownRow(pos);
      this.ownRows[row * auxWords + word] = value;
    }
  }

  /** The own row of an added record, made if it had none. */
  private ownRow(pos: Pos): number {
    const { handles, auxWords, loaded } = this;
    const handle = handles[pos - loaded];
    const shared = handle >> ROW_SHIFT;
    if (shared < 0) return -1 - shared;
    const row = this.ownCount++;
    if (this.ownCount * auxWords > this.ownRows.length) {
      const wider = new Uint32Array((16 + 2 * row) * auxWords);
      wider.set(this.ownRows);
      this.counters.allocations++;
      this.counters.bytesAllocated += wider.byteLength;
      this.counters.auxBytesMoved += this.ownRows.byteLength;
      this.ownRows = wider;
    }
    for (let word = 0; word < auxWords; word++)
      this.ownRows[row * auxWords + word] = this.addedAux(pos, word);
    if (shared > 0) this.counters.auxBytesMoved += 4 * auxWords;
    handles[pos - loaded] = ((-1 - row) << ROW_SHIFT) | (handle & SPANNED);
    return row;
  }

  private copyRows(): void {
    this.rows = this.rows.slice();
    this.rowsAreCopied = true;
    this.counters.allocations++;
    this.counters.bytesAllocated += this.rows.byteLength;
    this.counters.auxBytesMoved += this.rows.byteLength;
  }

  /**
   * Lists the branches, and shows the bound those of 16 bit: one look at every instruction.
   * @returns how many calls there are of what is no subprogram
   * @throws RangeError when a branch leads outside of the program
   */
  private listBranches(words: Int32Array): number {
    const { loaded, ranges } = this;
    let calls = 0;
    for (let slot = 0; slot < loaded; slot++) {
      const w0 = words[2 * slot];
      const kind = BRANCH_KINDS[w0 & 0xff];
      if (kind === NOT_BRANCH) continue;
      if (kind === BRANCH_SUBPROG && !namesSubprog(w0)) {
        if ((w0 & 0xff) !== LD_IMM64) calls++;
        continue;
      }
      branchTarget(kind, slot, w0, words[2 * slot + 1], loaded);
      if (kind === BRANCH_OFF) ranges.see(w0 >> 16);
      this.list(slot);
    }
    this.counters.branchVisits += loaded;
    return calls;
  }

  protected list(pos: Pos): void {
    if (this.listedCount === this.listed.length)
      this.listed = this.widened(this.listed, 2 * this.listedCount);
    this.listed[this.listedCount++] = pos;
  }

  /** The label that the branch at `pos` aims at now, made if there was none. */
  protected targetOf(pos: Pos): number {
    const { words, targets, labels } = this;
    const kind = branchKind(words[2 * pos]);
    const noted = targets[pos];
    let label = noted - 1;
    if (noted === AS_LOADED) {
      const distance = this.distanceAt(pos);
      if (pos >= this.loaded) return this.labelWhere(this.stepped(pos, distance + 1));
      label = pos + 1 + distance;
    }
    return kind === BRANCH_SUBPROG ? labels.resolve(label) : labels.resolveJump(label);
  }

  /** The distance in the words of the branch at `pos`. */
  protected distanceAt(pos: Pos): number {
    const w0 = this.words[2 * pos];
    return branchDistance(branchKind(w0), w0, this.words[2 * pos + 1]);
  }

  /** The record so many steps on from `pos`, or back; `NONE` behind the last one. */
  protected stepped(pos: Pos, steps: number): Pos {
    let at = pos;
    for (let left = steps; left > 0; left--) at = this.next(at);
    for (let left = steps; left < 0; left++) at = this.prev(at);
    return at;
  }

  /** The branch at `pos` aims at `label` from now on. */
  protected aim(pos: Pos, label: number): void {
    if (pos >= this.loaded) this.addedTargets++;
    this.targets[pos] = label + 1;
  }

  /**
   * Gives a label to the jumps `AS_WRITTEN` that lead over `pos` or to it, for what is around will change: to all that are
   * as near as the jumps of a patch can be, with none but added records between.
   */
  protected settle(pos: Pos): void {
    const { loaded } = this;
    for (let at = this.prev(pos), steps = 0; at >= loaded && steps < PATCH_MAX; at = this.prev(at), steps++)
      if (this.isAsWritten(at)) this.aim(at, this.targetOf(at));
    for (let at = this.next(pos), steps = 0; at >= loaded && steps < PATCH_MAX; at = this.next(at), steps++)
      if (this.isAsWritten(at)) this.aim(at, this.targetOf(at));
  }

  /** May jumps count on the number of records here? */
  protected isSpanned(pos: Pos): boolean {
    return pos >= this.loaded && (this.handles[pos - this.loaded] & SPANNED) !== 0;
  }

  /** Is the added record at `pos` a branch whose distance is right as it is? */
  protected isAsWritten(pos: Pos): boolean {
    return this.targets[pos] === AS_WRITTEN && branchKind(this.words[2 * pos]) !== NOT_BRANCH;
  }

  /** The label of a record; negative (`unlabelled`) when it has none. */
  protected labelAt(pos: Pos): number {
    // What a record without a label has, minus its stamp, becomes `unlabelled(stamp)`.
    return pos < this.loaded ? (this.retagged?.get(pos) ?? pos) : this.tags[pos - this.loaded] - 1;
  }

  /** The label of a record, a new one if it had none. */
  protected labelOf(pos: Pos): number {
    const label = this.labelAt(pos);
    if (label >= 0) return label;
    const made = this.labels.allocate(-1 - label);
    this.carry(pos, made);
    return made;
  }

  /** The label of a record or, of `NONE`, the end's. */
  protected labelWhere(pos: Pos): number {
    return pos === NONE ? this.labels.end : this.labelOf(pos);
  }

  /** The record carries the label from now on. */
  protected carry(pos: Pos, label: number): void {
    if (pos >= this.loaded) this.tags[pos - this.loaded] = label + 1;
    else (this.retagged ??= new Map()).set(pos, label);
    if (label > this.loaded) this.noteCarrier(pos, label - this.loaded);
  }

  private noteCarrier(pos: Pos, nth: number): void {
    if (nth >= this.carriers.length) this.carriers = this.widened(this.carriers, 2 * nth);
    this.carriers[nth] = pos;
  }

  /** The record that carries a label which is no alias; `NONE` for the end's. */
  protected carrierOf(label: number): Pos {
    return label > this.loaded ? this.carriers[label - this.loaded] : this.from(label);
  }

  /** `count` new records side by side; returns the first. */
  protected add(count: number): Pos {
    const first = this.used;
    this.used = first + count;
    if (this.used > this.capacity) this.grow();
    return first;
  }

  /** Makes room for four times as many added records. */
  private grow(): void {
    const { loaded } = this;
    const added = Math.max(4 * (this.capacity - loaded), this.used - loaded);
    this.capacity = loaded + added;
    this.counters.insnBytesMoved += this.words.byteLength;
    this.handles = this.widened(this.handles, added);
    this.words = this.widened(this.words, 2 * this.capacity);
    this.growCells(added);
    this.tags = this.widened(this.tags, added);
    this.targets = this.widened(this.targets, this.capacity);
  }
}
