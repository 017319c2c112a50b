/**
 * The view a dump gives of a rewritten program: `bpf_prog_info.xlated_prog_insns` as a kernel with its JIT on fills it in
 * for a privileged reader, after `fixup_call_args()`.
 *
 * Source: `bpf_insn_prepare_dump()` (kernel/bpf/syscall.c) and the end of `jit_subprogs()` (kernel/bpf/verifier.c), Linux
 * 6.12. Where a dump holds a kernel address, this view holds the number of a symbol and its name beside it; where it
 * holds a map's id, the map's index in the object plus one.
 */
import type { LinearProgram } from '../../strategies/linear-program.js';
import { signed, type DisasmNames } from '../isa/disassembler.js';
import { classOf, codeOf, modeOf, offOf, srcOf, withCode, withOff, withSrc } from '../isa/insn.js';
import { listing, type ListedFunction } from '../isa/listing.js';
import {
  BPF_CALL,
  BPF_JMP,
  BPF_LDX,
  BPF_MEM,
  BPF_PROBE_MEM,
  BPF_PROBE_MEM32,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  BPF_ST,
  BPF_STX,
  BPF_TAIL_CALL,
  LD_IMM64,
} from '../isa/opcodes.js';
import { BPF_FUNC_tail_call } from '../kernel/special-helpers.js';
import { Btf } from '../object/btf.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { AUX_FLAGS, FLAG_SYMBOL_ADDRESS } from '../verifier/facts.js';
import { funcPrototype } from './func-prototype.js';
import { FixupError } from './pass.js';
import { AUX_BEYOND_END } from './removed-callees.js';
import type { SymbolTable } from './symbols.js';

/** What `find_subprog()` returns when no subprogram starts at the slot; the kernel lets it into the dump. */
const ENOENT = -2;

/** What a view is made from. */
export interface DumpInput {
  readonly linear: LinearProgram;
  readonly object: BpfObject;
  readonly program: BpfProgram;
  readonly symbols: SymbolTable;
  /**
   * What the distance of a call is when it does not fit 16 bits: up to 6.12 its low 16 bits, with the number of whatever
   * subprogram starts there (default), in 7.2 zero.
   */
  readonly farCalls?: 'truncated' | 'zero';
}

/** The view; all slots are final ones. */
export interface XlatedDump {
  /** `2 * slots` words. */
  readonly words: Int32Array;
  /** What each call calls: kernel function, `bpf_tail_call` or subprogram. */
  readonly calls: ReadonlyMap<number, string>;
  /** Map behind each 64-bit load of a map or of an address in its value. */
  readonly maps: ReadonlyMap<number, string>;
  /** Kernel symbol whose address an instruction loads. */
  readonly addresses: ReadonlyMap<number, string>;
  readonly lineInfo: readonly DumpLine[];
  readonly funcInfo: readonly DumpFunction[];
  readonly subprogs: readonly DumpSubprog[];
  readonly pokes: readonly DumpPoke[];
}

/** Strings are empty when the object has no BTF. */
export interface DumpLine {
  readonly slot: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly source: string;
}

export interface DumpFunction {
  readonly slot: number;
  /** Name of the FUNC; that of the subprogram when the object has no BTF. */
  readonly name: string;
  /** C prototype as bpftool prints it; empty when it prints none. */
  readonly prototype: string;
}

export interface DumpSubprog {
  readonly start: number;
  readonly name: string;
}

export interface DumpPoke {
  readonly slot: number;
  /** Name of the program array. */
  readonly map: string;
  readonly key: number;
}

/**
 * Makes the view; changes nothing of its input.
 * @throws FixupError naming the slot of a call whose target is no subprogram, which the kernel refuses as its own bug
 */
