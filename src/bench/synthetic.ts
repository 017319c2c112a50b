/**
 * Programs that no compiler made: a store's input and a schedule of edits, both from a seed. They measure the holding of
 * instructions alone, at a size and density that can be chosen; no pass runs and nothing is ever loaded into a kernel.
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
  stxMem,
} from '../isa/builders.js';
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
} from '../isa/opcodes.js';
import { PatchBuffer } from '../../strategies/patch-buffer.js';
import { AUX_FREE, AUX_ORIG, AUX_SEEN, type StoreInput } from '../../strategies/store.js';

/** What a shape consists of. All places are even or drawn from the seed, as said. */
export interface Shape {
  readonly name: string;
  /** Instruction slots before the edits. */
  readonly slots: number;
  /** Expanding patches, spread evenly: the k-th of M on N slots replaces slot `floor((2k + 1) N / 2M)`. */
  readonly patches: number;
  /** Bytes of an aux record, a multiple of 4. */
  readonly auxBytes: number;
  /** Subprograms of equal size, each ending in `exit`. */
  readonly subprogs: number;
  /**
   * Share of all slots that are jumps, evenly spread over those that neither are patched nor end a subprogram (at most
   * all of these). One jump in eight is unconditional.
   */
  readonly jumpShare: number;
  /** Share of all slots that call another subprogram, likewise; the callee is drawn. */
  readonly callShare: number;
  /**
   * Jumps reach 1 to `longestJump` slots, drawn so that each power of two is equally likely, and never out of their
   * subprogram; one in ten leads backwards.
   */
  readonly longestJump: number;
  /** Slots from one line info entry to the next. */
  readonly slotsPerLine: number;
}

/**
 * `dense-10k`: what the literature on this patching takes for a large program, at the aux record's size in Linux 6.18
 * (88 bytes), so that figures compare with published ones. Every second instruction is a map lookup that becomes
 * three instructions; 10,000 slots end as 20,000, below the 32,767 from which the kernel probes for overflows. A jump in
 * eight slots and a call in a hundred are the densities of compiled programs.
 */
export const DENSE_10K: Shape = {
  name: 'dense-10k',
  slots: 10_000,
  patches: 5_000,
  auxBytes: 88,
  subprogs: 10,
  jumpShare: 1 / 8,
  callShare: 1 / 100,
  longestJump: 512,
  slotsPerLine: 4,
};

/** The shapes that can be asked for by name. */
export const SHAPES: readonly Shape[] = [DENSE_10K];

/**
 * The shape of that name.
 * @throws Error naming the shapes there are
 */
export function shapeOf(name: string): Shape {
  const shape = SHAPES.find((candidate) => candidate.name === name);
  if (shape === undefined)
    throw new Error(`no shape '${name}'; there are ${SHAPES.map((each) => each.name).join(', ')}`);
  return shape;
}

/** A store-level workload. */
export interface SyntheticWorkload {
  /** The shape's name. */
  readonly name: string;
  readonly seed: string;
  readonly input: StoreInput;
  readonly edits: EditSchedule;
}

/** Which instructions are replaced, and by what: to be done walking forward, as passes do. */
export interface EditSchedule {
  /** Original slots that are replaced, strictly ascending. */
  readonly slots: Int32Array;
  /** What each is replaced by; stores do not change a patch. */
  readonly patch: PatchBuffer;
}

/** What stands at a slot. */
const PLAIN_SLOT = 0;
const EDITED_SLOT = 1;
const JUMP_SLOT = 2;
const CALL_SLOT = 3;
const EXIT_SLOT = 4;

/**
 * Makes a workload; the same shape and seed make the same one everywhere.
 * @throws RangeError when the shape's figures contradict each other
 */
export function synthesize(shape: Shape, seed: string): SyntheticWorkload {
  assertShape(shape);
  const { name, slots, auxBytes, slotsPerLine } = shape;
  const random = seedrandom.alea(`${name}/${seed}`);
  const subprogStarts = evenly(shape.subprogs, slots, 0);
  const edited = evenly(shape.patches, slots, 1);
  const kinds = kindsOf(shape, subprogStarts, edited);
  const auxWords = auxBytes / 4;
  const aux = new Uint32Array(slots * auxWords);
  for (let slot = 0; slot < slots; slot++) {
    aux[slot * auxWords + AUX_ORIG] = slot + 1;
    aux[slot * auxWords + AUX_SEEN] = 1;
  }
  return {
    name,
    seed,
    input: {
      insns: instructions(shape, kinds, subprogStarts, random),
      aux,
      auxWords,
      subprogStarts,
      lineInfoSlots: lineInfoSlots(slots, slotsPerLine, subprogStarts),
      insnArraySlots: new Int32Array(0),
    },
    edits: { slots: edited, patch: inlinedLookup() },
  };
}

function assertShape({ name, slots, patches, auxBytes, subprogs, longestJump, slotsPerLine }: Shape): void {
  const wrong =
    auxBytes % 4 !== 0 || auxBytes / 4 < AUX_FREE
      ? `an aux record of ${auxBytes} bytes`
      : subprogs < 1 || subprogs * 2 > slots
        ? `${subprogs} subprograms in ${slots} slots`
        : patches < 0 || patches > slots - subprogs
          ? `${patches} patches in ${slots} slots of ${subprogs} subprograms`
          : longestJump < 1 || slotsPerLine < 1
            ? 'jumps or lines shorter than one slot'
            : undefined;
  if (wrong !== undefined) throw new RangeError(`shape ${name}: ${wrong}`);
}

/** `count` of `slots` places at equal distances, from the first of each part (`half` 0) or its middle (1). */
function evenly(count: number, slots: number, half: 0 | 1): Int32Array {
  return Int32Array.from({ length: count }, (_, k) => Math.floor(((2 * k + half) * slots) / (2 * count)));
}

/** Decides what stands at each slot; an edit that falls on an `exit` gives way to the slot before. */
function kindsOf(shape: Shape, subprogStarts: Int32Array, edited: Int32Array): Uint8Array {
  const { slots, jumpShare, callShare } = shape;
  const kinds = new Uint8Array(slots);
  for (let k = 0; k < subprogStarts.length; k++) kinds[endOf(subprogStarts, k, slots) - 1] = EXIT_SLOT;
  for (let k = edited.length - 1; k >= 0; k--) {
    while (kinds[edited[k]] !== PLAIN_SLOT) edited[k]--;
    kinds[edited[k]] = EDITED_SLOT;
  }
  spread(kinds, CALL_SLOT, Math.round(callShare * slots));
  spread(kinds, JUMP_SLOT, Math.round(jumpShare * slots));
  return kinds;
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

function instructions(
  shape: Shape,
  kinds: Uint8Array,
  subprogStarts: Int32Array,
  random: () => number,
): Int32Array {
  const out = new InsnList();
  for (let k = 0; k < subprogStarts.length; k++) {
    const end = endOf(subprogStarts, k, shape.slots);
    for (let slot = subprogStarts[k]; slot < end; slot++) {
      switch (kinds[slot]) {
        case EDITED_SLOT:
          callHelper(out, MAP_LOOKUP_ELEM);
          break;
        case JUMP_SLOT:
          jump(out, jumpDistance(shape.longestJump, slot, subprogStarts[k], end, random), random);
          break;
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

/** Every `each`-th slot, and each subprogram's first, as the kernel wants it. */
function lineInfoSlots(slots: number, each: number, subprogStarts: Int32Array): Int32Array {
  const marked = new Set(subprogStarts);
  for (let slot = 0; slot < slots; slot += each) marked.add(slot);
  return Int32Array.from(marked).sort();
}
