/** The door of every store: what it is made from is checked here once and trusted afterwards. */
import { branchDistance, branchKind, NOT_BRANCH } from '../src/isa/insn.js';
import { AUX_FREE, type StoreInput } from './store.js';

/**
 * Checks sizes and metadata in time proportional to the metadata; branches are checked where they are read, with
 * `branchTarget`.
 * @throws RangeError naming what is inconsistent
 */
export function assertStoreInput(input: StoreInput): void {
  const slots = input.insns.length / 2;
  if (slots < 1 || !Number.isInteger(slots))
    throw new RangeError('a program has at least one whole instruction');
  if (input.auxWords < AUX_FREE) throw new RangeError(`an aux record has at least ${AUX_FREE} words`);
  if (input.aux.length !== slots * input.auxWords) {
    throw new RangeError(`${input.aux.length} aux words for ${slots} records of ${input.auxWords}`);
  }
  if (input.subprogStarts.length === 0 || input.subprogStarts[0] !== 0) {
    throw new RangeError('the first subprogram starts at slot 0');
  }
  assertAscending('subprogram start', input.subprogStarts, slots);
  assertAscending('line info', input.lineInfoSlots, slots);
  for (const slot of input.insnArraySlots) {
    if (slot < 0 || slot >= slots)
      throw new RangeError(`insn array entry at slot ${slot}, outside of 0..${slots - 1}`);
  }
}

/** The kernel wants both strictly ascending (`check_btf_line()`, `check_subprogs()`). */
function assertAscending(what: string, values: Int32Array, slots: number): void {
  let before = -1;
  // By index: through the iterator 2,500 lines took 15 us instead of 3.
  for (let at = 0; at < values.length; at++) {
    const slot = values[at];
    if (slot <= before || slot >= slots) {
      throw new RangeError(`${what} at slot ${slot} is not within ${before + 1}..${slots - 1}`);
    }
    before = slot;
  }
}

/**
 * Slot that the branch of kind `kind` at `slot` aims at; the number of slots stands for the end.
 * @throws RangeError when it lies outside of the program
 */
export function branchTarget(kind: number, slot: number, w0: number, w1: number, slots: number): number {
  const target = slot + 1 + branchDistance(kind, w0, w1);
  if (target < 0 || target > slots) {
    throw new RangeError(`insn ${slot} branches to slot ${target}, outside of 0..${slots}`);
  }
  return target;
}

/** @throws RangeError when a branch leads outside of the program */
export function assertBranches(insns: Int32Array): void {
  const slots = insns.length / 2;
  for (let slot = 0; slot < slots; slot++) {
    const w0 = insns[2 * slot];
    const kind = branchKind(w0);
    if (kind !== NOT_BRANCH) branchTarget(kind, slot, w0, insns[2 * slot + 1], slots);
  }
}
