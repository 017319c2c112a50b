/** Makes the workload that a spec names. */
import { prepare } from '../fixups/pipeline.js';
import { profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import { loadObject } from '../object/index.js';
import type { Facts } from '../verifier/facts.js';
import type { ProgramSpec, WorkloadSpec } from './child-protocol.js';
import type { Made } from './child-server.js';
import { ProgramWorkload } from './program-workload.js';
import { SyntheticRun } from './synthetic-workload.js';
import { shapeOf, synthesize } from './synthetic.js';

/**
 * The workload of a spec; for a program, from `facts` of an earlier check where there are any.
 * @throws ObjectError, VerifierError, or an Error of one line for what does not exist
 */
export function workloadOf(spec: WorkloadSpec, facts: Facts | undefined): Made {
  switch (spec.kind) {
    case 'program':
      return programWorkload(spec, facts);
    case 'synthetic':
      return {
        workload: new SyntheticRun(synthesize(shapeOf(spec.shape), spec.seed)),
        facts: undefined,
      };
  }
}

function programWorkload(spec: ProgramSpec, known: Facts | undefined): Made {
  const object = loadObject(spec.path, { kernel: kernelTargetOf(spec.kernel, spec.btf) });
  const program = object.programs.at(spec.program);
  if (program === undefined) throw new Error(`${object.fileName}: no program ${spec.program}`);
  const { seed, rndHi32, blindConstants } = spec;
  const options = { seed, rndHi32, blindConstants };
  const prepared = prepare(object, program, profileOf(spec.kernel), options, known);
  return { workload: new ProgramWorkload(prepared), facts: prepared.facts };
}
