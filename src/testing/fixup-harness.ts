/**
 * Runs one pass over a program written down in a test, with facts as the test states them: what a pass makes of an
 * instruction is then compared slot by slot with what the kernel's source says.
 */
import { InsnList, type InsnSink } from '../isa/builders.js';
import type { BpfObject, BpfProgram, MapDef } from '../object/program.js';
import { profileOf } from '../kernel/index.js';
import { newEnv, type PipelineOptions } from '../fixups/pipeline.js';
import type { FixupEnv, Pass } from '../fixups/pass.js';
import { strategyOf } from '../../strategies/index.js';
import type { LinearProgram } from '../../strategies/linear-program.js';
import { AUX_ORIG, AUX_SEEN, type StoreInput } from '../../strategies/store.js';
import type { Facts, SubprogFacts } from '../verifier/facts.js';
import { PLAIN_MAP } from './plain-map.js';

/** Writes instructions one after the other. */
export type Listing = (out: InsnSink) => void;

/** A program and the facts about it; what is absent has the plainest value. */
export interface PassCase {
  readonly insns: Listing;
  /** `enum bpf_prog_type`, default socket filter (1). */
  readonly type?: number;
  readonly attachType?: number;
  readonly flags?: number;
  readonly maps?: readonly Partial<MapDef>[];
  /** Start slots of the subprograms, default one that starts at 0. */
  readonly subprogs?: readonly number[];
  /** Facts per subprogram, default no stack. */
  readonly subprogFacts?: readonly Partial<SubprogFacts>[];
  /** Aux words that are not 0, by original slot and word. All instructions are seen unless it says otherwise. */
  readonly aux?: Readonly<Record<number, Readonly<Record<number, number>>>>;
  readonly seenDirectWrite?: boolean;
  readonly seenException?: boolean;
  readonly exceptionCallback?: number;
  readonly release?: string;
  readonly options?: PipelineOptions;
}

/** What a pass made. */
export interface PassResult {
  readonly linear: LinearProgram;
  readonly env: FixupEnv;
  /** The instructions, `word0 word1` in hexadecimal, one string a slot. */
  readonly insns: readonly string[];
}

/** Instructions as `runPass` reports them, to compare with. */
export function listing(build: Listing): string[] {
  const out = new InsnList();
  build(out);
  return hex(out.words(), out.length);
}

function hex(words: Int32Array, length: number): string[] {
  const digits = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  return Array.from({ length }, (_, slot) => `${digits(words[2 * slot])} ${digits(words[2 * slot + 1])}`);
}

/** Runs `pass` over the case on the named strategy. */
export function runPass(pass: Pass, given: PassCase, strategy = 'array'): PassResult {
  const out = new InsnList();
  given.insns(out);
  const profile = profileOf(given.release ?? '6.12');
  const slots = out.length;
  const auxWords = profile.auxBytes / 4;
  const aux = new Uint32Array(slots * auxWords);
  for (let slot = 0; slot < slots; slot++) {
    aux[slot * auxWords + AUX_ORIG] = slot + 1;
    aux[slot * auxWords + AUX_SEEN] = 1;
    for (const [word, value] of Object.entries(given.aux?.[slot] ?? {}))
      aux[slot * auxWords + Number(word)] = value;
  }
  const starts = given.subprogs ?? [0];
  const program: BpfProgram = {
    name: 'entry',
    section: 'test',
    type: given.type ?? 1,
    attachType: given.attachType ?? 0,
    flags: given.flags ?? 0,
    attachTarget: '',
    insns: out.words(),
    subprogs: starts.map((start, index) => ({
      name: index === 0 ? 'entry' : `sub${index}`,
      start,
      global: false,
    })),
    lineInfo: [],
    funcInfo: [],
  };
  const object: BpfObject = {
    fileName: 'test.bpf.o',
    license: 'GPL',
    maps: (given.maps ?? []).map((map, index) => ({ ...PLAIN_MAP, name: `map${index}`, ...map })),
    programs: [program],
    failures: [],
  };
  const facts: Facts = {
    aux,
    auxWords,
    subprogs: starts.map((_, index) => ({
      stackDepth: 0,
      fastcallStackOff: 0,
      keepFastcallStack: false,
      ...given.subprogFacts?.[index],
    })),
    seenDirectWrite: given.seenDirectWrite ?? false,
    seenException: given.seenException ?? false,
    ...(given.exceptionCallback === undefined ? {} : { exceptionCallback: given.exceptionCallback }),
    steps: 0,
    unknowns: [],
  };
  const input: StoreInput = {
    insns: program.insns,
    aux,
    auxWords,
    subprogStarts: Int32Array.from(starts),
    lineInfoSlots: new Int32Array(0),
    insnArraySlots: new Int32Array(0),
  };
  const store = strategyOf(strategy).create(input);
  const env = newEnv({ object, program, profile, facts, input, options: given.options ?? {} }, store);
  if (pass.applies(env)) pass.run(env);
  const linear = store.finish();
  return { linear, env, insns: hex(linear.insns, linear.length) };
}
