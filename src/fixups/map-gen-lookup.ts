/**
 * In-line forms of `bpf_map_lookup_elem()` for the map types that have one (`map_gen_lookup` in kernel/bpf/arraymap.c and
 * kernel/bpf/hashtab.c, net/xdp/xskmap.c, Linux 6.12; maps made by a privileged loader, so that no index is masked).
 */
import {
  alu64Imm,
  alu64Reg,
  callHelper,
  jmp32Imm,
  jmpA,
  jmpImm,
  ldxMem,
  mov64Imm,
  movPercpu,
  stMem,
} from '../isa/builders.js';
import {
  BPF_ADD,
  BPF_B,
  BPF_DW,
  BPF_JEQ,
  BPF_JGE,
  BPF_JNE,
  BPF_LSH,
  BPF_MUL,
  BPF_REG_0,
  BPF_REG_1,
  BPF_REG_2,
  BPF_W,
} from '../isa/opcodes.js';
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { KernelProfile, MapOps } from '../kernel/profile.js';
import type { MapDef } from '../object/program.js';
import type { SymbolTable } from './symbols.js';

/** Creation flag of arrays that may stand in for an inner map of another size: their lookup stays a call. */
const BPF_F_INNER_MAP = 1 << 12;

/** The lookup that the hash tables' own operations are built on. */
const HTAB_LOOKUP = '__htab_map_lookup_elem';

/** Writes the lookup to `out`; false when this map's lookup stays a call. */
export function genLookup(
  out: PatchBuffer,
  map: MapDef,
  kind: NonNullable<MapOps['genLookup']>,
  profile: KernelProfile,
  symbols: SymbolTable,
): boolean {
  switch (kind) {
    case 'array':
      if ((map.flags & BPF_F_INNER_MAP) !== 0) return false;
      boundedIndex(out, map, profile.member('bpf_array', 'value').offset, 3);
      scaleIndex(out, roundUp8(map.valueSize));
      jmpA(out, 1);
      mov64Imm(out, BPF_REG_0, 0);
      return true;
    case 'percpu-array':
      if (!profile.features.inlinePercpuLookup || (map.flags & BPF_F_INNER_MAP) !== 0) return false;
      boundedIndex(out, map, profile.member('bpf_array', 'pptrs').offset, 5);
      alu64Imm(out, BPF_LSH, BPF_REG_0, 3);
      alu64Reg(out, BPF_ADD, BPF_REG_0, BPF_REG_1);
      ldxMem(out, BPF_DW, BPF_REG_0, BPF_REG_0, 0);
      movPercpu(out, BPF_REG_0, BPF_REG_0);
      jmpA(out, 1);
      mov64Imm(out, BPF_REG_0, 0);
      return true;
    case 'array-of-maps':
      boundedIndex(out, map, profile.member('bpf_array', 'value').offset, 5);
      scaleIndex(out, roundUp8(map.valueSize));
      ldxMem(out, BPF_DW, BPF_REG_0, BPF_REG_0, 0);
      jmpImm(out, BPF_JEQ, BPF_REG_0, 0, 1);
      jmpA(out, 1);
      mov64Imm(out, BPF_REG_0, 0);
      return true;
    case 'hash':
      lookupElement(out, symbols, HTAB_LOOKUP, 1);
      elementToValue(out, map, profile);
      return true;
    case 'lru-hash': {
      const ref =
        profile.member('htab_elem', 'lru_node').offset + profile.member('bpf_lru_node', 'ref').offset;
      lookupElement(out, symbols, HTAB_LOOKUP, 4);
      // Marks the element as used, unless it is marked already: the cache line may be shared.
      ldxMem(out, BPF_B, BPF_REG_1, BPF_REG_0, ref);
      jmpImm(out, BPF_JNE, BPF_REG_1, 0, 1);
      stMem(out, BPF_B, BPF_REG_0, ref, 1);
      elementToValue(out, map, profile);
      return true;
    }
    case 'percpu-hash':
      if (!profile.features.inlinePercpuLookup) return false;
      lookupElement(out, symbols, HTAB_LOOKUP, 3);
      elementToValue(out, map, profile);
      ldxMem(out, BPF_DW, BPF_REG_0, BPF_REG_0, 0);
      movPercpu(out, BPF_REG_0, BPF_REG_0);
      return true;
    case 'hash-of-maps':
      lookupElement(out, symbols, HTAB_LOOKUP, 2);
      elementToValue(out, map, profile);
      ldxMem(out, BPF_DW, BPF_REG_0, BPF_REG_0, 0);
      return true;
    case 'resizable-hash':
      lookupElement(out, symbols, 'rhtab_lookup_elem', 1);
      alu64Imm(out, BPF_ADD, BPF_REG_0, profile.member('rhtab_elem', 'data').offset + roundUp8(map.keySize));
      return true;
    case 'xsk':
      ldxMem(out, BPF_W, BPF_REG_0, BPF_REG_2, 0);
      (profile.features.xskIndex64 ? jmpImm : jmp32Imm)(out, BPF_JGE, BPF_REG_0, map.maxEntries, 5);
      alu64Imm(out, BPF_LSH, BPF_REG_0, 3);
      alu64Imm(out, BPF_ADD, BPF_REG_1, profile.member('xsk_map', 'xsk_map').offset);
      alu64Reg(out, BPF_ADD, BPF_REG_0, BPF_REG_1);
      ldxMem(out, BPF_DW, BPF_REG_0, BPF_REG_0, 0);
      jmpA(out, 1);
      mov64Imm(out, BPF_REG_0, 0);
      return true;
  }
}

function roundUp8(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** R1 = the array behind the map, R0 = the index at R2; jumps over `skip` instructions when it is out of bounds. */
function boundedIndex(out: PatchBuffer, map: MapDef, offset: number, skip: number): void {
  alu64Imm(out, BPF_ADD, BPF_REG_1, offset);
  ldxMem(out, BPF_W, BPF_REG_0, BPF_REG_2, 0);
  jmpImm(out, BPF_JGE, BPF_REG_0, map.maxEntries, skip);
}

/** R0 = R1 + R0 * size. */
function scaleIndex(out: PatchBuffer, size: number): void {
  if ((size & (size - 1)) === 0) alu64Imm(out, BPF_LSH, BPF_REG_0, 31 - Math.clz32(size));
  else alu64Imm(out, BPF_MUL, BPF_REG_0, size);
  alu64Reg(out, BPF_ADD, BPF_REG_0, BPF_REG_1);
}

/** R0 = the hash element; jumps over `skip` instructions when there is none. */
function lookupElement(out: PatchBuffer, symbols: SymbolTable, lookup: string, skip: number): void {
  callHelper(out, symbols.number(lookup));
  jmpImm(out, BPF_JEQ, BPF_REG_0, 0, skip);
}

/** R0 = the value behind the element's key. */
function elementToValue(out: PatchBuffer, map: MapDef, profile: KernelProfile): void {
  alu64Imm(out, BPF_ADD, BPF_REG_0, profile.member('htab_elem', 'key').offset + roundUp8(map.keySize));
}
