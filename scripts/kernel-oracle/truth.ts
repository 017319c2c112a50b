/** From what the guest's loader wrote to what a reader wants: addresses named, descriptors and ids out of the way. */
import type { Kallsyms } from './kallsyms.js';

/** `[insn_off, file_name_off, line_off, line, column]`: string offsets are the object's BTF's. */
export type LineEntry = readonly [number, number, number, number, number];
/** `[insn_off, type_id, name]`. */
export type FuncEntry = readonly [number, number, string];
/** Slot (decimal, a JSON key) to name. */
export type Names = Readonly<Record<string, string>>;

/** A program as the loader in the guest writes it. */
export interface RawProgram {
  readonly name: string;
  readonly section: string;
  readonly verdict: string;
  readonly errno?: number;
  readonly info_errno?: number;
  readonly libbpf_log?: string;
  readonly log?: string;
  readonly prog_type?: number;
  readonly attach_type?: number;
  readonly prog_flags?: number;
  readonly attach_target?: string;
  readonly loaded?: string[];
  readonly loaded_maps?: Names;
  readonly loaded_symbols?: Names;
  readonly loaded_line_info?: LineEntry[];
  readonly loaded_func_info?: FuncEntry[];
  /** `[name, type, key_size, value_size, max_entries, flags]`. */
  readonly map_table?: [string, number, number, number, number, number][];
  readonly insns?: string[];
  readonly maps?: Names;
  readonly line_info?: LineEntry[];
  readonly func_info?: FuncEntry[];
  readonly jited_subprogs?: number;
  readonly jited_len?: number;
  readonly verified_insns?: number;
}

export interface RawObject {
  readonly verdict: string;
  readonly errno?: number;
  readonly libbpf_log?: string;
  readonly programs: RawProgram[];
}

/** A program as the oracle gives it out; field by field in README of the run. */
export interface ProgramTruth extends Omit<RawProgram, 'info_errno'> {
  /** Slot of a call -> kernel function. */
  readonly calls?: Names;
  /** Slot of a 64-bit load -> kernel symbol (and distance) or `heap` for an allocated object. */
  readonly addresses?: Names;
  /** Slot of a 64-bit load in what was handed over -> kernel symbol, where libbpf has put the address itself. */
  readonly loaded_addresses?: Names;
  readonly subprogs?: { readonly name: string; readonly start: number }[];
  /** Slots of tail calls. */
  readonly tail_calls?: number[];
}

export interface ObjectTruth {
  readonly object: string;
  readonly kernel: string;
  readonly verdict: string;
  readonly errno?: number;
  readonly log?: string;
  readonly programs: ProgramTruth[];
}

const LD_IMM64 = 0x18;
const CALL = 0x85;
const PSEUDO_CALL = 1;
const PSEUDO_KFUNC_CALL = 2;
const FUNC_TAIL_CALL = 12;
/** x86-64's direct map and vmalloc areas, without randomisation: allocated objects. */
const HEAP_START = 0xffff888000000000n;
const HEAP_END = 0xffffff0000000000n;

/** Decoded view of instructions in hexadecimal, memory order. */
class Words {
  readonly #view: DataView;
  readonly length: number;

  constructor(hex: readonly string[]) {
    const bytes = Buffer.from(hex.join(''), 'hex');
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.length = hex.length;
  }

  code(slot: number): number {
    return this.#view.getUint8(slot * 8);
  }

  src(slot: number): number {
    return this.#view.getUint8(slot * 8 + 1) >> 4;
  }

  off(slot: number): number {
    return this.#view.getInt16(slot * 8 + 2, true);
  }

  imm(slot: number): number {
    return this.#view.getInt32(slot * 8 + 4, true);
  }

  /** The 64-bit immediate of the load that starts at `slot`. */
  wide(slot: number): bigint {
    const low = this.#view.getUint32(slot * 8 + 4, true);
    const high = this.#view.getUint32(slot * 8 + 12, true);
    return (BigInt(high) << 32n) | BigInt(low);
  }
}

/** Slots of 64-bit loads that hold a number of their own, i.e. no map and no function. */
function* wideNumbers(words: Words): Generator<readonly [slot: number, value: bigint]> {
  for (let slot = 0; slot + 1 < words.length; slot++) {
    if (words.code(slot) !== LD_IMM64) continue;
    if (words.src(slot) === 0) yield [slot, words.wide(slot)];
    slot++;
  }
}

function nameAddresses(words: Words, kallsyms: Kallsyms): Record<string, string> {
  const names: Record<string, string> = {};
  for (const [slot, value] of wideNumbers(words)) {
    const name = value >= HEAP_START && value < HEAP_END ? 'heap' : kallsyms.describe(value);
    if (name !== undefined) names[slot] = name;
  }
  return names;
}

function nameTranslated(raw: RawProgram, hex: readonly string[], kallsyms: Kallsyms): Partial<ProgramTruth> {
  const words = new Words(hex);
  const calls: Record<string, string> = {};
  const tailCalls: number[] = [];
  const starts = new Set<number>([0]);
  for (let slot = 0; slot < words.length; slot++) {
    const code = words.code(slot);
    if (code === LD_IMM64) slot++;
    if (code !== CALL) continue;
    const imm = words.imm(slot);
    if (words.src(slot) === PSEUDO_CALL) starts.add(slot + 1 + words.off(slot));
    else if (words.src(slot) === 0 && imm === FUNC_TAIL_CALL) tailCalls.push(slot);
    else if (words.src(slot) === 0 || words.src(slot) === PSEUDO_KFUNC_CALL) {
      calls[slot] =
        kallsyms.describe(BigInt.asUintN(64, kallsyms.callBase + BigInt(imm))) ?? `unknown ${imm}`;
    }
  }
  const subprogs =
    raw.func_info !== undefined && raw.func_info.length > 0
      ? raw.func_info.map(([start, , name]) => ({ name, start }))
      : [...starts].sort((a, b) => a - b).map((start) => ({ name: '', start }));
  return { calls, addresses: nameAddresses(words, kallsyms), subprogs, tail_calls: tailCalls };
}

/** The loader's JSON of one object with names for the kernel's addresses. */
export function nameObject(object: string, kernel: string, raw: RawObject, kallsyms: Kallsyms): ObjectTruth {
  const log = raw.libbpf_log;
  return {
    object,
    kernel,
    verdict: raw.verdict,
    ...(raw.errno === undefined ? {} : { errno: raw.errno }),
    ...(log === undefined ? {} : { log }),
    programs: raw.programs.map((program) => ({
      ...program,
      ...(program.loaded === undefined
        ? {}
        : { loaded_addresses: nameAddresses(new Words(program.loaded), kallsyms) }),
      ...(program.insns === undefined ? {} : nameTranslated(program, program.insns, kallsyms)),
    })),
  };
}