export function dumpXlated(input: DumpInput): XlatedDump {
  const { linear, object, program, symbols } = input;
  const words = linear.insns.slice(0, 2 * linear.length);
  const calls = new Map<number, string>();
  const maps = new Map<number, string>();
  const addresses = new Map<number, string>();
  const numberAt = new Map(linear.subprogs.map(({ start }, k) => [start, k]));
  const subprogs = linear.subprogs.map(({ id, start }) => ({
    start,
    name: id < program.subprogs.length ? program.subprogs[id].name : `subprog ${id}`,
  }));

  // With one subprogram left, jit_subprogs() has nothing to do, and what aims at removed ones keeps its distance.
  const severalSubprogs = linear.subprogs.length > 1;

  /** Number of the subprogram that the call or load at `slot` with the given distance aims at. */
  const calleeOf = (slot: number, distance: number): number => {
    const callee = numberAt.get(slot + distance + 1);
    if (callee === undefined)
      throw new FixupError(`insn ${slot}: no subprogram starts at insn ${slot + distance + 1}`);
    return callee;
  };

  for (let slot = 0; slot < linear.length; slot++) {
    const w0 = words[2 * slot];
    const imm = words[2 * slot + 1];
    const code = codeOf(w0);
    if ((linear.aux[slot * linear.auxWords + AUX_FLAGS] & FLAG_SYMBOL_ADDRESS) !== 0) {
      addresses.set(slot, symbols.name(imm) ?? `symbol ${imm}`);
    }
    if (code === (BPF_JMP | BPF_TAIL_CALL)) {
      words[2 * slot] = withCode(w0, BPF_JMP | BPF_CALL);
      words[2 * slot + 1] = BPF_FUNC_tail_call;
      calls.set(slot, 'bpf_tail_call');
    } else if (code === (BPF_JMP | BPF_CALL)) {
      if (srcOf(w0) === BPF_PSEUDO_CALL) {
        const distance = severalSubprogs ? imm : keptDistance(linear, slot);
        const off = shownDistance(distance, input.farCalls ?? 'truncated');
        if (!severalSubprogs) {
          words[2 * slot + 1] = distance;
          // From 7.2 on the places of number and distance are exchanged for the dump alone, whatever they hold.
          if (input.farCalls === 'zero') words.set([withOff(w0, off), offOf(w0)], 2 * slot);
          continue;
        }
        const callee = calleeOf(slot, imm);
        words[2 * slot] = withOff(w0, off);
        words[2 * slot + 1] = input.farCalls === 'zero' ? callee : (numberAt.get(slot + off + 1) ?? ENOENT);
        calls.set(slot, subprogs[callee].name);
      } else {
        const name = symbols.name(imm);
        if (name !== undefined) calls.set(slot, name);
      }
    } else if (code === LD_IMM64) {
      switch (srcOf(w0)) {
        case BPF_PSEUDO_FUNC:
          if (severalSubprogs) words[2 * slot + 3] = calleeOf(slot, imm);
          else words[2 * slot + 1] = keptDistance(linear, slot);
          break;
        case BPF_PSEUDO_MAP_FD:
        case BPF_PSEUDO_MAP_IDX:
          words[2 * slot] = withSrc(w0, BPF_PSEUDO_MAP_FD);
          words[2 * slot + 1] = imm + 1;
          maps.set(slot, mapName(object, imm));
          break;
        case BPF_PSEUDO_MAP_VALUE:
        case BPF_PSEUDO_MAP_IDX_VALUE:
          words[2 * slot] = withSrc(w0, BPF_PSEUDO_MAP_VALUE);
          words[2 * slot + 1] = imm + 1;
          maps.set(slot, mapName(object, imm));
          break;
        case BPF_PSEUDO_BTF_ID:
          words[2 * slot] = withSrc(w0, 0);
          addresses.set(slot, loadVariable(words, slot, input));
          break;
        case 0: {
          const name = object.symbolsByAddress?.get(wideAt(words, slot));
          if (name !== undefined) addresses.set(slot, name);
        }
      }
      slot++;
    } else {
      words[2 * slot] = withCode(w0, dumpedCode(code));
    }
  }

  return {
    words,
    calls,
    maps,
    addresses,
    lineInfo: lineInfoOf(input),
    funcInfo: funcInfoOf(input),
    subprogs,
    pokes: linear.pokes.map(({ slot, map, key }) => ({ slot, map: mapName(object, map), key })),
  };
}

/**
 * The opcode a dump shows. Only two of the probe modes are turned back: a sign-extending probe load and a probe atomic
 * stay as they are, and bpftool has no text for them.
 */
function dumpedCode(code: number): number {
  const cls = classOf(code);
  const mode = modeOf(code);
  const probe =
    (cls === BPF_LDX && mode === BPF_PROBE_MEM) ||
    ((cls === BPF_LDX || cls === BPF_STX || cls === BPF_ST) && mode === BPF_PROBE_MEM32);
  return probe ? (code & ~0xe0) | BPF_MEM : code;
}

