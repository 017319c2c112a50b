/** Faults in the eager store, where every patch has to shift everything. */
import { array, ArrayStore } from '../../array.js';
import { BRANCH_OFF, branchKind } from '../../../src/isa/insn.js';
import type { PatchBuffer } from '../../patch-buffer.js';
import type { Pos, StoreInput } from '../../store.js';
import type { StoreOptions } from '../../strategy.js';
import { broken } from './fault.js';

class BranchBehindNotFixed extends ArrayStore {
  /** A branch that leads just behind the patched instruction then leads to the second one of the patch. */
  override replace(pos: Pos, patch: PatchBuffer): Pos {
    const words = this['insns'];
    const before: [Pos, number][] = [];
    for (let at = 0; at < pos; at++) {
      const w0 = words[2 * at];
      if (branchKind(w0) === BRANCH_OFF && at + 1 + (w0 >> 16) === pos + 1) before.push([at, w0]);
    }
    const last = super.replace(pos, patch);
    for (const [at, w0] of before) this['insns'][2 * at] = w0;
    return last;
  }
}

class PagesLoseTheLast extends ArrayStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const growInsns = this['growInsns'].bind(this);
    this['growInsns'] = (length) => {
      const before = this['insns'];
      growInsns(length);
      if (this['insns'] !== before) this['insns'][2 * this.length() - 1] = 0;
    };
  }
}

class ShiftsThePatched extends ArrayStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const metadata = this['metadata'];
    const afterPatch = metadata.afterPatch.bind(metadata);
    metadata.afterPatch = (off, delta) => {
      afterPatch(off - 1, delta);
      // The program still begins with a subprogram and a line.
      if (off === 0) metadata.starts[0] = 0;
    };
  }
}

class PokesNotShifted extends ArrayStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const metadata = this['metadata'];
    const afterPatch = metadata.afterPatch.bind(metadata);
    metadata.afterPatch = (off, delta) => {
      const pokes = metadata['pokeSlots'].slice();
      afterPatch(off, delta);
      metadata['pokeSlots'].splice(0, pokes.length, ...pokes);
    };
  }
}

class RemovalForgetsTheTail extends ArrayStore {
  constructor(input: StoreInput, options?: StoreOptions) {
    super(input, options);
    const metadata = this['metadata'];
    const afterRemoval = metadata.afterRemoval.bind(metadata);
    metadata.afterRemoval = (off, count, length) => {
      const lines = metadata['lineSlots'].slice();
      const last = metadata['lineCount'] - 1;
      afterRemoval(off, count, length);
      if (metadata['lineCount'] > last && last >= 0) metadata['lineSlots'][last] = lines[last];
    };
  }
}

export const BROKEN_ARRAYS = [
  broken('a branch that leads just behind the patched instruction is not fixed', array, BranchBehindNotFixed),
  broken('the last instruction is lost when pages are added', array, PagesLoseTheLast),
  broken('what refers to the patched instruction is shifted with its tail', array, ShiftsThePatched),
  broken('poke descriptors are not shifted', array, PokesNotShifted),
  broken('the last line is not shifted by a removal', array, RemovalForgetsTheTail),
];
