/**
 * The corpus' manifest: which objects there are, how scripts/build-corpus makes each, and what it is there for. Whoever
 * takes the corpus takes it from here, so that an object that is missing, or that nobody listed, is an error and never a
 * program less.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from './checkout.js';

/**
 * The words of `exercises`, each with its meaning. The first are the passes (`PASSES` of src/fixups/pipeline.ts); the
 * others say which rewrites, or which shapes of program that rewriting must cope with, an object holds.
 */
export const EXERCISES = {
  'remove-fastcall-spills-fills': 'spills and fills around a call that keeps its registers',
  'optimize-bpf-loop': 'a bpf_loop call with one known callback',
  'hard-wire-dead-code-branches': 'a conditional jump that always goes one way',
  'remove-dead-code': 'instructions that nothing reaches',
  'remove-nops': 'a jump to the next instruction',
  'convert-ctx-accesses': 'accesses to the program type’s context',
  'misc-fixups': 'any of the rewrites of do_misc_fixups()',
  'zext-rnd-hi32': 'much 32-bit arithmetic, or compare-and-exchange of 32 bits',
  'blind-constants': 'many immediates',

  'ctx-load': 'a context field loaded at its full size',
  'ctx-load-narrow': 'part of a context field loaded',
  'ctx-store': 'a context field stored',
  'ctx-sk-buff': 'struct __sk_buff as a context',
  'ctx-xdp-md': 'struct xdp_md as a context',
  'ctx-sock': 'struct bpf_sock as a context',
  'ctx-sock-addr': 'struct bpf_sock_addr as a context',
  'ctx-sock-ops': 'struct bpf_sock_ops as a context',
  'ctx-sk-msg': 'struct sk_msg_md as a context',
  'ctx-sk-reuseport': 'struct sk_reuseport_md as a context',
  'ctx-sk-lookup': 'struct bpf_sk_lookup as a context',
  'ctx-flow-dissector': 'a flow dissector’s struct __sk_buff',
  'ctx-sysctl': 'struct bpf_sysctl as a context',
  'ctx-sockopt': 'struct bpf_sockopt as a context',
  'ctx-perf-event': 'struct bpf_perf_event_data as a context',
  'sock-fields': 'fields of a socket behind a pointer',
  'tcp-sock-fields': 'fields of TCP’s state behind a pointer',
  'xdp-sock-fields': 'fields of an AF_XDP socket behind a pointer',
  prologue: 'packet writes for which the program type wants a prologue',
  'packet-load': 'legacy packet loads (LD_ABS, LD_IND)',
  'lookup-array': 'a lookup in an array, inlined',
  'lookup-percpu-array': 'a lookup in a per-CPU array, inlined from 6.10 on',
  'lookup-hash': 'a lookup in a hash map, inlined',
  'lookup-lru-hash': 'a lookup in an LRU hash map, inlined',
  'lookup-percpu-hash': 'a lookup in a per-CPU hash map, inlined from 6.10 on',
  'lookup-array-of-maps': 'a lookup in an array of maps, inlined',
  'lookup-hash-of-maps': 'a lookup in a hash of maps, inlined',
  'lookup-xsk': 'a lookup in a map of AF_XDP sockets, inlined',
  'map-function': 'map helpers that become calls of the map type’s own function',
  'map-poisoned': 'a map helper that two maps reach',
  'tail-call-poke': 'a tail call with one known map and key',
  'tail-call-indirect': 'a tail call with a map or key that depends on the path or on data',
  'division-guard': 'an unsigned division or remainder by a register',
  'signed-division-guard': 'a signed division or remainder by a register or by minus one',
  'may-goto': 'may_goto, and the stack that counts its turns',
  'bpf-loop-inline': 'bpf_loop that is inlined',
  'bpf-loop-call': 'bpf_loop that stays a call',
  callback: 'other helpers that call back into the program',
  'timer-callback': 'a timer’s callback, set with the program’s address added',
  jiffies64: 'bpf_jiffies64, inlined',
  'smp-processor-id': 'bpf_get_smp_processor_id, inlined from 6.10 on',
  'branch-snapshot': 'bpf_get_branch_snapshot, inlined from 6.11 on',
  'kptr-xchg': 'bpf_kptr_xchg, inlined from 6.10 on',
  'trampoline-argument': 'arguments of a traced function by number, and their count',
  'trampoline-result': 'the result of a traced function',
  'function-address': 'the address of a traced function',
  'storage-get': 'a storage lookup, with the allocation flag added',
  'storage-get-waiting': 'a storage lookup whose allocation may wait',
  'percpu-pointer': 'a helper given a pointer to an object that has a copy per CPU',
  'probe-load': 'a load through a kernel pointer that may be stale, made a probe load',
  'arena-access': 'loads and stores of an arena, with opcodes of their own',
  'arena-cast': 'casts between the address spaces of an arena',
  'kfunc-call': 'calls of kernel functions, by address',
  'kfunc-object': 'objects of the program’s types, with their description added to the call',
  'kfunc-list': 'insertion into a list, with the description and the place of the link added',
  'kfunc-tree': 'insertion into a tree, likewise',
  'kfunc-cast': 'casts of kernel pointers, inlined',
  'kfunc-dynptr': 'dynamic pointers to packets, of which program types have their own',
  'kfunc-iterator': 'iterators that the program opens, advances and closes',
  'workqueue-callback': 'a work queue’s callback, set with the program’s address added',
  exception: 'bpf_throw, and the function appended for it to end in',
  'helper-call': 'helpers of many kinds of which only the immediate changes',
  subprogram: 'static functions',
  'global-subprogram': 'global functions, checked by their prototype',
  'dead-subprogram': 'functions that only dead code calls',
  atomic: 'atomic operations',
  'cmpxchg-zext': 'compare-and-exchange of 32 bits, whose result is zero-extended',
  'sign-extension': 'loads and moves that extend the sign',
  'byte-swap': 'byte swaps without a byte order',
  gotol: 'jumps with a 32-bit distance',
  'core-relocation': 'what depends on the kernel’s types, filled in by the loader',
  kconfig: 'the kernel’s configuration as constants',
  ksym: 'addresses of kernel variables and functions',
  sleepable: 'a program that may sleep',
} as const satisfies Readonly<Record<string, string>>;