/** The distance of what refers to a subprogram, where only main is left: to beyond the end when its aux record says so. */
function keptDistance({ insns, aux, auxWords, length }: LinearProgram, slot: number): number {
  const beyond = aux[slot * auxWords + AUX_BEYOND_END];
  return beyond === 0 ? insns[2 * slot + 1] : length + beyond - slot - 1;
}

/** The 64-bit immediate of the load that starts at `slot`. */
function wideAt(words: Int32Array, slot: number): bigint {
  return BigInt.asUintN(64, (BigInt(words[2 * slot + 3]) << 32n) | BigInt(words[2 * slot + 1] >>> 0));
}

/**
 * Puts the address of a kernel variable or function in place of its BTF id, where the kernel's symbols are known, and
 * returns its name (`check_pseudo_btf_id()`, kernel/bpf/verifier.c).
 */
function loadVariable(words: Int32Array, slot: number, { object, symbols }: DumpInput): string {
  const name = object.kernel?.btf.typeName(words[2 * slot + 1]) ?? '';
  const address = object.kernel?.symbolAddress?.(name);
  words[2 * slot + 1] = address === undefined ? symbols.number(name) : Number(BigInt.asIntN(32, address));
  words[2 * slot + 3] = address === undefined ? 0 : Number(BigInt.asIntN(32, address >> 32n));
  return name;
}

/** The 16-bit offset that a call with this distance shows. */
function shownDistance(distance: number, farCalls: 'truncated' | 'zero'): number {
  const low = (distance << 16) >> 16;
  return low === distance || farCalls === 'truncated' ? low : 0;
}

function mapName(object: BpfObject, index: number): string {
  return index >= 0 && index < object.maps.length ? object.maps[index].name : `map ${index}`;
}

function lineInfoOf({ linear, object, program }: DumpInput): DumpLine[] {
  return linear.lineInfo.map(({ index, slot }) => {
    const { fileNameOff, lineOff, line, column } = program.lineInfo[index];
    const file = object.btf?.string(fileNameOff) ?? '';
    return { slot, file, line, column, source: object.btf?.string(lineOff) ?? '' };
  });
}

function funcInfoOf({ linear, object, program }: DumpInput): DumpFunction[] {
  const functions: DumpFunction[] = [];
  for (const { id, start } of linear.subprogs) {
    if (id >= program.funcInfo.length) continue;
    const { typeId } = program.funcInfo[id];
    functions.push({
      slot: start,
      name: object.btf?.typeName(typeId) ?? program.subprogs[id].name,
      prototype: object.btf instanceof Btf ? funcPrototype(object.btf, typeId) : '',
    });
  }
  return functions;
}

/** What `--json` writes; `insns` are 16 hexadecimal digits each, the bytes in the order they have in memory. */
export function dumpAsJson(dump: XlatedDump): Record<string, unknown> {
  const hex = Buffer.from(dumpBytes(dump)).toString('hex');
  return {
    insns: Array.from({ length: dump.words.length / 2 }, (_, slot) => hex.slice(16 * slot, 16 * slot + 16)),
    calls: Object.fromEntries(dump.calls),
    maps: Object.fromEntries(dump.maps),
    addresses: Object.fromEntries(dump.addresses),
    line_info: dump.lineInfo,
    func_info: dump.funcInfo.map(({ slot, name }) => ({ slot, name })),
    subprogs: dump.subprogs,
    pokes: dump.pokes,
  };
}

/** The instructions as 8-byte little-endian words, what `bpftool prog dump xlated … file` writes. */
export function dumpBytes(dump: XlatedDump): Uint8Array {
  const { words } = dump;
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < words.length; i++) view.setInt32(4 * i, words[i], true);
  return bytes;
}

/** The lines of `bpftool prog dump xlated`, with symbols' names where it has them from /proc/kallsyms. */
export function dumpListing(
  dump: XlatedDump,
  options: { readonly opcodes?: boolean; readonly linum?: boolean } = {},
): Generator<string, void> {
  const functions: ListedFunction[] = dump.funcInfo.map(({ slot, prototype }) => ({ slot, head: prototype }));
  return listing(dump.words, { names: dumpNames(dump), functions, lines: dump.lineInfo, ...options });
}

/** Names for the disassembler of what the dump's instructions call. */
export function dumpNames(dump: XlatedDump): DisasmNames {
  return {
    call: (slot, w0) => {
      const name = dump.calls.get(slot);
      if (name === undefined || srcOf(w0) !== BPF_PSEUDO_CALL) return name;
      return `${signed(offOf(w0))}#${name}`;
    },
  };
}
