/** The commands of `patchbench`. */
import { Command } from 'commander';
import { packageVersion } from '../bench/checkout.js';
import { registerList } from './list.js';
import { oneLineErrors } from './outcome.js';
import { registerExplain } from './explain.js';
import { registerReport } from './report.js';
import { registerRun } from './run.js';
import { registerVerify } from './verify.js';
import { registerVerifyGolden } from './verify-golden.js';
import { registerXlated } from './xlated.js';

/** The command line, ready to parse; errors are thrown, never exits. */
export function makeProgram(): Command {
  const program = new Command('patchbench')
    .description(
      'Measures the ways Linux could hold the instructions of a BPF program while bpf_patch_insn_data() rewrites it.',
    )
    .version(`patchbench v${packageVersion()}`, '-V, --version');
  oneLineErrors(program);
  registerRun(program);
  registerXlated(program);
  registerVerify(program);
  registerVerifyGolden(program);
  registerExplain(program);
  registerList(program);
  registerReport(program);
  return program;
}