/** A word of `exercises`. */
export type Exercise = keyof typeof EXERCISES;

const unique = (list: readonly string[]): boolean => new Set(list).size === list.length;

const ENTRY = z.strictObject({
  /** The object's file in the corpus folder. */
  file: z.string().regex(/^\w+\.bpf\.o$/),
  /** What it is compiled from, in the corpus folder's `src`. */
  source: z.string().regex(/^\w+\.bpf\.c$/),
  /** Instruction set version given to clang. */
  mcpu: z.enum(['v3', 'v4']),
  /** Macros defined for the compiler; absent for none. */
  defines: z.record(z.string().regex(/^[A-Z_]+$/), z.int()).optional(),
  /** Entry functions, in the order of the object's programs. */
  programs: z.array(z.string().regex(/^\w+$/)).min(1).refine(unique, 'names a program twice'),
  exercises: z
    .array(z.enum(Object.keys(EXERCISES) as [Exercise, ...Exercise[]]))
    .min(1)
    .refine(unique, 'names an exercise twice'),
  /** One sentence. */
  description: z.string().regex(/^[A-Z].*\.$/),
  /** Oldest Linux release that takes every program of it; absent when all profiled ones do. */
  needs: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional(),
});

const MANIFEST = z.strictObject({ objects: z.array(ENTRY) });

/** One object of the corpus. */
export type CorpusEntry = Readonly<z.infer<typeof ENTRY>>;

/** The corpus is not what its manifest says; `message` is one line. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/** The folder of the committed corpus. */
export function corpusFolder(): string {
  return join(packageRoot(), 'corpus');
}

/**
 * The corpus' objects, in the manifest's order.
 * @param folder holds manifest.json and the objects
 * @throws ManifestError when the manifest cannot be read or is malformed, lists nothing, or names a file twice; and
 * when an object it lists is missing, or one that lies there is not listed
 */
export function readManifest(folder = corpusFolder()): readonly CorpusEntry[] {
  const { objects } = parseManifest(readText(join(folder, 'manifest.json')));
  const files = objects.map(({ file }) => file);
  if (files.length === 0) fail('lists no objects: the corpus is empty');
  for (const file of files) {
    if (files.indexOf(file) !== files.lastIndexOf(file)) fail(`lists ${file} twice`);
    if (!existsSync(join(folder, file)))
      fail(`lists ${file}, which is missing (scripts/build-corpus makes it)`);
  }
  const listed = new Set(files);
  for (const file of readdirSync(folder).sort()) {
    if (file.endsWith('.o') && !listed.has(file)) fail(`does not list ${file}`);
  }
  return objects;
}

function parseManifest(text: string): z.infer<typeof MANIFEST> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fail(`is no JSON: ${(error as Error).message}`);
  }
  const parsed = MANIFEST.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  return fail(`${path.map(String).join('.')}: ${message}`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return fail(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

function fail(what: string): never {
  throw new ManifestError(`corpus/manifest.json ${what}`);
}
