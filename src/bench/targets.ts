/** Targets from object files: one per program. */
import type { BpfObject } from '../object/program.js';
import type { Target } from './measure.js';

/** How the programs are loaded. */
export interface LoadOptions {
  /** Release whose rewriting is run. */
  readonly kernel: string;
  /** File with the types to relocate against; the release's own when absent. */
  readonly btf?: string;
  readonly seed: string;
  /** As with the load flag `BPF_F_TEST_RND_HI32`. */
  readonly rndHi32: boolean;
  /** As with `net.core.bpf_jit_harden`. */
  readonly blindConstants: boolean;
}

/** Every program of the object that was read from `path`, in the file's order. */
export function targetsOf(path: string, object: BpfObject, load: LoadOptions): Target[] {
  return object.programs.map((program, at) => ({
    fileName: object.fileName,
    progName: program.name + variantOf(load),
    workload: { kind: 'program', path, program: at, ...load },
    slots: program.insns.length / 2,
  }));
}

/** A synthetic shape; its name stands for its size and form. Each has its processes to itself. */
export function syntheticTarget(shape: string, seed: string): Target {
  return { fileName: 'synthetic', progName: shape, workload: { kind: 'synthetic', shape, seed } };
}

function variantOf({ rndHi32, blindConstants }: LoadOptions): string {
  return (rndHi32 ? '+rnd_hi32' : '') + (blindConstants ? '+blinded' : '');
}
