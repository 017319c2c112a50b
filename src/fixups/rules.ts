/**
 * Names for what each pass does to an instruction, from the instruction and its aux record before the change: so that a
 * reader of the rewritten program learns why it is there. No pass reads this; a rule without an entry here is shown by
 * the name of its pass.
 */
import type { PatchBuffer } from '../../strategies/patch-buffer.js';
import type { Pos, Store } from '../../strategies/store.js';
import { classOf, codeOf, modeOf, offOf, opOf, sizeOf, srcOf } from '../isa/insn.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_DIV,
  BPF_EXIT,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_MOD,
  BPF_MOV,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
} from '../isa/opcodes.js';
import type { KernelProfile } from '../kernel/profile.js';
import type { BpfObject } from '../object/program.js';
import {
  AUX_CTX_FIELD_SIZE,
  AUX_MAP,
  AUX_PTR_TYPE,
  MAP_POISONED,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID_PROBED,
  PTR_TO_CTX,
  PTR_TO_SOCKET,
  PTR_TO_SOCK_COMMON,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from '../verifier/facts.js';
import { bytesOf } from './context/conversion.js';
import type { NameRule } from './traced-store.js';

/** What a converted access goes through, by `PtrType`. */
const POINTED: ReadonlyMap<number, string> = new Map([
  [PTR_TO_CTX, 'context'],
  [PTR_TO_SOCKET, 'socket'],
  [PTR_TO_SOCK_COMMON, 'sock_common'],
  [PTR_TO_TCP_SOCK, 'tcp_sock'],
  [PTR_TO_XDP_SOCK, 'xdp_sock'],
]);

/** Passes that do one thing only. */
const WHOLE_PASSES: Readonly<Partial<Record<string, string>>> = {
  'remove-fastcall-spills-fills': 'spill or fill around a fastcall helper call',
  'optimize-bpf-loop': 'bpf_loop with a known callback as a loop of its own',
  'remove-dead-code': 'reference to a callback that went as dead code: what is in its place now',
  'zext-rnd-hi32': 'upper half cleared, or filled with a random number',
  'hard-wire-dead-code-branches': 'branch of which one side is never reached',
  'blind-constants': 'immediate hidden by a random number',
};

/** The rules' names for programs of one object and kernel. */
export function ruleNames(object: BpfObject, profile: KernelProfile): NameRule {
  return (pass, store, pos, patch) => {
    const whole = WHOLE_PASSES[pass];
    if (whole !== undefined) return whole;
    switch (pass) {
      case 'convert-ctx-accesses':
        return accessRule(store, pos, patch);
      case 'misc-fixups':
        return miscRule(object, profile, store, pos, patch);
      default:
        return pass;
    }
  };
}

/** Does the patch put instructions in front of the one it replaces, or behind it, and leave itself as it is? */
function keepsReplaced(store: Store, pos: Pos, patch: PatchBuffer, at: number): boolean {
  return (
    patch.length > 1 &&
    patch.words[2 * at] === store.word0(pos) &&
    patch.words[2 * at + 1] === store.word1(pos)
  );
}

function accessRule(store: Store, pos: Pos, patch: PatchBuffer | undefined): string {
  if (patch !== undefined && keepsReplaced(store, pos, patch, patch.length - 1)) return 'prologue';
  if (patch !== undefined && keepsReplaced(store, pos, patch, 0)) return 'barrier behind a spill';
  const w0 = store.word0(pos);
  const code = codeOf(w0);
  const pointer = store.aux(pos, AUX_PTR_TYPE);
  const bytes = bytesOf(sizeOf(code));
  const field = store.aux(pos, AUX_CTX_FIELD_SIZE);
  const verb = classOf(code) === BPF_LDX ? 'load' : modeOf(code) === BPF_ATOMIC ? 'atomic' : 'store';
  if (pointer === PTR_TO_ARENA) return `${verb} in the arena`;
  if (pointer === PTR_TO_BTF_ID_PROBED) return 'load through a pointer that may fault';
  const part = field > bytes ? `, part of a field of ${field}` : '';
  return `${POINTED.get(pointer) ?? 'memory'} ${verb} of ${bytes} bytes at offset ${offOf(w0)}${part}`;
}

function miscRule(
  object: BpfObject,
  profile: KernelProfile,
  store: Store,
  pos: Pos,
  patch: PatchBuffer | undefined,
): string {
  const w0 = store.word0(pos);
  const code = codeOf(w0);
  // Nothing else is put behind the instruction that ends a program.
  if (code === (BPF_JMP | BPF_EXIT) || code === (BPF_JMP | BPF_JA) || code === (BPF_JMP32 | BPF_JA))
    if (patch !== undefined && keepsReplaced(store, pos, patch, 0)) return 'hidden subprogram';
  const cls = classOf(code);
  const op = opOf(code);
  const alu = cls === BPF_ALU || cls === BPF_ALU64;
  if (alu && (op === BPF_DIV || op === BPF_MOD))
    return `guard of a ${op === BPF_DIV ? 'division' : 'modulo'}`;
  if (patch !== undefined && keepsReplaced(store, pos, patch, patch.length - 1)) return calledRule();
  if (alu) return op === BPF_MOV ? 'address space cast' : 'arithmetic on 32-bit arena addresses';
  if (cls === BPF_LD) return 'load of packet data';
  if (code === (BPF_JMP | BPF_JCOND)) return 'may_goto counter';
  return calledRule();

  function calledRule(): string {
    if (code !== (BPF_JMP | BPF_CALL)) return 'may_goto counter set at entry';
    if (srcOf(w0) === BPF_PSEUDO_CALL) return 'may_goto counter set at entry';
    if (srcOf(w0) === BPF_PSEUDO_KFUNC_CALL) return 'kfunc call';
    const helper = store.word1(pos);
    const name = profile.helper(helper)?.name ?? `helper ${helper}`;
    const map = store.aux(pos, AUX_MAP);
    const on = map === 0 || map === MAP_POISONED ? '' : ` on map ${object.maps[map - 1].name}`;
    return `helper call ${name}${on}`;
  }
}
