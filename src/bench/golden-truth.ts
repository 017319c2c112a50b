/**
 * What a real kernel made of an object, as `scripts/kernel-oracle` writes it: one JSON file per object with every
 * instruction and name. The goldens of the corpus are made from it (golden-format.ts).
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Slot (decimal, a JSON key) to name. */
const NAMES = z.record(z.string(), z.string());
/** `[insn_off, file_name_off, line_off, line, column]`: string offsets are those of the object's BTF. */
const LINE_ENTRY = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);
/** `[insn_off, type_id, name]`. */
const FUNC_ENTRY = z.tuple([z.number(), z.number(), z.string()]);
const INSNS = z.array(z.string().length(16));

const PROGRAM = z.object({
  name: z.string(),
  section: z.string(),
  /** `success`; `failure`: refused by the kernel; `not-loaded`: libbpf gave up; `timeout`; `loader-crash`. */
  verdict: z.string(),
  errno: z.number().optional(),
  libbpf_log: z.string().optional(),
  /** End of the verifier's log: the reason of a refusal, stack depths, processed instructions and states. */
  log: z.string().optional(),
  prog_type: z.number().optional(),
  attach_type: z.number().optional(),
  prog_flags: z.number().optional(),
  attach_btf_id: z.number().optional(),
  /** Name of the kernel function or type with the id above. */
  attach_target: z.string().optional(),
  /** `[name, type, key_size, value_size, max_entries, flags]` of every map that was created. */
  map_table: z
    .array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()]))
    .optional(),

  /** Instructions as handed to `BPF_PROG_LOAD`, bytes in memory order; maps are descriptors. */
  loaded: INSNS.optional(),
  /** Map behind each 64-bit load of one. */
  loaded_maps: NAMES.optional(),
  /** Kernel function or variable behind each BTF id in a call or a 64-bit load. */
  loaded_symbols: NAMES.optional(),
  /** Kernel symbol behind each 64-bit load where libbpf has put the address itself. */
  loaded_addresses: NAMES.optional(),
  loaded_line_info: z.array(LINE_ENTRY).optional(),
  loaded_func_info: z.array(FUNC_ENTRY).optional(),

  /** Translated instructions (`bpf_prog_info`), present when the verdict is `success`. */
  insns: INSNS.optional(),
  /** Kernel function behind each call of a helper or kernel function. */
  calls: NAMES.optional(),
  maps: NAMES.optional(),
  /** Kernel symbol, with a distance, behind each load of an address; `heap` for an allocated object's. */
  addresses: NAMES.optional(),
  line_info: z.array(LINE_ENTRY).optional(),
  func_info: z.array(FUNC_ENTRY).optional(),
  subprogs: z.array(z.object({ name: z.string(), start: z.number() })).optional(),
  /** Slots of tail calls. */
  tail_calls: z.array(z.number()).optional(),
  verified_insns: z.number().optional(),
  /** Subprograms and bytes of machine code that the JIT made. */
  jited_subprogs: z.number().optional(),
  jited_len: z.number().optional(),
});

const OBJECT = z.object({
  /** File name, without folders. */
  object: z.string(),
  /** SHA-256 of the object file that the kernel was given. */
  sha256: z.string().default(''),
  /** `uname -r`. */
  kernel: z.string(),
  /** `opened`; `not-opened`: libbpf cannot read it; `loader-crash`; `kernel-crash`. */
  verdict: z.string(),
  errno: z.number().optional(),
  log: z.string().optional(),
  programs: z.array(PROGRAM),
});

export type TruthNames = z.infer<typeof NAMES>;
export type LineEntry = z.infer<typeof LINE_ENTRY>;
export type FuncEntry = z.infer<typeof FUNC_ENTRY>;
export type ProgramTruth = z.infer<typeof PROGRAM>;
export type ObjectTruth = z.infer<typeof OBJECT>;

/** @throws Error (one line) when the file is not one that the oracle wrote */
export function readTruth(path: string): ObjectTruth {
  const parsed = OBJECT.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data;
}
