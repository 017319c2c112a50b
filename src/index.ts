/**
 * bpf-patchbench as a library: load an object as libbpf hands it to the kernel, derive the check's facts, run the kernel's
 * rewriting passes over any store, look at the result, measure it. Every name carries its own documentation; coordinates
 * are instruction slots unless a name says bytes or words.
 *
 *     const object = loadObject('prog.bpf.o', { kernel: kernelTargetOf('6.12') });
 *     const { linear, counts } = rewriteProgram(object, object.programs[0], profileOf('6.12'), 'linked-list');
 *
 * Errors: `ObjectError` for files that cannot be used, `VerifierError` for programs that cannot be checked, `FixupError`
 * for what the kernel would refuse to rewrite, `PatchRangeError` for branches that get too long. Their messages are one
 * line each.
 */

// Loading: what libbpf does before BPF_PROG_LOAD.
export { loadObject } from './object/index.js';
export { ObjectError } from './object/program.js';
export type { BpfObject, BpfProgram, MapDef, ProgramFailure, Subprog } from './object/program.js';

// Kernels: what distinguishes releases, and the types programs are relocated against.
export { DEFAULT_RELEASE, profileOf, RELEASES } from './kernel/index.js';
export { kernelTargetOf } from './kernel/image.js';
export type { KernelProfile } from './kernel/profile.js';

// Facts: what do_check() leaves in insn_aux_data.
export { check, deriveFacts, VerifierError } from './verifier/index.js';
export type { CheckOptions, CheckResult, CheckStats, Facts } from './verifier/index.js';

// Passes: the kernel's rewriting over a store.
export { layOut, newEnv, PASSES, runPasses } from './fixups/pipeline.js';
export type { PipelineOptions, Prepared } from './fixups/pipeline.js';
export { FixupError } from './fixups/pass.js';
export type { FixupEnv, Pass } from './fixups/pass.js';
export { prepare, rewriteProgram } from './fixups/rewrite.js';
export type { Rewritten } from './fixups/rewrite.js';
export { traceRewrite } from './fixups/provenance.js';
export type { Origin, Provenance } from './fixups/provenance.js';
export type { Edit } from './fixups/traced-store.js';
export { dumpAsJson, dumpBytes, dumpListing, dumpXlated } from './fixups/dump.js';
export type { DumpInput, XlatedDump } from './fixups/dump.js';
export { Patcher } from './patcher.js';
export type { PatchCounts } from './patcher.js';

// Stores: the contract, the strategies, and what one of your own is made from.
export { REFERENCE, STRATEGIES, strategyOf } from '../strategies/index.js';
export type { StoreOptions, Strategy, Tunable } from '../strategies/index.js';
export * from '../strategies/store.js';
export { DeferringStore } from '../strategies/deferring-store.js';
export { PATCH_MAX, PatchBuffer } from '../strategies/patch-buffer.js';
export type { LinearProgram } from '../strategies/linear-program.js';

// Measuring: one strategy on one workload in this process; rows to CSV and back.
export { DifferenceError, measureStrategy, referenceDigest } from './bench/sampling.js';
export type { PhaseResult, SamplingOptions } from './bench/sampling.js';
export { ProgramWorkload } from './bench/program-workload.js';
export { PhaseLog } from './bench/phase-log.js';
export type { MeasuredStrategy, Workload } from './bench/workload.js';
export { digestOf, firstDifference, sameProgram } from './bench/linear-compare.js';
export { COLUMNS, ColumnError, emptyRow } from './bench/columns.js';
export type { Column, ColumnName, Row } from './bench/columns.js';
export { readCsv, rowsFromCsv, rowsToCsv } from './bench/csv.js';
