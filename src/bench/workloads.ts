/** Makes the workload that a spec names. */
import { layOut } from '../fixups/pipeline.js';
import { profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import type { KernelProfile } from '../kernel/profile.js';
import { loadObject } from '../object/index.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import type { Facts } from '../verifier/facts.js';
import { Anatomy } from './anatomy.js';
import type { ProgramSpec, WorkloadSpec } from './child-protocol.js';
import type { Made } from './child-server.js';
import { ProgramWorkload } from './program-workload.js';
import { shapeOf } from './workloads/index.js';
import { SyntheticRun } from './workloads/synthetic-run.js';

/**
 * The workload of a spec; for a program, from `facts` of an earlier check where there are any.
 * @throws ObjectError, VerifierError, or an Error of one line for what does not exist
 */
export async function workloadOf(spec: WorkloadSpec, facts: Facts | undefined): Promise<Made> {
  switch (spec.kind) {
    case 'program':
      return programWorkload(spec, facts);
    case 'synthetic':
      return {
        workload: new Anatomy(new SyntheticRun(shapeOf(spec.shape), spec.seed)),
        facts: undefined,
      };
  }
}

/** The object read last: the programs of one follow each other. */
let last: { readonly key: string; readonly object: BpfObject } | undefined;

function objectOf({ path, kernel, btf }: ProgramSpec): BpfObject {
  const key = JSON.stringify([path, kernel, btf]);
  if (last?.key !== key) last = { key, object: loadObject(path, { kernel: kernelTargetOf(kernel, btf) }) };
  return last.object;
}

async function programWorkload(spec: ProgramSpec, known: Facts | undefined): Promise<Made> {
  const object = objectOf(spec);
  const program = object.programs.at(spec.program);
  if (program === undefined) throw new Error(`${object.fileName}: no program ${spec.program}`);
  const { seed, rndHi32, blindConstants } = spec;
  const options = { seed, rndHi32, blindConstants };
  const profile = profileOf(spec.kernel);
  const facts = known ?? (await derive(object, program, profile));
  const prepared = layOut(object, program, profile, options, facts);
  return { workload: new Anatomy(new ProgramWorkload(prepared)), facts };
}

/** Checks the program. Loading the check takes a third of a process' start, and only one in seven needs it. */
async function derive(object: BpfObject, program: BpfProgram, profile: KernelProfile): Promise<Facts> {
  const { deriveFacts } = await import('../verifier/index.js');
  return deriveFacts(object, program, profile);
}
