/** Views (golden-view.ts) of our own programs: as the loader here hands them over and as the passes leave them. */
import { dumpXlated, type DumpInput } from '../fixups/dump.js';
import { codeOf, offOf, srcOf } from '../isa/insn.js';
import {
  BPF_CALL,
  BPF_JMP,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  LD_IMM64,
} from '../isa/opcodes.js';
import type { KernelTarget } from '../object/index.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import type { KernelSymbols } from './golden-kernel.js';
import type { FuncEntry, LineEntry } from './golden-truth.js';
import { mapName, mask, type StateView } from './golden-view.js';

const HELPER_CALL = BPF_JMP | BPF_CALL;
/** What a dump calls a tail call, whose immediate is no address. */
const TAIL_CALL = 'bpf_tail_call';

function lineEntry({ lineInfo }: BpfProgram, index: number, slot: number): LineEntry {
  const { fileNameOff, lineOff, line, column } = lineInfo[index];
  return [slot, fileNameOff, lineOff, line, column];
}

function funcEntry({ btf }: BpfObject, { funcInfo }: BpfProgram, index: number, slot: number): FuncEntry {
  const { typeId } = funcInfo[index];
  return [slot, typeId, btf?.typeName(typeId) ?? ''];
}

/** What the instructions of our programs are named with. */
export interface OwnNames {
  readonly symbols: KernelSymbols;
  /** The kernel the object was relocated against. */
  readonly target: KernelTarget;
}

/** The 64-bit immediate of the load that starts at `slot`. */
function wideAt(words: Int32Array, slot: number): bigint {
  return BigInt.asUintN(64, (BigInt(words[2 * slot + 3]) << 32n) | BigInt(words[2 * slot + 1] >>> 0));
}

/** Name of what the instruction at `slot` refers to outside the program, as the loader leaves it. */
function referenceAt(
  words: Int32Array,
  slot: number,
  object: BpfObject,
  { symbols, target }: OwnNames,
): string | undefined {
  const w0 = words[2 * slot];
  const imm = words[2 * slot + 1];
  if (codeOf(w0) === HELPER_CALL) {
    if (srcOf(w0) !== BPF_PSEUDO_KFUNC_CALL) return undefined;
    const module = offOf(w0);
    return (module === 0 ? target : object.kernelModules?.at(module - 1))?.btf.typeName(imm);
  }
  if (codeOf(w0) !== LD_IMM64) return undefined;
  switch (srcOf(w0)) {
    case BPF_PSEUDO_MAP_FD:
    case BPF_PSEUDO_MAP_VALUE:
      return mapName(object.maps[imm].name);
    case BPF_PSEUDO_BTF_ID:
      return target.btf.typeName(imm);
    case 0:
      return namedAt(wideAt(words, slot), object, symbols);
    default:
      return undefined;
  }
}

/** The goldens' name of an address that was put in for a symbol. */
function namedAt(
  address: bigint,
  { symbolsByAddress }: BpfObject,
  symbols: KernelSymbols,
): string | undefined {
  const name = symbolsByAddress?.get(address);
  return symbols.nameAt(address) ?? (name === undefined ? undefined : symbols.canonical(name));
}

/** View of a program as the loader here would hand it over. */
export function viewOfLoaded(object: BpfObject, program: BpfProgram, own: OwnNames): StateView {
  const words = program.insns.slice();
  const names = new Map<number, string>();
  for (let slot = 0; 2 * slot < words.length; slot++) {
    const name = referenceAt(words, slot, object, own);
    if (name !== undefined) names.set(slot, name);
    if (codeOf(words[2 * slot]) === LD_IMM64) slot++;
  }
  return {
    code: mask(words, names),
    lines: program.lineInfo.map(({ slot }, index) => lineEntry(program, index, slot)),
    funcs: program.funcInfo.map(({ slot }, index) => funcEntry(object, program, index, slot)),
  };
}

/** View of a rewritten program, as a dump of it would show it. */
export function viewOfRewritten(input: DumpInput, symbols: KernelSymbols): StateView {
  const { linear, object, program } = input;
  const dump = dumpXlated(input);
  const names = new Map<number, string>();
  for (const [slot, name] of dump.calls) {
    const w0 = dump.words[2 * slot];
    if (srcOf(w0) !== BPF_PSEUDO_CALL && name !== TAIL_CALL) names.set(slot, symbols.canonical(name));
  }
  for (const [slot, name] of dump.maps) names.set(slot, mapName(name));
  for (const [slot, name] of dump.addresses) names.set(slot, symbols.canonical(name));
  for (let slot = 0; 2 * slot < dump.words.length; slot++) {
    const w0 = dump.words[2 * slot];
    if (codeOf(w0) !== LD_IMM64) continue;
    const name = srcOf(w0) === 0 && !names.has(slot) ? symbols.nameAt(wideAt(dump.words, slot)) : undefined;
    if (name !== undefined) names.set(slot, name);
    slot++;
  }
  return {
    code: mask(dump.words.slice(), new Map([...names].sort(([a], [b]) => a - b))),
    lines: linear.lineInfo.map(({ index, slot }) => lineEntry(program, index, slot)),
    funcs: linear.subprogs
      .filter(({ id }) => id < program.funcInfo.length)
      .map(({ id, start }) => funcEntry(object, program, id, start)),
  };
}
