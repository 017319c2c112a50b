/**
 * The files of `corpus/golden/RELEASE`: what a real kernel made of the corpus, written by `scripts/kernel-oracle` only.
 *
 * `kernel.json` says which kernel; each object has a file of its own with a line per program. Long lists are kept as one
 * digest per block of 1,000 entries, so that a difference can still be placed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { CodeView, StateView } from './golden-view.js';

/** Entries of a list that one digest stands for. */
export const BLOCK_ENTRIES = 1000;
/** Longest list that is kept in full. */
const FULL_ENTRIES = 5000;

const BLOCKS = z.array(z.string());
const CODE = z.union([
  z.object({
    slots: z.number(),
    /** 16 hexadecimal digits a slot, bytes in memory order, addresses zero. */
    insns: z.string(),
    names: z.record(z.string(), z.string()),
  }),
  z.object({ slots: z.number(), blocks: BLOCKS }),
]);
const LINES = z.union([
  z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()])),
  z.object({ count: z.number(), blocks: BLOCKS }),
]);
const STATE = z.object({
  code: CODE,
  lines: LINES,
  funcs: z.array(z.tuple([z.number(), z.number(), z.string()])),
});

const PROGRAM = z.object({
  name: z.string(),
  section: z.string(),
  /** See `ProgramTruth.verdict`. */
  verdict: z.string(),
  errno: z.number().optional(),
  /** Why it was not loaded: last lines of the verifier's or libbpf's log. */
  reason: z.string().optional(),
  /** Instructions that the check walked, and bytes of stack per subprogram as the log has them. */
  processed: z.number().optional(),
  stackDepth: z.string().optional(),
  progType: z.number().optional(),
  attachType: z.number().optional(),
  flags: z.number().optional(),
  loaded: STATE.optional(),
  xlated: STATE.optional(),
});

const OBJECT = z.object({
  object: z.string(),
  /** SHA-256 of the object file that the kernel was given. */
  sha256: z.string(),
  verdict: z.string(),
  reason: z.string().optional(),
  programs: z.array(PROGRAM),
});

const KERNEL = z.object({
  release: z.string(),
  /** `uname -r`. */
  uname: z.string(),
  /** `/proc/version`. */
  version: z.string(),
  /** Version of the libbpf that handed the programs over. */
  libbpf: z.string(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  /** Other names of the kernel symbols that the goldens mention. */
  aliases: z.record(z.string(), z.array(z.string())),
  /** Address, in hexadecimal, of each kernel symbol that libbpf has put in for an untyped extern. */
  symbols: z.record(z.string(), z.string()).default({}),
});

export type GoldenCode = z.infer<typeof CODE>;
export type GoldenLines = z.infer<typeof LINES>;
export type GoldenState = z.infer<typeof STATE>;
export type GoldenProgram = z.infer<typeof PROGRAM>;
export type GoldenObject = z.infer<typeof OBJECT>;
export type GoldenKernel = z.infer<typeof KERNEL>;

/** SHA-256 of a file, as the goldens have it. */
export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function read<T>(path: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data;
}

/** @throws Error (one line) when the file is not a golden */
export function readGoldenObject(path: string): GoldenObject {
  return read(path, OBJECT);
}

/** @throws Error (one line) when the file is not what the oracle writes */
export function readGoldenKernel(path: string): GoldenKernel {
  return read(path, KERNEL);
}

/** An object's golden as text: a line per program. */
export function formatGoldenObject({ programs, ...object }: GoldenObject): string {
  const head = JSON.stringify(object).slice(0, -1);
  return `${head},"programs":[\n${programs.map((program) => JSON.stringify(program)).join(',\n')}\n]}\n`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Digest of each block of 1,000 entries of a list, given the text of a range of entries. */
function blocksOf(count: number, textOf: (from: number, to: number) => string): string[] {
  const blocks: string[] = [];
  for (let from = 0; from < count; from += BLOCK_ENTRIES) {
    blocks.push(digest(textOf(from, Math.min(count, from + BLOCK_ENTRIES))));
  }
  return blocks;
}

function hexOf(words: Int32Array, from: number, to: number): string {
  const bytes = Buffer.alloc(8 * (to - from));
  for (let word = 2 * from; word < 2 * to; word++) bytes.writeInt32LE(words[word], 4 * (word - 2 * from));
  return bytes.toString('hex');
}

/** Digests of the blocks of some instructions with their names. */
export function codeBlocks({ words, names }: CodeView): string[] {
  return blocksOf(words.length / 2, (from, to) => {
    let text = hexOf(words, from, to);
    for (let slot = from; slot < to; slot++) {
      const name = names.get(slot);
      if (name !== undefined) text += ` ${slot - from}=${name}`;
    }
    return text;
  });
}

/** Digests of the blocks of some line info. */
export function lineBlocks(lines: StateView['lines']): string[] {
  return blocksOf(lines.length, (from, to) => JSON.stringify(lines.slice(from, to)));
}

/** A state of a program in the form the goldens keep. */
export function goldenState({ code, lines, funcs }: StateView): GoldenState {
  const slots = code.words.length / 2;
  return {
    code:
      slots > FULL_ENTRIES
        ? { slots, blocks: codeBlocks(code) }
        : { slots, insns: hexOf(code.words, 0, slots), names: Object.fromEntries(code.names) },
    lines: lines.length > FULL_ENTRIES ? { count: lines.length, blocks: lineBlocks(lines) } : [...lines],
    funcs: [...funcs],
  };
}
