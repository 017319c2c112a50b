/**
 * A program as libbpf hands it to `BPF_PROG_LOAD`: what the object loader makes and everything after it reads. All
 * coordinates are original slots; ELF bytes end in the loader.
 */

import type { DataVariable } from './data-sections.js';
import type { KernelModule, KernelTarget } from './kernel-target.js';

/** A map of the object, with what `BPF_MAP_CREATE` would be told. */
export interface MapDef {
  /** Name in the object, e.g. `counts` or `prog.rodata`. */
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  /** Bytes of a key. */
  readonly keySize: number;
  /** Bytes of a value. */
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_…` creation flags. */
  readonly flags: number;
  /** `map_extra` of the definition, 0 when absent. */
  readonly extra: bigint;
  /** Index in `BpfObject.maps` of the inner map's template; absent for maps that hold no maps. */
  readonly inner?: number;
  /** Initial contents of a global data map (`.rodata`, `.data`, `.bss`); absent for others. */
  readonly contents?: Uint8Array;
  /** The contents can never change (`.rodata`): the check takes loads from it for constants. */
  readonly frozen: boolean;
  /** BTF type ids of key and value in the object's BTF, 0 when not given. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /**
   * Of a global data map, the variables in the order of their offsets, which the DATASEC type itself may not know; absent
   * when the object has no BTF for them.
   */
  readonly variables?: readonly DataVariable[];
}

/** Entry of `.BTF.ext` line info, re-based on the program. */
export interface LineInfo {
  readonly slot: number;
  /** Offsets of the strings in the object's BTF; use `BpfObject.btf` to read them. */
  readonly fileNameOff: number;
  readonly lineOff: number;
  readonly line: number;
  readonly column: number;
}

/** Entry of `.BTF.ext` func info, re-based on the program: one per subprogram, in order. */
export interface FuncInfo {
  readonly slot: number;
  /** BTF type id of the FUNC. */
  readonly typeId: number;
}

/** A subprogram of a program. */
export interface Subprog {
  /** Symbol name. */
  readonly name: string;
  readonly start: number;
  /** The FUNC has global linkage: checked on its own, by its BTF prototype, when it is not the entry function. */
  readonly global: boolean;
}

/**
 * One loadable program: the entry function, then each subprogram it reaches, calls relocated.
 *
 * In `insns`, a 64-bit load of a map has source `BPF_PSEUDO_MAP_FD` or `BPF_PSEUDO_MAP_VALUE` and the map's index in
 * `BpfObject.maps` as its immediate (libbpf puts a file descriptor there); with `BPF_PSEUDO_FUNC` and in calls with
 * `BPF_PSEUDO_CALL` the immediate is the distance in slots from the next slot to the subprogram's start.
 */
export interface BpfProgram {
  /** Name of the entry function. */
  readonly name: string;
  /** ELF section, e.g. `xdp`, `tc`, `raw_tracepoint/sched_switch`. */
  readonly section: string;
  /** `enum bpf_prog_type` that libbpf takes from the section's name. */
  readonly type: number;
  /**
   * `enum bpf_attach_type` that libbpf passes as `expected_attach_type`; 0 when it passes none. Of `struct_ops` programs
   * the place of the member that the program implements.
   */
  readonly attachType: number;
  /** `BPF_F_SLEEPABLE`, `BPF_F_XDP_HAS_FRAGS` and other load flags that the section's name asks for. */
  readonly flags: number;
  /**
   * The section name's attach target, e.g. the kernel function of `fentry/…`; empty when it has none. Of `struct_ops`
   * programs the kernel's structure.
   */
  readonly attachTarget: string;
  /** `2 * slots` words. */
  readonly insns: Int32Array;
  /** Ascending, the entry function first. */
  readonly subprogs: readonly Subprog[];
  readonly lineInfo: readonly LineInfo[];
  /** Empty when the object has no func info. */
  readonly funcInfo: readonly FuncInfo[];
}

/** What of the object's BTF later rooms read. */
export interface ObjectBtf {
  /** String at an offset of the string section; empty when the offset is 0 or out of range. */
  string(offset: number): string;
  /** Name of the type, empty for anonymous ones and for ids out of range. */
  typeName(id: number): string;
}

/** A compiled BPF object, ready for the kernel program by program. */
export interface BpfObject {
  /** The file name it was read from, without folders. */
  readonly fileName: string;
  /** License string of the `license` section, empty when absent. */
  readonly license: string;
  readonly maps: readonly MapDef[];
  /** Programs that could be made, in the order of the file's sections. */
  readonly programs: readonly BpfProgram[];
  /** Programs that could not, each with the reason: one line. */
  readonly failures: readonly ProgramFailure[];
  /** Absent when the object has no BTF. */
  readonly btf?: ObjectBtf;
  /** The kernel it was relocated against; absent when none was given. */
  readonly kernel?: KernelTarget;
  /**
   * Modules of that kernel whose functions the programs call: the offset of such a call is the module's place here,
   * counted from 1. Absent for none.
   */
  readonly kernelModules?: readonly KernelModule[];
  /** Names of the kernel symbols whose addresses are in 64-bit loads of the programs; absent for none. */
  readonly symbolsByAddress?: ReadonlyMap<bigint, string>;
}

export interface ProgramFailure {
  readonly program: string;
  readonly section: string;
  readonly reason: string;
}

/**
 * An input that cannot be used. `message` is the one line a user sees after `patchbench: `: file, what is wrong, and
 * where (section, offset).
 */
export class ObjectError extends Error {
  constructor(fileName: string, what: string) {
    super(`${fileName}: ${what}`);
    this.name = 'ObjectError';
  }
}
