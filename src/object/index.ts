/** Loading BPF objects: `loadObject` for files, `parseObject` for bytes. */
export { loadObject, parseObject, typesOfObject } from './load.js';
export type { LoadOptions } from './load.js';
export { loadKernelBtf, loadModuleBtf, parseKallsyms, parseKernelConfig, rawBtf } from './kernel-target.js';
export type { KernelModule, KernelTarget } from './kernel-target.js';
export { Btf } from './btf.js';
export { ProgType, AttachType, BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS, sectionDef } from './programs.js';
export type { SectionDef } from './programs.js';
export { operationOf } from './struct-ops.js';
export * from './map-types.js';
export { ObjectError } from './program.js';
export type {
  BpfObject,
  BpfProgram,
  FuncInfo,
  LineInfo,
  MapDef,
  ObjectBtf,
  ProgramFailure,
  Subprog,
} from './program.js';
