/** Instructions as text for people: a program as it was loaded, and as it is after the rewriting. */
import { disassemble } from '../isa/disassembler.js';
import { codeOf, srcOf } from '../isa/insn.js';
import {
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  LD_IMM64,
} from '../isa/opcodes.js';
import { dumpNames, type XlatedDump } from '../fixups/dump.js';
import type { KernelProfile } from '../kernel/profile.js';
import type { BpfObject, BpfProgram } from '../object/program.js';

/** Text of the instruction at a slot, without its number; undefined for the second half of a 64-bit load. */
export type InsnText = (slot: number) => string | undefined;

/** Texts of the program as it was handed over, calls and maps by name. */
export function loadedTexts(object: BpfObject, program: BpfProgram, profile: KernelProfile): InsnText {
  return textsOf(program.insns, {
    call: (_, w0, imm) => {
      const source = srcOf(w0);
      if (source === BPF_PSEUDO_CALL || source === BPF_PSEUDO_KFUNC_CALL) return undefined;
      return profile.helper(imm)?.name;
    },
    imm64: (_, w0, imm, imm2) => {
      const source = srcOf(w0);
      if (source !== BPF_PSEUDO_MAP_FD && source !== BPF_PSEUDO_MAP_VALUE) return undefined;
      return mapText(source === BPF_PSEUDO_MAP_VALUE, object.maps[imm]?.name ?? String(imm), imm2);
    },
  });
}

/** Texts of the rewritten program. */
export function rewrittenTexts(dump: XlatedDump): InsnText {
  return textsOf(dump.words, {
    ...dumpNames(dump),
    imm64: (slot, w0, _, imm2) => {
      const map = dump.maps.get(slot);
      return map === undefined ? undefined : mapText(srcOf(w0) === BPF_PSEUDO_MAP_VALUE, map, imm2);
    },
  });
}

/** A map, or a place in the value of its only element, as bpftool shows them but by name. */
function mapText(value: boolean, name: string, offset: number): string {
  return value ? `map[${name}][0]+${offset}` : `map[${name}]`;
}

function textsOf(words: Int32Array, names: Parameters<typeof disassemble>[2]): InsnText {
  const halves = new Set<number>();
  for (let slot = 0; 2 * slot < words.length; slot++)
    if (codeOf(words[2 * slot]) === LD_IMM64) halves.add(++slot);
  return (slot) => (halves.has(slot) ? undefined : disassemble(words, slot, names));
}
