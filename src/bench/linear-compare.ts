/** Two rewritten programs side by side: equal bit for bit, or the first place where they differ. */
import { createHash } from 'node:crypto';
import type { LinearPoke, LinearProgram, LinearSubprog } from '../../strategies/linear-program.js';

/** Every word of a rewritten program as the bytes that a digest and an equality test read. */
function parts(program: LinearProgram): readonly ArrayBufferView[] {
  const { length, auxWords, subprogs, lineInfo, pokes } = program;
  return [
    Int32Array.of(length, auxWords, subprogs.length, lineInfo.length, program.insnArray.length, pokes.length),
    program.insns.subarray(0, 2 * length),
    program.aux.subarray(0, auxWords * length),
    Int32Array.from(subprogs.flatMap(subprogWords)),
    lineInfoWords(program),
    program.insnArray,
    Int32Array.from(pokes.flatMap(pokeWords)),
  ];
}

function subprogWords(subprog: LinearSubprog): number[] {
  return [subprog.id, subprog.start, subprog.lineInfoIndex];
}

function pokeWords(poke: LinearPoke): number[] {
  return [poke.slot, poke.map, poke.key];
}

function lineInfoWords({ lineInfo }: LinearProgram): Int32Array {
  const words = new Int32Array(2 * lineInfo.length);
  lineInfo.forEach((entry, at) => {
    words[2 * at] = entry.index;
    words[2 * at + 1] = entry.slot;
  });
  return words;
}

/** SHA-256 in hex over everything in the program: equal for equal programs, on any machine of one byte order. */
export function digestOf(program: LinearProgram): string {
  const hash = createHash('sha256');
  for (const part of parts(program)) hash.update(bytesOf(part));
  return hash.digest('hex');
}

/** Is everything in the two programs the same? Some hundred times faster than two digests. */
export function sameProgram(a: LinearProgram, b: LinearProgram): boolean {
  const ofB = parts(b);
  return parts(a).every((part, at) => bytesOf(part).equals(bytesOf(ofB[at])));
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * The first difference in one line, instructions before everything else: `slot 17: 00000000 95000000, reference …`.
 * Undefined when the programs are the same.
 */
export function firstDifference(got: LinearProgram, reference: LinearProgram): string | undefined {
  const slots = Math.min(got.length, reference.length);
  for (let slot = 0; slot < slots; slot++) {
    const a = hexInsn(got, slot);
    const b = hexInsn(reference, slot);
    if (a !== b) return `slot ${slot}: ${a}, reference ${b}`;
  }
  if (got.length !== reference.length)
    return `slot ${slots}: ${got.length} instructions, reference ${reference.length}`;
  if (got.auxWords !== reference.auxWords)
    return `aux records of ${got.auxWords} words, reference ${reference.auxWords}`;
  for (let at = 0; at < slots * got.auxWords; at++) {
    if (got.aux[at] !== reference.aux[at])
      return (
        `slot ${Math.floor(at / got.auxWords)}: aux word ${at % got.auxWords} is ${got.aux[at]}, ` +
        `reference ${reference.aux[at]}`
      );
  }
  return (
    differingEntry('subprogram', got.subprogs, reference.subprogs, subprogWords) ??
    differingEntry('line info', got.lineInfo, reference.lineInfo, ({ index, slot }) => [index, slot]) ??
    differingEntry('insn array', [...got.insnArray], [...reference.insnArray], (slot) => [slot]) ??
    differingEntry('poke descriptor', got.pokes, reference.pokes, pokeWords)
  );
}

/** Both words of an instruction in hex. */
function hexInsn({ insns }: LinearProgram, slot: number): string {
  return [insns[2 * slot], insns[2 * slot + 1]]
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join(' ');
}

function differingEntry<T>(
  kind: string,
  got: readonly T[],
  reference: readonly T[],
  words: (entry: T) => readonly number[],
): string | undefined {
  const count = Math.max(got.length, reference.length);
  for (let at = 0; at < count; at++) {
    const a = at < got.length ? words(got[at]).join('/') : 'none';
    const b = at < reference.length ? words(reference[at]).join('/') : 'none';
    if (a !== b) return `${kind} ${at}: ${a}, reference ${b}`;
  }
  return undefined;
}
