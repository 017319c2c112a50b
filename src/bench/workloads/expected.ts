/**
 * The output of a synthetic workload by arithmetic instead of edits: all are known beforehand and none removes anything, so
 * slot s ends at s plus what the edits before it insert. For shapes at which the reference store would take minutes; on
 * those it can do, tests hold the two to each other bit for bit.
 */
import {
  BRANCH_OFF,
  branchDistance,
  branchKind,
  definesSubregister,
  NOT_BRANCH,
  withOff,
} from '../../isa/insn.js';
import type { LinearProgram } from '../../../strategies/linear-program.js';
import { AUX_SEEN, AUX_ZEXT } from '../../../strategies/store.js';
import type { SyntheticWorkload } from './synthesize.js';

/** @throws RangeError when the workload removes instructions */
export function expectedOf({ name, input, removals, edits }: SyntheticWorkload): LinearProgram {
  if (removals.slots.length > 0) throw new RangeError(`shape ${name} removes instructions`);
  const { insns, aux, auxWords } = input;
  const slots = insns.length / 2;
  const extra = edits.patch.length - 1;
  const starts = finalSlots(slots, edits.slots, extra);
  const length = starts[slots];
  const out = { insns: new Int32Array(2 * length), aux: new Uint32Array(length * auxWords) };
  for (let slot = 0; slot < slots; slot++) {
    const at = starts[slot];
    const last = starts[slot + 1] - 1;
    out.aux.set(aux.subarray(slot * auxWords, (slot + 1) * auxWords), last * auxWords);
    if (last > at) {
      out.insns.set(edits.patch.words.subarray(0, 2 * edits.patch.length), 2 * at);
      for (let each = at; each <= last; each++) {
        const defines = definesSubregister(out.insns[2 * each], out.insns[2 * each + 1]);
        out.aux[each * auxWords + AUX_SEEN] = aux[slot * auxWords + AUX_SEEN];
        out.aux[each * auxWords + AUX_ZEXT] = defines ? 1 : 0;
      }
    } else {
      const w0 = insns[2 * slot];
      const w1 = insns[2 * slot + 1];
      const kind = branchKind(w0);
      const distance = kind === NOT_BRANCH ? 0 : starts[slot + 1 + branchDistance(kind, w0, w1)] - at - 1;
      out.insns[2 * at] = kind === BRANCH_OFF ? withOff(w0, distance) : w0;
      out.insns[2 * at + 1] = kind === NOT_BRANCH || kind === BRANCH_OFF ? w1 : distance;
    }
  }
  return {
    ...out,
    auxWords,
    length,
    subprogs: Array.from(input.subprogStarts, (start, id) => ({
      id,
      start: starts[start],
      lineInfoIndex: input.lineInfoSlots.indexOf(start),
    })),
    lineInfo: Array.from(input.lineInfoSlots, (slot, index) => ({ index, slot: starts[slot] })),
    insnArray: new Int32Array(0),
    pokes: [],
  };
}

/** Final slot of the first instruction that each slot becomes; the one behind the last is the final length. */
function finalSlots(slots: number, edited: Int32Array, extra: number): Int32Array {
  const starts = new Int32Array(slots + 1);
  for (const slot of edited) starts[slot + 1] = extra;
  let inserted = 0;
  for (let slot = 0; slot <= slots; slot++) {
    inserted += starts[slot];
    starts[slot] = slot + inserted;
  }
  return starts;
}
