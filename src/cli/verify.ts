/** `patchbench verify OBJECTS…`: do all strategies rewrite these programs to the same instructions? */
import type { Command } from 'commander';
import { REFERENCE, strategyOf, type Strategy } from '../../strategies/index.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { firstDifference } from '../bench/linear-compare.js';
import { layOut, newEnv, runPasses, type PipelineOptions, type Prepared } from '../fixups/pipeline.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import type { KernelProfile } from '../kernel/profile.js';
import { loadObject } from '../object/index.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { formatTable } from '../report/table.js';
import { deriveFacts } from '../verifier/index.js';
import { expandObjects } from './objects.js';
import { listOf } from './option-values.js';
import { EXIT_FAILURE, EXIT_OK, oneLine, say } from './outcome.js';
import { kernelRelease } from './release.js';
import { chosenStrategies } from './run.js';

interface VerifyOptions {
  readonly strategy?: readonly string[];
  readonly kernel: string;
  readonly btf?: string;
  readonly seed: string;
  readonly rndHi32: boolean;
  readonly blindConstants: boolean;
}

/** Adds the command; it sets `process.exitCode`: 0 when every program could be compared and all are equal. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('rewrite programs over every strategy and the slow reference, and compare bit for bit')
    .argument('<objects...>', 'object files, folders of them, @LIST reads names from a file')
    .option('--strategy <names>', 'strategies to compare (default: all)', listOf)
    .option('--kernel <release>', 'kernel release to rewrite for', kernelRelease, DEFAULT_RELEASE)
    .option('--btf <file>', 'kernel types to relocate against (default: those of the release)')
    .option('--seed <seed>', 'seed of all random numbers', 'patchbench')
    .option('--rnd-hi32', 'load with BPF_F_TEST_RND_HI32', false)
    .option('--blind-constants', 'blind constants afterwards, as bpf_jit_harden does', false)
    .addHelpText(
      'after',
      `
Examples:
  patchbench verify corpus/xdp_balancer.bpf.o
  patchbench verify corpus/divisions.bpf.o --blind-constants --strategy rope,batch`,
    )
    .action((objects: string[], options: VerifyOptions) => {
      process.exitCode = verify(expandObjects(objects), options);
    });
}

/** What came of one program: a line of the table. */
interface Compared {
  readonly object: BpfObject;
  readonly program: BpfProgram;
  /** Instructions after the rewriting; null when even the reference fails. */
  readonly slotsOut: number | null;
  /** Strategies whose output is the reference's; a failure counts when it has the same message. */
  readonly equal: number;
}

function verify(paths: readonly string[], options: VerifyOptions): number {
  const profile = profileOf(options.kernel);
  const strategies = chosenStrategies(options.strategy).map(strategyOf);
  const { seed, rndHi32, blindConstants } = options;
  const compared: Compared[] = [];
  const problems: string[] = [];
  const complain = (line: string) => {
    problems.push(line);
    say(oneLine(line));
  };
  for (const path of paths) {
    try {
      const object = loadObject(path, { kernel: kernelTargetOf(options.kernel, options.btf) });
      for (const { program, reason } of object.failures) complain(`${path}: ${program}: ${reason}`);
      for (const program of object.programs)
        compared.push(
          compare(object, program, profile, { seed, rndHi32, blindConstants }, strategies, (line) => {
            complain(`${path}: ${program.name}: ${line}`);
          }),
        );
    } catch (error) {
      complain(oneLine(error));
    }
  }
  process.stdout.write(table(compared, strategies.length));
  return problems.length === 0 ? EXIT_OK : EXIT_FAILURE;
}

function compare(
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  options: PipelineOptions,
  strategies: readonly Strategy[],
  complain: (line: string) => void,
): Compared {
  let prepared: Prepared;
  try {
    prepared = layOut(object, program, profile, options, deriveFacts(object, program, profile));
  } catch (error) {
    complain(oneLine(error));
    return { object, program, slotsOut: null, equal: 0 };
  }
  const expected = rewritten(REFERENCE, prepared);
  if (typeof expected === 'string') complain(expected);
  let equal = 0;
  for (const strategy of strategies) {
    const difference = differenceOf(rewritten(strategy, prepared), expected);
    if (difference === undefined) equal++;
    else complain(`${strategy.name}: ${difference}`);
  }
  return { object, program, slotsOut: typeof expected === 'string' ? null : expected.length, equal };
}

/** The rewritten program, or the message of the error that ended it. */
function rewritten(strategy: Strategy, prepared: Prepared): LinearProgram | string {
  try {
    const store = strategy.create(prepared.input);
    runPasses(newEnv(prepared, store));
    return store.finish();
  } catch (error) {
    return oneLine(error);
  }
}

function differenceOf(got: LinearProgram | string, expected: LinearProgram | string): string | undefined {
  if (typeof got === 'string' || typeof expected === 'string') {
    if (got === expected) return undefined;
    return typeof got === 'string' ? `fails: ${got}` : 'goes well where the reference fails';
  }
  return firstDifference(got, expected);
}

function table(compared: readonly Compared[], strategies: number): string {
  return formatTable(
    [
      { heading: 'File', align: 'left' },
      { heading: 'Program', align: 'left' },
      { heading: 'Insns', align: 'right' },
      { heading: 'Insns out', align: 'right' },
      { heading: 'Equal', align: 'left' },
    ],
    compared.map(({ object, program, slotsOut, equal }) => [
      object.fileName,
      program.name,
      program.insns.length / 2,
      slotsOut,
      `${equal} of ${strategies}`,
    ]),
  );
}
