/** Compares a program of ours with what a real kernel was given or made, and says where they differ first. */
import { disassemble } from '../isa/disassembler.js';
import { codeOf, srcOf } from '../isa/insn.js';
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_CALL, LD_IMM64 } from '../isa/opcodes.js';
import {
  BLOCK_ENTRIES,
  codeBlocks,
  lineBlocks,
  type GoldenCode,
  type GoldenLines,
  type GoldenState,
} from './golden-format.js';
import type { CodeView, StateView } from './golden-view.js';

/** The first place where two lists differ. */
export interface Difference {
  /** Slot, or index of the entry; with `blockEnd` the first one of the block that differs. */
  readonly at: number;
  /** The kernel's list is kept as digests: the difference lies in `at..blockEnd - 1`. */
  readonly blockEnd?: number;
  /** Lengths of both lists. */
  readonly kernelLength: number;
  readonly ourLength: number;
  /** The kernel's side around the place, empty when it is kept as digests; then ours. */
  readonly kernel: readonly string[];
  readonly ours: readonly string[];
}

/** How a state of a program compares; absent parts are identical. */
export interface StateComparison {
  readonly code?: Difference;
  readonly lines?: Difference;
  readonly funcs?: Difference;
}

/** How many entries before and after the first difference are shown. */
export interface CompareOptions {
  readonly context: number;
}

/** What the kernel has: a golden, or the view of a full record. */
export function expectedOf(state: StateView): GoldenState {
  const { words, names } = state.code;
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, index) => bytes.writeInt32LE(word, 4 * index));
  return {
    code: { slots: words.length / 2, insns: bytes.toString('hex'), names: Object.fromEntries(names) },
    lines: [...state.lines],
    funcs: [...state.funcs],
  };
}

export function compareState(kernel: GoldenState, ours: StateView, options: CompareOptions): StateComparison {
  const code = compareCode(kernel.code, ours.code, options);
  const lines = compareLines(kernel.lines, ours.lines, options);
  const show = (entry: readonly unknown[]): string => JSON.stringify(entry);
  const funcs = compareEntries(kernel.funcs, ours.funcs, show, options);
  return {
    ...(code === undefined ? {} : { code }),
    ...(lines === undefined ? {} : { lines }),
    ...(funcs === undefined ? {} : { funcs }),
  };
}

function compareCode(
  kernel: GoldenCode,
  ours: CodeView,
  { context }: CompareOptions,
): Difference | undefined {
  const ourSlots = ours.words.length / 2;
  const lengths = { kernelLength: kernel.slots, ourLength: ourSlots };
  const around = (at: number, end: number, slots: number): readonly [number, number] => [
    Math.max(0, at - context),
    Math.min(slots, end + context),
  ];
  if ('blocks' in kernel) {
    const place = differingBlock(kernel.blocks, codeBlocks(ours), kernel.slots, ourSlots);
    if (place === undefined) return undefined;
    return { ...lengths, ...place, kernel: [], ours: [] };
  }
  const theirs = viewOfGolden(kernel);
  const slots = Math.min(kernel.slots, ourSlots);
  let at = 0;
  while (
    at < slots &&
    theirs.words[2 * at] === ours.words[2 * at] &&
    theirs.words[2 * at + 1] === ours.words[2 * at + 1] &&
    theirs.names.get(at) === ours.names.get(at)
  )
    at++;
  if (at === kernel.slots && at === ourSlots) return undefined;
  return {
    ...lengths,
    at,
    kernel: codeText(theirs, ...around(at, at + 1, kernel.slots)),
    ours: codeText(ours, ...around(at, at + 1, ourSlots)),
  };
}

function viewOfGolden(code: Extract<GoldenCode, { insns: string }>): CodeView {
  const bytes = Buffer.from(code.insns, 'hex');
  return {
    words: Int32Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readInt32LE(4 * word)),
    names: new Map(Object.entries(code.names).map(([slot, name]) => [Number(slot), name])),
  };
}

/** Instructions `from..to - 1` as text, with the names in place of the zeroed addresses. */
export function codeText({ words, names }: CodeView, from: number, to: number): string[] {
  // The second slot of a 64-bit load has no text of its own.
  const seconds = new Set<number>();
  for (let slot = 0; slot < to; slot++) {
    if (codeOf(words[2 * slot]) !== LD_IMM64) continue;
    seconds.add(slot + 1);
    slot++;
  }
  const lines: string[] = [];
  for (let slot = from; slot < to; slot++) {
    const name = names.get(slot);
    const w0 = words[2 * slot];
    const call = codeOf(w0) === (BPF_JMP | BPF_CALL) && srcOf(w0) !== BPF_PSEUDO_CALL;
    const text = seconds.has(slot)
      ? `     imm=0x${(words[2 * slot + 1] >>> 0).toString(16)}`
      : disassemble(words, slot);
    const named = name === undefined ? text : call ? `(85) call ${name}` : `${text} <${name}>`;
    lines.push(`${slot}: ${named}`);
  }
  return lines;
}

function differingBlock(
  kernel: readonly string[],
  ours: readonly string[],
  kernelLength: number,
  ourLength: number,
): { at: number; blockEnd: number } | undefined {
  const block = kernel.findIndex((digest, index) => digest !== ours[index]);
  if (block === -1 && kernelLength === ourLength) return undefined;
  const at = (block === -1 ? kernel.length : block) * BLOCK_ENTRIES;
  return { at, blockEnd: Math.min(at + BLOCK_ENTRIES, Math.max(kernelLength, ourLength)) };
}

function compareLines(
  kernel: GoldenLines,
  ours: StateView['lines'],
  options: CompareOptions,
): Difference | undefined {
  if (!('blocks' in kernel)) {
    const show = ([slot, file, text, line, column]: (typeof ours)[number]): string =>
      `${slot}: line ${line} column ${column} (strings ${file}, ${text})`;
    return compareEntries(kernel, ours, show, options);
  }
  const place = differingBlock(kernel.blocks, lineBlocks(ours), kernel.count, ours.length);
  if (place === undefined) return undefined;
  return { ...place, kernelLength: kernel.count, ourLength: ours.length, kernel: [], ours: [] };
}

function compareEntries<T extends readonly (number | string)[]>(
  kernel: readonly T[],
  ours: readonly T[],
  show: (entry: T) => string,
  { context }: CompareOptions,
): Difference | undefined {
  const length = Math.min(kernel.length, ours.length);
  let at = 0;
  while (at < length && kernel[at].every((field, k) => field === ours[at][k])) at++;
  if (at === kernel.length && at === ours.length) return undefined;
  const some = (entries: readonly T[]): string[] =>
    entries.slice(Math.max(0, at - context), at + 1 + context).map(show);
  return {
    at,
    kernelLength: kernel.length,
    ourLength: ours.length,
    kernel: some(kernel),
    ours: some(ours),
  };
}
