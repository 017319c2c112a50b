/** From what the guest's loader wrote to what a reader wants: the kernel's addresses named. */
import type { ObjectTruth, ProgramTruth } from '../../src/bench/golden-truth.js';
import {
  BPF_ADDR_PERCPU,
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_JMP,
  BPF_MOV,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_X,
  LD_IMM64,
} from '../../src/isa/opcodes.js';
import { codeOf, offOf, srcOf } from '../../src/isa/insn.js';
import type { Kallsyms } from './kallsyms.js';

/** A program as the loader writes it. */
export type RawProgram = Omit<
  ProgramTruth,
  'loaded_addresses' | 'calls' | 'addresses' | 'subprogs' | 'tail_calls'
>;

/** An object as the loader writes it. */
export interface RawObject {
  readonly verdict: string;
  readonly errno?: number;
  readonly libbpf_log?: string;
  readonly programs: RawProgram[];
}

const HELPER_CALL = BPF_JMP | BPF_CALL;
const FUNC_TAIL_CALL = 12;
/**
 * Where x86-64 keeps allocated objects: direct map and vmalloc area with five levels of page tables, which the
 * emulated CPU has, and with four (Documentation/arch/x86/x86_64/mm.rst).
 */
const HEAP_START = 0xff00000000000000n;
const HEAP_END = 0xffffff0000000000n;

function wordsOf(hex: readonly string[]): Int32Array {
  const bytes = Buffer.from(hex.join(''), 'hex');
  return Int32Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readInt32LE(4 * word));
}

/** The 64-bit immediate of the load that starts at `slot`. */
function wideAt(words: Int32Array, slot: number): bigint {
  return BigInt.asUintN(64, (BigInt(words[2 * slot + 3]) << 32n) | BigInt(words[2 * slot + 1] >>> 0));
}

/** Slots of 64-bit loads that hold a number, i.e. neither a map nor a function. */
function* wideNumbers(words: Int32Array): Generator<number> {
  for (let slot = 0; 2 * slot + 3 < words.length; slot++) {
    if (codeOf(words[2 * slot]) !== LD_IMM64) continue;
    if (srcOf(words[2 * slot]) === 0) yield slot;
    slot++;
  }
}

/** What libbpf put in for an untyped symbol is exactly its address. */
function nameLoaded(words: Int32Array, kallsyms: Kallsyms): Record<string, string> {
  const names: Record<string, string> = {};
  for (const slot of wideNumbers(words)) {
    const name = kallsyms.exact(wideAt(words, slot));
    if (name !== undefined) names[slot] = name;
  }
  return names;
}

/** Names for the translated program's loads of addresses. */
class AddressNames {
  /** Numbers that the program itself brought along: they stay numbers, whatever they look like. */
  readonly #own = new Set<bigint>();
  /** Kernel variables it refers to by BTF id: a per-cpu one's address is a small number. */
  readonly #variables: ReadonlySet<string>;

  constructor(
    raw: RawProgram,
    private readonly kallsyms: Kallsyms,
  ) {
    const loaded = wordsOf(raw.loaded ?? []);
    for (const slot of wideNumbers(loaded)) this.#own.add(wideAt(loaded, slot));
    this.#variables = new Set(Object.values(raw.loaded_symbols ?? {}));
  }

  collect(words: Int32Array): Record<string, string> {
    const names: Record<string, string> = {};
    for (const slot of wideNumbers(words)) {
      const name = this.#wide(wideAt(words, slot));
      if (name !== undefined) names[slot] = name;
    }
    for (let slot = 0; 2 * slot + 3 < words.length; slot++) {
      const code = codeOf(words[2 * slot]);
      const next = words[2 * slot + 2];
      if (code === LD_IMM64) slot++;
      else if (code === (BPF_ALU | BPF_MOV) || code === (BPF_ALU64 | BPF_MOV)) {
        const percpu = codeOf(next) === (BPF_ALU64 | BPF_MOV | BPF_X) && offOf(next) === BPF_ADDR_PERCPU;
        const name = percpu ? this.kallsyms.describePercpu(words[2 * slot + 1]) : undefined;
        if (name !== undefined) names[slot] = name;
      }
    }
    return names;
  }

  #wide(value: bigint): string | undefined {
    if (this.#own.has(value)) return this.kallsyms.exact(value);
    if (value >= HEAP_START && value < HEAP_END) return 'heap';
    if (value > 0x7fffffffn) return this.kallsyms.describe(value);
    return this.kallsyms.namesAt(value).find((name) => this.#variables.has(name));
  }
}

function nameTranslated(raw: RawProgram, words: Int32Array, kallsyms: Kallsyms): Partial<ProgramTruth> {
  const calls: Record<string, string> = {};
  const tailCalls: number[] = [];
  const starts = new Set<number>([0]);
  for (let slot = 0; 2 * slot < words.length; slot++) {
    const w0 = words[2 * slot];
    const imm = words[2 * slot + 1];
    if (codeOf(w0) === LD_IMM64) slot++;
    if (codeOf(w0) !== HELPER_CALL) continue;
    if (srcOf(w0) === BPF_PSEUDO_CALL) starts.add(slot + 1 + offOf(w0));
    else if (srcOf(w0) === 0 && imm === FUNC_TAIL_CALL) tailCalls.push(slot);
    else if (srcOf(w0) === 0 || srcOf(w0) === BPF_PSEUDO_KFUNC_CALL) {
      calls[slot] = kallsyms.describe(kallsyms.callBase + BigInt(imm)) ?? `unknown ${imm}`;
    }
  }
  const subprogs =
    raw.func_info !== undefined && raw.func_info.length > 0
      ? raw.func_info.map(([start, , name]) => ({ name, start }))
      : [...starts].sort((a, b) => a - b).map((start) => ({ name: '', start }));
  return {
    calls,
    addresses: new AddressNames(raw, kallsyms).collect(words),
    subprogs,
    tail_calls: tailCalls,
  };
}

/** The loader's record of one object with names for the kernel's addresses. */
export function nameObject(
  object: string,
  sha256: string,
  kernel: string,
  raw: RawObject,
  kallsyms: Kallsyms,
): ObjectTruth {
  return {
    object,
    sha256,
    kernel,
    verdict: raw.verdict,
    ...(raw.errno === undefined ? {} : { errno: raw.errno }),
    ...(raw.libbpf_log === undefined ? {} : { log: raw.libbpf_log }),
    programs: raw.programs.map((program) => ({
      ...program,
      ...(program.loaded === undefined
        ? {}
        : { loaded_addresses: nameLoaded(wordsOf(program.loaded), kallsyms) }),
      ...(program.insns === undefined ? {} : nameTranslated(program, wordsOf(program.insns), kallsyms)),
    })),
  };
}
