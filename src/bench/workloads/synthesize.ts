/**
 * Programs that no compiler made: a store's input and the edits to do on it, both from a shape and a seed. They measure
 * the holding of instructions alone, at a size and density that can be chosen; no pass runs and nothing is ever loaded
 * into a kernel.
 */
import seedrandom from 'seedrandom';
import {
  alu32Reg,
  alu64Imm,
  alu64Reg,
  callHelper,
  callSubprog,
  exit,
  InsnList,
  type InsnSink,
  jmpA,
  jmpImm,
  ldxMem,
  mov64Reg,
  stxMem,
} from '../../isa/builders.js';
import {
  BPF_ADD,
  BPF_DW,
  BPF_JEQ,
  BPF_JGT,
  BPF_JNE,
  BPF_MOV,
  BPF_REG_0,
  BPF_REG_10,
  BPF_W,
  BPF_XOR,
} from '../../isa/opcodes.js';
import { PatchBuffer } from '../../../strategies/patch-buffer.js';
import { AUX_ORIG, AUX_SEEN, type StoreInput } from '../../../strategies/store.js';
import { assertShape, CLUSTER, type PatchForm, type Shape } from './shape.js';

/** A shape's program and the edits to do on it. */
export interface SyntheticWorkload {
  /** The shape's name. */
  readonly name: string;
  readonly seed: string;
  readonly input: StoreInput;
  readonly removals: RemovalSchedule;
  readonly edits: EditSchedule;
}

/** Which stretches go before the first patch, walking forward. */
export interface RemovalSchedule {
  /** Original slot of the first instruction of each, ascending. */
  readonly slots: Int32Array;
  /** Instructions of each. */
  readonly length: number;
}

/** Which instructions are replaced, and by what. */
export interface EditSchedule {
  /** Original slots that are replaced, in the order of the patches. */
  readonly slots: Int32Array;
  /**
   * Strictly ascending for a walk: how many instructions that are left by the removals stand before each of `slots`.
   * Undefined when each is to be looked up.
   */
  readonly places: Int32Array | undefined;
  /** What each is replaced by; stores do not change a patch. */
  readonly patch: PatchBuffer;
}

/** What stands at a slot. */
const PLAIN_SLOT = 0;
const EDITED_SLOT = 1;
const JUMP_SLOT = 2;
const CALL_SLOT = 3;
const EXIT_SLOT = 4;
/** First instruction of a dead stretch, and the rest. */
const DEAD_FRONT_SLOT = 5;
const DEAD_SLOT = 6;

/**
 * Makes a workload; the same shape and seed make the same one everywhere.
 * @throws RangeError when the shape's figures contradict each other
 */
export function synthesize(shape: Shape, seed: string): SyntheticWorkload {
  assertShape(shape);
  const { name, slots, slotsPerLine, deadLength, order } = shape;
  const random = seedrandom.alea(`${shape.stream ?? name}/${seed}`);
  const subprogStarts = evenly(shape.subprogs, slots, 0);
  const dead = evenly(shape.deadRuns, slots, 1);
  const edited = evenly(shape.patches, slots, 1);
  const kinds = kindsOf(shape, subprogStarts, dead, edited);
  return {
    name,
    seed,
    input: {
      insns: instructions(shape, kinds, subprogStarts, random),
      aux: auxRecords(kinds, shape.auxBytes / 4),
      auxWords: shape.auxBytes / 4,
      subprogStarts,
      lineInfoSlots: lineInfoSlots(slots, slotsPerLine, subprogStarts),
      insnArraySlots: new Int32Array(0),
    },
    removals: { slots: dead, length: deadLength },
    edits: {
      slots: ordered(edited, shape, random),
      places: order === 'walk' ? placesAfterRemovals(edited, dead, deadLength) : undefined,
      patch: patchOf(shape.patchForm, shape.patchLength),
    },
  };
}

/** `count` of `slots` places at equal distances, from the first of each part (`half` 0) or its middle (1). */
function evenly(count: number, slots: number, half: 0 | 1): Int32Array {
  return Int32Array.from({ length: count }, (_, k) => Math.floor(((2 * k + half) * slots) / (2 * count)));
}

/**
 * Decides what stands at each slot. A dead stretch or an edit that falls on something else gives way to the front, so
 * `dead` and `edited` are changed; both stay in order.
 * @throws RangeError when there is no room for all of them
 */
