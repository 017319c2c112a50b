/**
 * What rewriting a program exercises, in the manifest's words, watched while the passes run: which pass changed something,
 * and what each patch replaced.
 */
import { newEnv, PASSES, type Prepared } from '../../fixups/pipeline.js';
import { prepare } from '../../fixups/rewrite.js';
import { codeOf, modeOf, offOf, opOf, srcOf, classOf } from '../../isa/insn.js';
import {
  BPF_ABS,
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_DIV,
  BPF_END,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_MEMSX,
  BPF_MOD,
  BPF_MOV,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_VALUE,
  BPF_ST,
  BPF_STX,
  BPF_X,
  LD_IMM64,
} from '../../isa/opcodes.js';
import { helperId } from '../../kernel/helper-ids.js';
import type { KernelProfile, MapOps } from '../../kernel/profile.js';
import { BPF_F_SLEEPABLE, PROG_TYPE } from '../../kernel/types.js';
import { loadObject } from '../../object/index.js';
import type { BpfObject, BpfProgram } from '../../object/program.js';
import { Patcher } from '../../patcher.js';
import {
  AUX_CTX_FIELD_SIZE,
  AUX_FASTCALL_SPILLS,
  AUX_FLAGS,
  AUX_MAP,
  AUX_PTR_TYPE,
  FLAG_PERCPU_ALLOC_PTR,
  FLAG_STORAGE_GET_ATOMIC,
  FLAG_SYMBOL_ADDRESS,
  MAP_POISONED,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID_PROBED,
  PTR_TO_CTX,
  PTR_TO_SOCKET,
  PTR_TO_SOCK_COMMON,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from '../../verifier/facts.js';
import { strategyOf } from '../../../strategies/index.js';
import type { LinearProgram } from '../../../strategies/linear-program.js';
import type { PatchBuffer } from '../../../strategies/patch-buffer.js';
import { AUX_SEEN, type Pos, type Store } from '../../../strategies/store.js';
import type { Exercise } from '../manifest.js';

/** Helpers of storages, whose calls get an allocation flag. */
const STORAGE_HELPERS: ReadonlySet<number> = new Set(
  ['sk_storage_get', 'inode_storage_get', 'task_storage_get', 'cgrp_storage_get'].map(helperId),
);

/** What calls of kernel functions show, by the beginning of their names. */
const KFUNC_WORDS: readonly (readonly [start: string, word: Exercise])[] = [
  ['bpf_obj_', 'kfunc-object'],
  ['bpf_percpu_obj_', 'kfunc-object'],
  ['bpf_refcount_acquire', 'kfunc-object'],
  ['bpf_list_push_', 'kfunc-list'],
  ['bpf_rbtree_add', 'kfunc-tree'],
  ['bpf_cast_to_kern_ctx', 'kfunc-cast'],
  ['bpf_rdonly_cast', 'kfunc-cast'],
  ['bpf_dynptr_from_', 'kfunc-dynptr'],
  ['bpf_iter_', 'kfunc-iterator'],
  ['bpf_wq_set_callback', 'workqueue-callback'],
  ['bpf_throw', 'exception'],
];

/** Words that say how much there is of something, which no single patch can: left to the manifest's judgement. */
export const JUDGED: ReadonlySet<Exercise> = new Set(['helper-call', 'zext-rnd-hi32', 'blind-constants']);

/**
 * Runs the passes and tells what they exercised, words of `JUDGED` left out.
 * @throws VerifierError, FixupError
 */
export function exercisedBy(object: BpfObject, program: BpfProgram, profile: KernelProfile): Set<Exercise> {
  const prepared = prepare(object, program, profile);
  const store = strategyOf('linked-list').create(prepared.input);
  const found = new Set<Exercise>();
  const patcher = new WatchingPatcher(store, prepared, found);
  const env = { ...newEnv(prepared, store), patcher };
  for (const pass of PASSES) {
    if (!pass.applies(env)) continue;
    patcher.pass = pass.name;
    const before = changes(patcher);
    pass.run(env);
    if (changes(patcher) > before) found.add(pass.name as Exercise);
  }
  if (hasConstantBranch(prepared)) found.add('hard-wire-dead-code-branches');
  addShapes(found, prepared, store.finish());
  for (const word of JUDGED) found.delete(word);
  return found;
}

/**
 * Does the object hold CO-RE relocations that need a kernel's types? Told by the loader, which refuses them without.
 * @param path the object's file
 */
export function isRelocatedAgainstKernel(path: string): boolean {
  return loadObject(path).failures.some(({ reason }) => reason.includes('CO-RE relocation'));
}

function changes({ counts }: Patcher): number {
  return counts.patches + counts.removals;
}

const LOOKUP_WORDS: Readonly<Record<NonNullable<MapOps['genLookup']>, Exercise>> = {
  array: 'lookup-array',
  'percpu-array': 'lookup-percpu-array',
  hash: 'lookup-hash',
  'lru-hash': 'lookup-lru-hash',
  'percpu-hash': 'lookup-percpu-hash',
  'array-of-maps': 'lookup-array-of-maps',
  'hash-of-maps': 'lookup-hash-of-maps',
  'resizable-hash': 'lookup-hash',
  xsk: 'lookup-xsk',
};

const HELPER_WORDS: ReadonlyMap<number, Exercise> = new Map(
  (
    [
      ['jiffies64', 'jiffies64'],
      ['get_smp_processor_id', 'smp-processor-id'],
      ['get_branch_snapshot', 'branch-snapshot'],
      ['timer_set_callback', 'timer-callback'],
      ['kptr_xchg', 'kptr-xchg'],
      ['get_func_arg', 'trampoline-argument'],
      ['get_func_arg_cnt', 'trampoline-argument'],
      ['get_func_ret', 'trampoline-result'],
      ['get_func_ip', 'function-address'],
      ['loop', 'bpf-loop-inline'],
    ] as const
  ).map(([name, word]) => [helperId(name), word]),
);

/** Program types whose context is converted; those that see packets as `struct __sk_buff` have no line. */
const CONTEXT_WORDS: ReadonlyMap<number, Exercise> = new Map([
  [PROG_TYPE.XDP, 'ctx-xdp-md'],
  [PROG_TYPE.CGROUP_SOCK, 'ctx-sock'],
  [PROG_TYPE.CGROUP_SOCK_ADDR, 'ctx-sock-addr'],
  [PROG_TYPE.SOCK_OPS, 'ctx-sock-ops'],
  [PROG_TYPE.SK_MSG, 'ctx-sk-msg'],
  [PROG_TYPE.SK_REUSEPORT, 'ctx-sk-reuseport'],
  [PROG_TYPE.SK_LOOKUP, 'ctx-sk-lookup'],
  [PROG_TYPE.FLOW_DISSECTOR, 'ctx-flow-dissector'],
  [PROG_TYPE.CGROUP_SYSCTL, 'ctx-sysctl'],
  [PROG_TYPE.CGROUP_SOCKOPT, 'ctx-sockopt'],
  [PROG_TYPE.PERF_EVENT, 'ctx-perf-event'],
]);

/** What a base register other than the context points to. */
const POINTER_WORDS: ReadonlyMap<number, Exercise> = new Map([
  [PTR_TO_SOCKET, 'sock-fields'],
  [PTR_TO_SOCK_COMMON, 'sock-fields'],
  [PTR_TO_TCP_SOCK, 'tcp-sock-fields'],
  [PTR_TO_XDP_SOCK, 'xdp-sock-fields'],
]);

/** Notes what each patch replaces, before it is replaced. */
class WatchingPatcher extends Patcher {
  pass = '';

  constructor(
    private readonly watched: Store,
    private readonly prepared: Prepared,
    private readonly found: Set<Exercise>,
  ) {
    super(watched);
  }

  override replace(pos: Pos, patch: PatchBuffer): Pos {
    const word = this.replaced(pos, patch);
    if (word !== undefined) this.found.add(word);
    return super.replace(pos, patch);
  }

  private replaced(pos: Pos, patch: PatchBuffer): Exercise | undefined {
    const { watched } = this;
    const w0 = watched.word0(pos);
    const w1 = watched.word1(pos);
    const code = codeOf(w0);
    const last = 2 * (patch.length - 1);
    if (this.pass === 'zext-rnd-hi32') return isCmpxchg(code, w1) ? 'cmpxchg-zext' : undefined;
    if (
      this.pass === 'convert-ctx-accesses' &&
      patch.length > 1 &&
      patch.words[last] === w0 &&
      patch.words[last + 1] === w1
    )
      return 'prologue';
    switch (classOf(code)) {
      case BPF_LD:
        return modeOf(code) === BPF_ABS || modeOf(code) === BPF_IND ? 'packet-load' : undefined;
      case BPF_LDX:
        if (!this.throughContext(pos)) return POINTER_WORDS.get(watched.aux(pos, AUX_PTR_TYPE));
        return watched.aux(pos, AUX_CTX_FIELD_SIZE) > BYTES[(code & 0x18) >> 3]
          ? 'ctx-load-narrow'
          : 'ctx-load';
      case BPF_ST:
      case BPF_STX:
        return this.throughContext(pos) ? 'ctx-store' : undefined;
      case BPF_ALU:
      case BPF_ALU64:
        if (opOf(code) !== BPF_DIV && opOf(code) !== BPF_MOD) return undefined;
        return offOf(w0) === 1 ? 'signed-division-guard' : 'division-guard';
      default:
        if (code === (BPF_JMP | BPF_JCOND)) return 'may-goto';
        return code === (BPF_JMP | BPF_CALL) ? this.call(pos, w1) : undefined;
    }
  }

  /** Also notes which context. */
  private throughContext(pos: Pos): boolean {
    if (this.watched.aux(pos, AUX_PTR_TYPE) !== PTR_TO_CTX) return false;
    this.found.add(CONTEXT_WORDS.get(this.prepared.program.type) ?? 'ctx-sk-buff');
    return true;
  }

  private call(pos: Pos, helper: number): Exercise | undefined {
    const flags = this.watched.aux(pos, AUX_FLAGS);
    if ((flags & FLAG_PERCPU_ALLOC_PTR) !== 0) return 'percpu-pointer';
    if (STORAGE_HELPERS.has(helper)) {
      const waits =
        (this.prepared.program.flags & BPF_F_SLEEPABLE) !== 0 && (flags & FLAG_STORAGE_GET_ATOMIC) === 0;
      return waits ? 'storage-get-waiting' : 'storage-get';
    }
    if (helper !== helperId('map_lookup_elem')) return HELPER_WORDS.get(helper);
    const map = this.prepared.object.maps[this.watched.aux(pos, AUX_MAP) - 1];
    const kind = this.prepared.profile.mapOps(map.type)?.genLookup;
    return kind === undefined ? undefined : LOOKUP_WORDS[kind];
  }
}

/** Bytes by the size field of a load's or store's opcode: W, H, B, DW. */
const BYTES = [4, 2, 1, 8];

function isCmpxchg(code: number, imm: number): boolean {
  return classOf(code) === BPF_STX && modeOf(code) === BPF_ATOMIC && imm === BPF_CMPXCHG;
}

/** A conditional jump that was reached and one of whose ways was not: that pass changes words, not their number. */
function hasConstantBranch({ program, facts }: Prepared): boolean {
  const { insns } = program;
  const seen = (slot: number): boolean => facts.aux[slot * facts.auxWords + AUX_SEEN] !== 0;
  for (let slot = 0; slot < insns.length / 2; slot++) {
    const code = codeOf(insns[2 * slot]);
    const cls = classOf(code);
    const conditional =
      (cls === BPF_JMP || cls === BPF_JMP32) && opOf(code) !== BPF_JA && opOf(code) < BPF_CALL;
    if (conditional && seen(slot) && (!seen(slot + 1) || !seen(slot + 1 + offOf(insns[2 * slot]))))
      return true;
  }
  return false;
}

const MAP_HELPERS = new Set(
  [
    'map_lookup_elem',
    'map_update_elem',
    'map_delete_elem',
    'map_push_elem',
    'map_pop_elem',
    'map_peek_elem',
    'redirect_map',
    'for_each_map_elem',
    'map_lookup_percpu_elem',
  ].map(helperId),
);
const CALLBACK_HELPERS = new Set(['for_each_map_elem', 'find_vma', 'user_ringbuf_drain'].map(helperId));

/** Offset of the register move that is a cast between address spaces. */
const ADDR_SPACE_CAST = 1;

/** What the program itself shows, and what came of its subprograms and tail calls. */
function addShapes(found: Set<Exercise>, prepared: Prepared, linear: LinearProgram): void {
  const { program, object, profile, facts } = prepared;
  const { insns, subprogs } = program;
  if (subprogs.some((subprog, k) => k > 0 && !subprog.global)) found.add('subprogram');
  if (subprogs.some((subprog, k) => k > 0 && subprog.global)) found.add('global-subprogram');
  if (linear.subprogs.length < subprogs.length) found.add('dead-subprogram');
  if ((program.flags & BPF_F_SLEEPABLE) !== 0) found.add('sleepable');
  let tailCalls = 0;
  for (let slot = 0; slot < insns.length / 2; slot++) {
    const w0 = insns[2 * slot];
    const w1 = insns[2 * slot + 1];
    const code = codeOf(w0);
    const cls = classOf(code);
    const aux = (word: number): number => facts.aux[slot * facts.auxWords + word];
    if (code === LD_IMM64) {
      if (aux(AUX_SEEN) !== 0) {
        if (srcOf(w0) === BPF_PSEUDO_MAP_VALUE && object.maps[w1].name.endsWith('.kconfig'))
          found.add('kconfig');
        if (srcOf(w0) === BPF_PSEUDO_BTF_ID || (aux(AUX_FLAGS) & FLAG_SYMBOL_ADDRESS) !== 0)
          found.add('ksym');
      }
      slot++;
      continue;
    }
    if (aux(AUX_SEEN) === 0) continue;
    if (aux(AUX_PTR_TYPE) === PTR_TO_BTF_ID_PROBED && cls === BPF_LDX) found.add('probe-load');
    if (aux(AUX_PTR_TYPE) === PTR_TO_ARENA) found.add('arena-access');
    if (code === (BPF_ALU64 | BPF_MOV | BPF_X) && offOf(w0) === ADDR_SPACE_CAST) found.add('arena-cast');
    if (aux(AUX_FASTCALL_SPILLS) !== 0) found.add('remove-fastcall-spills-fills');
    if (code === (BPF_JMP | BPF_CALL) && srcOf(w0) === BPF_PSEUDO_KFUNC_CALL) {
      found.add('kfunc-call');
      const name = object.kernel?.btf.typeName(w1) ?? '';
      for (const [start, word] of KFUNC_WORDS) if (name.startsWith(start)) found.add(word);
    }
    if (cls === BPF_STX && modeOf(code) === BPF_ATOMIC) found.add('atomic');
    if (cls === BPF_LDX && modeOf(code) === BPF_MEMSX) found.add('sign-extension');
    if ((code === (BPF_ALU64 | BPF_MOV | BPF_X) || code === (BPF_ALU | BPF_MOV | BPF_X)) && offOf(w0) > 1)
      found.add('sign-extension');
    if (code === (BPF_ALU64 | BPF_END)) found.add('byte-swap');
    if (code === (BPF_JMP32 | BPF_JA)) found.add('gotol');
    if (code !== (BPF_JMP | BPF_CALL) || srcOf(w0) !== 0) continue;
    if (w1 === helperId('tail_call')) tailCalls++;
    if (CALLBACK_HELPERS.has(w1)) found.add('callback');
    if (w1 === helperId('loop') && !isInlined(linear, slot)) found.add('bpf-loop-call');
    if (!MAP_HELPERS.has(w1)) continue;
    const map = aux(AUX_MAP);
    if (map === MAP_POISONED) found.add('map-poisoned');
    else if (map !== 0) {
      const ops = profile.mapOps(object.maps[map - 1].type);
      if (ops !== undefined && (w1 !== helperId('map_lookup_elem') || ops.genLookup === undefined))
        found.add('map-function');
    }
  }
  if (linear.pokes.length > 0) found.add('tail-call-poke');
  if (tailCalls > linear.pokes.length) found.add('tail-call-indirect');
}

/** Is the call at original slot `slot` gone? Only what was not patched keeps a helper call there. */
function isInlined(linear: LinearProgram, slot: number): boolean {
  for (let at = 0; at < linear.length; at++) {
    if (linear.aux[at * linear.auxWords] === slot + 1)
      return codeOf(linear.insns[2 * at]) !== (BPF_JMP | BPF_CALL) || srcOf(linear.insns[2 * at]) !== 0;
  }
  return true;
}
