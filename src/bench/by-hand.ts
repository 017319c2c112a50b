/**
 * Two rewritings written by hand, as one would without stores: one loop over the instructions that writes the new ones and
 * notes what was patched, then what every rewriting ends with (aux records, branch distances, metadata). They show what it
 * costs that passes are written over the store contract: scripts/contract.ts measures them beside the same passes over
 * the floor, which holds instructions at no cost of its own.
 */
import {
  BRANCH_OFF,
  branchDistance,
  branchKind,
  classOf,
  codeOf,
  definedRegister,
  definesSubregister,
  modeOf,
  NOT_BRANCH,
  withOff,
  word0,
} from '../isa/insn.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CMPXCHG,
  BPF_IMM,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_LSH,
  BPF_MOV,
  BPF_OR,
  BPF_STX,
  BPF_X,
} from '../isa/opcodes.js';
import { firstLineInfo } from '../../strategies/line-info.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import { AUX_SEEN, AUX_ZEXT, type StoreInput } from '../../strategies/store.js';
import { AUX_PTR_TYPE, PTR_TO_CTX } from '../verifier/facts.js';

/** What a loop leaves behind for `ended`. */
interface Rewritten {
  readonly insns: Int32Array;
  readonly length: number;
  /** New slot of every old one, of the first instruction of its patch if it was patched; of the end behind them. */
  readonly slots: Int32Array;
  /** Old slots that were patched, ascending, each with the patch's length. */
  readonly patched: Int32Array;
  readonly patches: number;
  /** Old slots of the branches. */
  readonly branches: Int32Array;
  readonly branchCount: number;
}

/** Replaces the instruction at each of `places`, old slots in order, by `patch`, whose branches stay within it. */
export function patchByHand(input: StoreInput, places: Int32Array, patch: PatchBuffer): LinearProgram {
  const old = input.insns;
  const count = old.length / 2;
  const { words, length } = patch;
  const insns = new Int32Array(old.length + 2 * places.length * (length - 1));
  const slots = new Int32Array(count + 1);
  const patched = new Int32Array(2 * places.length);
  const branches = new Int32Array(count);
  let branchCount = 0;
  let place = 0;
  let to = 0;
  for (let slot = 0; slot < count; slot++) {
    slots[slot] = to;
    if (slot === places[place]) {
      for (let at = 0; at < 2 * length; at++) insns[2 * to + at] = words[at];
      patched[2 * place] = slot;
      patched[2 * place + 1] = length;
      place++;
      to += length;
      continue;
    }
    const w0 = old[2 * slot];
    insns[2 * to] = w0;
    insns[2 * to + 1] = old[2 * slot + 1];
    if (branchKind(w0) !== NOT_BRANCH) branches[branchCount++] = slot;
    to++;
  }
  slots[count] = to;
  return ended(input, { insns, length: to, slots, patched, patches: place, branches, branchCount });
}

/** What the pass `zext-rnd-hi32` does for the load flag `BPF_F_TEST_RND_HI32`. */
export function zextRndHi32ByHand(
  input: StoreInput,
  scratch: number,
  randomU32: () => number,
): LinearProgram {
  const old = input.insns;
  const { aux, auxWords } = input;
  const count = old.length / 2;
  // Whoever does not know how many patches there will be makes room for the most.
  const insns = new Int32Array(4 * old.length);
  const slots = new Int32Array(count + 1);
  const patched = new Int32Array(2 * count);
  const branches = new Int32Array(count);
  let branchCount = 0;
  let patches = 0;
  let to = 0;
  let skipped = false;
  for (let slot = 0; slot < count; slot++) {
    const w0 = old[2 * slot];
    const imm = old[2 * slot + 1];
    const code = codeOf(w0);
    const cls = classOf(code);
    slots[slot] = to;
    insns[2 * to] = w0;
    insns[2 * to + 1] = imm;
    to++;
    if (branchKind(w0) !== NOT_BRANCH) branches[branchCount++] = slot;
    if (skipped) {
      skipped = false;
      continue;
    }
    let length = 1;
    if (aux[slot * auxWords + AUX_ZEXT] !== 0) {
      if (cls !== BPF_STX || modeOf(code) !== BPF_ATOMIC || imm !== BPF_CMPXCHG) continue;
      const dst = definedRegister(w0, imm);
      insns[2 * to] = word0(BPF_ALU | BPF_MOV | BPF_X, dst, dst, 0);
      insns[2 * to + 1] = 1;
      length = 2;
    } else {
      const dst = definedRegister(w0, imm);
      if (dst === -1) continue;
      if (!definesSubregister(w0, imm)) {
        skipped = cls === BPF_LD && modeOf(code) === BPF_IMM;
        continue;
      }
      if (cls === BPF_LDX && aux[slot * auxWords + AUX_PTR_TYPE] === PTR_TO_CTX) continue;
      insns[2 * to] = word0(BPF_ALU64 | BPF_MOV | BPF_K, scratch, 0, 0);
      insns[2 * to + 1] = randomU32() | 0;
      insns[2 * to + 2] = word0(BPF_ALU64 | BPF_LSH | BPF_K, scratch, 0, 0);
      insns[2 * to + 3] = 32;
      insns[2 * to + 4] = word0(BPF_ALU64 | BPF_OR | BPF_X, dst, scratch, 0);
      insns[2 * to + 5] = 0;
      length = 4;
    }
    to += length - 1;
    patched[2 * patches] = slot;
    patched[2 * patches++ + 1] = length;
  }
  slots[count] = to;
  return ended(input, { insns, length: to, slots, patched, patches, branches, branchCount });
}