function kindsOf(shape: Shape, subprogStarts: Int32Array, dead: Int32Array, edited: Int32Array): Uint8Array {
  const { slots, jumpShare, callShare, deadLength } = shape;
  const kinds = new Uint8Array(slots);
  const starts = new Set(subprogStarts);
  for (let k = 0; k < subprogStarts.length; k++) kinds[endOf(subprogStarts, k, slots) - 1] = EXIT_SLOT;
  for (let k = dead.length - 1; k >= 0; k--) {
    let at = Math.min(dead[k], slots - deadLength);
    while (at >= 0 && !roomForDead(kinds, starts, at, deadLength)) at--;
    if (at < 0) throw new RangeError(`shape ${shape.name}: no room for dead stretch ${k}`);
    dead[k] = at;
    kinds.fill(DEAD_SLOT, at, at + deadLength);
    kinds[at] = DEAD_FRONT_SLOT;
  }
  for (let k = edited.length - 1; k >= 0; k--) {
    while (edited[k] >= 0 && kinds[edited[k]] !== PLAIN_SLOT) edited[k]--;
    if (edited[k] < 0) throw new RangeError(`shape ${shape.name}: no room for edit ${k}`);
    kinds[edited[k]] = EDITED_SLOT;
  }
  spread(kinds, CALL_SLOT, Math.round(callShare * slots));
  spread(kinds, JUMP_SLOT, Math.round(jumpShare * slots));
  return kinds;
}

/** Is `at` the front of `length` plain slots, none of which starts a subprogram, with no other dead stretch beside them? */
function roomForDead(kinds: Uint8Array, starts: ReadonlySet<number>, at: number, length: number): boolean {
  for (let slot = at; slot < at + length; slot++) {
    if (kinds[slot] !== PLAIN_SLOT || starts.has(slot)) return false;
  }
  return kinds[at + length] !== DEAD_FRONT_SLOT;
}

/** Makes `count` of the plain slots, evenly among them, slots of `kind`. */
function spread(kinds: Uint8Array, kind: number, count: number): void {
  const plain: number[] = [];
  kinds.forEach((each, slot) => {
    if (each === PLAIN_SLOT) plain.push(slot);
  });
  for (const at of evenly(Math.min(count, plain.length), plain.length, 1)) kinds[plain[at]] = kind;
}

function endOf(subprogStarts: Int32Array, k: number, slots: number): number {
  return k + 1 < subprogStarts.length ? subprogStarts[k + 1] : slots;
}

/** Records as the check leaves them: the dead ones not seen. */
function auxRecords(kinds: Uint8Array, auxWords: number): Uint32Array {
  const aux = new Uint32Array(kinds.length * auxWords);
  for (let slot = 0; slot < kinds.length; slot++) {
    aux[slot * auxWords + AUX_ORIG] = slot + 1;
    aux[slot * auxWords + AUX_SEEN] = isDead(kinds[slot]) ? 0 : 1;
  }
  return aux;
}

function isDead(kind: number): boolean {
  return kind === DEAD_FRONT_SLOT || kind === DEAD_SLOT;
}

function instructions(
  shape: Shape,
  kinds: Uint8Array,
  subprogStarts: Int32Array,
  random: () => number,
): Int32Array {
  const out = new InsnList();
  for (let k = 0; k < subprogStarts.length; k++) {
    const start = subprogStarts[k];
    const end = endOf(subprogStarts, k, shape.slots);
    for (let slot = start; slot < end; slot++) {
      switch (kinds[slot]) {
        case EDITED_SLOT:
          callHelper(out, MAP_LOOKUP_ELEM);
          break;
        case JUMP_SLOT: {
          let target = slot + 1 + jumpDistance(shape.longestJump, slot, start, end, random);
          // Nothing that stays may lead into the middle of what is removed.
          while (kinds[target] === DEAD_SLOT) target--;
          jump(out, target - slot - 1, random);
          break;
        }
        case CALL_SLOT: {
          const callee = subprogStarts[Math.floor(random() * subprogStarts.length)];
          callSubprog(out, callee - slot - 1);
          break;
        }
        case EXIT_SLOT:
          exit(out);
          break;
        default:
          plainInsn(out, random);
      }
    }
  }
  return out.words();
}

/** `BPF_FUNC_map_lookup_elem`. */
const MAP_LOOKUP_ELEM = 1;

/** A distance whose target lies in `start .. end`, the length's power of two drawn first. */
function jumpDistance(
  longest: number,
  slot: number,
  start: number,
  end: number,
  random: () => number,
): number {
  const length = Math.min(longest, Math.floor(2 ** (random() * Math.log2(longest + 1))));
  return random() < 0.1
    ? Math.max(start, slot - length) - slot - 1
    : Math.min(end - 1, slot + length) - slot - 1;
}

