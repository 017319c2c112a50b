/**
 * Asks kernels what they make of every context access (src/fixups/context/testing/accesses.ts):
 *
 *     node dist/scripts/context-truth.js sources DIR           writes C files, to be compiled by `clang -O2 -g -target bpf`
 *     node dist/scripts/kernel-oracle.js RELEASE --out ANSWERS DIR/*.o
 *     node dist/scripts/context-truth.js digests ANSWERS
 *
 * The last prints what src/fixups/context/testing/kernel-truth.ts holds for the release. Kinds of instructions that a kernel
 * refuses everywhere (sign-extending loads in 6.1) are left out.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CONTEXT_KINDS,
  REFUSED,
  accessCases,
  digestOf,
  hexOf,
  type AccessKind,
  type ContextKind,
} from '../src/fixups/context/testing/accesses.js';

/** Programs per object: libbpf opens an object anew for each. */
const PROGRAMS_PER_FILE = 60;

interface ProgramTruth {
  readonly name: string;
  readonly verdict: string;
  readonly insns?: readonly string[];
}

function fileNames(kind: ContextKind): string[] {
  const files = Math.ceil(accessCases(kind).length / PROGRAMS_PER_FILE);
  return Array.from({ length: files }, (_, i) => `${kind.name}-${i}`);
}

/** A naked function of the raw instructions: the compiler adds nothing to them. */
function functionOf(section: string, name: string, insns: Int32Array): string {
  const slots = Array.from({ length: insns.length / 2 }, (_, slot) => {
    const [low = 0, high = 0] = insns.subarray(2 * slot, 2 * slot + 2);
    return `.long ${low}, ${high}`;
  });
  const body = slots.map((slot) => `"${slot}\\n"`).join(' ');
  return `__attribute__((section("${section}"), used, naked)) int ${name}(void *ctx) { asm volatile(${body}); }`;
}

function writeSources(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const kind of CONTEXT_KINDS) {
    const cases = accessCases(kind);
    for (const [i, file] of fileNames(kind).entries()) {
      const part = cases.slice(i * PROGRAMS_PER_FILE, (i + 1) * PROGRAMS_PER_FILE);
      const lines = ['__attribute__((section("license"), used)) char _license[] = "GPL";'];
      for (const { name, insns } of part) lines.push(functionOf(kind.section, name, insns));
      writeFileSync(join(folder, `${file}.c`), `${lines.join('\n')}\n`);
    }
  }
}

/** Instruction bytes in memory order as two words. */
function wordsOf(insn: string): number[] {
  const bytes = Buffer.from(insn, 'hex');
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}

function answersOf(folder: string, kind: ContextKind): Map<string, string> {
  const answers = new Map<string, string>();
  for (const file of fileNames(kind)) {
    const text = readFileSync(join(folder, `${file}.o.json`), 'utf8');
    const { programs } = JSON.parse(text) as { readonly programs: readonly ProgramTruth[] };
    for (const { name, verdict, insns } of programs) {
      if (verdict !== 'success' && verdict !== 'failure') throw new Error(`${file}: ${name}: ${verdict}`);
      answers.set(name, insns === undefined ? REFUSED : hexOf(insns.flatMap(wordsOf), insns.length));
    }
  }
  return answers;
}

function printDigests(folder: string): void {
  const answers = new Map(CONTEXT_KINDS.map((kind) => [kind, answersOf(folder, kind)]));
  const answerTo = (kind: ContextKind, name: string): string => {
    const answer = answers.get(kind)?.get(name);
    if (answer === undefined) throw new Error(`${kind.name}: no answer for ${name}`);
    return answer;
  };
  const known = new Set<AccessKind>();
  for (const kind of CONTEXT_KINDS)
    for (const access of accessCases(kind))
      if (answerTo(kind, access.name) !== REFUSED) known.add(access.kind);

  console.log(`    kinds: [${[...known].map((kind) => `'${kind}'`).join(', ')}],`);
  console.log('    digests: {');
  for (const kind of CONTEXT_KINDS) {
    const lines = accessCases(kind)
      .filter((access) => known.has(access.kind))
      .map(({ name }) => [name, answerTo(kind, name)] as const);
    console.log(`      ${kind.name}: '${digestOf(lines)}',`);
  }
  console.log('    },');
}

const [command, folder, ...rest] = process.argv.slice(2);
if (command === 'sources' && rest.length === 0) writeSources(folder);
else if (command === 'digests' && rest.length === 0) printDigests(folder);
else {
  console.error('usage: context-truth sources DIR | digests ANSWERS');
  process.exit(1);
}
