/** Faults in what all deferring stores share: the rules of identity, aux records and metadata. */
import type { LinearProgram } from '../../linear-program.js';
import type { Linearizer } from '../../linearize.js';
import { linkedList, LinkedListStore } from '../../linked-list.js';
import type { PatchBuffer } from '../../patch-buffer.js';
import { LABEL, RECORD_WORDS, TARGET } from '../../record.js';
import { AUX_ORIG, AUX_SEEN, AUX_ZEXT, type PokeDescriptor, type Pos, type StoreInput } from '../../store.js';
import type { StoreOptions } from '../../strategy.js';
import { broken } from './fault.js';

class LostAux extends LinkedListStore {
  protected override writePatch(...patch: Parameters<LinkedListStore['writePatch']>): void {
    super.writePatch(...patch);
    const [first, last] = patch;
    if (first !== last) this.setAux(last, AUX_ORIG, 0);
  }
}

class SeenNotCopied extends LinkedListStore {
  protected override writePatch(...patch: Parameters<LinkedListStore['writePatch']>): void {
    super.writePatch(...patch);
    const [first, last] = patch;
    if (first !== last) this.setAux(first, AUX_SEEN, 0);
  }
}

class ZextNotRecomputed extends LinkedListStore {
  protected override writePatch(...patch: Parameters<LinkedListStore['writePatch']>): void {
    const [, last] = patch;
    const before = this.aux(last, AUX_ZEXT);
    super.writePatch(...patch);
    this.setAux(last, AUX_ZEXT, before);
  }
}

class LabelNotPassedOn extends LinkedListStore {
  protected override passLabels(pos: Pos, count: number, survivor: Pos): void {
    super.passLabels(pos, count - 1, survivor);
  }
}

class OwnTargetForgotten extends LinkedListStore {
  /** The first branch of a patch that keeps the replaced one's target is made to lead behind the patch. */
  override replace(pos: Pos, patch: PatchBuffer): Pos {
    const last = super.replace(pos, patch);
    const at = last * RECORD_WORDS + TARGET;
    if (patch.length > 1 && this.records[at] >= 0) this.records[at] = this.labelBehind(last);
    return last;
  }
}

class BranchNotFixed extends LinkedListStore {
  protected override emit(out: Linearizer): void {
    super.emit(out);
    if (out['branchCount'] > 0) out['branchCount']--;
  }
}

class LineNotInherited extends LinkedListStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const { metadata, labels } = this;
    const lineInfo = metadata.lineInfo.bind(metadata);
    metadata.lineInfo = (slots, length) =>
      lineInfo(slots, length).filter(({ index }) => !labels.isRemoved(input.lineInfoSlots[index]));
  }
}

class LinesOfDeadSubprogKept extends LinkedListStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const metadata = this.metadata;
    const compress = metadata.compress.bind(metadata);
    metadata.compress = () => {
      const lines = metadata['lines'].slice();
      compress();
      metadata['lines'].set(lines);
    };
  }
}

class RemovedNotMarked extends LinkedListStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    this.labels.markRemoved = () => undefined;
  }
}

class PokeLeftBehind extends LinkedListStore {
  override addPoke(pos: Pos, poke: PokeDescriptor): number {
    // The label of the record behind, as of now, and not that of the record itself.
    return this.metadata.addPoke(this.labelBehind(pos), poke);
  }
}

class CallsSkipPrologue extends LinkedListStore {
  protected override splitLabel(pos: Pos, body: Pos): void {
    super.splitLabel(pos, body);
    const rest = this.records[pos * RECORD_WORDS + LABEL];
    for (let at = this.first(); at >= 0; at = this.next(at)) {
      const word = at * RECORD_WORDS + TARGET;
      if (this.records[word] >= 0 && this.labels.resolve(this.records[word]) === rest)
        this.records[word] = this.labelOf(body);
    }
  }
}

class NeverFinished extends LinkedListStore {
  override finish(): LinearProgram {
    const linear = super.finish();
    this.finished = false;
    return linear;
  }
}

export const BROKEN_RULES = [
  broken('the aux record of a patched instruction is lost', linkedList, LostAux),
  broken('seen is not copied to the first instruction of a patch', linkedList, SeenNotCopied),
  broken('zext_dst of the last instruction of a patch is not recomputed', linkedList, ZextNotRecomputed),
  broken('the label of the last removed record is not passed on', linkedList, LabelNotPassedOn),
  broken('a branch at the end of a patch forgets its own target', linkedList, OwnTargetForgotten),
  broken('the last branch is not fixed', linkedList, BranchNotFixed),
  broken('line info of removed instructions is not inherited', linkedList, LineNotInherited),
  broken('a removed subprogram leaves its line to the next one', linkedList, LinesOfDeadSubprogKept),
  broken('insn array entries outlive their instruction', linkedList, RemovedNotMarked),
  broken('a poke descriptor refers to the instruction behind', linkedList, PokeLeftBehind),
  broken('calls skip a prologue, too', linkedList, CallsSkipPrologue),
  broken('a finished store goes on', linkedList, NeverFinished),
];