function jump(out: InsnSink, distance: number, random: () => number): void {
  const form = Math.floor(random() * 8);
  if (form === 0) jmpA(out, distance);
  else
    jmpImm(
      out,
      form < 4 ? BPF_JEQ : form < 6 ? BPF_JNE : BPF_JGT,
      register(random),
      Math.floor(random() * 4096),
      distance,
    );
}

/** Moves, arithmetic of both widths, stack loads and stores, in equal parts. */
function plainInsn(out: InsnSink, random: () => number): void {
  const form = Math.floor(random() * 6);
  const dst = register(random);
  const src = register(random);
  const stack = -8 * (1 + Math.floor(random() * 32));
  switch (form) {
    case 0:
      alu64Reg(out, BPF_MOV, dst, src);
      break;
    case 1:
      alu64Imm(out, BPF_ADD, dst, Math.floor(random() * 65536) - 32768);
      break;
    case 2:
      alu32Reg(out, BPF_XOR, dst, src);
      break;
    case 3:
      alu32Reg(out, BPF_MOV, dst, src);
      break;
    case 4:
      ldxMem(out, random() < 0.5 ? BPF_W : BPF_DW, dst, BPF_REG_10, stack);
      break;
    default:
      stxMem(out, random() < 0.5 ? BPF_W : BPF_DW, BPF_REG_10, src, stack);
  }
}

/** R0 to R9. */
function register(random: () => number): number {
  return Math.floor(random() * 10);
}

function patchOf(form: PatchForm, length: number): PatchBuffer {
  return form === 'lookup' ? inlinedLookup() : movesAndCall(length);
}

/** The kernel's own three instructions for a lookup in a hash map (`htab_map_gen_lookup()`, kernel/bpf/hashtab.c, 6.12). */
function inlinedLookup(): PatchBuffer {
  const patch = new PatchBuffer();
  callHelper(patch, LOOKUP_DISTANCE);
  jmpImm(patch, BPF_JEQ, BPF_REG_0, 0, 1);
  alu64Imm(patch, BPF_ADD, BPF_REG_0, KEY_OFFSET + KEY_BYTES);
  return patch;
}

/** Stands for the distance from `__bpf_call_base` to the lookup function. */
const LOOKUP_DISTANCE = 0x1_2345;
/** Where an element's key begins, and how long it is. */
const KEY_OFFSET = 56;
const KEY_BYTES = 8;

/** The call with `length - 1` moves between registers before it. */
function movesAndCall(length: number): PatchBuffer {
  const patch = new PatchBuffer();
  for (let at = 1; at < length; at++) mov64Reg(patch, at % 5, (at % 4) + 6);
  callHelper(patch, LOOKUP_DISTANCE);
  return patch;
}

/** Every `each`-th slot, and each subprogram's first, as the kernel wants it. */
function lineInfoSlots(slots: number, each: number, subprogStarts: Int32Array): Int32Array {
  const marked = new Set(subprogStarts);
  for (let slot = 0; slot < slots; slot += each) marked.add(slot);
  return Int32Array.from(marked).sort();
}

/** The edited slots, which are ascending, in the order in which they are replaced. */
function ordered(edited: Int32Array, { order }: Shape, random: () => number): Int32Array {
  switch (order) {
    case 'walk':
    case 'ascending':
      return edited;
    case 'descending':
      return edited.toReversed();
    case 'clustered': {
      const clusters = shuffled(Math.ceil(edited.length / CLUSTER), random);
      return Int32Array.from(
        [...clusters].flatMap((cluster) => [...edited.subarray(cluster * CLUSTER, (cluster + 1) * CLUSTER)]),
      );
    }
    case 'scattered':
      return shuffled(edited.length, random).map((at) => edited[at]);
  }
}

/** The numbers 0 to `count - 1` in drawn order. */
function shuffled(count: number, random: () => number): Int32Array {
  const drawn = Int32Array.from({ length: count }, (_, at) => at);
  for (let left = count; left > 1; left--) {
    const at = Math.floor(random() * left);
    [drawn[at], drawn[left - 1]] = [drawn[left - 1], drawn[at]];
  }
  return drawn;
}

function placesAfterRemovals(edited: Int32Array, dead: Int32Array, deadLength: number): Int32Array {
  let before = 0;
  return edited.map((slot) => {
    while (before < dead.length && dead[before] < slot) before++;
    return slot - before * deadLength;
  });
}