function ended(input: StoreInput, done: Rewritten): LinearProgram {
  const { slots, length } = done;
  writeDistances(input, done);
  const firstLines = firstLineInfo(input.subprogStarts, input.lineInfoSlots);
  return {
    insns: done.insns,
    aux: movedAux(input, done),
    auxWords: input.auxWords,
    length,
    subprogs: Array.from(input.subprogStarts, (start, id) => ({
      id,
      start: slots[start],
      lineInfoIndex: firstLines[id],
    })),
    lineInfo: Array.from(input.lineInfoSlots, (slot, index) => ({ index, slot: slots[slot] })),
    insnArray: input.insnArraySlots.map((slot) => slots[slot]),
    pokes: [],
  };
}

function writeDistances(
  { insns: old }: StoreInput,
  { insns, slots, branches, branchCount }: Rewritten,
): void {
  for (let at = 0; at < branchCount; at++) {
    const slot = branches[at];
    const w0 = old[2 * slot];
    const kind = branchKind(w0);
    const target = slot + 1 + branchDistance(kind, w0, old[2 * slot + 1]);
    const to = slots[slot];
    const distance = slots[target] - to - 1;
    if (kind === BRANCH_OFF) insns[2 * to] = withOff(w0, distance);
    else insns[2 * to + 1] = distance;
  }
}

/** The aux records: those of patched instructions go to the last of the patch, the others of it get what is copied or defined. */
function movedAux(
  { aux: old, auxWords }: StoreInput,
  { insns, length, patched, patches }: Rewritten,
): Uint32Array {
  const aux = new Uint32Array(length * auxWords);
  let from = 0;
  let to = 0;
  for (let patch = 0; patch < patches; patch++) {
    const slot = patched[2 * patch];
    const added = patched[2 * patch + 1] - 1;
    copy(old, from * auxWords, aux, to * auxWords, (slot - from) * auxWords);
    to += slot - from;
    const seen = old[slot * auxWords + AUX_SEEN];
    for (const end = to + added; to < end; to++) {
      aux[to * auxWords + AUX_SEEN] = seen;
      aux[to * auxWords + AUX_ZEXT] = definesSubregister(insns[2 * to], insns[2 * to + 1]) ? 1 : 0;
    }
    copy(old, slot * auxWords, aux, to * auxWords, auxWords);
    aux[to * auxWords + AUX_ZEXT] = definesSubregister(insns[2 * to], insns[2 * to + 1]) ? 1 : 0;
    to++;
    from = slot + 1;
  }
  copy(old, from * auxWords, aux, to * auxWords, old.length - from * auxWords);
  return aux;
}

/** Up to this many words a copy by loop is cheaper than the two calls a bulk copy takes. */
const WORDS_BY_LOOP = 32;

function copy(from: Uint32Array, source: number, to: Uint32Array, target: number, length: number): void {
  if (length > WORDS_BY_LOOP) to.set(from.subarray(source, source + length), target);
  else for (let word = 0; word < length; word++) to[target + word] = from[source + word];
}
