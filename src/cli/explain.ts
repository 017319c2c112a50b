/**
 * `patchbench explain OBJECT`: which pass and which rule of it made an instruction of the rewritten program, from which
 * instruction as loaded and which source line.
 */
import type { Command } from 'commander';
import { dumpXlated } from '../fixups/dump.js';
import { layOut } from '../fixups/pipeline.js';
import { lineOf, traceRewrite, type Provenance } from '../fixups/provenance.js';
import type { Edit } from '../fixups/traced-store.js';
import { disassemble } from '../isa/disassembler.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { kernelTargetOf } from '../kernel/image.js';
import type { KernelProfile } from '../kernel/profile.js';
import { loadObject } from '../object/index.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { formatTable } from '../report/table.js';
import { deriveFacts } from '../verifier/index.js';
import { loadedTexts, rewrittenTexts, type InsnText } from './insn-texts.js';
import { integerFrom } from './option-values.js';
import { UsageError } from './outcome.js';
import { chosenPrograms, namesOf } from './programs.js';
import { kernelRelease } from './release.js';
import { farCallsOf } from './xlated.js';

interface ExplainOptions {
  readonly prog?: string;
  readonly slot?: number;
  readonly original?: number;
  readonly kernel: string;
  readonly btf?: string;
  readonly rndHi32: boolean;
  readonly blindConstants: boolean;
}

/** Adds the command. */
export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description('say which pass and rule made an instruction of the rewritten program, and from what')
    .argument('<object>', 'BPF object file made by clang')
    .option('--prog <name>', 'program (needed when the object has several)')
    .option('--slot <k>', 'instruction of the rewritten program', integerFrom(0))
    .option('--original <k>', 'instruction as loaded: what became of it', integerFrom(0))
    .option('--kernel <release>', 'kernel release to rewrite for', kernelRelease, DEFAULT_RELEASE)
    .option('--btf <file>', 'kernel types to relocate against (default: those of the release)')
    .option('--rnd-hi32', 'load with BPF_F_TEST_RND_HI32', false)
    .option('--blind-constants', 'blind constants afterwards, as bpf_jit_harden does', false)
    .addHelpText(
      'after',
      `
Examples:
  patchbench explain corpus/xdp_balancer.bpf.o --prog balance
  patchbench explain corpus/xdp_balancer.bpf.o --prog balance --slot 12
  patchbench explain corpus/xdp_balancer.bpf.o --prog balance --original 12

Without --slot and --original: how often each rule was applied.`,
    )
    .action((file: string, options: ExplainOptions) => {
      process.stdout.write(explain(file, options));
    });
}

/** What there is to say about the program, with both texts at hand. */
interface Explained extends Provenance {
  readonly object: BpfObject;
  readonly program: BpfProgram;
  readonly loaded: InsnText;
  readonly rewritten: InsnText;
}

function explain(file: string, options: ExplainOptions): string {
  if (options.slot !== undefined && options.original !== undefined)
    throw new UsageError('--slot and --original exclude each other');
  const profile = profileOf(options.kernel);
  const object = loadObject(file, { kernel: kernelTargetOf(options.kernel, options.btf) });
  const programs = chosenPrograms(file, object, options.prog);
  if (programs.length !== 1)
    throw new UsageError(`${file}: name one program with --prog (it has: ${namesOf(programs)})`);
  const explained = explainedOf(object, programs[0], profile, options);
  if (options.slot !== undefined) return describeSlot(explained, options.slot);
  if (options.original !== undefined) return describeOriginal(explained, options.original);
  return formatRules(explained);
}

function explainedOf(
  object: BpfObject,
  program: BpfProgram,
  profile: KernelProfile,
  { rndHi32, blindConstants }: ExplainOptions,
): Explained {
  const facts = deriveFacts(object, program, profile);
  const prepared = layOut(object, program, profile, { rndHi32, blindConstants }, facts);
  const provenance = traceRewrite(prepared);
  const dump = dumpXlated({
    linear: provenance.linear,
    object,
    program,
    symbols: provenance.symbols,
    farCalls: farCallsOf(profile),
  });
  return {
    ...provenance,
    object,
    program,
    loaded: loadedTexts(object, program, profile),
    rewritten: rewrittenTexts(dump),
  };
}

