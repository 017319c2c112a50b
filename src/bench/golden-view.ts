/**
 * A program with its addresses taken out: where an instruction holds a kernel address, a map's id, index or descriptor
 * or a BTF id, the view has zero there and the name beside it. Views of the same program are equal, whoever made them:
 * a real kernel (golden-truth.ts) or the rewriting here.
 *
 * What stays as it is, because it is the same on both sides: the distance and number of a subprogram, the offset into a
 * map's value, allocation flags, tail calls.
 */
import { codeOf, srcOf } from '../isa/insn.js';
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, LD_IMM64 } from '../isa/opcodes.js';
import type { FuncEntry, LineEntry, ProgramTruth, TruthNames } from './golden-truth.js';

/** Instructions without addresses. */
export interface CodeView {
  /** `2 * slots` words. */
  readonly words: Int32Array;
  /** By slot: kernel function of a call, map or kernel symbol of a load. */
  readonly names: ReadonlyMap<number, string>;
}

/** One state of a program: as handed over, or translated. */
export interface StateView {
  readonly code: CodeView;
  readonly lines: readonly LineEntry[];
  /** `[insn_off, type_id, name]`; empty when the object has no BTF. */
  readonly funcs: readonly FuncEntry[];
}

export interface ProgramView {
  readonly progType: number;
  /** `expected_attach_type`. */
  readonly attachType: number;
  readonly flags: number;
  readonly loaded: StateView;
  /** Absent when there is no translated program. */
  readonly xlated?: StateView;
}

const HELPER_CALL = BPF_JMP | BPF_CALL;

/** Zeroes what the named instructions hold; changes `words`. */
export function mask(words: Int32Array, names: ReadonlyMap<number, string>): CodeView {
  for (const slot of names.keys()) {
    const w0 = words[2 * slot];
    words[2 * slot + 1] = 0;
    if (codeOf(w0) === LD_IMM64) {
      const src = srcOf(w0);
      const map = src === BPF_PSEUDO_MAP_FD || src === BPF_PSEUDO_MAP_VALUE;
      if (!map) words[2 * slot + 3] = 0;
    } else if (codeOf(w0) === HELPER_CALL) {
      // A kernel function's offset is an index into an array of module descriptors.
      words[2 * slot] = w0 & 0xffff;
    }
  }
  return { words, names };
}

function wordsOfHex(hex: readonly string[]): Int32Array {
  const bytes = Buffer.from(hex.join(''), 'hex');
  return Int32Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readInt32LE(4 * word));
}

/**
 * A map as the kernel names it: of a data section it gets the first 15 characters, although libbpf knows the whole name
 * (BPF_OBJ_NAME_LEN, include/uapi/linux/bpf.h).
 */
export function mapName(name: string): string {
  return name.startsWith('.') ? name.slice(0, 15) : name;
}

function mapNames(table: TruthNames | undefined): TruthNames {
  return Object.fromEntries(Object.entries(table ?? {}).map(([slot, name]) => [slot, mapName(name)]));
}

function collectNames(...tables: (TruthNames | undefined)[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const table of tables) {
    for (const [slot, name] of Object.entries(table ?? {})) names.set(Number(slot), name);
  }
  return new Map([...names].sort(([a], [b]) => a - b));
}

/** View of what a kernel was given and made; undefined when the program never reached it. */
export function viewOfTruth(truth: ProgramTruth): ProgramView | undefined {
  if (truth.loaded === undefined) return undefined;
  const loaded: StateView = {
    code: mask(
      wordsOfHex(truth.loaded),
      collectNames(mapNames(truth.loaded_maps), truth.loaded_symbols, truth.loaded_addresses),
    ),
    lines: truth.loaded_line_info ?? [],
    funcs: truth.loaded_func_info ?? [],
  };
  const common = {
    progType: truth.prog_type ?? 0,
    attachType: truth.attach_type ?? 0,
    flags: truth.prog_flags ?? 0,
    loaded,
  };
  if (truth.insns === undefined) return common;
  return {
    ...common,
    xlated: {
      code: mask(wordsOfHex(truth.insns), collectNames(truth.calls, mapNames(truth.maps), truth.addresses)),
      lines: truth.line_info ?? [],
      funcs: truth.func_info ?? [],
    },
  };
}
