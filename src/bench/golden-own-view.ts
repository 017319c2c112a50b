/** Views (golden-view.ts) of our own programs: as the loader here hands them over and as the passes leave them. */
import { dumpXlated, type DumpInput } from '../fixups/dump.js';
import { codeOf, srcOf } from '../isa/insn.js';
import { BPF_PSEUDO_CALL, BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, LD_IMM64 } from '../isa/opcodes.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import type { FuncEntry, LineEntry } from './golden-truth.js';
import { mapName, mask, type StateView } from './golden-view.js';

/** What a dump calls a tail call, whose immediate is no address. */
const TAIL_CALL = 'bpf_tail_call';

/** Turns a name that the rewriting uses into the one the goldens have for the same thing. */
export type CanonicalName = (name: string) => string;

function lineEntry({ lineInfo }: BpfProgram, index: number, slot: number): LineEntry {
  const { fileNameOff, lineOff, line, column } = lineInfo[index];
  return [slot, fileNameOff, lineOff, line, column];
}

function funcEntry({ btf }: BpfObject, { funcInfo }: BpfProgram, index: number, slot: number): FuncEntry {
  const { typeId } = funcInfo[index];
  return [slot, typeId, btf?.typeName(typeId) ?? ''];
}

/** View of a program as the loader here would hand it over. */
export function viewOfLoaded(object: BpfObject, program: BpfProgram): StateView {
  const words = program.insns.slice();
  const names = new Map<number, string>();
  for (let slot = 0; 2 * slot < words.length; slot++) {
    const w0 = words[2 * slot];
    if (codeOf(w0) === LD_IMM64) {
      const src = srcOf(w0);
      if (src === BPF_PSEUDO_MAP_FD || src === BPF_PSEUDO_MAP_VALUE) {
        names.set(slot, mapName(object.maps[words[2 * slot + 1]].name));
      }
      slot++;
    }
  }
  return {
    code: mask(words, new Map([...names].sort(([a], [b]) => a - b))),
    lines: program.lineInfo.map(({ slot }, index) => lineEntry(program, index, slot)),
    funcs: program.funcInfo.map(({ slot }, index) => funcEntry(object, program, index, slot)),
  };
}

/** View of a rewritten program, as a dump of it would show it. */
export function viewOfRewritten(input: DumpInput, canonical: CanonicalName): StateView {
  const { linear, object, program } = input;
  const dump = dumpXlated(input);
  const names = new Map<number, string>();
  for (const [slot, name] of dump.calls) {
    const w0 = dump.words[2 * slot];
    if (srcOf(w0) !== BPF_PSEUDO_CALL && name !== TAIL_CALL) names.set(slot, canonical(name));
  }
  for (const [slot, name] of dump.maps) names.set(slot, mapName(name));
  for (const [slot, name] of dump.addresses) names.set(slot, canonical(name));
  return {
    code: mask(dump.words.slice(), new Map([...names].sort(([a], [b]) => a - b))),
    lines: linear.lineInfo.map(({ index, slot }) => lineEntry(program, index, slot)),
    funcs: linear.subprogs
      .filter(({ id }) => id < program.funcInfo.length)
      .map(({ id, start }) => funcEntry(object, program, id, start)),
  };
}