function describeSlot(explained: Explained, slot: number): string {
  const { origins, program, rewritten } = explained;
  if (slot >= origins.length)
    throw new UsageError(
      `${program.name} has ${origins.length} instructions after the rewriting, no slot ${slot}`,
    );
  const { originalSlot, edits, run } = origins[slot];
  const lines = [`${slot}: ${rewritten(slot) ?? 'second half of a 64-bit load'}`];
  if (edits.length === 0) lines.push('  as loaded; no pass changed it');
  edits.forEach((edit, at) => {
    lines.push(`  ${at === 0 ? 'made by' : 'and before by'} ${edit.pass}: ${edit.rule}`);
    lines.push(`    from ${beforeText(edit)}`);
  });
  if (run[1] > run[0]) {
    lines.push(`  together with`);
    for (let other = run[0]; other <= run[1]; other++) {
      const text = rewritten(other);
      if (other !== slot && text !== undefined) lines.push(`    ${other}: ${text}`);
    }
  }
  lines.push(...loadedLines(explained, originalSlot));
  return lines.map((line) => `${line}\n`).join('');
}

function describeOriginal(explained: Explained, original: number): string {
  const { origins, program, survives, loaded, rewritten } = explained;
  if (original >= survives.length)
    throw new UsageError(
      `${program.name} has ${survives.length} instructions as loaded, no slot ${original}`,
    );
  const lines = [`${original}: ${loaded(original) ?? 'second half of a 64-bit load'}`];
  if (!survives[original]) lines.push('  removed: never reached, or it did nothing');
  else {
    lines.push('  became');
    origins.forEach(({ originalSlot, edits }, slot) => {
      const text = rewritten(slot);
      if (originalSlot !== original || text === undefined) return;
      const by = edits.length === 0 ? 'as loaded' : `${edits[0].pass}: ${edits[0].rule}`;
      lines.push(`    ${slot}: ${text}    [${by}]`);
    });
  }
  lines.push(...sourceLines(explained, original));
  return lines.map((line) => `${line}\n`).join('');
}

function beforeText({ before, length, kind }: Edit): string {
  const text = disassemble(Int32Array.from(before), 0);
  return kind === 'patch' && length > 1 ? `${text}, now ${length} instructions` : text;
}

function loadedLines(explained: Explained, original: number): string[] {
  const text = explained.loaded(original) ?? 'second half of a 64-bit load';
  return [`  loaded as ${original}: ${text}`, ...sourceLines(explained, original)];
}

function sourceLines({ object, program }: Explained, original: number): string[] {
  const entry = lineOf(program, original);
  if (entry === undefined || object.btf === undefined)
    return ['  source unknown: the object has no line info for it'];
  const file = object.btf.string(entry.fileNameOff);
  return [`  source ${file}:${entry.line}:${entry.column}: ${object.btf.string(entry.lineOff).trim()}`];
}

/** How often each rule was applied, how many instructions of the result are from it. */
function formatRules({ origins, survives, program }: Explained): string {
  const rules = new Map<string, { edits: Set<Edit>; insns: number }>();
  for (const { edits } of origins)
    for (const edit of edits) {
      const key = JSON.stringify([edit.pass, edit.rule]);
      const rule = rules.get(key) ?? { edits: new Set(), insns: 0 };
      rules.set(key, rule);
      rule.edits.add(edit);
      if (edit === edits[0]) rule.insns++;
    }
  const table = formatTable(
    [
      { heading: 'Pass', align: 'left' },
      { heading: 'Rule', align: 'left' },
      { heading: 'Applied', align: 'right' },
      { heading: 'Insns of it', align: 'right' },
    ],
    [...rules].map(([key, { edits, insns }]) => [
      ...(JSON.parse(key) as [string, string]),
      edits.size,
      insns,
    ]),
  );
  const removed = survives.filter((there) => !there).length;
  return (
    `${table}${program.name}: ${survives.length} instructions as loaded, ` +
    `${origins.length} after the rewriting; ${removed} of the loaded ones are gone without a trace.\n`
  );
}
